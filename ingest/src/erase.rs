//! Erasing free text by destroying its key.

use leitstand_domain::{
    Event, Id,
    event::{SealedBox, TextErased},
};
use leitstand_store::Position;

use crate::{
    Actor, Desk, Failure, Finding, Outcome, command_id, desk::decode, ident::Content, seals::LOG,
};

/// What became of one event's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The event whose text it was.
    pub position: Position,
    /// The columns that can no longer be read.
    pub columns: Vec<String>,
    /// Where the erasure is recorded.
    pub recorded: Position,
    /// Whether it was erased before.
    pub was_erased: bool,
}

/// Destroys the text keys of these events and records that it did. All positions are looked at before
/// the first key is destroyed. The key goes first: after a crash in between, do it again, and what is
/// missing is recorded.
///
/// # Errors
/// The store failed; erase again. `Ok(Err(…))`: a position has no event, or that event no sealed text.
pub async fn erase(
    desk: &Desk,
    positions: &[Position],
    reason: &Id,
    actor: &Actor,
) -> Result<Result<Vec<Erasure>, Vec<Finding>>, Failure> {
    let (mut boxes, mut findings) = (Vec::new(), Vec::new());
    for position in positions {
        match sealed_at(desk, *position).await? {
            Some(sealed) => boxes.push((*position, sealed)),
            None => findings.push(no_text(*position)),
        }
    }
    if !findings.is_empty() {
        return Ok(Err(findings));
    }
    let mut erasures = Vec::with_capacity(boxes.len());
    for (position, sealed) in boxes {
        desk.keys().destroy(&sealed.key).await?;
        let mut content = Content::default();
        content.state("position", position.as_json().to_string());
        content.state("key", sealed.key.to_string());
        let identity = position.as_json().to_string();
        let command = command_id(
            desk.programme(),
            "log.text_erased",
            &identity,
            &content.hash(),
        );
        let (position_json, key) = (position.as_json(), sealed.key);
        let event = Event::TextErased(TextErased {
            position: position_json,
            key,
            reason: reason.clone(),
        });
        let times = (desk.today(), None);
        let outcome = desk
            .record_event(LOG, command, event, times, actor, None)
            .await?;
        let was_erased = matches!(outcome, Outcome::Known { .. });
        if let Some(recorded) = outcome.position() {
            erasures.push(Erasure {
                position,
                columns: sealed.columns,
                recorded,
                was_erased,
            });
        }
    }
    Ok(Ok(erasures))
}

async fn sealed_at(desk: &Desk, position: Position) -> Result<Option<SealedBox>, Failure> {
    let Some(before) = position.as_json().checked_sub(1) else {
        return Ok(None);
    };
    let page = desk.store().page(Position::from_json(before), 1).await?;
    let Some(recorded) = page.first().filter(|it| it.position == position) else {
        return Ok(None);
    };
    let event = decode(recorded)?;
    Ok(event.meta().and_then(|it| it.sealed.clone()))
}

fn no_text(position: Position) -> Finding {
    let position = position.as_json();
    Finding::new(
        "no_sealed_text",
        format!("An Position {position} steht kein Ereignis mit Freitext; bitte die Position prüfen („leitstand events“)"),
        format!("There is no event with free text at position {position}; check the position (`leitstand events`)"),
    )
    .showing(&position.to_string())
}
