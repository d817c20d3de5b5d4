//! What the log already says of the things a profile is about. With it a file that comes alone is read as if
//! the files fed before had come along: things keep their ids, a definition is made once, numbers go on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use leitstand_domain::{Day, Event, Meta, Row, table::Cells};
use leitstand_store::Position;

use super::{
    Profile,
    emit::Emit,
    words::{folded, slug, squeezed},
};
use crate::{
    Desk, Failure,
    desk::decode,
    init::programme,
    wish::{What, Wish},
    workbook::Currency,
};

/// So many events are read at once.
const PAGE: usize = 4_096;

/// What a row says, but for the day it is so from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// What it is about: its identity without the day.
    pub(super) thing: String,
    /// From when it is so; none if that is the day of recording.
    pub(super) day: Option<Day>,
    /// Column and text in normal form; `file_ref` is one of them.
    pub(super) cells: Vec<(String, String)>,
}

impl Said {
    /// What a row made by a profile says; none if it cannot be read, and then it will be rejected.
    pub(super) fn by(table: &str, cells: &Cells) -> Option<Self> {
        let wish = Wish::read(table, cells).ok()?;
        match &wish.what {
            What::Row(row, _) => {
                let beside = &wish.beside;
                Some(Self::of(row, beside.valid_from, beside.file_ref.as_deref()))
            }
            What::Correction(_) => None,
        }
    }

    fn of(row: &Row, valid_from: Option<Day>, file_ref: Option<&str>) -> Self {
        let table = row.table();
        let normal = row.normal();
        let is_day = |it: &str| table.effective == Some(it);
        let cell = |column: &&str| {
            let cell = normal.iter().find(|(it, _)| it == column);
            cell.map_or("", |(_, text)| text.as_str())
        };
        let identity = table.identity.iter().filter(|it| !is_day(it));
        let thing = identity.map(cell).collect::<Vec<_>>().join("/");
        let own = normal.iter().filter(|(it, _)| !is_day(it));
        let mut cells: Vec<(String, String)> = own
            .map(|(column, text)| ((*column).to_owned(), text.clone()))
            .collect();
        cells.extend(file_ref.map(|it| ("file_ref".to_owned(), it.to_owned())));
        Self {
            thing,
            day: valid_from
                .filter(|_| table.states)
                .or_else(|| row.effective()),
            cells,
        }
    }

    /// What a recorded row says. Free texts are sealed: that there are some is all that is known.
    fn recorded(row: &Row, meta: &Meta) -> Self {
        let mut said = Self::of(row, meta.valid_from, meta.file_ref.as_deref());
        let sealed = meta.sealed.iter().flat_map(|it| &it.columns);
        let own = sealed.filter(|it| *it != "note");
        said.cells
            .extend(own.map(|it| (it.clone(), "sealed".to_owned())));
        said
    }

    /// The number in a column that counts.
    pub(super) fn number(&self, column: &str) -> Option<u32> {
        self.cell(column)?.parse().ok()
    }

    fn cell(&self, column: &str) -> Option<&str> {
        let cell = self.cells.iter().find(|(it, _)| it == column);
        cell.map(|(_, text)| text.as_str())
    }

    /// Whether both say the same from the same day, but for one column.
    pub(super) fn is_same_but(&self, column: &str, other: &Self) -> bool {
        let rest = |it: &Self| -> Vec<(String, String)> {
            let cells = it.cells.iter().filter(|(it, _)| it != column);
            cells.cloned().collect()
        };
        self.day == other.day && rest(self) == rest(other)
    }
}

/// What the log says of the things a profile is about.
#[derive(Debug, Default)]
pub struct Past {
    /// The programme's currency, as in `GBP`; none if the log does not say.
    currency: Option<String>,
    rows: Vec<Said>,
    /// By table and thing.
    things: HashMap<(&'static str, String), Vec<usize>>,
    /// By table, column and the text in it: what an `ordinal` counts.
    counted: HashMap<(&'static str, String, String), Vec<usize>>,
    /// By rule and id, what the thing is recognised by: name of the value and text.
    named: BTreeMap<(String, String), BTreeSet<(String, String)>>,
    /// The same the other way round: id by rule, name and folded text.
    ids: HashMap<(String, String, String), BTreeSet<String>>,
}

impl Desk {
    /// What the log says of the things a profile is about.
    ///
    /// # Errors
    /// The store failed, or an event cannot be read.
    pub async fn past(&self, profile: &Profile) -> Result<Past, Failure> {
        let found = programme(&**self.store()).await?;
        let mut past = Past {
            currency: found.map(|it| it.currency.to_string()),
            ..Past::default()
        };
        if profile.ids.is_empty() && !profile.emits.iter().any(Emit::remembers) {
            return Ok(past);
        }
        let mut at = Position::START;
        loop {
            let page = self.store().page(at, PAGE).await?;
            let Some(last) = page.last() else { break };
            for recorded in &page {
                let is_meant = |it: &Emit| it.table.event == &*recorded.name;
                if profile.emits.iter().any(is_meant)
                    && let Event::Row(row, meta) = decode(recorded)?
                {
                    past.take(profile, &row, &meta);
                }
            }
            at = last.position;
        }
        past.know(profile);
        Ok(past)
    }
}

impl Past {
    /// The currency a file is read in: the profile's, else the programme's.
    pub(crate) fn currency_for(&self, profile: &Profile) -> Currency {
        let of_profile = profile.programme().map(|it| &it.currency);
        let code = of_profile.or(self.currency.as_ref());
        code.map_or_else(Currency::default, |it| Currency::new(it))
    }

    fn take(&mut self, profile: &Profile, row: &Row, meta: &Meta) {
        let said = Said::recorded(row, meta);
        let table = row.table();
        let emits = profile.emits.iter();
        let emits: Vec<&Emit> = emits.filter(|it| it.table.name == table.name).collect();
        // No profile made what is built in.
        let namings = emits.iter().filter_map(|it| it.naming(&profile.ids));
        for naming in namings.filter(|_| !meta.built_in) {
            if !naming
                .constants
                .iter()
                .all(|(it, text)| said.cell(it) == Some(*text))
            {
                continue;
            }
            let Some(id) = said.cell(naming.column) else {
                continue;
            };
            let key = (naming.rule.to_owned(), id.to_owned());
            let texts = self.named.entry(key).or_default();
            for (column, by) in naming.texts {
                texts.extend(said.cell(column).map(|it| (by.to_owned(), it.to_owned())));
            }
        }
        if !emits.iter().any(|it| it.remembers()) {
            return;
        }
        let at = self.rows.len();
        let counts: BTreeSet<&str> = emits.iter().flat_map(|it| it.counted_by()).collect();
        for column in counts {
            let text = said.cell(column).unwrap_or_default().to_owned();
            let key = (table.name, column.to_owned(), text);
            self.counted.entry(key).or_default().push(at);
        }
        let key = (table.name, said.thing.clone());
        self.things.entry(key).or_default().push(at);
        self.rows.push(said);
    }

    /// Turns names and ids round. Ids no profile would have made of what is recorded belong to somebody
    /// else's things, which may be called the same.
    fn know(&mut self, profile: &Profile) {
        self.named.retain(|(name, id), texts| {
            let Some(rule) = profile.ids.get(name) else {
                return false;
            };
            let made = |(by, text): &(String, String)| {
                slug(text) == *id || rule.is_as_written(by) && squeezed(text) == *id
            };
            let is_kept = profile.is_recorded(name);
            let is_meant = rule.is_listed(id) || !is_kept || texts.iter().any(made);
            // No column keeps the number; an id that was not made of a name is one all the same.
            if let Some(by) = rule.written_id()
                && !is_kept
                && !rule.is_listed(id)
                && !texts.is_empty()
                && !texts.iter().any(made)
            {
                texts.insert((by.to_owned(), id.clone()));
            }
            is_meant
        });
        for ((rule, id), texts) in &self.named {
            for (by, text) in texts {
                let key = (rule.clone(), by.clone(), folded(text));
                self.ids.entry(key).or_default().insert(id.clone());
            }
        }
    }

    /// The last row about a thing from before a day.
    pub(super) fn before(&self, table: &'static str, said: &Said) -> Option<&Said> {
        let day = said.day?;
        let key = (table, said.thing.clone());
        let rows = self
            .things
            .get(&key)?
            .iter()
            .filter_map(|at| self.rows.get(*at));
        rows.filter(|it| it.day.is_some_and(|it| it < day))
            .max_by_key(|it| it.day)
    }

    /// Whether anything is said about a thing before a day, in whatever table.
    pub(super) fn knows_before(&self, tables: &[&'static str], said: &Said) -> bool {
        tables.iter().any(|it| self.before(it, said).is_some())
    }

    /// The rows of a table that have this text in that column.
    pub(super) fn counted(
        &self,
        table: &'static str,
        column: &str,
        text: &str,
    ) -> impl Iterator<Item = &Said> {
        let key = (table, column.to_owned(), text.to_owned());
        let rows = self.counted.get(&key).into_iter().flatten();
        rows.filter_map(|at| self.rows.get(*at))
    }

    /// The ids of the things that were recognised by this text.
    pub(super) fn ids(&self, rule: &str, by: &str, text: &str) -> Option<&BTreeSet<String>> {
        self.ids
            .get(&(rule.to_owned(), by.to_owned(), folded(text)))
    }

    /// The texts of that name by which a thing with this id was recognised.
    pub(super) fn called(&self, rule: &str, id: &str, by: &str) -> impl Iterator<Item = &str> {
        let texts = self.named.get(&(rule.to_owned(), id.to_owned()));
        let texts = texts.into_iter().flatten();
        let texts = texts.filter(move |(it, _)| it == by);
        texts.map(|(_, text)| text.as_str())
    }

    /// The ids of all things of a rule.
    pub(super) fn all(&self, rule: &str) -> impl Iterator<Item = &str> {
        let of_rule = self.named.keys().filter(move |(it, _)| it == rule);
        of_rule.map(|(_, id)| id.as_str())
    }
}
