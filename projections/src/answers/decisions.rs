//! # Decisions
//!
//! ## What it says
//! What was decided, recommended or deferred by the reporting date, on requests and on papers without one; what
//! is due at the next sitting, and what will miss it.
//!
//! ## Formula
//! A decision on a request is its step; the resolution of the same sitting on a paper of the request tells kind,
//! number and whom it binds, the votes on that paper whether the majority was there. A resolution that belongs to
//! no step has a row of its own.
//!
//! The next sitting is the first on or after the reporting date that prepares no other, of a body that decides:
//! IT-PLR, Abteilungsleiterrunde, Lenkungskreis Registermodernisierung, FITKO (dossier 3.3, T11); where none of
//! these sits, of any. A request waits for it, unless a paper, or the step that files one, names another or one that
//! prepares another, or it was deferred: then for the next of the same body. Due is what has a paper for its sitting or
//! for one on the way to it, filed by the earliest deadline on the way: the sitting's own, or that of one that prepares
//! it. What has none by then, or one filed later, misses its sitting; where no sitting is known to come, so does what
//! waits for one, and says why. A paper does not count beyond its sitting, nor
//! beyond the deferral by that sitting.
//!
//! ## Facts
//! `requests`, `request_steps`, `sittings`, `papers`, `resolutions`, `votes`.
//!
//! ## Beware
//! The body is the one that is stated: it may decide by delegation in a sitting of another.

mod sittings;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use leitstand_domain::{
    cell::Code,
    pot::State,
    tables::{ResolutionKind, Step},
};
use serde_json::{Map, Value, json};

use self::sittings::Sittings;
use super::{
    money::{Request, stated},
    programme::Programme,
    votes,
};
use crate::{
    Ask, Facts, Name,
    answer::{AnswerRow, Evidence, Kind, NoAnswer, Output, field, fields, in_order},
    facts::{Fact, PaperFact, ResolutionFact, SittingFact, StepFact},
    present,
};

pub(super) const KIND: Kind = Kind {
    name: "decisions",
    title: "Entscheidungen",
    id: "id",
    fields: &[
        field("sitting", "Sitzung, wo eine angegeben ist", &[], &DECIDED),
        field("date", "Tag der Entscheidung", &[], &DECIDED),
        field(
            "body",
            "angegebenes Gremium, sonst das der Sitzung",
            &["sitting"],
            &["request_steps", "sittings"],
        ),
        field(
            "paper",
            "Vorlage des Antrags für diese Sitzung",
            &["sitting", "request"],
            &["papers", "resolutions"],
        ),
        field("request", "Antrag", &[], &["requests", "papers"]),
        field(
            "kind",
            "decision: Beschluss; recommendation: Empfehlung; noted: Kenntnisnahme",
            &[],
            &["resolutions"],
        ),
        field(
            "outcome",
            "full: wie beantragt beschlossen; partial: gekürzt; rejected: abgelehnt; deferred: vertagt",
            &["amount"],
            &["requests", STEPS[0], STEPS[1], STEPS[2]],
        ),
        field(
            "amount",
            "beschlossener Betrag; ohne Angabe der beantragte",
            &[],
            &["requests", STEPS[0]],
        ),
        field(
            "conditions",
            "Auflage dieses Beschlusses mit Frist und Stand",
            &[],
            &["request_steps.resolved", "request_steps.condition_met"],
        ),
        field(
            "state",
            "Zustand des Antrags am Stichtag",
            &[],
            &["requests", "request_steps"],
        ),
        field(
            "resolution",
            "Kennung des Beschlusses",
            &[],
            &["resolutions"],
        ),
        field("number", "Nummer des Beschlusses", &[], &["resolutions"]),
        field(
            "track",
            "green_list: ohne Aussprache; debate: mit Aussprache",
            &["paper"],
            &["papers"],
        ),
        field(
            "partners",
            "wen der Beschluss bindet; leer: alle",
            &[],
            &["resolutions"],
        ),
        field(
            "adopted",
            "ob die Stimmen zur Vorlage die nötige Mehrheit ergeben, wo welche erfasst sind; einer Empfehlung genügt die einfache",
            &["paper", "kind"],
            &["votes", "papers", "sittings", "resolutions", "cost_keys"],
        ),
        field(
            "key_verified",
            "ob die Zahlen des Schlüssels dieser Mehrheit mit der Veröffentlichung verglichen sind",
            &["adopted"],
            &["cost_keys"],
        ),
        field(
            "id",
            "Antrag/Tag/Schritt, ohne Schritt der Beschluss",
            &["request", "date", "resolution"],
            &DECIDED,
        ),
    ],
    ask,
};

/// What tells of a decision.
const DECIDED: [&str; 4] = [STEPS[0], STEPS[1], STEPS[2], "resolutions"];

/// The steps that are decisions.
const STEPS: [&str; 3] = [
    "request_steps.resolved",
    "request_steps.rejected",
    "request_steps.deferred",
];

/// A decision: a step of a request, a resolution, or both.
struct Decided<'a> {
    /// The place of its request among all.
    request: Option<usize>,
    step: Option<Fact<'a, StepFact>>,
    resolution: Option<Fact<'a, ResolutionFact>>,
    paper: Option<Fact<'a, PaperFact>>,
}

impl Decided<'_> {
    fn date(&self) -> String {
        let resolution = self.resolution.as_ref().map(Fact::effective);
        let date = self.step.as_ref().map(Fact::effective).or(resolution);
        date.map(|it| it.to_string()).unwrap_or_default()
    }

    fn place(&self) -> u64 {
        let resolution = self.resolution.as_ref().map(Fact::root_position);
        let step = self.step.as_ref().map(Fact::root_position);
        step.or(resolution).unwrap_or_default()
    }

    /// The request it is about, by its step or by its paper.
    fn about(&self) -> Option<Name> {
        let by_paper = self.paper.as_ref().and_then(|it| it.row().request);
        self.step.as_ref().map(|it| it.row().request).or(by_paper)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of the registry")]
fn ask<'a>(facts: &'a Facts, ask: &'a Ask) -> Result<Output<'a>, NoAnswer> {
    let programme = Programme::new(facts, &ask.view);
    let requests = Request::all(&programme, &ask.filter);
    let papers = papers(&programme);
    let summary = summary(&programme, &requests, &papers);
    let rows = decided(&programme, &requests, &papers, ask.filter.is_open());
    Ok(Output::new(
        rows,
        |it| {
            let request = it.about().map_or("", |it| facts.names.text(it));
            in_order([&it.date(), request, &format!("{:020}", it.place())])
        },
        move |it| write(&programme, it.request.map(|at| &*requests[at]), it),
        summary,
    ))
}

/// The papers, by the request they are about.
type Papers<'a> = HashMap<Name, Vec<Fact<'a, PaperFact>>>;

fn papers<'a>(programme: &Programme<'a>) -> Papers<'a> {
    let (facts, view) = (programme.facts, programme.view);
    let mut papers = Papers::new();
    for id in facts.papers.holders() {
        if let Some(paper) = facts.papers.latest(id, view)
            && let Some(request) = paper.row().request
        {
            papers.entry(request).or_default().push(paper);
        }
    }
    papers
}

/// Every decision: the deciding steps with their resolutions, then the resolutions that belong to none.
fn decided<'a>(
    programme: &Programme<'a>,
    requests: &[Arc<Request<'a>>],
    papers: &Papers<'a>,
    is_open: bool,
) -> Vec<Decided<'a>> {
    let (facts, view) = (programme.facts, programme.view);
    let mut rows = Vec::new();
    let mut told = HashSet::new();
    for (at, request) in requests.iter().enumerate() {
        let own = papers.get(&request.fact.row().id);
        let own = own.map_or(&[][..], Vec::as_slice);
        for step in request.steps.iter().filter(|it| decides(it.row().step)) {
            let (paper, resolution) = resolved(programme, own, *step);
            told.extend(resolution.map(|it| it.root_position()));
            rows.push(Decided {
                request: Some(at),
                step: Some(*step),
                resolution,
                paper,
            });
        }
    }
    let places: HashMap<Name, usize> = requests
        .iter()
        .enumerate()
        .map(|(at, it)| (it.fact.row().id, at))
        .collect();
    for resolution in facts.resolutions.all(view) {
        let paper = facts.papers.latest(resolution.row().paper, view);
        let about = paper.and_then(|it| it.row().request);
        let request = about.and_then(|it| places.get(&it)).copied();
        // Narrowed down, only what belongs to a request that is wanted.
        if (is_open || request.is_some()) && !told.contains(&resolution.root_position()) {
            rows.push(Decided {
                request,
                step: None,
                resolution: Some(resolution),
                paper,
            });
        }
    }
    rows
}

/// The paper and the resolution a step of a request belongs to: of the same sitting, or, where the step names
/// none, of the same day. A decision comes before a recommendation, and the later before the earlier.
fn resolved<'a>(
    programme: &Programme<'a>,
    papers: &[Fact<'a, PaperFact>],
    step: Fact<'a, StepFact>,
) -> (
    Option<Fact<'a, PaperFact>>,
    Option<Fact<'a, ResolutionFact>>,
) {
    let (facts, view) = (programme.facts, programme.view);
    let row = step.row();
    let here = |sitting: Name, date| match row.sitting {
        Some(named) => named == sitting,
        None => date == Some(step.effective()),
    };
    let of_papers = papers.iter().flat_map(|paper| {
        let all = facts.resolutions.of(paper.row().id, view);
        all.map(move |it| (*paper, it))
    });
    let best = of_papers
        .filter(|(_, it)| here(it.row().sitting, Some(it.effective())))
        .max_by_key(|(_, it)| (it.row().kind == ResolutionKind::Decision, it.order()));
    if let Some((paper, resolution)) = best {
        return (Some(paper), Some(resolution));
    }
    let filed = papers.iter().filter(|it| here(it.row().sitting, None));
    (filed.copied().max_by_key(Fact::order), None)
}

fn decides(step: Step) -> bool {
    matches!(
        step,
        Step::Resolved | Step::ResolvedWithConditions | Step::Rejected | Step::Deferred
    )
}

fn summary(
    programme: &Programme<'_>,
    requests: &[Arc<Request<'_>>],
    papers: &Papers<'_>,
) -> Map<String, Value> {
    let sittings = Sittings::new(programme);
    let (mut due, mut without) = (Vec::new(), Vec::new());
    for request in requests.iter().filter(|it| waits(it.state())) {
        let own = papers.get(&request.fact.row().id);
        let own = own.map_or(&[][..], Vec::as_slice);
        let id = programme.text(request.fact.row().id);
        match sittings.for_request(request, own) {
            Some((sitting, true)) => due.push((id, sitting)),
            Some((sitting, false)) => without.push((id, Some(sitting))),
            None => without.push((id, None)),
        }
    }
    due.sort_unstable_by_key(|(request, _)| *request);
    without.sort_unstable_by_key(|(request, _)| *request);
    let deadline = |it: &SittingFact| sittings.earliest_deadline(it);
    let due_next = sittings.next_deciding().map(|next| {
        let here = due.iter().filter(|(_, sitting)| sitting.id == next.id);
        json!({
            "sitting": programme.text(next.id),
            "date": next.date.to_string(),
            "paper_deadline": deadline(next).map(|it| it.to_string()),
            "requests": here.map(|(request, _)| *request).collect::<Vec<_>>(),
        })
    });
    // Without a paper in time a request misses its sitting; while there is time it may. Where no sitting is to come, it
    // misses whichever will.
    let (mut misses, mut at_risk) = (Vec::new(), Vec::new());
    for (request, sitting) in without {
        let deadline = sitting.and_then(deadline);
        let unknown = if sitting.is_some() {
            "no paper deadline stated"
        } else {
            "no sitting known"
        };
        let or_unknown = |told: Option<Value>| told.unwrap_or_else(|| present::undefined(unknown));
        let told = json!({
            "request": request,
            "sitting": or_unknown(sitting.map(|it| json!(programme.text(it.id)))),
            "paper_deadline": or_unknown(deadline.map(|it| json!(it.to_string()))),
        });
        let is_over = deadline.is_some_and(|it| it < programme.view.as_of);
        if sitting.is_none() || is_over {
            misses.push(told);
        } else {
            at_risk.push(told);
        }
    }
    fields([
        ("due_next", json!(due_next)),
        ("misses", json!(misses)),
        ("at_risk", json!(at_risk)),
    ])
}

/// Whether a request still waits for its decision.
fn waits(state: State) -> bool {
    matches!(
        state,
        State::Submitted
            | State::FormalCheck
            | State::CompletionRequested
            | State::SubstantiveCheck
            | State::Ranked
            | State::PaperFiled
            | State::Deferred
    )
}

fn write(
    programme: &Programme<'_>,
    request: Option<&Request<'_>>,
    decided: &Decided<'_>,
) -> AnswerRow {
    let (facts, view) = (programme.facts, programme.view);
    let step = decided.step.as_ref().map(Fact::row);
    let resolution = decided.resolution.as_ref().map(Fact::row);
    let paper = decided.paper.as_ref().map(Fact::row);
    let mut evidence = Evidence::default();
    if let Some(request) = request {
        request.add_steps(view, &mut evidence);
    }
    if let Some(it) = decided.resolution {
        evidence.add("resolutions", it.positions(view));
    }
    if let Some(it) = decided.paper {
        evidence.add("papers", it.positions(view));
    }
    let named = step.and_then(|it| it.sitting);
    let named = named.or(resolution.map(|it| it.sitting));
    let sitting = named.and_then(|it| facts.sittings.latest(it, view));
    if let Some(sitting) = sitting {
        evidence.add("sittings", sitting.positions(view));
    }
    let body = step.and_then(|it| it.body);
    let body = body.or(sitting.map(|it| it.row().body));
    let kind = resolution.map(|it| it.kind);
    let majority = paper.and_then(|it| votes::majority(facts, view, it, kind));
    if let Some(majority) = &majority {
        evidence.extend(&majority.evidence);
    }
    let (outcome, amount) = match (request, step) {
        (Some(request), Some(step)) => outcome(request, step),
        _ => (Value::Null, Value::Null),
    };
    let about = decided.about().map(|it| programme.text(it));
    let text = |name: Option<Name>| json!(name.map(|it| programme.text(it)));
    let date = decided.date();
    let id = match (step, resolution) {
        (Some(step), _) => format!("{}/{date}/{}", about.unwrap_or_default(), step.step),
        (None, Some(resolution)) => programme.text(resolution.id).to_owned(),
        (None, None) => String::new(),
    };
    AnswerRow {
        fields: fields([
            ("sitting", text(named)),
            ("date", json!(date)),
            ("body", text(body)),
            ("paper", text(paper.map(|it| it.id))),
            ("request", json!(about)),
            ("kind", json!(resolution.map(|it| it.kind.word()))),
            ("outcome", outcome),
            ("amount", amount),
            ("conditions", conditions(programme, request, decided)),
            ("state", json!(request.map(Request::state))),
            ("resolution", text(resolution.map(|it| it.id))),
            ("number", text(resolution.and_then(|it| it.number))),
            (
                "track",
                json!(paper.and_then(|it| it.track).map(Code::word)),
            ),
            (
                "partners",
                json!(
                    resolution
                        .and_then(|it| it.partners)
                        .map(|it| it.to_string())
                ),
            ),
            ("adopted", json!(majority.as_ref().map(|it| it.adopted))),
            (
                "key_verified",
                json!(majority.as_ref().and_then(|it| it.key_verified)),
            ),
            ("id", json!(id)),
        ]),
        id,
        evidence,
    }
}

/// How a step decided on a request, and the amount it resolved.
fn outcome(request: &Request<'_>, step: &StepFact) -> (Value, Value) {
    let is_resolved = matches!(step.step, Step::Resolved | Step::ResolvedWithConditions);
    let resolved = is_resolved.then(|| stated(step.amount).unwrap_or(request.fold.requested));
    let outcome = match resolved {
        Some(resolved) if resolved < request.fold.requested => "partial",
        Some(_) => "full",
        None => step.step.word(),
    };
    (json!(outcome), json!(resolved.map(present::amount)))
}

/// The conditions of this decision.
fn conditions(
    programme: &Programme<'_>,
    request: Option<&Request<'_>>,
    decided: &Decided<'_>,
) -> Value {
    let (Some(request), Some(step)) = (request, decided.step) else {
        return json!([]);
    };
    let conditions = request.conditions();
    let own = conditions
        .iter()
        .filter(|it| it.step.root_position() == step.root_position());
    own.map(|it| it.to_json(programme)).collect()
}
