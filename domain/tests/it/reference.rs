//! "How money rows are judged", as plainly as it can be said: put all rows that hold in the order of
//! (date, table order, position) and do everything from the beginning, every time.
//!
//! Shares nothing with the domain but the dossier's table in [`matrix`](crate::matrix).

use std::collections::{BTreeMap, BTreeSet};

use crate::matrix;

/// A row as it was handed in. Amounts are cents, days count from 1970.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Pot {
        amount: i64,
        reserve: i64,
        direct: bool,
    },
    Request {
        request: usize,
        amount: i64,
    },
    Step {
        request: usize,
        word: &'static str,
        amount: Option<i64>,
    },
    Booking {
        request: usize,
        kind: &'static str,
        amount: i64,
        year: i32,
        authority: bool,
    },
    Carry {
        request: usize,
        to: usize,
        amount: i64,
    },
    /// What the pot may commit for the year after its own.
    Authority {
        amount: i64,
    },
    /// The pot's fiscal year is closed.
    Closing,
}

/// What is corrected.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Whole(What, i32),
    Amount(i64),
    Move(i32),
    Void,
}

/// A row with what became known of it: (known, number, change).
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) versions: Vec<(i32, usize, Change)>,
}

impl Entry {
    pub(crate) fn new(what: What, day: i32, known: i32, number: usize) -> Self {
        Self {
            versions: vec![(known, number, Change::Whole(what, day))],
        }
    }

    pub(crate) fn first_known(&self) -> i32 {
        self.versions[0].0
    }

    /// What holds when everything is known: the row, its day, and whether it is annulled.
    pub(crate) fn now(&self) -> (What, i32, bool) {
        let mut later = self.versions[1..].to_vec();
        later.sort_by_key(|it| (it.0, it.1));
        let Change::Whole(mut what, mut day) = self.versions[0].2.clone() else {
            panic!("a row comes first")
        };
        let mut void = false;
        for (_, _, change) in later {
            void = false;
            match change {
                Change::Whole(new, on) => (what, day) = (new, on),
                Change::Move(to) => day = to,
                Change::Void => void = true,
                Change::Amount(cents) => match &mut what {
                    What::Pot { amount, .. }
                    | What::Request { amount, .. }
                    | What::Booking { amount, .. }
                    | What::Carry { amount, .. }
                    | What::Authority { amount } => *amount = cents,
                    What::Step { amount, .. } => *amount = Some(cents),
                    What::Closing => panic!("no closing is corrected"),
                },
            }
        }
        (what, day, void)
    }
}

/// A request while it is told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) state: &'static str,
    pub(crate) requested: i64,
    pub(crate) resolved: Option<i64>,
    pub(crate) granted: i64,
    pub(crate) blocked: i64,
    pub(crate) allocated: i64,
    pub(crate) called: i64,
    pub(crate) expenses: i64,
    refunds: i64,
    commitments: i64,
    releases: i64,
    authority: BTreeMap<i32, i64>,
    on_authority: BTreeMap<i32, i64>,
    ended: bool,
    /// What was carried over, the oldest first, and whether its pot pays directly.
    parcels: Vec<Parcel>,
    pays_directly: bool,
    /// How the pot pays on the day of the act, and whether its year is closed by then.
    now: (bool, bool),
    /// Refunds of what was spent in the pot itself after its year was closed: it stays spent.
    too_late: i64,
    /// Spent of carried money and not refunded: out of which parcel, for which year, how much.
    slices: Vec<(usize, i32, i64)>,
    /// Spent of the pot's own money and not refunded.
    spent_at_home: i64,
}

/// Carried money and what was done with it.
#[derive(Debug, Clone, Default)]
struct Parcel {
    amount: i64,
    called: i64,
    expenses: i64,
    refunds: i64,
    released: i64,
}

const YEAR: i32 = 2024;

impl Request {
    pub(crate) fn spent(&self) -> i64 {
        self.expenses - self.refunds
    }

    fn drawn(&self) -> i64 {
        if self.ended {
            // What is given back of carried money is free in the pot it was carried to.
            let elsewhere: i64 = self.parcels.iter().map(|it| it.released).sum();
            (self.commitments - self.releases).max(self.expenses) + elsewhere
        } else {
            self.granted
        }
    }

    /// What is bound, neither paid out nor carried over yet.
    fn bound_to_carry(&self) -> i64 {
        let away = |of: fn(&Parcel) -> i64| -> i64 { self.parcels.iter().map(of).sum() };
        let committed = (self.commitments - self.releases).max(self.expenses);
        // What was given back too late is spent all the same.
        let spent = self.spent() + self.too_late - away(|it| it.expenses - it.refunds);
        let paid = if self.pays_directly {
            self.expenses - away(|it| it.expenses)
        } else {
            self.called - away(|it| it.called)
        };
        (committed - away(|it| it.amount - it.released) - paid.max(spent)).max(0)
    }

    /// Where a word leads, by the dossier's table.
    fn next(&self, word: &'static str, amount: Option<i64>) -> Option<&'static str> {
        let table = matrix::table();
        let state = |suffix: &str| -> Option<&'static str> {
            let key = format!("{}{suffix}", self.state);
            let word = if word == "blocked" && amount.is_some() {
                "blocked(part)"
            } else {
                word
            };
            table.get(&(key.as_str(), word)).copied()
        };
        let paid = match word {
            // Whether refunds of carried money came too late, other streams say: they may have.
            "waived" => {
                let elsewhere: i64 = self.parcels.iter().map(|it| it.refunds).sum();
                self.spent() + self.too_late + elsewhere > 0
            }
            _ => self.expenses > 0,
        };
        let called = self.called > 0;
        let part = if word == "unblocked" && self.blocked > 0 {
            state("part")
        } else {
            None
        };
        let to = part
            .or(if paid { state("paid") } else { None })
            .or(if called { state("called") } else { None })
            .or_else(|| state(""))?;
        let to = matrix::landing(to, self.now.0);
        let endings = ["paid", "called", "part"];
        Some(endings.iter().fold(to, |to, it| to.trim_end_matches(it)))
    }

    /// The words that lead on from here.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        let table = matrix::table();
        let words: BTreeSet<&'static str> = table.keys().map(|it| it.1).collect();
        let plain = words.into_iter().filter(|it| *it != "blocked(part)");
        plain.filter(|it| self.next(it, None).is_some()).collect()
    }

    fn step(&mut self, word: &'static str, amount: Option<i64>, pot: bool) -> bool {
        let Some(to) = self.next(word, amount) else {
            return false;
        };
        match word {
            "resolved" | "resolved_with_conditions" => {
                self.resolved = amount;
                if amount > Some(self.requested) {
                    return false;
                }
            }
            "granted" => {
                if !pot || amount.is_some() && amount != self.resolved {
                    return false;
                }
                self.granted = self.resolved.unwrap_or(0);
            }
            "blocked" => self.blocked = amount.map_or(self.granted, |it| self.blocked + it),
            "unblocked" => self.blocked = amount.map_or(0, |it| (self.blocked - it).max(0)),
            "waived" | "revoked" => self.ended = true,
            _ => {}
        }
        self.state = to;
        true
    }

    /// Carried money is taken first, the oldest of it first, each as far as it reaches.
    fn hit(&mut self, kind: &'static str, amount: i64, year: i32) {
        let mut rest = amount;
        for (place, it) in self.parcels.iter_mut().enumerate() {
            let (bound, spent) = (it.amount - it.released, it.expenses - it.refunds);
            let paid = if self.pays_directly {
                it.expenses
            } else {
                it.called
            };
            let (room, sum) = match kind {
                "call" => (bound - it.called, &mut it.called),
                "expense" if self.pays_directly => (bound - it.expenses, &mut it.expenses),
                "expense" => (it.called - spent, &mut it.expenses),
                "commitment_release" if year <= YEAR => (bound - paid.max(spent), &mut it.released),
                _ => return,
            };
            let part = room.clamp(0, rest);
            *sum += part;
            rest -= part;
            if kind == "expense" {
                self.slices.push((place, year.max(YEAR), part));
            }
        }
        if kind == "expense" {
            self.spent_at_home += rest;
        }
    }

    /// A refund undoes what was spent for its year, of carried money first; then what was spent for other years. What
    /// nothing was spent for is given back at home.
    fn refund(&mut self, amount: i64, year: i32) {
        let year = year.max(YEAR);
        let rest = self.refund_away(amount, |of| of == year);
        let here = if year == YEAR {
            rest.min(self.spent_at_home).max(0)
        } else {
            0
        };
        let here = here + self.refund_away(rest - here, |_| true);
        self.spent_at_home -= here;
        self.too_late += if self.now.1 { here } else { 0 };
    }

    /// The same of carried money that was spent for some years; what is left of the refund.
    fn refund_away(&mut self, amount: i64, wanted: impl Fn(i32) -> bool) -> i64 {
        let mut rest = amount;
        self.slices.sort_by_key(|it| (it.1, it.0));
        for (place, _, open) in self.slices.iter_mut().filter(|it| wanted(it.1)) {
            let part = rest.min(*open);
            *open -= part;
            rest -= part;
            self.parcels[*place].refunds += part;
        }
        rest
    }

    fn booking(
        &mut self,
        (kind, amount): (&'static str, i64),
        (year, paid_in): (i32, i32),
        authority: bool,
    ) -> bool {
        let Some(to) = self.next(kind, None) else {
            return false;
        };
        let of_payment = !self.parcels.is_empty() && year == paid_in;
        if matches!(kind, "allocation" | "call" | "expense") && year != YEAR && !of_payment {
            return false;
        }
        if kind != "refund" {
            self.hit(kind, amount, year);
        }
        match kind {
            "allocation" => self.allocated += amount,
            "call" => self.called += amount,
            "expense" => self.expenses += amount,
            "refund" => {
                self.refunds += amount;
                self.refund(amount, year);
            }
            "commitment_authority" => *self.authority.entry(year).or_default() += amount,
            "commitment" => {
                self.commitments += if year <= YEAR { amount } else { 0 };
                *self.on_authority.entry(year).or_default() += if authority { amount } else { 0 };
            }
            "commitment_release" => {
                self.releases += if year <= YEAR { amount } else { 0 };
                let used = self.on_authority.entry(year).or_default();
                *used = (*used - if authority { amount } else { 0 }).max(0);
            }
            other => panic!("no kind {other}"),
        }
        self.state = to;
        true
    }

    fn sums_hold(&self, direct: bool) -> bool {
        let authority = |year: &i32| self.authority.get(year).copied().unwrap_or(0);
        self.allocated <= self.granted - self.blocked
            && self.called <= self.allocated
            && self.spent() <= if direct { self.allocated } else { self.called }
            && self
                .on_authority
                .iter()
                .filter(|it| *it.0 > YEAR)
                .all(|(year, used)| *used <= authority(year))
    }
}

/// The days of the property tests cross a year: day 30 is the first of 2025.
pub(crate) fn year_of(day: i32) -> i32 {
    if day < 30 { YEAR } else { YEAR + 1 }
}

/// Whether the year was closed by a day.
fn is_closed(entries: &[Entry], day: i32) -> bool {
    let mut all = entries.iter().map(Entry::now);
    all.any(|it| it.0 == What::Closing && it.1 <= day)
}

/// Tells everything from the beginning; `None` where a rule is broken on any day.
pub(crate) fn told(entries: &[Entry]) -> Option<BTreeMap<usize, Request>> {
    let mut pots: Vec<(i32, usize, i64, bool)> = Vec::new();
    let (mut acts, mut authorities) = (Vec::new(), Vec::new());
    let mut days: BTreeSet<i32> = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let (what, day, void) = entry.now();
        if !void {
            days.insert(day);
        }
        match what {
            _ if void => {}
            What::Pot {
                amount,
                reserve,
                direct,
            } => pots.push((day, at, amount - reserve, direct)),
            What::Request { .. } => acts.push(((day, 1, at), what)),
            What::Step { .. } => acts.push(((day, 2, at), what)),
            What::Booking { .. } => acts.push(((day, 3, at), what)),
            What::Carry { .. } => acts.push(((day, 4, at), what)),
            What::Authority { amount } => authorities.push((day, amount)),
            What::Closing => {}
        }
    }
    pots.sort_unstable();
    authorities.sort_unstable();
    acts.sort_by_key(|it| it.0);
    let pot = |day: i32| pots.iter().rev().find(|it| it.0 <= day);
    let mut requests: BTreeMap<usize, Request> = BTreeMap::new();
    for day in days {
        let direct = pot(day).is_some_and(|it| it.3);
        for it in requests.values_mut() {
            it.now = (direct, is_closed(entries, day));
        }
        for (_, act) in acts.iter().filter(|it| it.0.0 == day) {
            let (request, allowed) = match act {
                What::Request { request, amount } => {
                    let it = requests.entry(*request).or_default();
                    it.state = "Q1";
                    it.requested = *amount;
                    (*request, true)
                }
                What::Step {
                    request,
                    word,
                    amount,
                } => (
                    *request,
                    requests
                        .get_mut(request)?
                        .step(word, *amount, pot(day).is_some()),
                ),
                What::Booking {
                    request,
                    kind,
                    amount,
                    year,
                    authority,
                } => (
                    *request,
                    requests.get_mut(request)?.booking(
                        (*kind, *amount),
                        (*year, year_of(day)),
                        *authority,
                    ),
                ),
                What::Carry {
                    request, amount, ..
                } => {
                    let it = requests.entry(*request).or_default();
                    if pot(day).is_some() {
                        it.pays_directly = direct;
                        it.parcels.push(Parcel {
                            amount: (*amount).min(it.bound_to_carry()),
                            ..Parcel::default()
                        });
                    }
                    (*request, true)
                }
                What::Pot { .. } | What::Authority { .. } | What::Closing => panic!("no act"),
            };
            if !allowed || !requests[&request].sums_hold(direct) {
                return None;
            }
        }
        let stated = authorities.iter().rev().find(|it| it.0 <= day);
        let assigned = requests
            .values()
            .filter_map(|it| it.authority.get(&(YEAR + 1)));
        if stated.is_some_and(|it| assigned.sum::<i64>() > it.1) {
            return None;
        }
        let drawn: i64 = requests.values().map(Request::drawn).sum();
        if drawn > pot(day).map_or(0, |it| it.2) && drawn != 0
            || !requests.values().all(|it| it.sums_hold(direct))
        {
            return None;
        }
    }
    Some(requests)
}
