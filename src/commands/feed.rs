//! `leitstand feed`: hands tables in.

use std::{
    fmt::Write as _,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};
use leitstand_domain::table::Cells;
use leitstand_ingest::{
    Actor, Currency, Failure, Feed, FeedOptions, FeedReport, Finding, Mode, Past, Profile, Rejects,
    Sealer, feed, programme,
};
use tokio::sync::Notify;

use super::profile;
use crate::{
    cli::{self, TextOrJson},
    clock,
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, Missing},
};

/// So many findings are shown to a person.
const SHOWN: usize = 50;

pub(super) async fn run(args: cli::Feed, config: &Config) -> Result<Exit, Stop> {
    let foreign = args.profile.as_deref().map(profile::read).transpose()?;
    let opened = stores::open(config, Missing::Refuse).await?;
    let desk = opened.desk(config).await?;
    let mut past = Past::default();
    let programme = programme(&*opened.store).await?;
    if let Some(foreign) = &foreign {
        profile::same_currency(foreign, programme.as_ref())?;
        past = desk.past(foreign).await?;
    }
    let currency = programme.map(|it| Currency::new(it.currency.as_str()));
    let currency = currency.unwrap_or_default();
    let foreign = foreign.map(|it| (it, past));
    let rows = read(args.paths, args.table, currency, foreign).await?;
    let bar = bar(rows.rows());
    let done = AtomicU64::new(0);
    let (is_asked_to_stop, between_windows) = (AtomicBool::new(false), Notify::new());
    let progress = |rows: u64, _all: u64| {
        done.store(rows, Ordering::Relaxed);
        bar.set_position(rows);
        if is_asked_to_stop.load(Ordering::Relaxed) {
            between_windows.notify_one();
        }
    };
    let mut sealer = Sealer::new(Arc::clone(&opened.store), clock::clock());
    let all = rows.rows();
    let options = FeedOptions {
        mode: match (args.dry_run, args.all_or_nothing) {
            (true, _) => Mode::DryRun,
            (false, true) => Mode::AllOrNothing,
            (false, false) => Mode::Record,
        },
        rejects: args.rejects.map_or(Rejects::BesideInput, Rejects::At),
        progress: Some(&progress),
        sealer: Some(&mut sealer),
    };
    let mut feeding = pin!(feed(&desk, rows, &whoever_is_here, options));
    let mut fed = tokio::select! {
        fed = &mut feeding => Some(fed),
        _ = tokio::signal::ctrl_c() => None,
    };
    if fed.is_none() {
        // The window under way is ended; the next one reads before it records, and is dropped there.
        is_asked_to_stop.store(true, Ordering::Relaxed);
        fed = tokio::select! {
            fed = feeding => Some(fed),
            () = between_windows.notified() => None,
        };
    }
    bar.finish_and_clear();
    let Some(fed) = fed else {
        let done = done.load(Ordering::Relaxed);
        let told = if args.dry_run {
            format!("Unterbrochen nach {done} von {all} Zeilen; nichts ist aufgezeichnet.")
        } else {
            format!(
                "Unterbrochen nach {done} von {all} Zeilen. Was aufgezeichnet ist, bleibt; noch einmal einspielen ergänzt den Rest."
            )
        };
        return Err(Stop::new(Exit::Interrupted, told));
    };
    let report = fed?;
    out::print(&match args.format {
        TextOrJson::Json => as_json(&report)?,
        TextOrJson::Text => {
            let account = report.account.as_ref();
            let account = account.map(|it| profile::told(it, args.account.is_some()));
            account.unwrap_or_default() + &as_text(&report, args.dry_run)
        }
    })?;
    if let (Some(path), Some(account)) = (&args.account, &report.account) {
        profile::write(account, path)?;
    }
    for path in &report.rejects {
        out::say(&format!(
            "Abgewiesene Zeilen mit ihrem Grund: {}",
            path.display()
        ));
    }
    Ok(if report.is_clean() {
        Exit::Done
    } else {
        Exit::Findings
    })
}

/// Opens everything named, beside the threads that work.
async fn read(
    paths: Vec<PathBuf>,
    table: Option<String>,
    currency: Currency,
    foreign: Option<(Profile, Past)>,
) -> Result<Feed, Stop> {
    let from_stdin = paths.iter().any(|it| it == Path::new("-"));
    if from_stdin && foreign.is_some() {
        return Err(Stop::usage(
            "Mit --profile werden Dateien gelesen; „-“ (Standardeingabe) geht nicht.",
        ));
    }
    if from_stdin && paths.len() > 1 {
        return Err(Stop::usage("„-“ (Standardeingabe) geht nur allein."));
    }
    if let Some(missing) = paths.iter().find(|it| !from_stdin && !it.exists()) {
        let message = format!("„{}“ gibt es nicht.", missing.display());
        return Err(Stop::new(Exit::Failure, message));
    }
    let reading = tokio::task::spawn_blocking(move || match foreign {
        Some((profile, past)) => Feed::mapped(&paths, &profile, &past),
        None if from_stdin => Feed::lines("-", std::io::stdin().lock(), table.as_deref()),
        None => Feed::open(&paths, table.as_deref(), &currency),
    });
    // The thread cannot be told to stop reading; the process ends all the same.
    tokio::select! {
        read = reading => Ok(read.map_err(|_| Stop::new(Exit::Failure, "Die Eingabe ließ sich nicht lesen."))??),
        _ = tokio::signal::ctrl_c() => Err(Stop::new(Exit::Interrupted, "Unterbrochen; nichts ist aufgezeichnet.")),
    }
}

fn bar(rows: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} Zeilen, {per_sec}, noch {eta}");
    let bar = ProgressBar::new(rows as u64);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

fn as_json(report: &FeedReport) -> Result<String, Stop> {
    let text = serde_json::to_string(report);
    let text = text.map_err(|error| {
        Stop::new(Exit::Failure, "Der Bericht ließ sich nicht schreiben.").because(&error)
    })?;
    Ok(text + "\n")
}

fn as_text(report: &FeedReport, is_dry_run: bool) -> String {
    let mut out = String::new();
    for finding in report.findings.iter().take(SHOWN) {
        let place = [
            finding.file.clone(),
            finding
                .table
                .clone()
                .filter(|table| finding.file.as_ref().is_none_or(|it| !it.contains(table))),
            finding.row.map(|it| format!("Zeile {it}")),
            finding.column.as_ref().map(|it| format!("Spalte {it}")),
            finding.value.as_ref().map(|it| format!("„{it}“")),
        ];
        let place: Vec<String> = place.into_iter().flatten().collect();
        let _ = writeln!(
            out,
            "{}: {} [{}]",
            place.join(", "),
            finding.message,
            finding.code
        );
    }
    if report.findings.len() > SHOWN {
        let _ = writeln!(
            out,
            "… und {} weitere Befunde (--format json zeigt alle)",
            report.findings.len() - SHOWN
        );
    }
    let width = report
        .tables
        .keys()
        .map(String::len)
        .max()
        .unwrap_or_default();
    for (table, tally) in &report.tables {
        let _ = writeln!(
            out,
            "{table:<width$}  {:>7} neu  {:>7} bekannt  {:>7} abgewiesen",
            tally.accepted, tally.known, tally.rejected
        );
    }
    let end = if is_dry_run {
        "nur geprüft, nichts aufgezeichnet".to_owned()
    } else {
        format!("Position {}", report.position)
    };
    let _ = writeln!(
        out,
        "Zusammen: {} neu, {} bekannt, {} abgewiesen; {end}.",
        report.accepted, report.known, report.rejected
    );
    out
}

/// Feeds everything opened without talking; for `demo`.
pub(super) async fn quietly(
    desk: &leitstand_ingest::Desk,
    rows: Feed,
) -> Result<FeedReport, Failure> {
    feed(
        desk,
        rows,
        &whoever_is_here,
        FeedOptions {
            rejects: Rejects::Nowhere,
            ..FeedOptions::default()
        },
    )
    .await
}

/// Whoever can open the file may hand in anything.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the form that the intake asks for"
)]
fn whoever_is_here(_table: &str, _cells: &Cells) -> Result<Actor, Finding> {
    Ok(Actor::local())
}
