//! What every answer has in common: the question, the form, and how a figure points at its events.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value};

use crate::{Facts, View};

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
    /// For `shares`: `25/75`.
    pub cost_share: Option<String>,
    /// For `shares`: the year of the key.
    pub key_year: Option<u32>,
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
pub struct Answer {
    /// Name of the answer.
    pub name: &'static str,
    /// Where it stands.
    pub view: View,
    /// Greatest position ≤ P of an event known by K.
    pub position: u64,
    /// Rows recorded after K though known by K.
    pub backfilled: usize,
    /// The rows, sorted by id unless the answer says otherwise.
    pub rows: Vec<AnswerRow>,
    /// The summary.
    pub summary: Map<String, Value>,
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

/// Positions with the kind of fact found there, as in `bookings.expense`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence(Vec<(u64, &'static str)>);

impl Evidence {
    /// Adds positions of one kind.
    pub(crate) fn add(&mut self, kind: &'static str, positions: impl IntoIterator<Item = u64>) {
        self.0.extend(positions.into_iter().map(|it| (it, kind)));
    }

    /// Adds everything another piece rests on.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All positions, in order, each once.
    #[must_use]
    pub fn positions(&self) -> Vec<u64> {
        ordered(self.0.iter().map(|(at, _)| *at).collect())
    }

    /// The positions whose kind begins with one of these words.
    #[must_use]
    pub fn of(&self, kinds: &[&str]) -> Vec<u64> {
        let wanted = |kind: &str| kinds.iter().any(|it| kind.starts_with(it));
        ordered(
            self.0
                .iter()
                .filter(|(_, kind)| wanted(kind))
                .map(|(at, _)| *at)
                .collect(),
        )
    }
}

/// In order, each once.
fn ordered(mut positions: Vec<u64>) -> Vec<u64> {
    positions.sort_unstable();
    positions.dedup();
    positions
}

impl Answer {
    /// The form of the contract.
    #[must_use]
    pub fn to_json(&self) -> Value {
        // Maps, strings and numbers only: there is nothing that could not be written.
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Serialize for Answer {
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

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// No answer of this name.
    #[error("Eine Auskunft „{0}“ gibt es nicht.")]
    Unknown(String),
    /// The question is not complete or not right.
    #[error("{0}")]
    BadQuestion(String),
    /// No such row or field to explain.
    #[error("{0}")]
    NotFound(String),
    /// The columns could not be computed.
    #[error("Die Auskunft konnte nicht berechnet werden.")]
    Columns(#[from] polars::error::PolarsError),
}

/// What an answer computes: how many rows, their ids in order, how to write one, and the summary over all.
pub(crate) struct Output<'a> {
    count: usize,
    id: Box<dyn Fn(usize) -> String + 'a>,
    write: Box<dyn Fn(usize) -> AnswerRow + 'a>,
    summary: Map<String, Value>,
}

impl<'a> Output<'a> {
    /// Rows sorted by id; each is written only when its page is asked for.
    pub(crate) fn new<T: 'a>(
        mut rows: Vec<T>,
        id: impl Fn(&T) -> String + 'a,
        write: impl Fn(&T) -> AnswerRow + 'a,
        summary: Map<String, Value>,
    ) -> Self {
        rows.sort_by_cached_key(&id);
        Self::sorted(rows, id, write, summary)
    }

    /// Rows that are in the order of their ids already.
    pub(crate) fn sorted<T: 'a>(
        rows: Vec<T>,
        id: impl Fn(&T) -> String + 'a,
        write: impl Fn(&T) -> AnswerRow + 'a,
        summary: Map<String, Value>,
    ) -> Self {
        let rows = std::rc::Rc::new(rows);
        let same = std::rc::Rc::clone(&rows);
        Self {
            count: rows.len(),
            id: Box::new(move |at| id(&same[at])),
            write: Box::new(move |at| write(&rows[at])),
            summary,
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
    /// The threshold it is judged by, if any.
    pub threshold: Option<&'static str>,
}

/// Shorthand for a [`Field`] without threshold.
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
        threshold: None,
    }
}

/// An answer of the registry.
#[derive(Clone, Copy)]
pub struct Kind {
    /// Public name.
    pub name: &'static str,
    /// German title.
    pub title: &'static str,
    /// The field that is the row's id.
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
    /// Answers a question.
    ///
    /// # Errors
    /// The question is not complete, or the columns could not be computed.
    pub fn answer(&self, facts: &Facts, ask: &Ask) -> Result<Answer, NoAnswer> {
        let output = (self.ask)(facts, ask)?;
        let first = ask
            .page
            .cursor
            .as_deref()
            .map_or(0, |after| output.after(after));
        let last = ask.page.limit.map_or(output.count, |limit| {
            output.count.min(first.saturating_add(limit))
        });
        let page: Vec<AnswerRow> = (first..last).map(|at| (output.write)(at)).collect();
        let cursor = (last < output.count && first < last).then(|| (output.id)(last - 1));
        Ok(Answer {
            name: self.name,
            view: ask.view,
            position: facts.position_seen(&ask.view),
            backfilled: facts.backfilled(&ask.view),
            rows: page,
            summary: output.summary,
            cursor,
            stands_since: facts
                .stopped
                .as_ref()
                .map(|it| format!("{}: {} ({})", it.position, it.name, it.cause)),
        })
    }
}
