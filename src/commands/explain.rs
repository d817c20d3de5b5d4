//! `leitstand explain`: why a figure is what it is.

use std::fmt::Write as _;

use leitstand_ingest::nearest;
use leitstand_projections::{Explanation, NoAnswer, answers, explain};
use leitstand_reports::render::german;
use serde_json::Value;

use super::answer;
use crate::{
    cli::{self, TextOrJson},
    config::Config,
    exit::{Exit, Stop},
    follow, out,
    stores::{self, Missing},
};

pub(super) async fn run(args: &cli::Explain, config: &Config) -> Result<Exit, Stop> {
    let question = answer::question(&args.question)?;
    let opened = stores::open(config, Missing::Refuse).await?;
    let facts = follow::fold_all(&opened).await?;
    let explained = args
        .fields
        .iter()
        .map(|field| explain(&facts, &question.ask, &args.answer, &args.row, field));
    let explained = explained
        .collect::<Result<Vec<_>, _>>()
        .map_err(|no| no_explanation(no, &args.answer))?;
    let text = match (args.format, explained.as_slice()) {
        (TextOrJson::Text, all) => all.iter().map(told).collect::<Vec<_>>().join("\n"),
        (TextOrJson::Json, [one]) => one.to_json().to_string() + "\n",
        (TextOrJson::Json, all) => {
            Value::Array(all.iter().map(Explanation::to_json).collect()).to_string() + "\n"
        }
    };
    out::print(&text)?;
    Ok(answer::standing(&facts))
}

fn no_explanation(no: NoAnswer, name: &str) -> Stop {
    let mut stop = Stop::from(no);
    if answers::by_name(name).is_none()
        && let Some(near) = nearest(name, answers::ALL.iter().map(|it| it.name))
    {
        let _ = write!(stop.message, " Meinten Sie „{near}“?");
    }
    stop
}

fn told(it: &Explanation) -> String {
    let mut out = format!(
        "{} · {} · {}: {}\n",
        it.answer,
        it.row,
        it.field,
        short(&it.value)
    );
    let _ = writeln!(out, "  Formel: {}", it.formula);
    for (name, value) in &it.inputs {
        let _ = writeln!(out, "  {name} = {}", short(value));
    }
    for threshold in &it.thresholds {
        let of = |name: &str| threshold.get(name).map(short).unwrap_or_default();
        let _ = writeln!(
            out,
            "  Schwelle {} ({}): gelb {}, rot {}, gültig ab {}, bekannt seit {}",
            of("name"),
            of("dimension"),
            of("amber"),
            of("red"),
            of("valid_from"),
            of("known_on")
        );
    }
    let _ = writeln!(out, "  Ereignisse: {}", it.events.len());
    for event in &it.events {
        let of = |name: &str| {
            event
                .get(name)
                .filter(|it| !it.is_null())
                .map(short)
                .unwrap_or_default()
        };
        let body = of("body");
        let body = if body.is_empty() {
            body
        } else {
            format!(", gemeldet von {body}")
        };
        let _ = writeln!(
            out,
            "    {:>8}  {}  wirksam {}, bekannt {}, aufgezeichnet {}{body}",
            of("position"),
            of("name"),
            of("effective_on"),
            of("known_on"),
            of("recorded_at")
        );
    }
    out
}

fn short(value: &Value) -> String {
    match value {
        Value::String(it) => it.clone(),
        other => match other.get("undefined").and_then(Value::as_str) {
            Some(reason) => format!("– ({})", german::reason(reason)),
            None => other.to_string(),
        },
    }
}
