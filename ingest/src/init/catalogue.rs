//! A catalogue file as rows of the feed tables `catalogue`, `links` and `seats`.

use leitstand_domain::{Day, cell::Cell as _, table::Cells};

use super::yaml::{Entry, File, Member};
use crate::{Finding, columns::Sheet, feed::plain_rows};

/// The built-in catalogue.
pub const BUILT_IN: &str = include_str!("../../data/catalogue.yaml");
/// From when the built-in catalogue is effective and known: the day it was resolved.
const RESOLVED: &str = "2023-11-03";
/// The body whose seats the built-in catalogue lists.
const SEATED: &str = "B-AGDD";

/// A row and its table.
pub(super) type Wanted = (&'static str, Cells);

/// What is wrong with a catalogue file.
pub type BadCatalogue = Vec<Finding>;

/// The rows of the built-in catalogue, or of a given one.
pub(super) fn rows(given: Option<&str>) -> Result<Vec<Wanted>, BadCatalogue> {
    let Some(text) = given else {
        return from_yaml(BUILT_IN, RESOLVED);
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_table(text) {
        Ok(from_csv(text))
    } else {
        from_yaml(text, &Day::FIRST.to_string())
    }
}

/// Whether the first line is a header of the table `catalogue`.
fn is_table(text: &str) -> bool {
    let Some(sheet) = Sheet::of("catalogue") else {
        return false;
    };
    let first = text.lines().next().unwrap_or_default();
    let known = first
        .split([',', ';'])
        .filter(|it| sheet.column(it.trim_matches('"')).is_some());
    known.count() >= 2
}

fn from_csv(text: &str) -> Vec<Wanted> {
    let dated = |mut cells: Cells| {
        let sheet = Sheet::of("catalogue");
        for column in ["set_on", "received_on"] {
            let named =
                |it: &str| sheet.and_then(|sheet| sheet.column(it)).as_deref() == Some(column);
            if !cells
                .iter()
                .any(|(header, text)| named(header) && !text.is_empty())
            {
                cells.retain(|header, _| !named(header));
                cells.insert(column.to_owned(), Day::FIRST.to_string());
            }
        }
        ("catalogue", cells)
    };
    plain_rows(text).into_iter().map(dated).collect()
}

fn from_yaml(text: &str, otherwise: &str) -> Result<Vec<Wanted>, BadCatalogue> {
    let file: File =
        serde_saphyr::from_str(text).map_err(|error| vec![bad_yaml(&error.to_string())])?;
    let effective = date("effective_from", file.effective_from.as_deref(), otherwise)?;
    let known = date("known_from", file.known_from.as_deref(), otherwise)?;
    let pillars = file.pillars.iter().map(|it| it.id.clone()).collect();
    let mut rows = Rows {
        wanted: Vec::new(),
        effective,
        known,
        pillars,
    };
    rows.all(&file);
    Ok(rows.wanted)
}

/// A date of the file, in normal form.
fn date(field: &str, stated: Option<&str>, otherwise: &str) -> Result<String, BadCatalogue> {
    let text = stated.unwrap_or(otherwise).trim();
    match Day::parse(text) {
        Ok(day) => Ok(day.to_string()),
        Err(bad) => Err(vec![Finding::of_cell("catalogue", field, text, bad)]),
    }
}

/// Rows under way.
struct Rows {
    wanted: Vec<Wanted>,
    effective: String,
    known: String,
    pillars: Vec<String>,
}

impl Rows {
    fn all(&mut self, file: &File) {
        let programme = file.programme.as_ref();
        if let Some(programme) = programme {
            self.entry("programme", programme, None);
            self.vision(programme);
        }
        let programme = programme.map(|it| it.id.as_str());
        for pillar in &file.pillars {
            self.entry("pillar", pillar, programme);
            self.vision(pillar);
        }
        let kinds = [
            ("principle", &file.principles),
            ("goal", &file.goals),
            ("measure", &file.measures),
            ("governance", &file.governance),
            ("body", &file.bodies),
            ("topic_area", &file.topic_areas),
            ("process", &file.process),
            ("roadmap", &file.roadmap),
        ];
        for (kind, entries) in kinds {
            for entry in entries {
                self.entry(kind, entry, None);
                for step in &entry.steps {
                    self.entry(kind, step, Some(&entry.id));
                }
            }
        }
        self.links(file);
        for member in &file.members {
            self.seat(member);
        }
    }

    fn entry(&mut self, kind: &str, entry: &Entry, parent: Option<&str>) {
        let planned = entry.status.is_some().then_some("planned");
        let due = entry.due.as_deref().or(entry.date.as_deref());
        // „2024-01“ or „bis September“ is no day, and none is invented.
        let due = due.filter(|it| Day::parse(it).is_ok());
        let cells = [
            ("id", Some(entry.id.as_str())),
            ("kind", Some(kind)),
            ("parent", entry.parent.as_deref().or(parent)),
            ("title", Some(entry.t.as_str())),
            ("title_en", entry.en.as_deref()),
            ("dimension", entry.dim.as_deref()),
            ("pillar", self.pillar(entry)),
            ("in_scope", entry.out_of_scope.then_some("no")),
            ("state", planned),
            ("due", due),
            ("set_on", Some(self.effective.as_str())),
        ];
        let cells = stated(&cells);
        self.add("catalogue", cells);
    }

    /// The pillar it names, else the one its id begins with.
    fn pillar<'a>(&'a self, entry: &'a Entry) -> Option<&'a str> {
        let first = entry
            .id
            .split_once('-')
            .map_or(entry.id.as_str(), |(first, _)| first);
        let of_id = || {
            self.pillars
                .iter()
                .find(|it| *it == first)
                .map(String::as_str)
        };
        entry.pillar.as_deref().or_else(of_id)
    }

    fn vision(&mut self, of: &Entry) {
        let Some(vision) = &of.vision else { return };
        let entry = Entry {
            id: format!("{}-V", of.id),
            t: vision.t.clone(),
            en: vision.en.clone(),
            ..Entry::default()
        };
        self.entry("vision", &entry, Some(&of.id));
    }

    fn links(&mut self, file: &File) {
        for measure in file.measures.iter().chain(&file.governance) {
            for goal in &measure.goals {
                self.link(&measure.id, "serves", goal);
            }
            for before in &measure.builds_on {
                self.link(&measure.id, "depends_on", before);
            }
        }
        for area in &file.topic_areas {
            let kind = if area.lead.len() > 1 {
                "co_led_by"
            } else {
                "led_by"
            };
            for body in &area.lead {
                self.link(&area.id, kind, body);
            }
        }
        for twins in &file.twins {
            for (at, one) in twins.iter().enumerate() {
                for other in twins.iter().skip(at + 1) {
                    self.link(one, "related", other);
                }
            }
        }
    }

    fn link(&mut self, from: &str, kind: &str, to: &str) {
        let cells = stated(&[
            ("from", Some(from)),
            ("kind", Some(kind)),
            ("to", Some(to)),
            ("set_on", Some(self.effective.as_str())),
        ]);
        self.add("links", cells);
    }

    fn seat(&mut self, member: &Member) {
        let cells = stated(&[
            ("id", Some(member.id.as_str())),
            ("body", Some(member.body.as_deref().unwrap_or(SEATED))),
            ("role", Some(member.seat.as_str())),
            ("level", member.level.as_deref()),
            ("from", Some(self.effective.as_str())),
            ("state", member.state.as_deref()),
        ]);
        self.add("seats", cells);
    }

    fn add(&mut self, table: &'static str, mut cells: Cells) {
        cells.insert("received_on".to_owned(), self.known.clone());
        self.wanted.push((table, cells));
    }
}

fn stated(cells: &[(&str, Option<&str>)]) -> Cells {
    let stated = cells
        .iter()
        .filter_map(|(name, text)| Some(((*name).to_owned(), (*text)?.to_owned())));
    stated.filter(|(_, text)| !text.trim().is_empty()).collect()
}

fn bad_yaml(why: &str) -> Finding {
    let why = crate::finding::shortened(why);
    Finding::new(
        "bad_catalogue",
        format!(
            "Der Katalog ist weder YAML in der Form des eingebauten noch CSV der Tabelle „catalogue“: {why}"
        ),
        format!(
            "The catalogue is neither YAML in the form of the built-in one nor CSV of the table `catalogue`: {why}"
        ),
    )
}
