//! `leitstand demo`: everything, on a store that leaves nothing behind.

mod scenario;

use std::{pin::pin, sync::Arc, time::Instant};

use comfy_table::{Cell, CellAlignment};
use leitstand_ingest::Sealer;
use leitstand_projections::{Answer, Facts, answers};
use leitstand_reports::{Question, render};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{feed, init};
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

pub(super) async fn run(args: &cli::Demo) -> Result<Exit, Stop> {
    let begun = Instant::now();
    let listener = listener(args.port).await?;
    let folder = tempfile::Builder::new().prefix("leitstand-demo-").tempdir();
    let folder = folder.map_err(|error| {
        Stop::new(Exit::Failure, "Für die Vorführung fehlt ein Ordner.").because(&error)
    })?;
    // A signal while the store is filled shall leave nothing behind either.
    let mut told = pin!(serve::told_to_end()?);
    let prepared = async {
        let store = format!("sqlite:{}", folder.path().join("leitstand.db").display());
        let flags = Flags::from([("store", store)]);
        let config = Config::of_flags(&flags)?;
        let opened = stores::open(&config, Missing::Begin).await?;
        let (desk, report) = init::begin(&opened, &config).await?;
        let fed = feed::quietly(&desk, scenario::rows(&folder.path().join("tables"))?).await?;
        if !report.findings.is_empty() || !fed.is_clean() {
            return Err(Stop::new(
                Exit::Failure,
                "Die eingebauten Tabellen wurden nicht angenommen.",
            ));
        }
        Sealer::new(Arc::clone(&opened.store), clock::clock())
            .seal_if_due()
            .await?;
        let facts = follow::fold_all(&opened).await?;
        let events = report.accepted + fed.accepted;
        Ok::<_, Stop>((
            opened,
            desk,
            state(&facts)?,
            format!(
                "Leitstand zeigt das Beispieljahr 2024 (erfunden): {} Zeilen aus {} Tabellen, {events} Ereignisse.\n",
                fed.accepted,
                fed.tables.len()
            ),
        ))
    };
    let (opened, desk, state, loaded) = tokio::select! {
        prepared = prepared => prepared?,
        () = &mut told => return Err(Stop::silent(Exit::Interrupted)),
    };
    let address = listener.local_addr().map_err(|error| {
        Stop::new(Exit::Failure, "Der Server hat keine Adresse.").because(&error)
    })?;
    out::print(&format!(
        "{loaded}\n{state}\n\
         Seite:          http://{address}/?as_of={AS_OF}\n\
         Auskunft:       http://{address}/api/v1/status?as_of={AS_OF}\n\
         Erklärung:      http://{address}/api/v1/explain/funds/T-ORG/free?as_of={AS_OF}\n\
         Schnittstelle:  http://{address}/api/openapi.json\n\
         Bereit nach {} ms; Strg-C beendet die Vorführung und hinterlässt nichts.\n",
        begun.elapsed().as_millis()
    ))?;
    let setup = Setup {
        opened,
        desk,
        tokens: None,
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

/// The pillars at the end of the year as a small table.
fn state(facts: &Facts) -> Result<String, Stop> {
    let question = Question::read([("as_of", AS_OF)], clock::today())
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
    let columns = [
        "Stand 31.12.2024",
        "Status",
        "grün",
        "gelb",
        "rot",
        "ohne",
        "überfällig",
        "bewilligt €",
        "ausgegeben €",
    ];
    Ok(render::wide_table(&columns, rows))
}
