//! Whether it is a row's turn, and which number it has: what was said before, in this feed and in the log.

use std::{collections::HashMap, sync::Arc};

use leitstand_domain::{Day, cell::Cell as _, table::Cells};

use super::{Cell, Emit, Made, UNREAD, Values, When, turns::Turns};
use crate::{
    Finding,
    profile::past::{Past, Said},
};

/// What is remembered of the rows made so far.
#[derive(Debug, Default)]
pub(in crate::profile) struct Memory {
    /// By identity without the day, the last state.
    seen: HashMap<String, Last>,
    /// By identity without the day.
    turns: Turns,
    /// By the text in a column that is counted.
    counts: Turns,
    columns: Arc<[(String, String)]>,
}

/// The last state of a thing.
#[derive(Debug)]
struct Last {
    said: Said,
    /// Its number among the rows of the feed.
    row: usize,
}

impl Memory {
    /// The same columns as of the row before, if they are.
    pub(super) fn shared(&mut self, columns: Vec<(String, String)>) -> Arc<[(String, String)]> {
        if *self.columns != *columns {
            self.columns = columns.into();
        }
        Arc::clone(&self.columns)
    }

    /// Whether the rows came in order of their days, or are counted by them.
    pub(super) fn is_in_order(&self) -> bool {
        self.turns.is_in_order() && self.counts.is_in_order()
    }

    /// For reading the same again.
    pub(super) fn again(self) -> Self {
        Self {
            turns: self.turns.again(),
            counts: self.counts.again(),
            ..Self::default()
        }
    }
}

/// What becomes of a row that is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Made,
    /// The row before says the same: that one of the feed, or one of the log.
    Unchanged(Option<usize>),
    /// It is not its turn.
    NotNow,
}

impl Emit {
    /// Whether what becomes of a row depends on those before it.
    pub(in crate::profile) fn remembers(&self) -> bool {
        self.when != When::Always || self.counted_by().next().is_some()
    }

    /// The columns whose texts are counted.
    pub(in crate::profile) fn counted_by(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter_map(|(_, cell)| match cell {
            Cell::Ordinal(of) => Some(of.as_str()),
            Cell::Template(_) => None,
        })
    }

    /// Whether a complete row is wanted; `row` is the number it would have in the feed, `tables` those of
    /// all rows that may be about the same thing.
    pub(super) fn verdict(
        &self,
        (cells, day): (&Cells, Option<Day>),
        memory: &mut Memory,
        (past, tables): (&Past, &[&'static str]),
        row: usize,
    ) -> Verdict {
        let said = match self.when {
            When::Always => return Verdict::Made,
            When::First | When::Later | When::Changed => Said::by(self.table.name, cells),
        };
        let thing = self.thing(cells);
        if self.when == When::Changed {
            return self.changed(thing, said, memory, past, row);
        }
        let is_first = memory.turns.take(&thing, day) == 1;
        let in_past =
            |of: &[&'static str]| said.as_ref().is_some_and(|it| past.knows_before(of, it));
        match (self.when, is_first) {
            (When::First, true) if !in_past(&[self.table.name]) => Verdict::Made,
            (When::Later, false) => Verdict::Made,
            (When::Later, true) if in_past(tables) => Verdict::Made,
            _ => Verdict::NotNow,
        }
    }

    /// The first state, and those that say something else than the one before. One that will be rejected
    /// is none.
    fn changed(
        &self,
        thing: String,
        said: Option<Said>,
        memory: &mut Memory,
        past: &Past,
        row: usize,
    ) -> Verdict {
        let Some(said) = said else {
            return Verdict::Made;
        };
        let here = memory.seen.get(&thing);
        let here = here.map(|it| (&it.said, it.row));
        // A state of before the last is no news that can be left out: whoever records it says so.
        let is_earlier = |it: &Said| it.day.zip(said.day).is_some_and(|(it, day)| day < it);
        if here.is_some_and(|(it, _)| is_earlier(it)) {
            return Verdict::Made;
        }
        let there = past.before(self.table.name, &said);
        let there = there.filter(|it| here.is_none_or(|(said, _)| said.day < it.day));
        let before = match (there, here) {
            (Some(there), _) => Some((there, None)),
            (None, here) => here.map(|(said, row)| (said, Some(row))),
        };
        if let Some((before, its_row)) = before
            && before.cells == said.cells
        {
            if its_row.is_some() {
                memory.seen.insert(thing, Last { said, row });
            }
            return Verdict::Unchanged(its_row);
        }
        memory.seen.insert(thing, Last { said, row });
        Verdict::Made
    }

    /// Notes a row that will be rejected: of a definition it is the first all the same, and a later record
    /// must not be taken for it. A state it is not.
    pub(super) fn note_rejected(&self, (cells, day): (&Cells, Option<Day>), memory: &mut Memory) {
        if matches!(self.when, When::First | When::Later) {
            memory.turns.take(&self.thing(cells), day);
        }
    }

    /// By which day a row comes before or after others: its own, and where that is the same for all, what
    /// stands in the record for other rows' day.
    pub(super) fn day(&self, values: &Values<'_>, cells: &Cells) -> Option<Day> {
        let text = if self.has_own_day() {
            cells.get(self.day_column()?).map(String::as_str)
        } else {
            let value = self
                .dated_by
                .as_ref()
                .and_then(|it| values.get(it.as_str()));
            value.and_then(|it| it.read.stated())
        };
        Day::parse(text?).ok()
    }

    /// What a row is about is the same from day to day.
    fn thing(&self, cells: &Cells) -> String {
        let identity = self.table.identity.iter();
        let identity = identity.filter(|it| Some(**it) != self.table.effective);
        let identity: Vec<&str> = identity
            .map(|it| cells.get(*it).map_or("", String::as_str))
            .collect();
        identity.join("/")
    }

    /// Numbers a row among those with the same text in a column: it goes on where the log ends, and a row
    /// that is recorded keeps its number.
    pub(super) fn number(
        &self,
        (column, of): (&str, &str),
        memory: &mut Memory,
        past: &Past,
        made: &mut Made,
    ) {
        let text = made.cells.get(of).cloned().unwrap_or_default();
        if text == UNREAD {
            // Which one it is of what nobody can read, whoever mends the row must say, too.
            made.cells.insert(column.to_owned(), text);
            return;
        }
        let told: Vec<&Said> = past.counted(self.table.name, of, &text).collect();
        let day = self.table.effective.and_then(|it| made.cells.get(it));
        let day = day.and_then(|it| Day::parse(it).ok());
        let count = memory.counts.take(&text, made.day);
        let since = memory.counts.since(&text).filter(|_| self.has_own_day());
        let since = since.or(day);
        let before = told.iter().filter(|it| since.is_none() || it.day < since);
        let before = before.filter_map(|it| it.number(column)).max().unwrap_or(0);
        let mut number = before + count;
        made.cells.insert(column.to_owned(), number.to_string());
        let said = Said::by(self.table.name, &made.cells);
        let same = said.and_then(|said| told.iter().find(|it| it.is_same_but(column, &said)));
        if let Some(same) = same.and_then(|it| it.number(column)) {
            number = same;
        } else if told.iter().any(|it| it.number(column) == Some(number)) {
            // Whoever mends the row must say which number is meant.
            made.cells.insert(column.to_owned(), UNREAD.to_owned());
            // It is wrong where what is counted by stands.
            let place = made.columns.iter().position(|(ours, _)| ours == of);
            let foreign = place.and_then(|at| made.columns.get(at));
            let written = made.written.iter().find(|it| Some(it.at) == place);
            let finding = number_taken(&text, number)
                .in_table(self.table.name)
                .at(foreign.map_or(column, |(_, foreign)| foreign.as_str()))
                .showing(written.map_or(&text, |it| &it.text));
            made.findings.push(finding);
            return;
        }
        made.cells.insert(column.to_owned(), number.to_string());
    }
}

fn number_taken(of: &str, number: u32) -> Finding {
    let of = crate::finding::shortened(of);
    Finding::new(
        "number_taken",
        format!(
            "Zu „{of}“ ist unter der Nummer {number} schon anderes erfasst, vom selben oder einem späteren Tag; was von Anfang an falsch war, berichtigt die Tabelle „corrections“, Dateien gehören in zeitlicher Folge oder zusammen eingespielt"
        ),
        format!(
            "For `{of}` something else is already recorded under number {number}, of the same or a later day; what was wrong from the start is put right by the table `corrections`, files are fed in order of time or together"
        ),
    )
}
