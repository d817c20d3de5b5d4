//! What a row touches: its table, who reports it, and which pillars it concerns.
//!
//! Whatever cannot be told for certain is refused to those who may touch some pillars only.

use leitstand_domain::{
    Referable, Row as Parsed,
    table::{COMMON, Cells, Column},
    tables::{self, CORRECTION_COLUMNS, CORRECTIONS, EntryKind, Table},
};
use leitstand_projections::{Facts, Name, View};

use super::access::{No, no};

/// Columns with their cells.
type Named<'a> = Vec<(&'a str, &'a str)>;

/// Tables whose rows are a body's own.
const OF_A_BODY: [&str; 7] = [
    "seats",
    "sittings",
    "mandates",
    "mandate_steps",
    "papers",
    "votes",
    "resolutions",
];

/// What looks at everything recorded so far.
fn everything() -> View {
    View {
        as_of: leitstand_domain::Day::from_number(i32::MAX),
        known_on: None,
        at_position: None,
    }
}

/// A row with its columns by their own names.
pub(super) struct Row<'a> {
    table: Option<&'static Table>,
    is_correction: bool,
    cells: Vec<(&'a str, &'a str)>,
}

/// A text as it may be shown to whoever sent it.
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .filter(|it| !it.is_control())
        .take(60)
        .collect()
}

impl<'a> Row<'a> {
    /// Reads the headers of a row. A table nobody knows is left to the desk to refuse.
    pub(super) fn read(table: &str, cells: &'a Cells) -> Result<Self, No> {
        let is_correction = table == CORRECTIONS;
        let mut row = Self {
            table: None,
            is_correction,
            cells: Vec::new(),
        };
        let own = if is_correction {
            CORRECTION_COLUMNS
        } else {
            tables::by_name(table).map_or(&[][..], |it| it.columns)
        };
        row.name(cells, own, true)?;
        if is_correction {
            row.table = row.cell("table").and_then(tables::by_name);
            let corrected = row.table.map_or(&[][..], |it| it.columns);
            row.name(cells, corrected, false)?;
        } else {
            row.table = tables::by_name(table);
        }
        Ok(row)
    }

    /// Takes cells in by the column their header names, own columns before common ones.
    fn name(
        &mut self,
        cells: &'a Cells,
        own: &'static [Column],
        with_common: bool,
    ) -> Result<(), No> {
        let common: &[Column] = if with_common { COMMON } else { &[] };
        for (header, text) in cells {
            let (header, text) = (header.trim(), text.trim());
            let Some(column) = find(own, header).or_else(|| find(common, header)) else {
                continue;
            };
            if text.is_empty() {
                continue;
            }
            match self.cell(column) {
                None => self.cells.push((column, text)),
                // A correction's own columns were named before.
                Some(known) if known == text => {}
                Some(_) => {
                    return Err(no(
                        "column_twice",
                        format!("Die Spalte „{column}“ steht zweimal da"),
                        format!("The column `{column}` is there twice"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn cell(&self, column: &str) -> Option<&'a str> {
        self.cells
            .iter()
            .find(|(name, _)| *name == column)
            .map(|(_, text)| *text)
    }

    /// The table whose rows change; `None` if the row does not say, or nobody knows it.
    pub(super) fn subject_table(&self) -> Option<&'static str> {
        self.table.map(|it| it.name)
    }

    /// The body that reports it.
    pub(super) fn reporter(&self) -> Option<&'a str> {
        self.cell("reporter")
    }

    /// Whether the row belongs to a body: its seats, sittings and mandates, and what its sittings decide.
    pub(super) fn is_of_a_body(&self) -> bool {
        self.table.is_some_and(|it| OF_A_BODY.contains(&it.name))
    }

    /// The bodies the row changes: whose seat, sitting, mandate, paper, vote or resolution it is, and whose it was
    /// before. A sitting nobody knows yet stands for itself, and is no body's.
    pub(super) fn bodies(&self, facts: &Facts) -> Result<Vec<String>, No> {
        let Some(table) = self.table.filter(|_| self.is_of_a_body()) else {
            return Ok(Vec::new());
        };
        let (key, cells) = self.named(table);
        let of_key = key
            .iter()
            .filter_map(|it| Bodies { facts }.of(table.name, *it));
        let mut bodies: Vec<String> = of_key.collect();
        if self.is_correction && bodies.is_empty() {
            return Err(no(
                "body_uncertain",
                "Welche Stelle die Berichtigung betrifft, ist nicht sicher; ein Zugang ohne Stellen darf sie senden",
                "Which body the correction concerns is not certain; a token without bodies may send it",
            ));
        }
        bodies.extend(
            cells
                .iter()
                .filter_map(|it| Bodies { facts }.of(table.name, *it)),
        );
        Ok(bodies)
    }

    /// The columns the key of a correction names, with their cells, and the row's own.
    fn named(&self, table: &'static Table) -> (Named<'_>, Named<'_>) {
        if !self.is_correction {
            return (Vec::new(), self.cells.clone());
        }
        let key = self.cell("key").unwrap_or_default();
        let mut parts: Vec<&str> = key.split('/').collect();
        // A state's identity may be written with its date.
        if parts.len() == table.identity.len() + 1 {
            parts.pop();
        }
        let of_key = if parts.len() == table.identity.len() {
            table.identity.iter().copied().zip(parts).collect()
        } else {
            Vec::new()
        };
        let own = |name: &str| CORRECTION_COLUMNS.iter().any(|it| it.name == name);
        let changed = self.cells.iter().filter(|(name, _)| !own(name));
        (of_key, changed.copied().collect())
    }

    /// The pillars of everything the row names; never none: what concerns no pillar concerns the whole
    /// programme, and is for those who may touch all of it.
    pub(super) fn pillars(&self, facts: &Facts) -> Result<Vec<String>, No> {
        let Some(table) = self.table else {
            return Ok(Vec::new()); // the desk refuses it
        };
        if table.name == "releases" {
            return Err(uncertain(
                "sie gibt etwas frei, dessen Säule sie nicht nennt",
                "it releases something without naming its pillar",
            ));
        }
        let reach = Reach { facts };
        let pillars = if self.is_correction {
            self.pillars_of_correction(table, &reach)?
        } else {
            self.pillars_of_row(table, &reach)?
        };
        if pillars.is_empty() {
            return Err(uncertain(
                "sie gehört zu keiner, sondern zum ganzen Programm",
                "it belongs to none but to the whole programme",
            ));
        }
        Ok(pillars)
    }

    fn pillars_of_row(&self, table: &'static Table, reach: &Reach<'_>) -> Result<Vec<String>, No> {
        let cells: Cells = self
            .cells
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let Some(Ok(parsed)) = Parsed::parse(table.name, &cells) else {
            return Err(uncertain(
                "sie ist so nicht lesbar",
                "it cannot be read as it is",
            ));
        };
        if self.cell("corrects").is_some() {
            return Err(uncertain(
                "sie ersetzt eine andere Buchung",
                "it replaces another booking",
            ));
        }
        let mut pillars = Vec::new();
        for reference in parsed.references() {
            pillars.extend(reach.of(reference.what, &reference.id)?);
        }
        // An entry refers to what may follow it; where it belongs it says all the same.
        if table.name == "catalogue" {
            let above = [self.cell("pillar"), self.cell("parent")];
            for id in above.into_iter().flatten() {
                pillars.extend(reach.of(Referable::Subject, id)?);
            }
        }
        // What has this id already must be within reach as well.
        if let Some((what, id)) = parsed.defines()
            && let Ok(before) = reach.of(what, &id)
        {
            pillars.extend(before.filter(|it| *it != *id.as_str()));
        }
        Ok(pillars)
    }

    fn pillars_of_correction(
        &self,
        table: &'static Table,
        reach: &Reach<'_>,
    ) -> Result<Vec<String>, No> {
        let (key, changed) = self.named(table);
        let named = key.into_iter().chain(changed);
        let mut pillars = Vec::new();
        for (column, id) in named {
            if let Some(what) = meant(table.name, column) {
                pillars.extend(reach.of(what, id)?);
            }
        }
        Ok(pillars)
    }
}

/// The pillar a measure, a governance entry or a request belongs to; `None` if there is none of that id.
pub(super) fn pillar_of(facts: &Facts, id: &str) -> Option<String> {
    let view = everything();
    let name = facts.names.find(id)?;
    let what = if facts.entries.latest(name, &view).is_some() {
        Referable::Subject
    } else {
        Referable::Request
    };
    Reach { facts }.of(what, id).ok()?.next()
}

fn uncertain(de: &str, en: &str) -> No {
    no(
        "pillar_uncertain",
        format!(
            "Welche Säule die Zeile betrifft, ist nicht sicher ({de}); ein Zugang ohne Säulen darf sie senden"
        ),
        format!(
            "Which pillar the row concerns is not certain ({en}); a token without pillars may send it"
        ),
    )
}

fn find(columns: &'static [Column], header: &str) -> Option<&'static str> {
    let header = header.to_lowercase();
    let by_name = columns.iter().find(|it| it.name == header);
    let found = by_name.or_else(|| {
        columns.iter().find(|it| {
            it.aliases
                .iter()
                .any(|alias| alias.to_lowercase() == header)
        })
    });
    found.map(|it| it.name)
}

/// What a column of a table names, where that belongs to a pillar.
fn meant(table: &str, column: &str) -> Option<Referable> {
    Some(match (table, column) {
        (_, "subject" | "measure" | "goal" | "pillar")
        | ("catalogue", "id" | "parent")
        | ("links", "from" | "to") => Referable::Subject,
        (_, "milestone") | ("milestones", "id") => Referable::Milestone,
        (_, "risk") | ("risks", "id") => Referable::Risk,
        (_, "impediment") | ("impediments", "id") => Referable::Impediment,
        (_, "request") | ("requests", "id" | "supplements") => Referable::Request,
        _ => return None,
    })
}

/// Looks bodies up in the facts.
#[derive(Clone, Copy)]
struct Bodies<'a> {
    facts: &'a Facts,
}

impl Bodies<'_> {
    /// The body of what a column of a table names; nothing where it names none, or none that is known.
    fn of(self, table: &str, (column, id): (&str, &str)) -> Option<String> {
        let facts = self.facts;
        let (view, name) = (everything(), facts.names.find(id));
        let body = match (table, column) {
            ("seats" | "sittings" | "mandates", "body") => return Some(id.to_owned()),
            ("papers" | "votes" | "resolutions", "sitting") => {
                return Some(self.of_sitting(name).unwrap_or_else(|| id.to_owned()));
            }
            ("papers", "id") | ("votes" | "resolutions", "paper") => {
                let paper = facts.papers.latest(name?, &view)?;
                return self.of_sitting(Some(paper.row().sitting));
            }
            ("resolutions", "id") => {
                let all = facts.resolutions.all(&view);
                let resolution = all.filter(|it| Some(it.row().id) == name).last()?;
                return self.of_sitting(Some(resolution.row().sitting));
            }
            ("sittings", "id") => return self.of_sitting(name),
            ("seats", "id") => facts.seats.latest(name?, &view)?.row().body,
            ("mandates", "id") | ("mandate_steps", "mandate") => {
                facts.mandates.latest(name?, &view)?.row().body
            }
            _ => return None,
        };
        Some(facts.names.text(body).to_owned())
    }

    fn of_sitting(self, sitting: Option<Name>) -> Option<String> {
        let sitting = self.facts.sittings.latest(sitting?, &everything())?;
        Some(self.facts.names.text(sitting.row().body).to_owned())
    }
}

/// Looks pillars up in the facts.
struct Reach<'a> {
    facts: &'a Facts,
}

impl Reach<'_> {
    /// The pillar of something; nothing for what belongs to none.
    fn of(&self, what: Referable, id: &str) -> Result<impl Iterator<Item = String> + use<>, No> {
        let view = everything();
        let name = self.facts.names.find(id);
        let subject = match what {
            Referable::Subject | Referable::Measure | Referable::Goal => {
                return Ok(Some(self.pillar(id, &view)).into_iter());
            }
            Referable::Milestone => name
                .and_then(|it| self.facts.milestones.latest(it, &view))
                .map(|it| it.row().subject),
            Referable::Risk => name
                .and_then(|it| self.facts.risks.latest(it, &view))
                .map(|it| it.row().subject),
            Referable::Impediment => name
                .and_then(|it| self.facts.impediments.latest(it, &view))
                .map(|it| it.row().subject),
            Referable::Request => name
                .and_then(|it| self.facts.requests.latest(it, &view))
                .map(|it| it.row().subject),
            Referable::Body
            | Referable::Seat
            | Referable::Sitting
            | Referable::Paper
            | Referable::Resolution
            | Referable::Mandate
            | Referable::Activity
            | Referable::Pot
            | Referable::Scheme
            | Referable::Booking => return Ok(None.into_iter()),
        };
        let subject = subject.ok_or_else(|| {
            let id = shown(id);
            uncertain(
                &format!("„{id}“ ist noch nicht bekannt"),
                &format!("`{id}` is not known yet"),
            )
        })?;
        Ok(Some(self.pillar(self.facts.names.text(subject), &view)).into_iter())
    }

    /// The pillar of a subject: its own, else its parents'; else the subject stands for itself.
    fn pillar(&self, subject: &str, view: &View) -> String {
        let mut at: Option<Name> = self.facts.names.find(subject);
        for _ in 0..8 {
            let Some(entry) = at.and_then(|it| self.facts.entries.latest(it, view)) else {
                break;
            };
            let row = entry.row();
            match (row.kind, row.pillar, row.parent) {
                (EntryKind::Pillar | EntryKind::Programme, _, _) => {
                    return self.facts.names.text(row.id).to_owned();
                }
                (_, Some(pillar), _) => return self.facts.names.text(pillar).to_owned(),
                (_, None, Some(parent)) => at = Some(parent),
                (_, None, None) => break,
            }
        }
        subject.to_owned()
    }
}
