//! Who may do what. A refusal is logged with the pseudonym and the reason, never the token.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use leitstand_domain::{
    table::Cells,
    tables::{CORRECTIONS, MONEY},
};
use leitstand_ingest::{
    Actor,
    http::{Access, Denied},
};
use leitstand_reports::{Problem, SharedFacts};

use super::{
    reach::{self, Row},
    tokens::{Bearer, Role, Tokens},
};

/// Answers whose rows the option `pillar` narrows down, so that they can be shown to who may see one.
const BY_PILLAR: [&str; 12] = [
    "catalogue",
    "status",
    "reporting",
    "milestones",
    "risks",
    "impediments",
    "requests",
    "funds",
    "decisions",
    "obligations",
    "plans",
    "goals",
];
/// What anybody may ask: whether the server is well, and how its pages look.
const OPEN: [&str; 3] = ["/livez", "/readyz", "/stand.css"];

/// Lets in who may come in.
pub(crate) struct Gate {
    tokens: Option<Tokens>,
    facts: SharedFacts,
}

/// A no with its reason: a word for the log, which may not hold what stands in a cell, and sentences
/// for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct No {
    pub(super) why: &'static str,
    pub(super) de: String,
    pub(super) en: String,
}

pub(super) fn no(why: &'static str, de: impl Into<String>, en: impl Into<String>) -> No {
    No {
        why,
        de: de.into(),
        en: en.into(),
    }
}

/// Who asks.
enum Who<'a> {
    /// Whoever works on this machine.
    Local,
    Bearer(&'a Bearer),
}

impl Gate {
    /// Lets in the bearers of tokens; without tokens whoever works on this machine.
    pub(crate) fn new(tokens: Option<Tokens>, facts: SharedFacts) -> Self {
        Self { tokens, facts }
    }

    fn who(&self, headers: &HeaderMap) -> Option<Who<'_>> {
        let Some(tokens) = &self.tokens else {
            return Some(Who::Local);
        };
        let stated = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = stated.split_once(' ')?;
        let bearer = tokens
            .bearer(token.trim())
            .filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
        Some(Who::Bearer(bearer))
    }

    /// In whose name somebody acts; `None` for an unknown token.
    pub(super) fn sender(&self, headers: &HeaderMap) -> Option<Actor> {
        Some(match self.who(headers)? {
            Who::Local => Actor::local(),
            Who::Bearer(bearer) => bearer.actor.clone(),
        })
    }

    /// Whoever may see some pillars only may ask what happened to a measure or request of theirs, by where
    /// it belongs now.
    fn may_see_trail(&self, bearer: &Bearer, uri: &Uri) -> Result<(), No> {
        if bearer.pillars.is_empty() {
            return Ok(());
        }
        let asked = asked(uri, "id");
        let facts = self
            .facts
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let pillar = match &asked[..] {
            [id] => reach::pillar_of(&facts, id.trim()),
            _ => None,
        };
        if pillar.is_some_and(|it| bearer.pillars.contains(&it)) {
            return Ok(());
        }
        let allowed = bearer.pillars.join(", ");
        Err(no(
            "trail_of_other_pillar",
            format!(
                "Bitte mit ?id= nach einer Maßnahme oder einem Antrag einer erlaubten Säule fragen: {allowed}"
            ),
            format!("Ask with ?id= for a measure or request of an allowed pillar: {allowed}"),
        ))
    }

    fn row(&self, bearer: &Bearer, table: &str, cells: &Cells) -> Result<(), No> {
        let row = Row::read(table, cells)?;
        may_feed(bearer.role, row.subject_table())?;
        may_report(bearer, row.reporter())?;
        if bearer.pillars.is_empty() && (bearer.bodies.is_empty() || !row.is_of_a_body()) {
            return Ok(());
        }
        let facts = self
            .facts
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !bearer.bodies.is_empty() {
            may_change(bearer, &row.bodies(&facts)?)?;
        }
        if bearer.pillars.is_empty() {
            return Ok(());
        }
        for pillar in row.pillars(&facts)? {
            if !bearer.pillars.contains(&pillar) {
                return Err(no(
                    "pillar_not_allowed",
                    format!(
                        "Die Zeile betrifft „{pillar}“; erlaubt: {}",
                        bearer.pillars.join(", ")
                    ),
                    format!(
                        "The row concerns `{pillar}`; allowed: {}",
                        bearer.pillars.join(", ")
                    ),
                ));
            }
        }
        Ok(())
    }
}

impl Access for Gate {
    fn actor(&self, headers: &HeaderMap, table: &str, cells: &Cells) -> Result<Actor, Denied> {
        let bearer = match self.who(headers).ok_or(Denied::Unknown)? {
            Who::Local => return Ok(Actor::local()),
            Who::Bearer(bearer) => bearer,
        };
        self.row(bearer, table, cells).map_err(|no| {
            // Asked without cells before the body is read; only the rows count, and are told of.
            if !cells.is_empty() {
                refused(bearer, table, &no);
            }
            Denied::Forbidden {
                de: no.de,
                en: no.en,
            }
        })?;
        Ok(bearer.actor.clone())
    }
}

/// What a request wants, as far as its address says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants<'a> {
    Nothing,
    Feed(&'a str),
    Answer(&'a str),
    Explain,
    Events,
    CloseYear,
    FirstPage,
}

fn wanted(path: &str) -> Wants<'_> {
    if path == "/" {
        return Wants::FirstPage;
    }
    match path
        .strip_prefix("/api/v1/")
        .map(|it| it.split_once('/').unwrap_or((it, "")))
    {
        Some(("feed", table)) => Wants::Feed(table),
        Some(("events", _)) => Wants::Events,
        Some(("explain", _)) => Wants::Explain,
        Some(("close-year", _)) => Wants::CloseYear,
        Some((answer, _)) => Wants::Answer(answer),
        None => Wants::Nothing,
    }
}

/// Lets a request pass, or says why not.
pub(super) async fn admit(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // Whatever somebody made up is not logged, nor the id of a row.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str);
    if OPEN.contains(&path) {
        return next.run(request).await;
    }
    let who = gate.who(request.headers());
    let checked = match who {
        None => {
            tracing::warn!(route, "a request without a known token was refused");
            let said = [
                "Unbekannt; bitte ein gültiges Bearer-Token senden.",
                "Not known; send a valid bearer token.",
            ];
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "not_authenticated", said);
            let mut response = problem.into_response();
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return response;
        }
        Some(Who::Local) => from_here(request.headers()),
        Some(Who::Bearer(bearer)) => {
            let may = match wanted(path) {
                Wants::Answer("trail") => gate.may_see_trail(bearer, request.uri()),
                wants => may(bearer, wants, request.uri()),
            };
            may.inspect_err(|no| refused(bearer, route, no))
        }
    };
    match checked {
        Ok(()) => next.run(request).await,
        Err(No { de, en, .. }) => {
            let (de, en) = (de + ".", en + ".");
            Problem::new(StatusCode::FORBIDDEN, "not_allowed", [&de, &en]).into_response()
        }
    }
}

/// Without tokens only pages of this very address may ask: a page from elsewhere whose name suddenly
/// means this machine is refused.
fn from_here(headers: &HeaderMap) -> Result<(), No> {
    let Some(host) = headers.get(header::HOST).and_then(|it| it.to_str().ok()) else {
        return Ok(());
    };
    let name = match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_here = name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|it| it.is_loopback());
    if is_here {
        return Ok(());
    }
    Err(no(
        "foreign_host",
        "Ohne Zugänge antwortet der Server nur unter localhost oder 127.0.0.1",
        "Without tokens the server answers under localhost or 127.0.0.1 only",
    ))
}

fn may(bearer: &Bearer, wants: Wants<'_>, uri: &Uri) -> Result<(), No> {
    match wants {
        Wants::Nothing => Ok(()),
        Wants::Feed(table) => may_feed(bearer.role, Some(table).filter(|it| *it != CORRECTIONS)),
        Wants::Events if bearer.role != Role::Audit => Err(no(
            "audit_only",
            "Das Protokoll ist der Rolle audit vorbehalten",
            "The log is for the role audit",
        )),
        Wants::CloseYear => may_close(bearer),
        Wants::Answer(answer) => may_see(bearer, uri, BY_PILLAR.contains(&answer)),
        Wants::Explain => may_see(bearer, uri, true),
        Wants::Events | Wants::FirstPage => may_see(bearer, uri, false),
    }
}

/// What the options of that name in a question say.
fn asked(uri: &Uri, option: &str) -> Vec<String> {
    let all = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
    let all = all.map(|it| it.0).unwrap_or_default().into_iter();
    all.filter(|(name, _)| name == option)
        .map(|(_, value)| value)
        .collect()
}

/// Whoever may see some pillars only must ask for one of them.
fn may_see(bearer: &Bearer, uri: &Uri, by_pillar: bool) -> Result<(), No> {
    if bearer.pillars.is_empty() {
        return Ok(());
    }
    let allowed = bearer.pillars.join(", ");
    if !by_pillar {
        return Err(no(
            "all_pillars",
            format!("Das betrifft alle Säulen; erlaubt: {allowed}"),
            format!("This concerns all pillars; allowed: {allowed}"),
        ));
    }
    match &asked(uri, "pillar")[..] {
        [pillar] if bearer.pillars.iter().any(|it| it == pillar.trim()) => Ok(()),
        _ => Err(no(
            "pillar_not_asked_for",
            format!("Bitte mit ?pillar= nach einer erlaubten Säule fragen: {allowed}"),
            format!("Ask for an allowed pillar with ?pillar=: {allowed}"),
        )),
    }
}

/// A fiscal year is closed by finance, for the whole pot.
fn may_close(bearer: &Bearer) -> Result<(), No> {
    if bearer.role != Role::Finance {
        return Err(no(
            "finance_only",
            "Ein Haushaltsjahr schließt nur die Rolle finance",
            "Only the role finance closes a fiscal year",
        ));
    }
    if bearer.pillars.is_empty() && bearer.bodies.is_empty() {
        return Ok(());
    }
    Err(no(
        "whole_pot",
        "Das Haushaltsjahr wird für den ganzen Topf geschlossen; das darf nur ein Zugang ohne Säulen und Stellen",
        "The fiscal year is closed for the whole pot; only a token without pillars and bodies may do so",
    ))
}

/// Whether a role may write a table; `None` if it is not known yet.
fn may_feed(role: Role, table: Option<&str>) -> Result<(), No> {
    match (role, table) {
        (Role::Read | Role::Audit, _) => Err(no(
            "role_may_not_write",
            "Diese Rolle darf nichts einspielen",
            "This role may hand nothing in",
        )),
        (Role::Feed, Some(table)) if MONEY.contains(&table) => Err(no(
            "money_table",
            format!("Die Geldtabelle „{table}“ ist der Rolle finance vorbehalten"),
            format!("The money table `{table}` is for the role finance"),
        )),
        (Role::Finance, Some(table)) if !MONEY.contains(&table) => Err(no(
            "no_money_table",
            format!("Die Rolle finance darf nur Geldtabellen einspielen, nicht „{table}“"),
            format!("The role finance may hand in money tables only, not `{table}`"),
        )),
        (Role::Feed | Role::Finance, _) => Ok(()),
    }
}

fn may_report(bearer: &Bearer, reporter: Option<&str>) -> Result<(), No> {
    let allowed = || bearer.bodies.join(", ");
    match reporter {
        _ if bearer.bodies.is_empty() => Ok(()),
        Some(reporter) if bearer.bodies.iter().any(|it| it == reporter) => Ok(()),
        Some(reporter) => Err(no(
            "foreign_reporter",
            format!(
                "„{}“ ist nicht Ihre meldende Stelle; erlaubt: {}",
                reach::shown(reporter),
                allowed()
            ),
            format!(
                "`{}` is not your reporting body; allowed: {}",
                reach::shown(reporter),
                allowed()
            ),
        )),
        None => Err(no(
            "no_reporter",
            format!(
                "Die Zeile nennt keine meldende Stelle (reporter); erlaubt: {}",
                allowed()
            ),
            format!("The row names no reporter; allowed: {}", allowed()),
        )),
    }
}

/// Whose seats, sittings, mandates, papers, votes and resolutions a bearer may set.
fn may_change(bearer: &Bearer, bodies: &[String]) -> Result<(), No> {
    let Some(body) = bodies.iter().find(|it| !bearer.bodies.contains(it)) else {
        return Ok(());
    };
    let (body, allowed) = (reach::shown(body), bearer.bodies.join(", "));
    Err(no(
        "foreign_body",
        format!("Die Zeile betrifft „{body}“; erlaubt: {allowed}"),
        format!("The row concerns `{body}`; allowed: {allowed}"),
    ))
}

fn refused(bearer: &Bearer, what: &str, no: &No) {
    tracing::warn!(actor = %bearer.actor, what, reason = no.why, "not allowed");
}

#[cfg(test)]
mod tests;
