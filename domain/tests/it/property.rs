//! Random rows, late and corrected ones too, on one pot: the domain and a naive telling agree on each.

mod changes;

use std::collections::BTreeSet;

use leitstand_domain::{
    cell::{Code as _, decimal},
    pot::State,
};
use proptest::prelude::*;

use crate::{
    invariants,
    reference::{Entry, Request, What, told},
    support::{Act, Stream, given, pot_of, row},
};

/// 2024-12-02: a month later another year begins.
const FIRST: i32 = 20_059;

/// A booking as it is fed.
fn booking(what: &What, reference: &str, corrects: &str, day: i32) -> Act {
    let What::Booking {
        request,
        kind,
        amount: cents,
        year,
        authority,
    } = what
    else {
        panic!("a booking")
    };
    row(
        "bookings",
        &[
            ("reference", reference),
            ("corrects", corrects),
            ("request", &format!("A-{request}")),
            ("kind", kind),
            ("amount", &amount(*cents)),
            ("fiscal_year", &year.to_string()),
            ("basis", if *authority { "" } else { "transferable" }),
            ("date", &date(day)),
        ],
    )
}

/// One thing somebody hands in, still to be given a meaning where it falls.
#[derive(Debug, Clone)]
struct Draw {
    kind: u8,
    request: usize,
    pick: usize,
    day: i32,
    cents: i64,
    known: i32,
}

fn draw() -> impl Strategy<Value = Draw> {
    (
        0..100_u8,
        0..5_usize,
        0..1_000_usize,
        0..60_i32,
        0..40_000_i64,
        0..120_i32,
    )
        .prop_map(|(kind, request, pick, day, cents, known)| Draw {
            kind,
            request,
            pick,
            day,
            cents,
            known,
        })
}

/// The stream under test, and the same told plainly.
struct World {
    stream: Stream,
    entries: Vec<Entry>,
    /// Identity and table of each entry, as a correction names it.
    names: Vec<(&'static str, String)>,
    number: usize,
    accepted: usize,
    refused: usize,
}

fn date(day: i32) -> String {
    leitstand_domain::Day::from_number(FIRST + day).to_string()
}

fn amount(cents: i64) -> String {
    decimal(i128::from(cents))
}

/// What leads on, and what seldom ends a request early.
const MAIN: [&str; 13] = [
    "formal_check_started",
    "formally_cleared",
    "assessed",
    "paper_filed",
    "resolved",
    "granted",
    "allocation",
    "commitment",
    "call",
    "expense",
    "commitment_authority",
    "purpose_fulfilled",
    "proof_submitted",
];
const ENDS: [&str; 6] = [
    "formally_rejected",
    "rejected",
    "withdrawn",
    "waived",
    "revoked",
    "deferred",
];

impl World {
    fn new(requests: usize, direct: bool, budget: i64) -> Self {
        let mode = if direct { "direct" } else { "call" };
        let mut world = Self {
            stream: given([]),
            entries: Vec::new(),
            names: Vec::new(),
            number: 0,
            accepted: 0,
            refused: 0,
        };
        let pot = What::Pot {
            amount: budget,
            reserve: 0,
            direct,
        };
        world.add(
            pot,
            0,
            0,
            ("pots", "T-1".to_owned()),
            &pot_of(&amount(budget), "0.00", mode)
                .valid_from(&date(0))
                .received(&date(0)),
        );
        for request in 0..requests {
            let what = What::Request {
                request,
                amount: 100_000,
            };
            world.hand_in(what, 1, 1);
        }
        world
    }

    /// Hands a new row in and compares.
    fn add(&mut self, what: What, day: i32, known: i32, name: (&'static str, String), act: &Act) {
        let mut entries = self.entries.clone();
        entries.push(Entry::new(what, day, known, self.number));
        if self.agree(entries, act, true) {
            self.names.push(name);
        }
    }

    /// Whether the domain says what the plain telling says; takes it in where both say yes.
    fn agree(&mut self, entries: Vec<Entry>, act: &Act, may: bool) -> bool {
        let expected = may && told(&entries).is_some();
        let answer = self.stream.hand_in(act);
        self.number += 1;
        if matches!(answer, Ok(Some(_))) {
            return false; // known already
        }
        let story = || {
            let lines: Vec<String> = entries
                .iter()
                .map(|it| format!("{:?}", it.versions))
                .collect();
            lines.join(
                "
",
            )
        };
        assert_eq!(answer.is_ok(), expected, "{act:?}\n{answer:?}\n{}", story());
        if expected {
            self.entries = entries;
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
        expected
    }

    fn hand_in(&mut self, what: What, day: i32, known: i32) {
        let (table, name, act) = match &what {
            What::Pot { .. } | What::Authority { .. } | What::Closing => panic!("no plain row"),
            What::Request {
                request,
                amount: cents,
            } => {
                let id = format!("A-{request}");
                let act = crate::support::request(&id, &amount(*cents), &date(day));
                ("requests", id, act)
            }
            What::Step {
                request,
                word,
                amount: cents,
            } => {
                let id = format!("A-{request}");
                let act = crate::support::step(
                    &id,
                    word,
                    &cents.map(amount).unwrap_or_default(),
                    &date(day),
                );
                ("request_steps", format!("{id}/{}/{word}", date(day)), act)
            }
            What::Booking { .. } => {
                let name = format!("BU-{}", self.number);
                ("bookings", name.clone(), booking(&what, &name, "", day))
            }
            What::Carry {
                request,
                to,
                amount: cents,
            } => {
                let (id, to) = (format!("A-{request}"), format!("T-{to}"));
                let cells = [
                    ("pot", "T-1"),
                    ("to_pot", &to),
                    ("request", &id),
                    ("amount", &amount(*cents)),
                    ("resolved_on", &date(day)),
                    ("resolution", "IT-PLR 46"),
                ];
                let act = row("carry_overs", &cells);
                ("carry_overs", format!("T-1/{to}/{id}"), act)
            }
        };
        if !self.names.contains(&(table, name.clone())) {
            let act = act.received(&date(known.max(0)));
            self.add(what, day, known.max(0), (table, name), &act);
        }
    }

    fn play(&mut self, draw: &Draw, requests: usize) {
        let request = draw.request % requests;
        match draw.kind {
            0..55 => self.go_on(draw, request),
            55..70 => self.anything(draw, request),
            70..90 => self.correct(draw),
            90..94 => self.replace(draw, request),
            94..96 => self.carry(draw, request),
            96 => self.authority(draw),
            97 => self.close(draw),
            _ => self.new_pot(draw),
        }
    }

    /// The last day anything happened to a request.
    fn last_day(&self, of: usize) -> i32 {
        let acts = self.entries.iter().map(Entry::now).filter(|it| !it.2);
        acts.filter(|it| match it.0 {
            What::Pot { .. } | What::Authority { .. } | What::Closing => false,
            What::Request { request, .. }
            | What::Step { request, .. }
            | What::Booking { request, .. }
            | What::Carry { request, .. } => request == of,
        })
        .map(|it| it.1)
        .max()
        .unwrap_or(1)
    }

    /// Something the state allows, at the end.
    fn go_on(&mut self, draw: &Draw, request: usize) {
        let now = told(&self.entries)
            .expect("what was accepted holds")
            .remove(&request)
            .unwrap_or_default();
        let mut words = now.words();
        words.retain(|it| draw.pick.is_multiple_of(6) || !ENDS.contains(it));
        let main: Vec<&str> = MAIN.into_iter().filter(|it| words.contains(it)).collect();
        let words = if draw.pick % 10 < 8 && !main.is_empty() {
            main
        } else {
            words
        };
        let Some(word) = words.get(draw.pick / 10 % words.len().max(1)).copied() else {
            return;
        };
        let day = self.last_day(request) + draw.day % 3;
        self.hand_in(self.of_word(word, request, draw, &now), day, draw.known);
    }

    /// Something with an amount at its limit, a cent above it, or anywhere.
    fn of_word(&self, word: &'static str, request: usize, draw: &Draw, now: &Request) -> What {
        let direct = matches!(self.entries[0].now().0, What::Pot { direct: true, .. });
        let limit = match word {
            "resolved" | "resolved_with_conditions" => now.requested,
            "allocation" => now.granted - now.blocked - now.allocated,
            "call" => now.allocated - now.called,
            "expense" if direct => now.allocated - now.spent(),
            "expense" => now.called - now.spent(),
            _ => draw.cents,
        };
        let cents = match draw.cents % 8 {
            0 => limit,
            1 => limit + 1,
            2 | 3 => limit * 2 / 3,
            _ => draw.cents.min(limit),
        }
        .max(0);
        let later =
            [2025, 2024, 2024, 2025, 2024, 2023][usize::try_from(draw.known % 6).unwrap_or(0)];
        let money = What::Booking {
            request,
            kind: "",
            amount: cents,
            year: 2024,
            authority: draw.known % 5 != 0,
        };
        match (word, money) {
            (
                "allocation" | "call" | "expense" | "refund",
                What::Booking {
                    amount, authority, ..
                },
            ) => What::Booking {
                request,
                kind: word,
                amount,
                year: if draw.pick % 4 == 1 { 2025 } else { 2024 },
                authority,
            },
            (
                "commitment" | "commitment_release" | "commitment_authority",
                What::Booking {
                    amount, authority, ..
                },
            ) => What::Booking {
                request,
                kind: word,
                amount,
                year: later,
                authority,
            },
            ("resolved" | "resolved_with_conditions", _) => What::Step {
                request,
                word,
                amount: Some(cents),
            },
            ("blocked" | "unblocked" | "granted", _) if draw.known % 2 == 0 => What::Step {
                request,
                word,
                amount: Some(cents),
            },
            _ => What::Step {
                request,
                word,
                amount: None,
            },
        }
    }

    /// The domain has every request in the state the plain telling has it in.
    fn stands_as_told(&self) {
        for (request, it) in told(&self.entries).expect("holds") {
            let id = crate::support::id(&format!("A-{request}"));
            let state = self.stream.ledger.state(&id).map(State::word);
            let expected = (!it.state.is_empty()).then(|| crate::matrix::name_of(it.state));
            assert_eq!(state, expected, "{id}");
        }
    }

    /// Any word on any day.
    fn anything(&mut self, draw: &Draw, request: usize) {
        let words: Vec<&str> = {
            let words: BTreeSet<&str> = crate::matrix::table().keys().map(|it| it.1).collect();
            words
                .into_iter()
                .filter(|it| *it != "blocked(part)")
                .collect()
        };
        let now = told(&self.entries)
            .expect("holds")
            .remove(&request)
            .unwrap_or_default();
        let what = self.of_word(words[draw.pick % words.len()], request, draw, &now);
        self.hand_in(what, draw.day, draw.known);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_domain_judges_as_the_plain_telling_does(
        draws in proptest::collection::vec(draw(), 40..110),
        requests in 3..=5_usize,
        direct: bool,
        budget in 150_000..450_000_i64,
    ) {
        let mut world = World::new(requests, direct, budget);
        for draw in &draws {
            let before = world.accepted;
            world.play(draw, requests);
            if world.accepted > before {
                invariants::hold(&world.stream);
            }
            world.stands_as_told();
        }
        prop_assert!(world.accepted > requests, "{} accepted, {} refused", world.accepted, world.refused);
    }
}
