//! Acts over two streams: a carry-over is sent from one pot and received by another.
//!
//! The row of `carry_overs` is the decision and the first half. The second is made from it, once for each
//! version of the row, with ids that follow from the first: whoever is killed in between, or does it again,
//! makes the same event, and the log takes it once.

use std::sync::Arc;

use leitstand_domain::{Amount, Event, Id, Ledger, Row, event::CarryOverReceived, stream::Version};
use leitstand_store::Recorded;

use crate::{Actor, Desk, Failure, Outcome, command_id, ident::Content};

/// A second half that is owed: what it says, and the event it follows from.
struct Owed {
    received: CarryOverReceived,
    /// Number of the first half in its stream.
    number: u64,
    times: (leitstand_domain::Day, leitstand_domain::Day),
}

/// Records the second halves that are missing; says how many there were.
///
/// # Errors
/// The store failed, or a stream cannot be read; what is missing stays so until it is tried again.
pub async fn complete_pairs(desk: &Desk) -> Result<usize, Failure> {
    let mut completed = 0;
    loop {
        let Some(stream) = desk.open_pair() else {
            return Ok(completed);
        };
        match complete(desk, &stream).await {
            Ok(count) => completed += count,
            Err(failure) => {
                desk.keep_pair(&stream);
                return Err(failure);
            }
        }
    }
}

async fn complete(desk: &Desk, stream: &Arc<str>) -> Result<usize, Failure> {
    let (ledger, recorded) = desk.stream(stream).await?;
    let mut completed = 0;
    for owed in owed(&ledger) {
        let Owed {
            received,
            number,
            times: (effective, known),
        } = owed;
        let identity = format!(
            "{}/{}/{}/{number}",
            received.pot, received.to_pot, received.request
        );
        let mut content = Content::default();
        content.state("amount", received.amount.to_string());
        content.state("resolution", received.resolution.as_str());
        content.state("effective", effective.to_string());
        let command = command_id(
            desk.programme(),
            leitstand_domain::event::CARRY_OVER_RECEIVED,
            &identity,
            &content.hash(),
        );
        let target = leitstand_domain::StreamKind::Pot.name(Some(&received.to_pot));
        let cause = usize::try_from(number)
            .ok()
            .and_then(|at| recorded.get(at))
            .map(|it| it.id);
        let outcome = desk
            .record_event(
                &target,
                command,
                Event::CarryOverReceived(received),
                (effective, Some(known)),
                &Actor::program(),
                cause,
            )
            .await?;
        completed += usize::from(matches!(outcome, Outcome::Accepted { .. }));
    }
    Ok(completed)
}

/// What the carry-overs of a stream owe, in the order of the log.
fn owed(ledger: &Ledger) -> Vec<Owed> {
    let versions = ledger.roots().iter().flat_map(|it| &it.versions);
    let mut owed: Vec<Owed> = versions.filter_map(half).collect();
    owed.sort_by_key(|it| it.number);
    owed
}

fn half(version: &Version) -> Option<Owed> {
    let Row::CarryOverSent(row) = &version.row else {
        return None;
    };
    let id = |it: &Id| it.clone();
    Some(Owed {
        received: CarryOverReceived {
            pot: id(&row.pot),
            to_pot: id(&row.to_pot),
            request: id(&row.request),
            amount: if version.void {
                Amount::ZERO
            } else {
                row.amount
            },
            resolution: id(&row.resolution),
        },
        number: version.position,
        times: (version.effective, version.known),
    })
}

impl Desk {
    /// A stream, read from the store.
    pub(crate) async fn stream(&self, name: &Arc<str>) -> Result<(Ledger, Vec<Recorded>), Failure> {
        let recorded = self.store().read(name).await?;
        let ledger = self.ledger(name, &recorded)?;
        Ok((ledger, recorded))
    }
}
