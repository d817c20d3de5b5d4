//! What is put right, replaced, or said anew of the pot.

use super::{Draw, World, amount, booking, date};
use crate::{
    reference::{Change, Entry, What, told},
    support::{correct, day, pot_of, row},
};
use leitstand_domain::{Event, pot::close};

impl World {
    pub(super) fn correct(&mut self, draw: &Draw) {
        let at = draw.pick % self.entries.len();
        let (what, day, _) = self.entries[at].now();
        if what == What::Closing {
            return; // a closing is no row
        }
        let twins = self
            .names
            .iter()
            .zip(&self.entries)
            .filter(|it| *it.0 == self.names[at] && it.1.now().1 == day);
        if twins.count() > 1 {
            return; // two states of the pot, one annulled, on one day
        }
        let (table, name) = self.names[at].clone();
        let act = |changes: &[(&str, &str)]| correct(table, &name, &date(day), changes);
        let (change, act) = match draw.cents % 5 {
            0 | 1 => {
                let cents = match &what {
                    What::Pot { amount, .. }
                    | What::Request { amount, .. }
                    | What::Booking { amount, .. }
                    | What::Carry { amount, .. }
                    | What::Authority { amount } => *amount,
                    What::Step { amount, .. } => amount.unwrap_or(draw.cents),
                    What::Closing => return,
                };
                let cents =
                    (cents + [-1, 1, 5_000, -5_000, draw.cents - 20_000][draw.pick % 5]).max(0);
                (Change::Amount(cents), act(&[("amount", &amount(cents))]))
            }
            2 | 3 => {
                let to = (day + draw.day % 9 - 4).max(0);
                (Change::Move(to), act(&[]).moved_to(&date(to)))
            }
            _ => (Change::Void, act(&[]).void()),
        };
        // Two states of a pot or authority never hold from one day.
        let has_states = table == "pots" || table == "commitment_authorities";
        let taken = |to: i32| {
            self.entries.iter().enumerate().any(|(other, it)| {
                let (_, day, void) = it.now();
                other != at && self.names[other].0 == table && !void && day == to
            })
        };
        let free = !matches!(&change, Change::Move(to) if has_states && taken(*to));
        let may = free && draw.known >= self.entries[at].first_known();
        let mut entries = self.entries.clone();
        entries[at].versions.push((draw.known, self.number, change));
        self.agree(entries, &act.received(&date(draw.known)), may);
    }

    /// A booking that replaces another in full.
    pub(super) fn replace(&mut self, draw: &Draw, request: usize) {
        let bookings: Vec<usize> = (0..self.entries.len())
            .filter(|it| self.names[*it].0 == "bookings")
            .collect();
        let Some(at) = bookings.get(draw.pick % bookings.len().max(1)).copied() else {
            return;
        };
        let now = told(&self.entries)
            .expect("holds")
            .remove(&request)
            .unwrap_or_default();
        let kinds = [
            "allocation",
            "call",
            "commitment",
            "expense",
            "refund",
            "commitment_release",
        ];
        let what = self.of_word(kinds[draw.pick / 7 % kinds.len()], request, draw, &now);
        let (_, name) = self.names[at].clone();
        let day = (self.entries[at].now().1 + draw.day % 5 - 2).max(0);
        let act =
            booking(&what, &format!("BU-{}", self.number), &name, day).received(&date(draw.known));
        let may = draw.known >= self.entries[at].first_known();
        let mut entries = self.entries.clone();
        entries[at]
            .versions
            .push((draw.known, self.number, Change::Whole(what, day)));
        self.agree(entries, &act, may);
    }

    /// A carry-over, mostly at the end, into one of two other pots.
    pub(super) fn carry(&mut self, draw: &Draw, request: usize) {
        let day = if draw.pick.is_multiple_of(4) {
            draw.day
        } else {
            self.last_day(request)
        };
        let what = What::Carry {
            request,
            to: 2 + draw.pick % 2,
            amount: draw.cents,
        };
        self.hand_in(what, day, draw.known);
    }

    /// The closing of the year, on a day that may have gone by long ago.
    pub(super) fn close(&mut self, draw: &Draw) {
        let on = day(&date(draw.day));
        let Ok(Some(event)) = close(&self.stream.ledger, None, on, on) else {
            return;
        };
        self.stream.happened(Event::YearClosed(event), on);
        let entry = Entry::new(What::Closing, draw.day, draw.day, self.number);
        self.entries.push(entry);
        self.names.push(("closings", "T-1".to_owned()));
        self.number += 1;
    }

    /// A state of what the pot may commit for the next year.
    pub(super) fn authority(&mut self, draw: &Draw) {
        let act = row(
            "commitment_authorities",
            &[
                ("pot", "T-1"),
                ("for_year", "2025"),
                ("amount", &amount(draw.cents)),
                ("resolved_on", &date(0)),
            ],
        );
        let act = act.valid_from(&date(draw.day)).received(&date(draw.known));
        let mut entries = self.entries.clone();
        let what = What::Authority { amount: draw.cents };
        entries.push(Entry::new(what, draw.day, draw.known, self.number));
        let may = self.may_have_state("commitment_authorities", draw.day);
        if self.agree(entries, &act, may) {
            let name = ("commitment_authorities", "T-1/2025".to_owned());
            self.names.push(name);
        }
    }

    /// Whether a state from that day on is new: later than all that hold, and from no day of an annulled one.
    fn may_have_state(&self, table: &str, from: i32) -> bool {
        let states = self.names.iter().zip(&self.entries);
        let days = states.filter(|it| it.0.0 == table).map(|it| it.1.now());
        let mut days = days.map(|(_, day, void)| (day, void));
        days.all(|(day, void)| if void { day != from } else { day < from })
    }

    /// A new state of the pot: another amount, reserve or mode.
    pub(super) fn new_pot(&mut self, draw: &Draw) {
        let (budget, direct) = match self.entries[0].now().0 {
            What::Pot { amount, direct, .. } => (amount, direct),
            other => panic!("the pot comes first, not {other:?}"),
        };
        let (cents, reserve) = (budget + draw.cents - 20_000, draw.cents % 3 * 5_000 - 5_000);
        let direct = direct != draw.pick.is_multiple_of(4);
        let what = What::Pot {
            amount: cents.max(0),
            reserve,
            direct,
        };
        let mode = if direct { "direct" } else { "call" };
        let act = pot_of(&amount(cents.max(0)), &amount(reserve), mode)
            .valid_from(&date(draw.day))
            .received(&date(draw.known));
        let may = self.may_have_state("pots", draw.day);
        let mut entries = self.entries.clone();
        entries.push(Entry::new(what, draw.day, draw.known, self.number));
        if self.agree(entries, &act, may) {
            self.names.push(("pots", "T-1".to_owned()));
        }
    }
}
