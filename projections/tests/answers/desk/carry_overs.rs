//! Second halves of carry-overs: what one pot sent comes to the other.

use jiff::Timestamp;
use leitstand_domain::{
    Amount, Day, Event, Ledger, Row,
    cell::Cell as _,
    event::{CARRY_OVER_RECEIVED, CarryOverReceived},
};
use leitstand_projections::Entry;
use leitstand_tests::reference;
use uuid::Uuid;

use super::{Desk, id};

impl Desk {
    /// Lets what a carry-over sent come to its pot, as the program does after the row is recorded.
    pub fn receive(&mut self, cells: &[(&str, &str)], amount: &str) {
        let get = |name: &str| {
            let cell = cells.iter().find(|it| it.0 == name);
            id(cell.unwrap_or_else(|| panic!("no {name}")).1)
        };
        let half = CarryOverReceived {
            pot: get("pot"),
            to_pot: get("to_pot"),
            request: get("request"),
            amount: Amount::parse(amount).unwrap(),
            resolution: get("resolution"),
        };
        let effective = Day::parse(&get("resolved_on")).unwrap();
        self.second_half(half, effective, self.today);
    }

    /// Lets everything that was sent come to its pot: of each version of a carry-over one second half.
    pub fn complete_pairs(&mut self) {
        let versions = self.streams.values().flat_map(Ledger::roots);
        let mut owed: Vec<_> = versions
            .flat_map(|it| &it.versions)
            .filter_map(|it| match &it.row {
                Row::CarryOverSent(row) => {
                    let amount = if it.void { Amount::ZERO } else { row.amount };
                    let half = CarryOverReceived {
                        pot: row.pot.clone(),
                        to_pot: row.to_pot.clone(),
                        request: row.request.clone(),
                        amount,
                        resolution: row.resolution.clone(),
                    };
                    Some((it.position, it.effective, it.known, half))
                }
                _ => None,
            })
            .collect();
        owed.sort_by_key(|it| it.0);
        for (number, effective, known, half) in owed {
            if self.halves.insert((number, effective, format!("{half:?}"))) {
                self.second_half(half, effective, known);
            }
        }
    }

    fn second_half(&mut self, half: CarryOverReceived, effective: Day, known: Day) {
        let cells = [
            ("pot", half.pot.to_string()),
            ("to_pot", half.to_pot.to_string()),
            ("request", half.request.to_string()),
            ("amount", half.amount.to_string()),
            ("resolved_on", effective.to_string()),
            ("received_on", known.to_string()),
        ];
        self.position += 3;
        let entry = Entry {
            position: self.position,
            stream: &format!("pot-{}", half.to_pot),
            id: Uuid::nil(),
            name: CARRY_OVER_RECEIVED,
            effective,
            known,
            recorded_at: Timestamp::UNIX_EPOCH,
            recorded_on: self.today,
            actor: "leitstand",
        };
        let event = Event::CarryOverReceived(half);
        self.facts.apply(entry, &event, &self.texts);
        let cells = cells.map(|(name, text)| (name.to_owned(), text));
        self.accepted.push(reference::Row {
            table: reference::RECEIVED.to_owned(),
            cells: cells.into(),
            position: self.position,
            recorded_on: self.today.date(),
        });
    }
}
