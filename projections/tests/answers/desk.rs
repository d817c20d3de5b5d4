//! A desk in memory: rows in, facts out. As small as it can be, and without the ingest crate.

mod carry_overs;
mod closings;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::{Timestamp, civil::Date};
use leitstand_domain::{
    Cells, Day, Event, Id, Ledger, Meta, Row,
    cell::Cell as _,
    event::{Correction, CostKeySet, SealedBox},
    stream::{Command, Companion, Decision, Envelope, StreamKind, Wanted, decide},
    table::{Home, Referable},
    tables,
};
use leitstand_projections::{
    Answer, Ask, Entry, Facts, Filter, Page, Unseal, View, answers, explain,
};
use leitstand_tests::{FeedRow, reference};
use serde_json::Value;
use uuid::Uuid;

/// Texts in the clear, by event.
#[derive(Default)]
struct Texts(HashMap<Uuid, BTreeMap<String, String>>);

impl Unseal for Texts {
    fn unseal(&self, _: &str, event: Uuid, _: &SealedBox) -> Option<BTreeMap<String, String>> {
        self.0.get(&event).cloned()
    }
}

/// Records rows and folds facts.
pub struct Desk {
    pub facts: Facts,
    streams: HashMap<String, Ledger>,
    homes: HashMap<(Referable, String), String>,
    rows: HashMap<(String, String), String>,
    texts: Texts,
    position: u64,
    /// Where the built-in catalogue ends.
    pub base: u64,
    today: Day,
    pub accepted: Vec<reference::Row>,
    /// What rows are handed in with.
    with: Vec<Companion>,
    /// Second halves of carry-overs that were made.
    halves: HashSet<(u64, Day, String)>,
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

impl Desk {
    /// Schedules sittings, each by id, body, date, deadline and which it prepares.
    pub fn sittings(&mut self, all: &[[&str; 5]], received_on: &str) {
        for [id, body, day, deadline, prepares] in all {
            let cells = [
                ("id", *id),
                ("body", *body),
                ("date", *day),
                ("paper_deadline", *deadline),
                ("prepares", *prepares),
                ("received_on", received_on),
            ];
            self.row("sittings", &cells);
        }
    }

    /// With the built-in catalogue, recording on this day.
    pub fn new(today: Date) -> Self {
        let mut desk = Self {
            facts: Facts::default(),
            streams: HashMap::new(),
            homes: HashMap::new(),
            rows: HashMap::new(),
            texts: Texts::default(),
            position: 0,
            base: 0,
            today: Day::of(today).unwrap(),
            accepted: Vec::new(),
            with: Vec::new(),
            halves: HashSet::new(),
        };
        let pillars = ["DG", "DS", "RM", "KI", "PROG"].map(|pillar| {
            let kind = if pillar == "PROG" {
                "programme"
            } else {
                "pillar"
            };
            let cells = [
                ("id", pillar),
                ("kind", kind),
                ("title", pillar),
                ("set_on", "2023-11-03"),
                ("received_on", "2023-11-03"),
            ];
            cells
                .into_iter()
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect::<Cells>()
        });
        for cells in pillars.into_iter().chain(
            reference::built_in_catalogue()
                .into_iter()
                .map(|it| it.cells),
        ) {
            assert!(desk.record("catalogue", &cells, true), "{cells:?}");
        }
        desk.built_in_keys();
        desk.accepted.clear();
        desk.base = desk.position;
        desk
    }

    fn built_in_keys(&mut self) {
        for (key_year, shares) in reference::built_in_keys() {
            let set = CostKeySet {
                key_year,
                valid_from: Day::FIRST,
                verified: key_year < 2019,
                shares,
            };
            self.position += 3;
            let entry = Entry {
                position: self.position,
                stream: "settings",
                id: Uuid::from_u128(key_year.into()),
                name: "settings.cost_key_set",
                effective: Day::FIRST,
                known: Day::FIRST,
                recorded_at: Timestamp::UNIX_EPOCH,
                recorded_on: self.today,
                actor: "leitstand",
            };
            let meta = Meta {
                built_in: true,
                ..Meta::default()
            };
            let event = Event::CostKeySet(set, meta);
            self.facts.apply(entry, &event, &self.texts);
        }
    }

    /// Rows handed in together: the parts of a cost key or scheme know each other.
    pub fn come_together(&mut self, rows: &[FeedRow]) {
        let of_whole = rows
            .iter()
            .filter(|it| matches!(&*it.table, "cost_keys" | "cost_schemes"));
        self.with = of_whole
            .map(|it| {
                let mut cells: Cells = it.cells.clone();
                cells.retain(|name, _| !matches!(&**name, "received_on" | "file_ref"));
                let row = Row::parse(&it.table, &cells).unwrap().unwrap();
                Companion { row, key: None }
            })
            .collect();
    }

    /// A desk that also knows the built-in bodies, links and seats.
    pub fn with_bodies(today: Date) -> Self {
        let mut desk = Self::new(today);
        for row in reference::built_in_programme() {
            assert!(desk.record(&row.table, &row.cells, true), "{row:?}");
        }
        desk.accepted.clear();
        desk.base = desk.position;
        desk
    }

    pub fn position(&self) -> u64 {
        self.position
    }

    /// Whether the row was recorded.
    #[expect(
        clippy::too_many_lines,
        reason = "a desk from one end to the other, read as one story"
    )]
    pub fn record(&mut self, table: &str, cells: &Cells, built_in: bool) -> bool {
        let cells: Cells = cells
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect();
        let get = |name: &str| cells.get(name).map(String::as_str);
        let received_on = get("received_on").map(|it| Day::parse(it).unwrap());
        let common = ["received_on", "reporter", "file_ref", "note"];
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        let sealed = |columns: Vec<String>| {
            (!columns.is_empty()).then(|| SealedBox {
                key: Uuid::nil(),
                columns,
                data: String::new(),
            })
        };
        let (wanted, mut meta, stream) = if table == "corrections" {
            let own = ["table", "key", "date", "reason", "to_date", "void"];
            let mut changes: Cells = cells
                .iter()
                .filter(|(name, _)| {
                    !own.contains(&name.as_str()) && !common.contains(&name.as_str())
                })
                .map(|(a, b)| (a.clone(), b.clone()))
                .collect();
            let target = tables::by_name(get("table").unwrap()).unwrap();
            changes.retain(|name, _| !target.columns.iter().any(|it| it.name == name && it.sealed));
            let Some(stream) = self
                .rows
                .get(&(target.name.to_owned(), get("key").unwrap().to_owned()))
                .cloned()
            else {
                return false;
            };
            let correction = Correction {
                table: id(target.name),
                key: id(get("key").unwrap()),
                date: Day::parse(get("date").unwrap()).unwrap(),
                to_date: get("to_date").map(|it| Day::parse(it).unwrap()),
                void: get("void") == Some("yes"),
                changes,
            };
            (Wanted::Correction(correction), Meta::default(), stream)
        } else {
            let columns = tables::by_name(table).unwrap().columns;
            let is_own = |name: &str| columns.iter().any(|it| it.name == name);
            let own: Cells = cells
                .iter()
                .filter(|(name, _)| {
                    is_own(name) || (!common.contains(&name.as_str()) && name.as_str() != "key")
                })
                .map(|(a, b)| (a.clone(), b.clone()))
                .collect();
            let Ok(row) = Row::parse(table, &own).expect(table) else {
                return false;
            };
            texts.extend(
                row.texts()
                    .into_iter()
                    .map(|(name, text)| (name.to_owned(), text.to_owned())),
            );
            let stream = match row.home() {
                Home::Named(kind, id) => kind.name(id.as_deref()),
                Home::Of(what, id) => match self.homes.get(&(what, id.to_string())) {
                    Some(stream) => stream.clone(),
                    None => return false,
                },
            };
            let meta = Meta {
                key: get("key").map(id),
                valid_from: get("valid_from")
                    .filter(|_| row.table().states)
                    .map(|it| Day::parse(it).unwrap()),
                sealed: sealed(texts.keys().cloned().collect()),
                built_in,
                ..Meta::default()
            };
            (Wanted::Row(row), meta, stream)
        };
        meta.reporter = get("reporter").map(id);
        meta.file_ref = get("file_ref").map(id);
        let command = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{table}{cells:?}").as_bytes());
        let ledger = self
            .streams
            .entry(stream.clone())
            .or_insert_with(|| Ledger::new(StreamKind::of(&stream).unwrap()));
        let decision = decide(
            ledger,
            Command {
                id: command,
                wanted,
                meta,
                received_on,
                today: self.today,
                with: self.with.clone(),
            },
        );
        let Ok(Decision::Happened {
            event,
            effective,
            known,
        }) = decision
        else {
            return false;
        };
        let known = known.unwrap_or(self.today);
        self.position += 3;
        let stored = event.write().unwrap();
        let event = Event::read(stored.name, stored.version, &stored.payload).unwrap();
        self.texts.0.insert(command, texts);
        let entry = Entry {
            position: self.position,
            stream: &stream,
            id: command,
            name: stored.name,
            effective,
            known,
            recorded_at: Timestamp::UNIX_EPOCH,
            recorded_on: self.today,
            actor: "local",
        };
        self.facts.apply(entry, &event, &self.texts);
        if let Event::Row(row, meta) = &event {
            if let Some((what, id)) = row.defines() {
                self.homes
                    .entry((what, id.to_string()))
                    .or_insert_with(|| stream.clone());
            }
            let identity = meta
                .key
                .as_ref()
                .map_or_else(|| row.identity(), ToString::to_string);
            self.rows
                .entry((table.to_owned(), format!("{identity}/{effective}")))
                .or_insert_with(|| stream.clone());
            self.rows
                .entry((table.to_owned(), identity))
                .or_insert_with(|| stream.clone());
        }
        ledger.apply(
            event,
            Envelope {
                position: self.position,
                effective,
                known,
                command,
            },
        );
        self.accepted.push(reference::Row {
            table: table.to_owned(),
            cells,
            position: self.position,
            recorded_on: self.today.date(),
        });
        true
    }

    /// Records a row of `("column", "text")`.
    #[track_caller]
    pub fn row(&mut self, table: &str, cells: &[(&str, &str)]) -> u64 {
        let cells: Cells = cells
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        assert!(self.record(table, &cells, false), "{table} {cells:?}");
        self.position
    }

    /// Records the parts of a cost key or scheme together: what they have in common, and each part.
    #[track_caller]
    pub fn whole(&mut self, table: &str, common: &[(&str, &str)], parts: &[(&str, &str)]) -> u64 {
        let group = if table == "cost_keys" {
            "partner"
        } else {
            "partner_group"
        };
        let rows: Vec<Vec<(&str, &str)>> = parts
            .iter()
            .map(|(who, percent)| {
                let own = [(group, *who), ("percent", *percent)];
                common.iter().copied().chain(own).collect()
            })
            .collect();
        let fed = rows.iter().map(|row| FeedRow {
            table: table.to_owned(),
            cells: row
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect(),
        });
        self.come_together(&fed.collect::<Vec<_>>());
        for row in &rows {
            self.row(table, row);
        }
        self.with.clear();
        self.position
    }

    /// An answer narrowed down, as JSON, or why there is none.
    pub fn asked(&self, name: &str, as_of: Date, filter: Filter) -> Result<Value, String> {
        let view = View {
            as_of: Day::of(as_of).unwrap(),
            known_on: None,
            at_position: None,
        };
        let ask = Ask {
            view,
            filter,
            page: Page::default(),
        };
        let answer = answers::by_name(name).unwrap().answer(&self.facts, &ask);
        answer.map(|it| it.to_json()).map_err(|it| it.to_string())
    }

    /// Why a figure, by its answer, row and field, is what it is.
    pub fn explained(&self, as_of: Date, [answer, row, field]: [&str; 3]) -> Value {
        let view = View {
            as_of: Day::of(as_of).unwrap(),
            known_on: None,
            at_position: None,
        };
        let ask = Ask {
            view,
            filter: Filter::default(),
            page: Page::default(),
        };
        let told = explain(&self.facts, &ask, answer, row, field);
        told.unwrap_or_else(|no| panic!("{answer} {row} {field}: {no}"))
            .to_json()
    }

    /// An answer as JSON, with everything known.
    pub fn at(&self, name: &str, as_of: Date) -> serde_json::Value {
        self.answer(name, as_of, None, None).to_json()
    }

    pub fn answer(
        &self,
        name: &str,
        as_of: Date,
        known_on: Option<Date>,
        at_position: Option<u64>,
    ) -> Answer {
        self.narrowed(name, as_of, known_on, at_position, Filter::default())
    }

    pub fn narrowed(
        &self,
        name: &str,
        as_of: Date,
        known_on: Option<Date>,
        at_position: Option<u64>,
        filter: Filter,
    ) -> Answer {
        let view = View {
            as_of: Day::of(as_of).unwrap(),
            known_on: known_on.and_then(Day::of),
            at_position,
        };
        let ask = Ask {
            view,
            filter,
            page: Page::default(),
        };
        answers::by_name(name)
            .unwrap()
            .answer(&self.facts, &ask)
            .unwrap()
    }
}
