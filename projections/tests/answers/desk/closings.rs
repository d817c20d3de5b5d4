//! Closings of a year, and where a request stands.

use jiff::{Timestamp, civil::Date};
use leitstand_domain::{
    Day, Event, Ledger,
    event::YEAR_CLOSED,
    pot::{State, close},
    stream::Envelope,
};
use leitstand_projections::Entry;
use uuid::Uuid;

use super::{Desk, id};

impl Desk {
    /// Closes a pot's fiscal year one step further; whether that may be.
    pub fn close_year(&mut self, pot: &str, on: Date) -> bool {
        let on = Day::of(on).unwrap();
        let stream = format!("pot-{pot}");
        let ledger = self.streams.get_mut(&stream).unwrap();
        let Ok(Some(event)) = close(ledger, None, on, self.today) else {
            return false;
        };
        self.position += 3;
        let command = Uuid::from_u128(self.position.into());
        let entry = Entry {
            position: self.position,
            stream: &stream,
            id: command,
            name: YEAR_CLOSED,
            effective: on,
            known: self.today,
            recorded_at: Timestamp::UNIX_EPOCH,
            recorded_on: self.today,
            actor: "leitstand",
        };
        let event = Event::YearClosed(event);
        self.facts.apply(entry, &event, &self.texts);
        let envelope = Envelope {
            position: self.position,
            effective: on,
            known: self.today,
            command,
        };
        ledger.apply(event, envelope);
        true
    }

    /// Where a request stands for whoever judges its next step.
    pub fn judged(&self, request: &str) -> Option<State> {
        let request = id(request);
        let mut ledgers = self.streams.values();
        ledgers.find_map(|it: &Ledger| it.state(&request))
    }
}
