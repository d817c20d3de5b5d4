//! From a wish and a ledger to an event, sealed and written down.

use std::sync::Arc;

use leitstand_domain::{
    Day, Event, Id, Meta, Row,
    cell::Cell as _,
    event::{Correction, SealedBox},
    stream::{Command, Companion, Decision, Wanted, decide},
    table::{Cells, Reference},
};
use leitstand_store::{MOST_PAYLOAD, NewEvent};
use uuid::Uuid;

use super::{
    Actor, Asked, Desk,
    book::{Book, Name},
    locate::{Located, Places, other_stream},
};
use crate::{
    CommandId, Failure, Finding, command_id, event_id,
    ident::hex,
    seal::{seal, sealed_length},
    wish::{What, Wish, Wrong},
};

/// What is decided on a wish.
#[expect(clippy::large_enum_variant, reason = "verdicts live one at a time")]
pub(super) enum Verdict {
    /// It is so since that event of the stream.
    Known(u64),
    /// No, for these reasons.
    Refused(Vec<Finding>),
    /// It rests on something not yet recorded in another stream.
    Waits,
    /// This happened.
    Happened(Happened),
}

/// An event to be recorded, its texts not yet sealed.
pub(super) struct Happened {
    pub(super) command: CommandId,
    pub(super) event: Event,
    pub(super) effective: Day,
    /// `None`: the day of recording.
    pub(super) known: Option<Day>,
}

/// An event ready to be appended, and as it will be read back.
pub(super) struct Written {
    pub(super) new: NewEvent,
    pub(super) event: Event,
}

/// The box of an event that is tried again: sealed once, whatever number of attempts it takes.
#[derive(Default)]
pub(super) struct Sealing(Option<(Name, Uuid, Option<SealedBox>)>);

impl Desk {
    /// Decides a wish over the ledger of its stream.
    pub(super) fn judge(
        &self,
        row: &Asked,
        wish: &Wish,
        stream: &Name,
        book: &Book,
        places: &Places<'_>,
    ) -> (CommandId, Verdict) {
        let (wanted, id) = match &wish.what {
            What::Row(row, named) => {
                let table = row.table().name;
                let id = command_id(&self.programme, table, &named.identity, &named.content);
                (Wanted::Row(row.clone()), id)
            }
            What::Correction(wrong) => {
                let row = match book.ledger.corrected(&raw(wrong)) {
                    Ok(row) => row,
                    Err(refusal) => {
                        let refused = wish.refused(refusal);
                        return (Uuid::nil(), Verdict::Refused(vec![refused]));
                    }
                };
                let correction = normal(wrong, &row);
                let id = self.correction_id(wish, wrong, &correction);
                if book.ledger.known(id).is_none()
                    && let Some(verdict) = moves_or_dangles(wrong, &row, stream, places)
                {
                    return (id, verdict);
                }
                (Wanted::Correction(correction), id)
            }
        };
        let command = Command {
            id,
            wanted,
            meta: meta(wish, row.built_in),
            received_on: wish.beside.received_on,
            today: self.today(),
            with: self.companions(&row.with, places),
        };
        let verdict = match decide(&book.ledger, command) {
            Ok(Decision::Known(number)) => Verdict::Known(number),
            Ok(Decision::Happened {
                event,
                effective,
                known,
            }) => Verdict::Happened(Happened {
                command: id,
                event,
                effective,
                known,
            }),
            Err(refusal) => Verdict::Refused(vec![wish.refused(refusal)]),
        };
        (id, verdict)
    }

    /// The rows of a whole that will not be refused for what stands beside their own columns.
    fn companions(&self, with: &[Wish], places: &Places<'_>) -> Vec<Companion> {
        let today = self.today();
        let may_come = |it: &&Wish| {
            it.beside.received_on <= Some(today)
                && !matches!(places.locate(it), Located::Nowhere(_))
        };
        let rows = with.iter().filter(may_come);
        rows.filter_map(|it| match &it.what {
            What::Row(row, _) => Some(Companion {
                row: row.clone(),
                key: it.beside.key.clone(),
            }),
            What::Correction(_) => None,
        })
        .collect()
    }

    /// Seals the texts of an event and writes it down; without `sealing` it is only a rehearsal, and no key
    /// is taken. `None` if it is larger than every store takes: a log can be copied into any of them.
    pub(super) async fn write(
        &self,
        wish: Option<&Wish>,
        happened: Happened,
        stream: &Name,
        actor: &Actor,
        sealing: Option<&mut Sealing>,
    ) -> Result<Option<Written>, Failure> {
        let id = event_id(happened.command, 0);
        let texts = wish.map(Wish::texts).unwrap_or_default();
        let mut unsealed = 0;
        let sealed = match sealing {
            None => {
                unsealed = sealed_length(&texts);
                None
            }
            Some(Sealing(Some((place, event, sealed)))) if place == stream && *event == id => {
                sealed.clone()
            }
            Some(sealing) => {
                let sealed = seal(&*self.keys, &texts, stream, id).await?;
                sealing.0 = Some((Name::clone(stream), id, sealed.clone()));
                sealed
            }
        };
        let event = with_box(happened.event, sealed);
        let stored = event.write().map_err(Failure::Unwritable)?;
        if MOST_PAYLOAD < stored.payload.len() + unsealed {
            return Ok(None);
        }
        // What is folded is what will be read back.
        let event = event.sealed_out();
        let new = NewEvent {
            id,
            name: Arc::from(stored.name),
            version: stored.version,
            effective_on: happened.effective.date(),
            known_on: happened.known.map(Day::date),
            recorded_at: (self.clock)(),
            actor: actor.name(),
            correlation: happened.command,
            causation: None,
            payload: stored.payload,
        };
        Ok(Some(Written { new, event }))
    }

    /// A correction is identified by its whole content, `received_on` included.
    fn correction_id(&self, wish: &Wish, wrong: &Wrong, correction: &Correction) -> CommandId {
        let mut content = crate::ident::Content::default();
        content.state("table", wrong.table.name);
        content.state("key", wrong.key.as_str());
        content.state("date", wrong.date.to_string());
        if let Some(day) = wrong.to_date {
            content.state("to_date", day.to_string());
        }
        if wrong.void {
            content.state("void", "yes");
        }
        let texts = wrong
            .texts
            .iter()
            .filter_map(|(it, text)| Some((it, text.plain()?)));
        for (column, text) in texts {
            let column = if column == "reason" {
                "reason".to_owned()
            } else {
                corrected(column)
            };
            content.state(column, text);
        }
        for (column, text) in &correction.changes {
            content.state(corrected(column), text.as_str());
        }
        if let Some(day) = wish.beside.received_on {
            content.state("received_on", day.to_string());
        }
        if let Some(file) = &wish.beside.file_ref {
            content.state("file_ref", file.as_str());
        }
        let hash = content.hash();
        command_id(&self.programme, "corrections", &hex(&hash), &hash)
    }
}

/// A corrected column among a correction's own: marked, for both may have the same name.
fn corrected(column: &str) -> String {
    format!("={column}")
}

fn raw(wrong: &Wrong) -> Correction {
    Correction {
        // A table's name is an id; it was found by it.
        table: Id::parse(wrong.table.name).unwrap_or_else(|_| wrong.key.clone()),
        key: wrong.key.clone(),
        date: wrong.date,
        to_date: wrong.to_date,
        void: wrong.void,
        changes: wrong.changes.clone(),
    }
}

/// The correction with its columns in normal form, as the corrected row has them.
fn normal(wrong: &Wrong, row: &Row) -> Correction {
    let normal = row.normal();
    let changes: Cells = wrong
        .changes
        .keys()
        .map(|column| {
            let text = normal
                .iter()
                .find(|(it, _)| it == column)
                .map(|(_, text)| text.clone());
            (column.clone(), text.unwrap_or_else(|| "-".to_owned()))
        })
        .collect();
    Correction {
        changes,
        ..raw(wrong)
    }
}

/// Whether a correction would move its row, or let it refer to what is not there.
fn moves_or_dangles(
    wrong: &Wrong,
    row: &Row,
    stream: &Name,
    places: &Places<'_>,
) -> Option<Verdict> {
    let changed: Vec<Reference> = row
        .references()
        .into_iter()
        .filter(|it| wrong.changes.contains_key(it.column))
        .collect();
    match places.mentioned("corrections", &changed, stream) {
        Some(Located::Nowhere(findings)) => return Some(Verdict::Refused(findings)),
        Some(Located::Waits) => return Some(Verdict::Waits),
        Some(Located::At(_)) | None => {}
    }
    let home = places.home(row);
    (home.as_ref() != Some(stream)).then(|| Verdict::Refused(vec![other_stream(wrong.table.name)]))
}

fn meta(wish: &Wish, built_in: bool) -> Meta {
    let beside = &wish.beside;
    Meta {
        key: beside.key.clone(),
        reporter: beside.reporter.clone(),
        file_ref: beside.file_ref.clone(),
        valid_from: beside.valid_from,
        built_in,
        sealed: None,
    }
}

fn with_box(mut event: Event, sealed: Option<SealedBox>) -> Event {
    match &mut event {
        Event::Row(_, meta) | Event::Corrected(_, meta) | Event::CostKeySet(_, meta) => {
            meta.sealed = sealed;
        }
        Event::Initialised(_)
        | Event::CarryOverReceived(_)
        | Event::YearClosed(_)
        | Event::Sealed(_)
        | Event::TextErased(_) => {}
    }
    event
}
