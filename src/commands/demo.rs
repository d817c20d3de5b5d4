//! `leitstand demo`: everything, on a store that leaves nothing behind.

mod scenario;

use std::{
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use comfy_table::{Cell, CellAlignment};
use leitstand_ingest::{Feed, FeedReport, Past, Profile, ProfileProgramme, Sealer};
use leitstand_projections::{Answer, Facts, answers};
use leitstand_reports::{Question, render};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{feed, init, profile};
use crate::{
    cli, clock,
    config::{Config, Flags},
    exit::{Exit, Stop},
    follow, out,
    serve::{self, Setup},
    stores::{self, Missing},
};

/// The reporting date of the scenario.
const AS_OF: &str = "2024-12-31";
/// The port, if it is free.
const PORT: u16 = 8080;

/// What is shown.
enum Show {
    /// The built-in year.
    Scenario,
    /// Somebody's tables, read by a profile.
    Tables(PathBuf, Box<Profile>),
}

impl Show {
    fn of(args: &cli::Demo) -> Result<Self, Stop> {
        let (Some(folder), Some(path)) = (&args.feed, &args.profile) else {
            return Ok(Self::Scenario);
        };
        let profile = profile::read(path)?;
        init::programme_of(&profile)?;
        Ok(Self::Tables(folder.clone(), Box::new(profile)))
    }

    fn programme(&self) -> Option<&ProfileProgramme> {
        match self {
            Self::Scenario => None,
            Self::Tables(_, profile) => profile.programme(),
        }
    }

    /// The reporting date it is shown for.
    fn as_of(&self) -> String {
        match self {
            Self::Scenario => AS_OF.to_owned(),
            Self::Tables(..) => clock::today().to_string(),
        }
    }

    fn rows(&self, tables: &Path) -> Result<Feed, Stop> {
        match self {
            Self::Scenario => scenario::rows(tables),
            Self::Tables(folder, profile) => Ok(Feed::mapped(
                std::slice::from_ref(folder),
                profile,
                &Past::default(),
            )?),
        }
    }

    /// What was loaded, in one line; the built-in tables are without findings.
    fn loaded(&self, fed: &FeedReport, events: u64) -> Result<String, Stop> {
        let (rows, tables) = (fed.accepted, fed.tables.len());
        let Self::Tables(folder, profile) = self else {
            return if fed.is_clean() {
                Ok(format!(
                    "Leitstand zeigt das Beispieljahr 2024 (erfunden): {rows} Zeilen aus {tables} Tabellen, {events} Ereignisse.\n"
                ))
            } else {
                Err(Stop::new(
                    Exit::Failure,
                    "Die eingebauten Tabellen wurden nicht angenommen.",
                ))
            };
        };
        if let Some(account) = &fed.account {
            out::say(&profile::told(account, false));
        }
        for finding in &fed.findings {
            let file = finding.file.as_deref().unwrap_or_default();
            let row = finding
                .row
                .map(|it| format!(", Zeile {it}"))
                .unwrap_or_default();
            out::say(&format!(
                "{file}{row}: {} [{}]",
                finding.message, finding.code
            ));
        }
        if rows == 0 {
            return Err(Stop::new(
                Exit::Failure,
                format!(
                    "Aus „{}“ ist keine Zeile angenommen; es gibt nichts zu zeigen.",
                    folder.display()
                ),
            ));
        }
        let title = profile.programme().map_or("", |it| it.title.as_str());
        Ok(format!(
            "Leitstand zeigt „{title}“ aus {}: {rows} Zeilen in {tables} Tabellen, {} abgewiesen, {events} Ereignisse.\n",
            folder.display(),
            fed.rejected
        ))
    }
}

/// Removes the folder, also while a thread that was opening the store still writes into it.
async fn leave_nothing(folder: &Path) {
    for _ in 0..100 {
        if std::fs::remove_dir_all(folder).is_ok() || !folder.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(super) async fn run(args: &cli::Demo) -> Result<Exit, Stop> {
    let begun = Instant::now();
    let show = Show::of(args)?;
    let as_of = show.as_of();
    let listener = listener(args.port).await?;
    // A signal while the store is filled shall leave nothing behind either.
    let mut told = pin!(serve::told_to_end()?);
    let folder = tempfile::Builder::new().prefix("leitstand-demo-").tempdir();
    let folder = folder.map_err(|error| {
        Stop::new(Exit::Failure, "Für die Vorführung fehlt ein Ordner.").because(&error)
    })?;
    let prepared = async {
        let store = format!("sqlite:{}", folder.path().join("leitstand.db").display());
        let flags = Flags::from([("store", store)]);
        let config = Config::of_flags(&flags)?;
        let config = show
            .programme()
            .map_or_else(|| config.clone(), |it| init::with(&config, it));
        let opened = stores::open(&config, Missing::Begin).await?;
        let (desk, report) = init::begin(&opened, &config, show.programme()).await?;
        if let Some(finding) = report.findings.first() {
            let message = format!("Das Programm lässt sich nicht anlegen: {}", finding.message);
            return Err(Stop::new(Exit::Failure, message));
        }
        let fed = feed::quietly(&desk, show.rows(&folder.path().join("tables"))?).await?;
        let loaded = show.loaded(&fed, report.accepted + fed.accepted)?;
        Sealer::new(Arc::clone(&opened.store), clock::clock())
            .seal_if_due()
            .await?;
        let facts = follow::fold_all(&opened).await?;
        let currency = config.get("currency").unwrap_or_default().to_owned();
        let (state, explained) = state(&facts, &as_of, &currency)?;
        Ok::<_, Stop>((opened, desk, state, explained, loaded))
    };
    let (opened, desk, state, explained, loaded) = tokio::select! {
        prepared = prepared => prepared?,
        () = &mut told => {
            leave_nothing(folder.path()).await;
            return Err(Stop::silent(Exit::Interrupted));
        }
    };
    let address = listener.local_addr().map_err(|error| {
        Stop::new(Exit::Failure, "Der Server hat keine Adresse.").because(&error)
    })?;
    let explained = explained.map_or_else(String::new, |it| {
        format!("Erklärung:      http://{address}/api/v1/explain/{it}?as_of={as_of}\n")
    });
    out::print(&format!(
        "{loaded}\n{state}\n\
         Seite:          http://{address}/?as_of={as_of}\n\
         Auskunft:       http://{address}/api/v1/status?as_of={as_of}\n\
         {explained}\
         Schnittstelle:  http://{address}/api/openapi.json\n\
         Bereit nach {} ms; Strg-C beendet die Vorführung und hinterlässt nichts.\n",
        begun.elapsed().as_millis()
    ))?;
    let setup = Setup {
        opened,
        desk,
        tokens: None,
        nats: None,
    };
    serve::serve(listener, setup, told).await?;
    folder.close().map_err(|error| {
        Stop::new(
            Exit::Failure,
            "Der Ordner der Vorführung ließ sich nicht entfernen.",
        )
        .because(&error)
    })?;
    Ok(Exit::Done)
}

/// The port asked for; without one the usual, or any if that is taken.
async fn listener(port: Option<u16>) -> Result<TcpListener, Stop> {
    let wanted = port.unwrap_or(PORT);
    let bound = serve::bind(&format!("127.0.0.1:{wanted}"), false).await;
    if bound.is_ok() || port.is_some() {
        return bound;
    }
    let free = serve::bind("127.0.0.1:0", false).await?;
    out::say(&format!(
        "Port {PORT} ist belegt; die Vorführung nimmt einen freien."
    ));
    Ok(free)
}

/// The pillars on the reporting date as a small table, and a figure whose explanation is worth a look.
fn state(facts: &Facts, as_of: &str, currency: &str) -> Result<(String, Option<String>), Stop> {
    let question = Question::read([("as_of", as_of)], clock::today())
        .map_err(|bad| Stop::new(Exit::Failure, bad.message))?;
    let answer = |name: &str| -> Result<Answer, Stop> {
        let kind = answers::by_name(name)
            .ok_or_else(|| Stop::new(Exit::Failure, format!("Die Auskunft „{name}“ fehlt.")))?;
        Ok(kind.answer(facts, &question.ask)?)
    };
    let (status, milestones, funds) = (answer("status")?, answer("milestones")?, answer("funds")?);
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let row = |id: &str, group: &Value| {
        let overdue = milestones.rows.iter().filter(|it| {
            it.fields["state"] == "overdue" && (id == "Programm" || it.fields["pillar"] == id)
        });
        let mut cells = vec![
            Cell::new(id),
            Cell::new(
                render::german::mark(group["colour"].as_str().unwrap_or_default()).unwrap_or("– ○"),
            ),
        ];
        cells.extend(["green", "amber", "red", "none"].map(|it| right(text(&group[it]))));
        cells.push(right(overdue.count().to_string()));
        let sums = if id == "Programm" {
            Some(&Value::Null)
        } else {
            funds.summary.get("by_pillar").and_then(|it| it.get(id))
        };
        let sums = match sums {
            Some(Value::Null) => Some(Value::Object(funds.summary.clone())),
            other => other.cloned(),
        };
        let amount = |name: &str| {
            sums.as_ref()
                .and_then(|it| it[name].as_str())
                .map_or_else(|| "–".to_owned(), render::german::grouped)
        };
        cells.extend([right(amount("granted")), right(amount("spent"))]);
        cells
    };
    let pillars = status.summary.get("pillars").and_then(Value::as_object);
    let mut rows: Vec<Vec<Cell>> = pillars
        .into_iter()
        .flatten()
        .map(|(id, group)| row(id, group))
        .collect();
    rows.push(row(
        "Programm",
        status.summary.get("programme").unwrap_or(&Value::Null),
    ));
    let sign = if currency == "EUR" { "€" } else { currency };
    let (granted, spent) = (format!("bewilligt {sign}"), format!("ausgegeben {sign}"));
    let day = render::german::date(as_of).unwrap_or_else(|| as_of.to_owned());
    let standing = format!("Stand {day}");
    let columns = [
        &*standing,
        "Status",
        "grün",
        "gelb",
        "rot",
        "ohne",
        "überfällig",
        &*granted,
        &*spent,
    ];
    let explained = match (funds.rows.first(), status.rows.first()) {
        (Some(pot), _) => Some(format!("funds/{}/free", pot.id)),
        (None, Some(measure)) => Some(format!("status/{}/original", measure.id)),
        (None, None) => None,
    };
    Ok((render::wide_table(&columns, rows), explained))
}
