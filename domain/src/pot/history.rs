//! One request's acts in the order of (date, table order, position), told with or without judging.

use std::iter::Peekable;

use super::{
    authorities::{self, Assigned},
    book::Candidate,
    carried::Origin,
    fold::{Around, Broken, Fold},
    sums::{Drawn, Pots, Timeline},
    transitions::State,
};
use crate::{
    Day, Id, Refusal, Row,
    stream::{Index, Root},
    tables::{Booked, BookingKind, PotMode},
};

/// The rows of a stream, and how they are found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// All of them.
    pub(crate) roots: &'a [Root],
    /// Where what has an id is among them.
    pub(crate) by_holder: &'a Index,
}

impl Rows<'_> {
    /// The year of the commitment an expense names, if it is later than this; with the candidate as it would stand.
    fn settles_later(
        &self,
        row: &Row,
        year: u32,
        candidate: Option<&Candidate<'_>>,
    ) -> Option<u32> {
        let Row::Booked(Booked {
            settles: Some(settled),
            ..
        }) = row
        else {
            return None;
        };
        let at = self.by_holder.get(row.table().order, settled).first()?;
        let newest = self.roots[*at].newest();
        let row = match candidate.filter(|it| it.replaces == Some(*at)) {
            Some(it) => it.row,
            None => Some(&newest.row).filter(|_| !newest.void),
        };
        match row {
            Some(Row::Booked(it)) if it.kind == BookingKind::Commitment => {
                Some(it.fiscal_year.get()).filter(|it| *it > year)
            }
            _ => None,
        }
    }
}

/// What acts are told over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) rows: Rows<'a>,
    pub(super) pots: &'a Pots,
    /// The row being judged; none where everything has happened.
    pub(super) candidate: Option<&'a Candidate<'a>>,
}

/// Where a row stands in its request's history: by date, table order, position.
pub(super) type Place = (Day, usize, u64);

/// After every act.
const LAST: Place = (Day::LATEST, usize::MAX, u64::MAX);

/// One request's acts in order, and what they come to.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    pub(super) acts: Vec<(Place, usize)>,
    /// All acts told; kept so that a row at the end costs what one row costs.
    pub(super) told: Told,
}

/// What acts come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    fold: Fold,
    /// What the request draws on the pot, from which day on.
    pub(super) timeline: Timeline,
    /// What it is assigned for later years.
    pub(super) assigned: Assigned,
}

impl History {
    /// Tells everything anew. Never judges: it has happened.
    pub(super) fn retell(&mut self, ground: Ground<'_>) {
        self.told = Told::default();
        for (place, at) in &self.acts {
            let row = &ground.rows.roots[*at].newest().row;
            self.told.take(row, place.0, ground, Some(*at));
        }
    }

    /// Puts a row into its place.
    pub(super) fn insert(&mut self, place: Place, at: usize, ground: Ground<'_>) {
        let index = self.acts.partition_point(|it| it.0 <= place);
        self.acts.insert(index, (place, at));
        if index + 1 == self.acts.len() {
            let row = &ground.rows.roots[at].newest().row;
            self.told.take(row, place.0, ground, Some(at));
        } else {
            self.retell(ground);
        }
    }

    /// Takes a row out of its place.
    pub(super) fn remove(&mut self, place: Place, at: usize, ground: Ground<'_>) {
        self.acts.retain(|it| *it != (place, at));
        self.retell(ground);
    }
}

impl Told {
    /// Where the request stands.
    pub(super) fn state(&self) -> Option<State> {
        self.fold.state
    }

    /// Takes one act in, and what it changes in what the request draws on the pot.
    fn take(&mut self, row: &Row, date: Day, ground: Ground<'_>, by: Option<usize>) {
        let pots = ground.pots;
        let pot = pots.on(date);
        self.fold.around = Around {
            closed: pots.closed_on(date),
            direct: pot.is_some_and(|it| it.mode == PotMode::Direct),
            alone: true,
        };
        match row {
            Row::RequestSubmitted(it) => self.fold.submitted(it),
            Row::RequestStepped(it) => self.fold.step(it),
            Row::Booked(it) => {
                self.fold.booking(it);
                let year = pot.map_or(0, |it| it.year);
                let later = ground.rows.settles_later(row, year, ground.candidate);
                if let Some(later) = later {
                    self.fold.settled_later(it.amount, later);
                }
            }
            Row::CarryOverSent(it) => {
                if let Some(pot) = pot {
                    let (year, direct) = (pot.year, self.fold.around.direct);
                    let cents = i128::from(it.amount.cents());
                    self.fold.carry(cents, &[], Origin { year, direct });
                }
            }
            _ => {}
        }
        authorities::note(&mut self.assigned, &self.fold.authority, date, by);
        let freed = pot.map_or(0, |it| self.fold.freed_at_home(it.year));
        let cents = self.fold.granted - freed;
        if self.timeline.last().map_or(0, |it| it.cents) != cents {
            self.timeline.push(Drawn {
                day: date,
                cents,
                by,
            });
        }
    }

    /// Checks one act and takes it in.
    fn act(
        &mut self,
        row: &Row,
        date: Day,
        ground: Ground<'_>,
        by: Option<usize>,
    ) -> Result<(), Broken> {
        let pot = ground.pots.on(date);
        match row {
            Row::RequestStepped(it) => self.fold.may_step(it, pot)?,
            Row::Booked(it) => self.fold.may_book(it, date, pot)?,
            _ => {}
        }
        self.take(row, date, ground, by);
        self.fold.sums_hold(pot)
    }
}

/// What judging one request's history needs.
pub(super) struct Hearing<'a> {
    pub(super) request: &'a Id,
    pub(super) rows: Rows<'a>,
    pub(super) pots: &'a Pots,
    pub(super) candidate: &'a Candidate<'a>,
    /// What holds before this day, holds without asking again.
    pub(super) from: Day,
}

impl Hearing<'_> {
    fn ground(&self) -> Ground<'_> {
        Ground {
            rows: self.rows,
            pots: self.pots,
            candidate: Some(self.candidate),
        }
    }

    /// Tells a history with the candidate in its place, checking every act from its day on.
    pub(super) fn tell(&self, history: Option<&History>) -> Result<Told, Refusal> {
        let mut new = self.own();
        if let (Some(history), Some((place, row)), None) = (history, new, self.candidate.replaces)
            && history.acts.last().is_none_or(|it| it.0 <= place)
        {
            // A new row after all others is judged on what they already come to.
            let mut told = history.told.clone();
            self.own_act(&mut told, row, place.0)?;
            for day in self.pots.days_from(place.0) {
                self.turn(&told, day)?;
            }
            return Ok(told);
        }
        let mut told = Told::default();
        let mut turns = self.pots.days_from(self.from).peekable();
        let acts = history.map(|it| it.acts.as_slice()).unwrap_or_default();
        let others = acts
            .iter()
            .filter(|(_, at)| Some(*at) != self.candidate.replaces);
        // The candidate goes before the first act that stands after it.
        for (place, other) in others
            .map(|(place, at)| (*place, Some(*at)))
            .chain([(LAST, None)])
        {
            if let Some((its, row)) = new.take_if(|(its, _)| *its <= place) {
                self.turn_before(&mut turns, its.0, &told)?;
                self.own_act(&mut told, row, its.0)?;
            }
            self.turn_before(&mut turns, place.0, &told)?;
            let Some(at) = other else { break };
            let row = &self.rows.roots[at].newest().row;
            if place.0 < self.from {
                told.take(row, place.0, self.ground(), other);
            } else {
                let done = told.act(row, place.0, self.ground(), other);
                done.map_err(|it| refusal(it, Some((row, place.0))))?;
            }
        }
        Ok(told)
    }

    /// The candidate with its place, if it is an act of this request.
    fn own(&self) -> Option<(Place, &Row)> {
        let row = self
            .candidate
            .row
            .filter(|row| request_of(row) == Some(self.request))?;
        let position = self
            .candidate
            .replaces
            .map_or(u64::MAX, |at| self.rows.roots[at].position);
        Some(((self.candidate.date, row.table().order, position), row))
    }

    fn own_act(&self, told: &mut Told, row: &Row, date: Day) -> Result<(), Refusal> {
        told.act(row, date, self.ground(), None)
            .map_err(|it| refusal(it, None))
    }

    /// The turns of the pot before a day.
    fn turn_before(
        &self,
        turns: &mut Peekable<impl Iterator<Item = Day>>,
        next: Day,
        told: &Told,
    ) -> Result<(), Refusal> {
        while let Some(day) = turns.next_if(|day| *day < next) {
            self.turn(told, day)?;
        }
        Ok(())
    }

    /// The pot changed on this day: at its end the sums must hold under what the pot then says.
    fn turn(&self, told: &Told, day: Day) -> Result<(), Refusal> {
        told.fold.sums_hold(self.pots.on(day)).map_err(|it| {
            let broken = Broken {
                de: format!("Antrag „{}“ am {day}: {}", self.request, it.de),
                en: format!("Request `{}` on {day}: {}", self.request, it.en),
                ..it
            };
            refusal(broken, None)
        })
    }
}

/// The request a row belongs to.
pub(super) fn request_of(row: &Row) -> Option<&Id> {
    match row {
        Row::RequestSubmitted(it) => Some(&it.id),
        Row::RequestStepped(it) => Some(&it.request),
        Row::Booked(it) => Some(&it.request),
        Row::CarryOverSent(it) => Some(&it.request),
        _ => None,
    }
}

/// The rule as an answer; `breaks` is the later row that would no longer be allowed.
pub(super) fn refusal(broken: Broken, breaks: Option<(&Row, Day)>) -> Refusal {
    let Some((row, date)) = breaks else {
        return Refusal::new(broken.code, broken.field, broken.de, broken.en);
    };
    let what = match row {
        Row::RequestStepped(it) => format!("{} {}", it.request, it.step),
        Row::Booked(it) => format!("{} {} {}", it.request, it.kind, it.reference),
        _ => row.identity(),
    };
    Refusal::new(
        broken.code,
        broken.field,
        format!(
            "Die Zeile „{what}“ vom {date} wäre dann nicht mehr zulässig: {}",
            broken.de
        ),
        format!(
            "The row `{what}` of {date} would then no longer be allowed: {}",
            broken.en
        ),
    )
}
