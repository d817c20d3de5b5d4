//! A million rows of CSV fed by the real binary, durably: rows per second and memory.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use crate::{running, told, workload};

/// Rows of the feeds that are one table.
const ROWS: usize = 1_000_000;

pub fn run(folder: &Path) {
    let mix = mixed(&folder.join("mix"));
    fed(folder, "the made-up twenty years, all tables", &mix);
    for (streams, comment) in [(400, false), (2_000, false), (400, true)] {
        let name = format!("reports-{streams}-{comment}");
        let reports = reports(&folder.join(name), streams, comment);
        let sealed = if comment {
            ", each with a sealed text"
        } else {
            ""
        };
        let what = format!("status reports by date on {streams} streams{sealed}");
        fed(folder, &what, &reports);
    }
}

/// A folder of tables with so many rows.
struct Tables {
    folder: PathBuf,
    rows: usize,
}

fn fed(folder: &Path, what: &str, tables: &Tables) {
    let path = folder.join("feeding.db");
    let store = running::init(&path);
    let run = running::run(&["feed", "--store", &store], Some(&tables.folder));
    let rows = u32::try_from(tables.rows).expect("fits");
    let rate = f64::from(rows) / run.time.as_secs_f64();
    told(
        &format!("CSV fed: {what}"),
        &format!("{rows} rows at {rate:.0}/s, at most {}", run.memory),
    );
    for end in ["", "-wal", "-shm", "-keys", "-keys-wal", "-keys-shm"] {
        // Those that SQLite has tidied away are not there.
        let _gone = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}

/// The workload, one file per table.
fn mixed(folder: &Path) -> Tables {
    std::fs::create_dir(folder).expect("a folder");
    let mut files: BTreeMap<&str, (Vec<String>, BufWriter<File>)> = BTreeMap::new();
    let mut rows = 0;
    let built_in = |(_, cells): &workload::Line| cells.get("id").is_some_and(|it| it == "PROG");
    let all = workload::catalogue().into_iter().chain(workload::years());
    for (table, cells) in all.filter(|it| !built_in(it)) {
        let (columns, file) = files.entry(table).or_insert_with(|| {
            let mut columns: Vec<String> = cells.keys().cloned().collect();
            if table == "request_steps" {
                columns.push("amount".to_owned());
            }
            let mut file = create(folder, table);
            writeln!(file, "{}", columns.join(",")).expect("written");
            (columns, file)
        });
        let cell = |it: &String| cells.get(it).map_or("", String::as_str);
        let line: Vec<&str> = columns.iter().map(cell).collect();
        writeln!(file, "{}", line.join(",")).expect("written");
        rows += 1;
    }
    for (_, file) in files.into_values() {
        file.into_inner().expect("written");
    }
    Tables {
        folder: folder.to_owned(),
        rows,
    }
}

/// Status reports in the contract's order: every measure reports, then the next day comes.
fn reports(folder: &Path, streams: usize, comment: bool) -> Tables {
    std::fs::create_dir(folder).expect("a folder");
    let mut catalogue = create(folder, "catalogue");
    writeln!(catalogue, "id,kind,title,set_on").expect("written");
    for stream in 0..streams {
        writeln!(catalogue, "X-{stream:04},measure,Vorhaben,1995-01-01").expect("written");
    }
    catalogue.flush().expect("written");
    let mut file = create(folder, "status_reports");
    let header = "report_date,measure,schedule,budget,scope,resources,risks,received_on";
    writeln!(file, "{header}{}", if comment { ",comment" } else { "" }).expect("written");
    for row in 0..ROWS {
        let days = i64::try_from(row / streams).expect("few");
        let day = jiff::civil::date(1995, 1, 1) + jiff::Span::new().days(days);
        let colour = |shift: usize| ["G", "A", "R"][(row + row / streams + shift) % 3];
        write!(file, "{day},X-{:04}", row % streams).expect("written");
        for shift in 0..5 {
            write!(file, ",{}", colour(shift)).expect("written");
        }
        write!(file, ",{day}").expect("written");
        if comment {
            write!(
                file,
                ",Der Bericht {row} ist abgestimmt und wird vorgelegt."
            )
            .expect("written");
        }
        writeln!(file).expect("written");
    }
    file.flush().expect("written");
    Tables {
        folder: folder.to_owned(),
        rows: ROWS + streams,
    }
}

fn create(folder: &Path, table: &str) -> BufWriter<File> {
    BufWriter::new(File::create(folder.join(format!("{table}.csv"))).expect("a file"))
}
