//! `obligations`: what is owed: mandates, proofs of use, conditions, answers to report calls.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::money::money;
use super::numbers::{self, days_between, undefined};
use super::requests::conditions;
use super::versions::Fact;
use super::{World, money, reporting};

/// The states in which a proof is due and the request is not closed.
const UNPROVEN: [&str; 4] = ["proof_due", "proof_submitted", "proof_queried", "clawback"];

/// Something owed.
struct Debt {
    id: String,
    kind: &'static str,
    due: Option<Date>,
    /// It was handed in: QF-18 tells "submitted, due, overdue" apart.
    handed_in: bool,
    /// What else is known of it.
    fields: Map<String, Value>,
}

impl Debt {
    fn new(kind: &'static str, id: &str, due: Option<Date>, fields: &[(&str, Value)]) -> Self {
        let own = fields.iter();
        Debt {
            id: id.to_owned(),
            kind,
            due,
            handed_in: false,
            fields: own
                .map(|(name, it)| ((*name).to_owned(), it.clone()))
                .collect(),
        }
    }

    fn overdue(&self, world: &World) -> bool {
        !self.handed_in && self.due.is_some_and(|due| due < world.as_of)
    }

    fn row(&self, world: &World) -> Value {
        let days = |due| {
            if self.overdue(world) {
                json!(days_between(due, world.as_of))
            } else {
                json!(0)
            }
        };
        let mut row = self.fields.clone();
        row.insert("kind".to_owned(), json!(self.kind));
        row.insert("id".to_owned(), json!(self.id));
        row.insert("due".to_owned(), numbers::date(self.due));
        row.insert(
            "overdue_days".to_owned(),
            self.due.map_or_else(|| undefined("no due date"), days),
        );
        Value::Object(row)
    }
}

/// "Rows are sorted by id", then kind and due date; per kind what is open and what is overdue.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut debts = mandates(world);
    for request in world.all("requests") {
        debts.extend(proof(world, request));
        debts.extend(open_conditions(world, request));
    }
    debts.extend(calls(world));
    debts.sort_by(|a, b| (&a.id, a.kind, a.due).cmp(&(&b.id, b.kind, b.due)));
    let mut counts: BTreeMap<&str, [u32; 2]> = ["mandate", "proof", "condition", "call"]
        .map(|kind| (kind, [0, 0]))
        .into();
    for debt in &debts {
        let counts = counts.entry(debt.kind).or_default();
        counts[0] += 1;
        counts[1] += u32::from(debt.overdue(world));
    }
    let counts: Map<String, Value> = counts
        .into_iter()
        .map(|(kind, [open, overdue])| {
            (kind.to_owned(), json!({ "open": open, "overdue": overdue }))
        })
        .collect();
    let rows = debts.iter().map(|debt| debt.row(world)).collect();
    (rows, json!({ "counts": counts }))
}

/// Given by V, and without step by V.
fn mandates(world: &World) -> Vec<Debt> {
    let mut mandates = world.states("mandates", "id");
    mandates.retain(|it| {
        world
            .of("mandate_steps", "mandate", it.text("id"))
            .is_empty()
    });
    let debt = |it: &Fact| {
        let fields = [
            ("subject", json!(it.text("body"))),
            ("title", json!(it.text("title"))),
            ("state", json!("open")),
        ];
        Debt::new("mandate", it.text("id"), it.date("due"), &fields)
    };
    mandates.into_iter().map(debt).collect()
}

/// A proof is owed from the end of the purpose until the request is closed.
fn proof(world: &World, request: &Fact) -> Option<Debt> {
    let money = money(world, request);
    let fields = [
        ("subject", json!(request.text("subject"))),
        ("title", numbers::text(request.get("title"))),
        ("state", json!(money.state)),
    ];
    if !UNPROVEN.contains(&money.state) {
        return None;
    }
    let mut debt = Debt::new("proof", request.text("id"), money.proof_due, &fields);
    // A query sends it back to the applicant.
    debt.handed_in = ["proof_submitted", "clawback"].contains(&money.state);
    Some(debt)
}

/// The states without a way on in which a condition could be met: "terminal", and revoked ("`condition_met` in
/// Q7…Q12").
const ENDED: [&str; 6] = [
    "formally_rejected",
    "rejected",
    "withdrawn",
    "closed",
    "waived",
    "revoked",
];

/// The conditions of a request that are not met.
fn open_conditions(world: &World, request: &Fact) -> Vec<Debt> {
    if ENDED.contains(&money(world, request).state) {
        return Vec::new();
    }
    let id = request.text("id");
    let mut steps = money::history(world, id);
    steps.retain(|fact| fact.table == "request_steps");
    let conditions = conditions(&steps);
    let open = conditions.into_iter().filter(|it| it["state"] == "open");
    let debt = |it: Value| {
        let due = it["due"].as_str().and_then(|text| text.parse().ok());
        let fields = [
            ("subject", json!(request.text("subject"))),
            ("title", it["text"].clone()),
            ("state", json!("open")),
        ];
        Debt::new("condition", id, due, &fields)
    };
    open.map(debt).collect()
}

/// Report calls with stichtag ≤ V that not everybody has answered. Of a call the contract says
/// neither subject nor title.
fn calls(world: &World) -> Vec<Debt> {
    let mut open: BTreeMap<&str, Option<Date>> = BTreeMap::new();
    let debts = reporting::debts(world);
    for debt in debts.iter().filter(|debt| debt.report.is_none()) {
        open.insert(debt.call, debt.due);
    }
    let debt =
        |(id, due): (&str, Option<Date>)| Debt::new("call", id, due, &[("state", json!("open"))]);
    open.into_iter().map(debt).collect()
}
