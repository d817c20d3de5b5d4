//! What every answer has in common: the question, the form, and how a figure points at its events.

mod evidence;
pub(crate) mod ground;
mod none;

use std::sync::Arc;

use leitstand_domain::{Day, cell::Code as _, partner::Partner};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value};

pub use evidence::Evidence;
pub use none::{NoAnswer, Said};

use self::ground::Summary;
use crate::{Facts, View, answers::narrowing};

/// A question: where to stand, and what to narrow down to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// V, K, P.
    pub view: View,
    /// What to narrow down to.
    pub filter: Filter,
    /// Which part of a long answer.
    pub page: Page,
}

/// What an answer is narrowed down to; `None` does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A pillar.
    pub pillar: Option<String>,
    /// A measure.
    pub measure: Option<String>,
    /// A pot.
    pub pot: Option<String>,
    /// A partner.
    pub partner: Option<String>,
    /// For `shares`: the amount to split.
    pub amount: Option<String>,
    /// For `shares`: `25/75`, or the id of a scheme.
    pub cost_share: Option<String>,
    /// For `shares` and `votes`: the year of the key.
    pub key_year: Option<u32>,
    /// For `votes`: the paper voted on.
    pub paper: Option<String>,
    /// For `votes`: who would say yes, as in `BUND,BW`.
    pub yes: Option<String>,
    /// For `changes`: the view compared with; what it does not state is as in the question.
    pub before: Before,
    /// For `trail`: the request or measure.
    pub id: Option<String>,
    /// For `trail`: only rows of this table.
    pub table: Option<String>,
}

/// The earlier of two views, as far as it is stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Before {
    /// V.
    pub as_of: Option<Day>,
    /// K.
    pub known_on: Option<Day>,
    /// P.
    pub position: Option<u64>,
}

impl Filter {
    /// Whether nothing is narrowed down.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// Which part of a long answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// At most so many rows; `None`: all.
    pub limit: Option<usize>,
    /// Rows whose id comes after this one.
    pub cursor: Option<String>,
}

/// An answer: rows, summary, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<R = AnswerRow> {
    /// Name of the answer.
    pub name: &'static str,
    /// Where it stands.
    pub view: View,
    /// Greatest position ≤ P of an event known by K.
    pub position: u64,
    /// Rows recorded after K though known by K.
    pub backfilled: usize,
    /// The rows, sorted by id unless the answer says otherwise.
    pub rows: Vec<R>,
    /// The summary.
    pub summary: Map<String, Value>,
    /// What its figures were made of.
    pub grounds: Evidence,
    /// Where to go on, if rows were left out.
    pub cursor: Option<String>,
    /// Since when the facts stand still, if they do.
    pub stands_since: Option<String>,
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRow {
    /// What the row is about.
    pub id: String,
    /// Its fields in the contract's order.
    pub fields: Map<String, Value>,
    /// The positions it rests on, each with the kind of fact it is.
    pub evidence: Evidence,
}

impl AnswerRow {
    /// About how many bytes it takes as text.
    fn length(&self) -> usize {
        32 * self.fields.len() + 8 * self.evidence.len()
    }
}

impl Answer {
    /// The form of the contract.
    #[must_use]
    pub fn to_json(&self) -> Value {
        // Maps, strings and numbers only: there is nothing that could not be written.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Shorter texts are one piece: many small ones cost more than a copy.
const ONE_PIECE: usize = 256 << 10;

impl Answer<String> {
    /// The form of the contract, around rows that are written already, each with a comma after it. A long text
    /// stays in pieces: to copy megabytes into one costs as much as to write them.
    fn pieces(mut self) -> Vec<String> {
        const ROWS: &str = "\"rows\":[";
        let mut rows = std::mem::take(&mut self.rows);
        if let Some(last) = rows.last_mut() {
            last.pop();
        }
        // Maps, strings and numbers only: there is nothing that could not be written.
        let mut around = serde_json::to_string(&self).unwrap_or_default();
        // Before the rows stand days and numbers, so this is where they begin.
        let start = around.find(ROWS).map_or(0, |it| it + ROWS.len());
        let length = rows.iter().map(String::len).sum::<usize>();
        let end = around.split_off(start);
        let mut pieces = vec![around];
        pieces.append(&mut rows);
        pieces.push(end);
        if length < ONE_PIECE {
            pieces = vec![pieces.concat()];
        }
        pieces
    }
}

impl<R: Serialize> Serialize for Answer<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_map(None)?;
        all.serialize_entry("as_of", &self.view.as_of)?;
        all.serialize_entry("known_on", &self.view.known_on)?;
        all.serialize_entry("position", &self.position)?;
        all.serialize_entry("backfilled", &self.backfilled)?;
        all.serialize_entry("rows", &self.rows)?;
        all.serialize_entry("summary", &self.summary)?;
        if let Some(cursor) = &self.cursor {
            all.serialize_entry("cursor", cursor)?;
        }
        if let Some(since) = &self.stands_since {
            all.serialize_entry("stands_since", since)?;
        }
        all.end()
    }
}

impl Serialize for AnswerRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_map(None)?;
        for (name, value) in &self.fields {
            all.serialize_entry(name, value)?;
        }
        all.serialize_entry("events", &self.evidence.positions())?;
        all.end()
    }
}

/// What an answer computes: how many rows, their ids in order, how to write one, and the summary over all.
pub(crate) struct Output<'a> {
    count: usize,
    id: Box<dyn Fn(usize) -> String + Send + Sync + 'a>,
    write: Box<dyn Fn(usize) -> AnswerRow + Send + Sync + 'a>,
    summary: Summary,
}

impl<'a> Output<'a> {
    /// Rows sorted by id; each is written only when its page is asked for.
    pub(crate) fn new<T: Send + Sync + 'a>(
        mut rows: Vec<T>,
        id: impl Fn(&T) -> String + Send + Sync + 'a,
        write: impl Fn(&T) -> AnswerRow + Send + Sync + 'a,
        summary: impl Into<Summary>,
    ) -> Self {
        rows.sort_by_cached_key(&id);
        Self::sorted(rows, id, write, summary)
    }

    /// Rows that are in the order of their ids already.
    pub(crate) fn sorted<T: Send + Sync + 'a>(
        rows: Vec<T>,
        id: impl Fn(&T) -> String + Send + Sync + 'a,
        write: impl Fn(&T) -> AnswerRow + Send + Sync + 'a,
        summary: impl Into<Summary>,
    ) -> Self {
        let rows = Arc::new(rows);
        let same = Arc::clone(&rows);
        Self {
            count: rows.len(),
            id: Box::new(move |at| id(&same[at])),
            write: Box::new(move |at| write(&rows[at])),
            summary: summary.into(),
        }
    }

    /// The place of the first row whose id comes after `cursor`.
    fn after(&self, cursor: &str) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if (self.id)(middle).as_str() <= cursor {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// A key that sorts row by row in the order of its parts. A tab sorts before every character an id may have.
pub(crate) fn in_order<const N: usize>(parts: [&str; N]) -> String {
    parts.join("\t")
}

/// A map of fields from pairs, in their order.
pub(crate) fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// One field of an answer, as `explain` and the reference page tell of it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name; nested fields with a dot.
    pub name: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// Other fields of the row it is computed from.
    pub inputs: &'static [&'static str],
    /// Kinds of facts it rests on.
    pub facts: &'static [&'static str],
}

/// Shorthand for a [`Field`].
pub(crate) const fn field(
    name: &'static str,
    formula: &'static str,
    inputs: &'static [&'static str],
    facts: &'static [&'static str],
) -> Field {
    Field {
        name,
        formula,
        inputs,
        facts,
    }
}

/// An answer of the registry.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Public name.
    pub name: &'static str,
    /// German title.
    pub title: &'static str,
    /// The fields that name a row, joined by `/` as their values are; empty ones are left out.
    pub id: &'static str,
    /// Every field in the contract's order.
    pub fields: &'static [Field],
    pub(crate) ask: for<'a> fn(&'a Facts, &'a Ask) -> Result<Output<'a>, NoAnswer>,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kind")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Kind {
    /// What a row is called by what it shows; empty where it shows nothing of that.
    pub(crate) fn called(&self, row: &AnswerRow) -> String {
        let shown = |name: &str| match row.fields.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let parts: Vec<String> = self.id.split('/').filter_map(shown).collect();
        parts.join("/")
    }

    /// Whether an option means anything to it, by its name in a query string: where to stand and how to page
    /// always does, what narrows down only to some.
    #[must_use]
    pub fn takes(&self, option: &str) -> bool {
        !narrowing::ALL.contains(&option) || narrowing::of(self.name).contains(&option)
    }

    /// Answers a question.
    ///
    /// # Errors
    /// The log does not reach P, the question is not complete or narrows down to what there never was, or
    /// the columns could not be computed.
    pub fn answer(&self, facts: &Facts, ask: &Ask) -> Result<Answer, NoAnswer> {
        self.rows_as(facts, ask, |row| row)
    }

    /// Answers a question as JSON text, one piece after the other; says also where to go on, if rows were left
    /// out. Every row is written where it is computed, on all cores: long answers rest on a million events.
    ///
    /// # Errors
    /// As [`Kind::answer`].
    pub fn json(
        &self,
        facts: &Facts,
        ask: &Ask,
    ) -> Result<(Vec<String>, Option<String>), NoAnswer> {
        let written = |row: AnswerRow| {
            let mut text = Vec::with_capacity(row.length());
            // Maps, strings and numbers only: there is nothing that could not be written.
            let _written = serde_json::to_writer(&mut text, &row);
            text.push(b',');
            String::from_utf8(text).unwrap_or_default()
        };
        let answer = self.rows_as(facts, ask, written)?;
        let cursor = answer.cursor.clone();
        Ok((answer.pieces(), cursor))
    }

    fn rows_as<R: Send>(
        &self,
        facts: &Facts,
        ask: &Ask,
        form: impl Fn(AnswerRow) -> R + Sync,
    ) -> Result<Answer<R>, NoAnswer> {
        answerable(self.name, facts, ask)?;
        let output = (self.ask)(facts, ask)?;
        let first = ask
            .page
            .cursor
            .as_deref()
            .map_or(0, |after| output.after(after));
        let last = ask.page.limit.map_or(output.count, |limit| {
            output.count.min(first.saturating_add(limit))
        });
        let page = (first..last).into_par_iter();
        let page: Vec<R> = page.map(|at| form((output.write)(at))).collect();
        let cursor = (last < output.count && first < last).then(|| (output.id)(last - 1));
        Ok(Answer {
            name: self.name,
            view: ask.view,
            position: facts.position_seen(&ask.view),
            backfilled: facts.backfilled(&ask.view),
            rows: page,
            summary: output.summary.figures,
            grounds: output.summary.grounds,
            cursor,
            stands_since: facts
                .stopped
                .as_ref()
                .map(|it| format!("{}: {} ({})", it.position, it.name, it.cause)),
        })
    }
}

/// Whether P is reached and everything the question narrows down to exists.
fn answerable(name: &str, facts: &Facts, ask: &Ask) -> Result<(), NoAnswer> {
    let end = facts.position();
    if let Some(at) = ask.view.at_position
        && at > end
    {
        return Err(NoAnswer::NotReached { at, end });
    }
    if let Some((option, known)) = narrowing::idle(name, &ask.filter) {
        let [de, en] = if known.is_empty() {
            ["keine", "none"].map(str::to_owned)
        } else {
            [known.join(", "), known.join(", ")]
        };
        return Err(NoAnswer::bad(
            format!("„{option}“ grenzt „{name}“ nicht ein; möglich sind: {de}."),
            format!("`{option}` does not narrow `{name}` down; possible are: {en}."),
        ));
    }
    let Filter {
        pillar,
        measure,
        pot,
        partner,
        paper,
        ..
    } = &ask.filter;
    let known = |id: &str| facts.names.find(id);
    for (what, id, is_there) in [
        (
            ["Eine Säule", "pillar"],
            pillar,
            pillar
                .as_deref()
                .and_then(known)
                .is_some_and(|it| facts.entries.has(it)),
        ),
        (
            ["Eine Maßnahme", "measure"],
            measure,
            measure
                .as_deref()
                .and_then(known)
                .is_some_and(|it| facts.entries.has(it)),
        ),
        (
            ["Einen Topf", "pot"],
            pot,
            pot.as_deref()
                .and_then(known)
                .is_some_and(|it| facts.pots.has(it)),
        ),
        (
            ["Eine Vorlage", "paper"],
            paper,
            paper
                .as_deref()
                .and_then(known)
                .is_some_and(|it| facts.papers.has(it)),
        ),
        (
            ["Einen Partner", "partner"],
            partner,
            partner.as_deref().and_then(Partner::of).is_some(),
        ),
    ] {
        if let Some(id) = id.as_deref().filter(|_| !is_there) {
            let id: String = id.chars().take(60).collect();
            let [de, en] = what;
            return Err(NoAnswer::bad(
                format!("{de} „{id}“ gibt es nicht; bitte die Kennung prüfen."),
                format!("There is no {en} `{id}`; check the id."),
            ));
        }
    }
    Ok(())
}
