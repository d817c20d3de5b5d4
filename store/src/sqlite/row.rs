//! One row of `events`, read into an event.

use std::{collections::HashSet, num::NonZeroU64, sync::Arc};

use jiff::{Timestamp, civil::Date};
use rusqlite::{Row, types::ValueRef};
use uuid::Uuid;

use crate::{Hash, Position, Recorded, Revision, time::date_of};

/// Something in the file that no store wrote there.
#[derive(Debug, thiserror::Error)]
#[error("event {position}: column `{column}` cannot be read")]
pub(super) struct Unreadable {
    position: i64,
    column: &'static str,
}

/// Texts that come again and again, kept once.
#[derive(Debug, Default)]
pub(super) struct Texts(HashSet<Arc<str>>);

/// Beyond this many texts there is no point in remembering them.
const MANY: usize = 100_000;

impl Texts {
    fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        if MANY <= self.0.len() {
            self.0.clear();
        }
        let new: Arc<str> = text.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

/// The id of the row's stream.
pub(super) fn stream_of(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(1)
}

/// The row's position, as far as it is one.
pub(super) fn position_of(row: &Row<'_>) -> Position {
    let number = row.get::<_, i64>(0).unwrap_or_default();
    Position(u64::try_from(number).unwrap_or_default())
}

/// Reads a row of `page.sql` or `events_of_stream.sql`, whose columns have this order.
pub(super) fn event(
    row: &Row<'_>,
    stream: Arc<str>,
    texts: &mut Texts,
) -> Result<Recorded, Unreadable> {
    let position = row.get(0).unwrap_or_default();
    let row = Columns { row, position };
    let number = row.number(2, "number")?;
    // Pages begin after 0: what stood there would be in its stream, but not in the log.
    let position = NonZeroU64::new(row.number(0, "position")?);
    let position = position.ok_or_else(|| row.unreadable("position"))?;
    Ok(Recorded {
        position: Position(position.get()),
        stream,
        number,
        revision: Revision(number),
        id: Uuid::from_bytes(row.bytes(3, "event_id")?),
        name: texts.get(row.text(4, "name")?),
        version: row.number(5, "version")?,
        effective_on: row.date(6, "effective_on")?,
        known_on: row.date(7, "known_on")?,
        recorded_at: row.time(8, "recorded_at")?,
        actor: texts.get(row.text(9, "actor")?),
        correlation: Uuid::from_bytes(row.bytes(10, "correlation")?),
        causation: if row.value(11, "causation")? == ValueRef::Null {
            None
        } else {
            Some(Uuid::from_bytes(row.bytes(11, "causation")?))
        },
        previous: Hash(row.bytes(12, "previous")?),
        hash: Hash(row.bytes(13, "hash")?),
        payload: row.text(14, "payload")?.into(),
    })
}

struct Columns<'row> {
    row: &'row Row<'row>,
    position: i64,
}

impl<'row> Columns<'row> {
    fn unreadable(&self, column: &'static str) -> Unreadable {
        Unreadable {
            position: self.position,
            column,
        }
    }

    fn value(&self, index: usize, column: &'static str) -> Result<ValueRef<'row>, Unreadable> {
        self.row.get_ref(index).map_err(|_| self.unreadable(column))
    }

    fn text(&self, index: usize, column: &'static str) -> Result<&'row str, Unreadable> {
        self.value(index, column)?
            .as_str()
            .map_err(|_| self.unreadable(column))
    }

    fn integer(&self, index: usize, column: &'static str) -> Result<i64, Unreadable> {
        self.value(index, column)?
            .as_i64()
            .map_err(|_| self.unreadable(column))
    }

    fn number<N: TryFrom<i64>>(&self, index: usize, column: &'static str) -> Result<N, Unreadable> {
        N::try_from(self.integer(index, column)?).map_err(|_| self.unreadable(column))
    }

    fn bytes<const N: usize>(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<[u8; N], Unreadable> {
        let bytes = self
            .value(index, column)?
            .as_blob()
            .map_err(|_| self.unreadable(column))?;
        bytes.try_into().map_err(|_| self.unreadable(column))
    }

    fn date(&self, index: usize, column: &'static str) -> Result<Date, Unreadable> {
        date_of(self.integer(index, column)?).ok_or_else(|| self.unreadable(column))
    }

    fn time(&self, index: usize, column: &'static str) -> Result<Timestamp, Unreadable> {
        Timestamp::from_microsecond(self.integer(index, column)?)
            .map_err(|_| self.unreadable(column))
    }
}
