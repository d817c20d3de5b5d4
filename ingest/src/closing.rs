//! Closing a pot's fiscal year.

use std::sync::Arc;

use leitstand_domain::{
    Day, Event, Id, StreamKind,
    event::YEAR_CLOSED,
    pot::{Closing, close},
};
use leitstand_store::Position;

use crate::{Actor, Desk, Failure, Finding, command_id, ident::Content};

/// How far a pot's year is closed now, and where that was recorded if it was just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// How far.
    pub closing: Closing,
    /// Where it is recorded; `None`: it was so already.
    pub recorded: Option<Position>,
}

/// Closes a pot's fiscal year one step further, or as far as `wanted`.
///
/// # Errors
/// The store failed; close again, what is recorded is known. `Ok(Err(…))`: the rule that refuses it.
pub async fn close_year(
    desk: &Desk,
    pot: &Id,
    wanted: Option<Closing>,
    on: Day,
    actor: &Actor,
) -> Result<Result<Closed, Finding>, Failure> {
    let stream: Arc<str> = StreamKind::Pot.name(Some(pot)).into();
    let (ledger, _) = desk.stream(&stream).await?;
    let event = match close(&ledger, wanted, on, desk.today()) {
        Err(refusal) => {
            let finding = Finding::of_refusal("pots", refusal);
            return Ok(Err(finding.showing(pot)));
        }
        Ok(None) => {
            let now = ledger.closings().iter().map(|it| it.0).max();
            return Ok(Ok(Closed {
                closing: now.unwrap_or(Closing::Open),
                recorded: None,
            }));
        }
        Ok(Some(event)) => event,
    };
    let closing = event.closing;
    // Each closing happens once, whoever is first.
    let identity = format!("{pot}/{closing}");
    let command = command_id(
        desk.programme(),
        YEAR_CLOSED,
        &identity,
        &Content::default().hash(),
    );
    let times = (on, None);
    let event = Event::YearClosed(event);
    let outcome = desk
        .record_event(&stream, command, event, times, actor, None)
        .await?;
    Ok(Ok(Closed {
        closing,
        recorded: outcome.position(),
    }))
}
