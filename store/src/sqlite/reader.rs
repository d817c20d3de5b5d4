//! One read connection and what it remembers: names, never events.

use std::{collections::HashMap, path::Path, sync::Arc};

use rusqlite::{Connection, Rows};

use super::{
    file::{OpenError, connect_read_only},
    row::{self, Texts},
};
use crate::{Position, Recorded, StoreError};

/// Reads events from one file.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Connection,
    names: Names,
}

impl Reader {
    /// Opens a log that exists.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            connection: connect_read_only(path)?,
            names: Names::default(),
        })
    }

    /// At most `limit` events after a position, oldest first.
    pub(crate) fn page(
        &mut self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let doing = StoreError::while_doing("reading a page");
        // Beyond what SQLite can count there is nothing, and no limit.
        let Ok(after) = i64::try_from(after.0) else {
            return Ok(vec![]);
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut select = self
            .connection
            .prepare_cached(include_str!("sql/page.sql"))
            .map_err(&doing)?;
        let rows = select.query((after, limit)).map_err(&doing)?;
        let likely = usize::try_from(limit).unwrap_or_default().min(4_096);
        collect(rows, &mut self.names, &self.connection, likely)
    }

    /// One stream, oldest first.
    pub(crate) fn stream(&mut self, stream: &str) -> Result<Vec<Recorded>, StoreError> {
        let doing = StoreError::while_doing("reading a stream");
        let mut select = self
            .connection
            .prepare_cached(include_str!("sql/events_of_stream.sql"))
            .map_err(&doing)?;
        let rows = select.query([stream]).map_err(&doing)?;
        collect(rows, &mut self.names, &self.connection, 0)
    }

    /// The connection, for what is not events.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

fn collect(
    mut rows: Rows<'_>,
    names: &mut Names,
    connection: &Connection,
    likely: usize,
) -> Result<Vec<Recorded>, StoreError> {
    let doing = StoreError::while_doing("reading events");
    let mut events = Vec::with_capacity(likely);
    while let Some(row) = rows.next().map_err(&doing)? {
        let position = row::position_of(row);
        let stream = row::stream_of(row).and_then(|id| names.stream(id, connection));
        let stream = stream.map_err(|error| at(position, error))?;
        let event = row::event(row, stream, &mut names.texts);
        events.push(event.map_err(|error| StoreError::unreadable(position, error))?);
    }
    Ok(events)
}

/// A failure at a row: what stands in it is no value of its column, or the file could not be read.
fn at(position: Position, error: rusqlite::Error) -> StoreError {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows,
        Utf8Error,
    };
    match error {
        FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | QueryReturnedNoRows
        | Utf8Error(..) => StoreError::unreadable(position, error),
        error => StoreError::new("reading the names of streams", error),
    }
}

/// Names of streams by their id, and all other texts that repeat. Both never change in the file.
#[derive(Debug, Default)]
struct Names {
    streams: HashMap<i64, Arc<str>>,
    newest: i64,
    texts: Texts,
}

/// Beyond this many streams their names are forgotten and read again.
const MANY: usize = 2_000_000;

impl Names {
    /// The name of a stream; without one, no rows.
    fn stream(&mut self, id: i64, connection: &Connection) -> rusqlite::Result<Arc<str>> {
        if !self.streams.contains_key(&id) {
            self.learn(id, connection)?;
        }
        let name = self.streams.get(&id).cloned();
        name.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// Reads all names not read before in one go: one query each would cost more than the events.
    fn learn(&mut self, id: i64, connection: &Connection) -> rusqlite::Result<()> {
        if MANY <= self.streams.len() {
            self.streams.clear();
        }
        if id <= self.newest {
            let name = connection
                .prepare_cached("SELECT name FROM streams WHERE id = ?1")?
                .query_one([id], |row| row.get(0))?;
            self.streams.insert(id, name);
            return Ok(());
        }
        let mut select = connection
            .prepare_cached("SELECT id, name FROM streams WHERE id > ?1 ORDER BY id LIMIT ?2")?;
        // From the one that is missing on, if so many are new that they would not all be kept.
        let mut rows = select.query((self.newest.max(id - 1_000_000), 1_000_000))?;
        while let Some(row) = rows.next()? {
            self.newest = row.get(0)?;
            self.streams.insert(self.newest, row.get(1)?);
        }
        Ok(())
    }
}
