//! Foreign tables by profile: every feature, and every finding with file, row, column and code.

mod account;
mod books;
mod cells;
mod forms;
mod refused;
mod told;
mod years;

use std::{fs, path::PathBuf};

use leitstand_ingest::{
    Account, Actor, ColumnAccount, Feed, FeedOptions, FeedReport, Mode, Profile, Rejects, feed,
};
use tempfile::TempDir;

use crate::support::Office;

/// Measures with an end and a cost; the form of the file is put in front.
const EMITS: &str = r#"
[fields.end]
kind = "date"
formats = ["TT.MM.JJJJ"]
[fields.cost]
kind = "amount"
decimal = ","
thousands = "."
strip = ["€", "Mio."]
scale = "1000"
[fields.colour]
kind = "list"
list = "colours"
[values.colours]
"grün" = "G"
"gelb" = "A"
"gelb-rot" = ""
[missing]
"k. A.*" = "keine Angabe"
[ids.measure]
by = ["number", "name"]
as_written = ["number"]
[ids.measure.names]
"Neuer Name" = "alter-name"
[[emit]]
table = "catalogue"
when = "changed"
id = "{measure}"
kind = "measure"
title = "{name}"
set_on = "{date}"
valid_from = "{date}"
[[emit]]
table = "milestones"
when = "first"
id = "{measure}-END"
subject = "{measure}"
title = "Ende"
baseline = "{end}"
planned_on = "{date}"
[[emit]]
table = "milestone_reports"
when = "later"
needs = ["forecast"]
report_date = "{date}"
milestone = "{measure}-END"
forecast = "{end}"
[[emit]]
table = "plans"
ordinal = { baseline = "measure" }
measure = "{measure}"
period_end = "{end}"
planned_value = "{cost}"
baselined_on = "{date}"
[[emit]]
table = "status_reports"
needs = ["original"]
report_date = "{date}"
measure = "{measure}"
overall = "{colour}"
original = "{colour:written}"
comment = "{text?}"
"#;

/// The usual columns.
const COLUMNS: &str = r#"
[file.columns]
number = "Nr."
name = "Name"
end = "Ende"
cost = "Kosten"
colour = "Ampel"
text = "Text"
"#;

const HEADER: &str = "Nr.;Name;Ende;Kosten;Ampel;Text\n";

fn form(more: &str) -> String {
    format!("[[file]]\nmatch = \"*.csv\"\nconstants = {{ date = 2024-12-31 }}\n{more}\n{COLUMNS}")
}

struct Fed {
    report: FeedReport,
    folder: TempDir,
    office: Office,
}

impl Fed {
    fn account(&self) -> &Account {
        self.report.account.as_ref().expect("an account")
    }

    fn column(&self, name: &str) -> ColumnAccount {
        let files = self.account().files();
        let columns = files.iter().flat_map(|it| &it.columns);
        let mut columns = columns.filter(|it| it.column == name).cloned();
        columns
            .next()
            .unwrap_or_else(|| panic!("no column {name}: {files:?}"))
    }

    /// Cells not taken: cell, code, value.
    fn left(&self) -> Vec<(String, String, String)> {
        let line = |it: leitstand_ingest::Line| (it.cell, it.code, it.value.unwrap_or_default());
        self.account().not_taken().map(line).collect()
    }

    /// What was found: row, column, code.
    fn found(&self) -> Vec<(u64, String, String)> {
        let findings = self.report.findings.iter();
        let mut found: Vec<_> = findings
            .map(|it| {
                let column = it.column.clone().unwrap_or_default();
                (it.row.unwrap_or_default(), column, it.code.to_string())
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// The recorded rows of an event, sorted: streams are recorded together, in any order.
    async fn rows(&self, name: &str) -> Vec<serde_json::Value> {
        rows(&self.office, name).await
    }

    fn accepted(&self, table: &str) -> u64 {
        self.report.tables.get(table).map_or(0, |it| it.accepted)
    }
}

async fn rows(office: &Office, name: &str) -> Vec<serde_json::Value> {
    let log = office.log().await;
    let events = log.iter().filter(|it| &*it.name == name);
    let mut payloads: Vec<&str> = events.map(|it| &*it.payload).collect();
    payloads.sort_unstable();
    let row =
        |it: &&str| serde_json::from_str::<serde_json::Value>(it).expect("JSON")["row"].take();
    payloads.iter().map(row).collect()
}

fn files(files: &[(&str, &[u8])]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("a file");
    }
    let paths = vec![folder.path().to_owned()];
    (folder, paths)
}

async fn fed_as(mode: Mode, profile: &str, given: &[(&str, &[u8])]) -> Fed {
    fed_after(Office::begun().await, mode, profile, given).await
}

/// Into a log that may hold something already.
async fn fed_after(office: Office, mode: Mode, profile: &str, given: &[(&str, &[u8])]) -> Fed {
    let profile = Profile::read(profile, "p.toml").unwrap_or_else(|bad| panic!("{bad:#?}"));
    let (folder, paths) = files(given);
    let past = office.desk.past(&profile).await.expect("a working store");
    let rows = Feed::mapped(&paths, &profile, &past).expect("readable files");
    let options = FeedOptions {
        mode,
        rejects: Rejects::At(folder.path().join("rejects")),
        ..FeedOptions::default()
    };
    let report = feed(&office.desk, rows, &|_, _| Ok(Actor::local()), options).await;
    let report = report.expect("a working store");
    all_cells_are_accounted_for(report.account.as_ref().expect("an account"));
    Fed {
        report,
        folder,
        office,
    }
}

async fn fed(profile: &str, csv: &str) -> Fed {
    fed_as(Mode::Record, profile, &[("a.csv", csv.as_bytes())]).await
}

/// Taken, unchanged, empty and not taken make up all cells, and every cell not taken has its line.
fn all_cells_are_accounted_for(account: &Account) {
    let mut left = 0;
    for file in account.files() {
        let mut cells = file.headings;
        for column in &file.columns {
            let not_taken: u64 = column.not_taken.iter().map(|it| it.count).sum();
            left += not_taken;
            let sum = column.taken + column.unchanged + column.empty + not_taken;
            assert_eq!(column.cells, sum, "{column:?}");
            cells += sum;
        }
        assert_eq!(file.cells, cells);
        let not_taken: u64 = file.rows_not_taken.iter().map(|it| it.count).sum();
        assert_eq!(file.rows, file.rows_taken + not_taken, "{file:?}");
    }
    assert_eq!(account.not_taken().count() as u64, left);
    let lines = account.not_taken().chain(account.rounded()).count();
    assert!(account.csv().split(|it| *it == b'\n').count() > lines);
}
