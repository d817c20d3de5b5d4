//! Group commit: what waits is written in one transaction, each append in its own savepoint.

use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior};

use super::writer::Command;
use crate::{
    AppendError, Expected, Hash, NewEvent, Position, Recorded, StoreError,
    link::{End, Newest, link},
    time::days_since_epoch,
};

/// What an append is answered with.
pub(super) type Answer = Result<Vec<Recorded>, AppendError>;

/// Commits what can be committed and says how to answer each command, in order, and where the log ended before
/// and ends now. By the time this returns `Ok`, everything in the answers is durable.
///
/// # Errors
/// `SQLite` failed: whether anything of the batch was committed is unknown.
pub(super) fn commit(
    connection: &mut Connection,
    batch: &mut [Command],
) -> rusqlite::Result<(Vec<Vec<Answer>>, End, End)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = end_of_log(&transaction)?;
    let mut end = before;
    let mut all = Vec::with_capacity(batch.len());
    for command in batch {
        let mut answers: Vec<Answer> = Vec::with_capacity(command.appends.len());
        for it in &mut command.appends {
            if command.is_in_order && answers.last().is_some_and(Result::is_err) {
                answers.push(Err(StoreError::new(
                    "adding events",
                    "one before it failed",
                )
                .into()));
                continue;
            }
            let events = std::mem::take(&mut it.events);
            let answer = append(&transaction, &it.stream, it.expected, events, end)?;
            if let Some(last) = answer.as_ref().ok().and_then(|recorded| recorded.last()) {
                end = End {
                    position: last.position,
                    recorded_at: Some(last.recorded_at),
                };
            }
            answers.push(answer);
        }
        all.push(answers);
    }
    transaction.commit()?;
    Ok((all, before, end))
}

/// The newest event of the log.
pub(super) fn end_of_log(connection: &Connection) -> rusqlite::Result<End> {
    let mut select = connection.prepare_cached(include_str!("sql/end_of_log.sql"))?;
    let end = select.query_one([], |row| {
        let recorded_at = jiff::Timestamp::from_microsecond(row.get(1)?).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(
                1,
                rusqlite::types::Type::Integer,
                Box::new(error),
            )
        })?;
        Ok(End {
            position: Position(unsigned(row.get(0)?, 0)?),
            recorded_at: Some(recorded_at),
        })
    });
    Ok(end.optional()?.unwrap_or_default())
}

/// One append in its savepoint. What is this append's own fault is its answer; everything else is an
/// error and fails the batch.
fn append(
    transaction: &Transaction<'_>,
    stream: &Arc<str>,
    expected: Expected,
    events: Vec<NewEvent>,
    end: End,
) -> rusqlite::Result<Answer> {
    if events.is_empty() {
        return Ok(Ok(vec![]));
    }
    let id = transaction
        .prepare_cached("SELECT id FROM streams WHERE name = ?1")?
        .query_one([&**stream], |row| row.get::<_, i64>(0))
        .optional()?;
    let newest = id
        .map(|id| newest_of_stream(transaction, id))
        .transpose()?
        .flatten();
    let recorded = match link(stream, expected, newest, end, events) {
        Ok(recorded) => recorded,
        Err(refused) => return Ok(Err(refused)),
    };
    // One statement is whole or not at all by itself.
    let is_one_statement = id.is_some() && recorded.len() == 1;
    if !is_one_statement {
        transaction
            .prepare_cached("SAVEPOINT append")?
            .execute([])?;
    }
    let inserted = insert(transaction, id, &recorded);
    let own_fault = match &inserted {
        Ok(()) => false,
        Err(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig)
        ),
    };
    match inserted {
        Err(error) if !own_fault || transaction.is_autocommit() => Err(error),
        Err(error) => {
            if !is_one_statement {
                transaction
                    .prepare_cached("ROLLBACK TO append")?
                    .execute([])?;
                transaction.prepare_cached("RELEASE append")?.execute([])?;
            }
            Ok(Err(StoreError::new("adding events", error).into()))
        }
        Ok(()) => {
            if !is_one_statement {
                transaction.prepare_cached("RELEASE append")?.execute([])?;
            }
            Ok(Ok(recorded))
        }
    }
}

fn newest_of_stream(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<Newest>> {
    transaction
        .prepare_cached(include_str!("sql/newest_of_stream.sql"))?
        .query_one([id], |row| {
            Ok(Newest {
                number: unsigned(row.get(0)?, 0)?,
                hash: Hash(row.get(1)?),
            })
        })
        .optional()
}

fn insert(
    transaction: &Transaction<'_>,
    id: Option<i64>,
    recorded: &[Recorded],
) -> rusqlite::Result<()> {
    let Some(first) = recorded.first() else {
        return Ok(());
    };
    let stream = if let Some(id) = id {
        id
    } else {
        transaction
            .prepare_cached("INSERT INTO streams (name) VALUES (?1)")?
            .insert([&*first.stream])?
    };
    let mut insert = transaction.prepare_cached(include_str!("sql/added_event.sql"))?;
    for event in recorded {
        insert.execute(rusqlite::params![
            signed(event.position.0)?,
            stream,
            signed(event.number)?,
            event.id.as_bytes(),
            &*event.name,
            event.version,
            days_since_epoch(event.effective_on),
            days_since_epoch(event.known_on),
            event.recorded_at.as_microsecond(),
            &*event.actor,
            event.correlation.as_bytes(),
            event.causation.as_ref().map(uuid::Uuid::as_bytes),
            event.previous.as_bytes(),
            event.hash.as_bytes(),
            &*event.payload,
        ])?;
    }
    Ok(())
}

fn unsigned(number: i64, column: usize) -> rusqlite::Result<u64> {
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn signed(number: u64) -> rusqlite::Result<i64> {
    i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
