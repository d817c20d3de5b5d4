//! What the first page says, taken from the answers.

use askama::Template;
use leitstand_projections::{Answer, Ask, Facts, Filter, NoAnswer, Page, answers, present};
use serde_json::Value;

use crate::render::german;

/// The first page.
#[derive(Template)]
#[template(path = "start.html")]
pub(super) struct Start {
    programme: String,
    sentence: String,
    as_of: String,
    as_of_german: String,
    known_on: String,
    known_on_german: String,
    position: u64,
    backfilled: usize,
    stands_since: Option<String>,
    pillars: Vec<Pillar>,
    query: String,
    /// What is wrong with the dates asked for, if anything is.
    pub(super) error: Option<String>,
}

struct Pillar {
    id: String,
    title: String,
    colour: String,
    mark: &'static str,
    word: &'static str,
    counts: [i64; 4],
    overdue: usize,
    /// The outflow rate, or why there is none.
    outflow: Result<String, String>,
    risk: Option<Risk>,
}

struct Risk {
    title: String,
    level: &'static str,
    score: String,
}

impl Start {
    /// The page as it stands at a view.
    pub(super) fn of(facts: &Facts, ask: &Ask) -> Result<Self, NoAnswer> {
        let ask = Ask {
            view: ask.view,
            filter: Filter::default(),
            page: Page::default(),
        };
        let answer = |name: &str| {
            let kind = answers::by_name(name).ok_or_else(|| NoAnswer::Unknown(name.to_owned()))?;
            kind.answer(facts, &ask)
        };
        let (status, milestones) = (answer("status")?, answer("milestones")?);
        let (funds, risks) = (answer("funds")?, answer("risks")?);
        let standing = at(&status.summary, "/pillars");
        let pillars: Vec<Pillar> = titled(facts, &ask, "pillar")
            .into_iter()
            // A dissolved pillar has left the summary.
            .filter(|(id, _)| standing.is_some_and(|it| it.get(id).is_some()))
            .map(|(id, title)| Pillar {
                colour: text(&status.summary, &format!("/pillars/{id}/colour"))
                    .unwrap_or_else(|| "none".to_owned()),
                mark: "",
                word: "",
                counts: ["green", "amber", "red", "none"].map(|colour| {
                    at(&status.summary, &format!("/pillars/{id}/{colour}"))
                        .and_then(Value::as_i64)
                        .unwrap_or_default()
                }),
                overdue: milestones
                    .rows
                    .iter()
                    .filter(|it| is(it, "pillar", &id) && is(it, "state", "overdue"))
                    .count(),
                outflow: outflow(&funds, &id),
                risk: top_risk(&risks, &id),
                id,
                title,
            })
            .map(|it| Pillar {
                mark: german::mark(&it.colour).unwrap_or("– ○"),
                word: german::colour(&it.colour),
                ..it
            })
            .collect();
        let programme = titled(facts, &ask, "programme").into_iter().next();
        let as_of = ask.view.as_of.to_string();
        let known_on = ask
            .view
            .known_on
            .map(|it| it.to_string())
            .unwrap_or_default();
        let german_date = |iso: &str| german::date(iso).unwrap_or_else(|| "heute".to_owned());
        let at_position = ask
            .view
            .at_position
            .map(|it| format!("&at_position={it}"))
            .unwrap_or_default();
        Ok(Self {
            programme: programme.map_or_else(|| "Programm".to_owned(), |(_, title)| title),
            sentence: sentence(&pillars, &milestones),
            as_of_german: german_date(&as_of),
            known_on_german: german_date(&known_on),
            position: status.position,
            backfilled: status.backfilled,
            stands_since: status.stands_since,
            query: format!("as_of={as_of}&known_on={known_on}{at_position}"),
            as_of,
            known_on,
            pillars,
            error: None,
        })
    }
}

/// Ids and titles of the entries of a kind that hold, by id.
fn titled(facts: &Facts, ask: &Ask, kind: &str) -> Vec<(String, String)> {
    let entries = facts
        .entries
        .holders()
        .into_iter()
        .filter_map(|id| facts.entries.latest(id, &ask.view));
    let mut titled: Vec<(String, String)> = entries
        .filter(|it| it.row().kind.to_string() == kind)
        .map(|it| {
            (
                facts.names.text(it.row().id).to_owned(),
                facts.names.text(it.row().title).to_owned(),
            )
        })
        .collect();
    titled.sort();
    titled
}

fn at<'a>(summary: &'a serde_json::Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.trim_start_matches('/').split('/');
    let first = summary.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

fn text(summary: &serde_json::Map<String, Value>, path: &str) -> Option<String> {
    at(summary, path).and_then(Value::as_str).map(str::to_owned)
}

fn is(row: &leitstand_projections::AnswerRow, field: &str, word: &str) -> bool {
    row.fields.get(field).and_then(Value::as_str) == Some(word)
}

fn cents(value: Option<&Value>) -> i128 {
    let digits: Option<String> = value.and_then(Value::as_str).map(|it| it.replace('.', ""));
    digits.and_then(|it| it.parse().ok()).unwrap_or_default()
}

fn outflow(funds: &Answer, pillar: &str) -> Result<String, String> {
    let of = |figure: &str| cents(at(&funds.summary, &format!("/by_pillar/{pillar}/{figure}")));
    match present::percent(of("spent"), of("granted"), "nichts bewilligt") {
        Value::String(rate) => Ok(german::decimal_comma(&rate) + " %"),
        _ => Err("nichts bewilligt".to_owned()),
    }
}

fn top_risk(risks: &Answer, pillar: &str) -> Option<Risk> {
    let here = risks
        .rows
        .iter()
        .filter(|it| is(it, "pillar", pillar) && it.fields["score"].is_i64());
    let top = here.min_by_key(|it| it.fields.get("rank").and_then(Value::as_i64))?;
    let word = |name: &str| {
        top.fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Some(Risk {
        title: word("title").to_owned(),
        level: match word("level") {
            "critical" => "kritisch",
            "high" => "hoch",
            "medium" => "mittel",
            _ => "gering",
        },
        score: top.fields["score"].to_string(),
    })
}

/// The finding in one sentence.
fn sentence(pillars: &[Pillar], milestones: &Answer) -> String {
    let of = |colour: &str| pillars.iter().filter(|it| it.colour == colour).count();
    let (red, amber, none) = (of("red"), of("amber"), of("none"));
    let all = german::count(pillars.len()).to_lowercase();
    let are = |count: usize, word: &str| {
        format!(
            "{} von {all} Säulen {} {word}",
            german::count(count),
            if count == 1 { "ist" } else { "sind" }
        )
    };
    let colours = match (pillars.len(), red, amber, none) {
        (0, ..) => return "Zu diesem Stand ist noch keine Säule erfasst.".to_owned(),
        (count, _, _, none) if count == none => {
            "Zu diesem Stand liegt aus keiner Säule ein gültiger Bericht vor".to_owned()
        }
        (_, 0, 0, 0) => "Alle Säulen sind grün".to_owned(),
        (_, 0, 0, none) => format!(
            "Keine Säule ist rot oder gelb, {} ohne gültigen Bericht",
            german::count(none).to_lowercase()
        ),
        (_, 0, amber, _) => are(amber, "gelb"),
        (_, red, 0, _) => are(red, "rot"),
        (_, red, amber, _) => format!(
            "{}, {} gelb",
            are(red, "rot"),
            german::count(amber).to_lowercase()
        ),
    };
    let slip = |row: &&leitstand_projections::AnswerRow| {
        row.fields.get("slip_days").and_then(Value::as_i64)
    };
    let open = milestones
        .rows
        .iter()
        .filter(|it| !is(it, "state", "reached") && slip(it).is_some_and(|it| it > 0));
    match open.max_by_key(slip) {
        Some(worst) => {
            let title = worst
                .fields
                .get("title")
                .and_then(Value::as_str)
                .unwrap_or(&worst.id);
            let days = slip(&worst).unwrap_or_default();
            let unit = if days == 1 { "Tag" } else { "Tage" };
            format!("{colours}; am meisten rutscht „{title}“: {days} {unit}.")
        }
        None => format!("{colours}; kein offener Meilenstein liegt hinter seinem Plan."),
    }
}
