//! The feed tables as `feeds.md` lists them: order, effective date, identity.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// One feed table.
pub struct Table {
    /// Name in the feed.
    pub name: &'static str,
    /// Marked D: only defines, and may carry `valid_from`.
    pub defines: bool,
    /// The column marked (E); empty where the row is effective from its known date.
    pub effective: &'static str,
    /// What the table says after "identity", else `id` or `reference`.
    pub identity: &'static [&'static str],
}

/// The tables of the contract in the contract's order.
#[rustfmt::skip]
pub const TABLES: &[Table] = &[
    Table { name: "catalogue", defines: true, effective: "set_on", identity: &["id"] },
    Table { name: "links", defines: true, effective: "set_on", identity: &["from", "kind", "to"] },
    Table { name: "seats", defines: true, effective: "from", identity: &["id"] },
    Table { name: "sittings", defines: true, effective: "", identity: &["id"] },
    Table { name: "thresholds", defines: true, effective: "valid_from", identity: &["name", "dimension", "valid_from"] },
    Table { name: "report_calls", defines: true, effective: "stichtag", identity: &["id"] },
    Table { name: "mandates", defines: true, effective: "given_on", identity: &["id"] },
    Table { name: "mandate_steps", defines: false, effective: "date", identity: &["mandate", "step"] },
    Table { name: "releases", defines: false, effective: "date", identity: &["kind", "id", "date"] },
    Table { name: "milestones", defines: true, effective: "planned_on", identity: &["id"] },
    Table { name: "rebaselines", defines: false, effective: "resolved_on", identity: &["milestone", "resolved_on"] },
    Table { name: "milestone_reports", defines: false, effective: "report_date", identity: &["milestone", "report_date"] },
    Table { name: "status_reports", defines: false, effective: "report_date", identity: &["measure", "report_date"] },
    Table { name: "status_overrides", defines: false, effective: "report_date", identity: &["measure", "report_date"] },
    Table { name: "plans", defines: false, effective: "baselined_on", identity: &["measure", "baseline", "period_end"] },
    Table { name: "progress", defines: false, effective: "report_date", identity: &["measure", "report_date"] },
    Table { name: "activities", defines: true, effective: "planned_on", identity: &["id"] },
    Table { name: "goal_indicators", defines: true, effective: "set_on", identity: &["goal", "indicator"] },
    Table { name: "goal_measurements", defines: false, effective: "date", identity: &["goal", "indicator", "date"] },
    Table { name: "risks", defines: true, effective: "identified_on", identity: &["id"] },
    Table { name: "risk_assessments", defines: false, effective: "date", identity: &["risk", "date", "kind"] },
    Table { name: "risk_actions", defines: true, effective: "date", identity: &["id"] },
    Table { name: "risk_drivers", defines: true, effective: "set_on", identity: &["risk", "activity"] },
    Table { name: "risk_closures", defines: false, effective: "date", identity: &["risk"] },
    Table { name: "impediments", defines: true, effective: "reported_on", identity: &["id"] },
    Table { name: "impediment_steps", defines: false, effective: "date", identity: &["impediment", "date", "step"] },
    Table { name: "cost_keys", defines: true, effective: "valid_from", identity: &["key_year", "partner", "valid_from"] },
    Table { name: "cost_schemes", defines: true, effective: "valid_from", identity: &["id", "partner_group", "valid_from"] },
    Table { name: "pots", defines: true, effective: "resolved_on", identity: &["id"] },
    Table { name: "commitment_authorities", defines: true, effective: "resolved_on", identity: &["pot", "for_year"] },
    Table { name: "outflow_plans", defines: false, effective: "baselined_on", identity: &["pot", "baselined_on", "period_end"] },
    Table { name: "needs", defines: true, effective: "set_on", identity: &["subject", "fiscal_year"] },
    Table { name: "contributions", defines: false, effective: "date", identity: &["reference"] },
    Table { name: "requests", defines: false, effective: "submitted_on", identity: &["id"] },
    Table { name: "request_items", defines: false, effective: "date", identity: &["request", "fiscal_year", "cost_type"] },
    Table { name: "request_steps", defines: false, effective: "date", identity: &["request", "date", "step"] },
    Table { name: "papers", defines: true, effective: "filed_on", identity: &["id"] },
    Table { name: "votes", defines: false, effective: "date", identity: &["paper", "partner"] },
    Table { name: "resolutions", defines: false, effective: "date", identity: &["id"] },
    Table { name: "bookings", defines: false, effective: "date", identity: &["reference"] },
    Table { name: "carry_overs", defines: false, effective: "resolved_on", identity: &["pot", "to_pot", "request"] },
    Table { name: "corrections", defines: false, effective: "date", identity: &[] },
];

/// The table of that name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|t| t.name == name)
}

/// "Ties by table order": the place of a table in the contract.
#[must_use]
pub fn order(name: &str) -> usize {
    TABLES
        .iter()
        .position(|t| t.name == name)
        .unwrap_or(TABLES.len())
}

/// The cell of a column, if it is stated: "An empty cell means 'not stated'."
pub fn cell<'a>(cells: &'a BTreeMap<String, String>, column: &str) -> Option<&'a str> {
    cells
        .get(column)
        .map(String::as_str)
        .filter(|text| !text.is_empty())
}

/// The column that holds the effective date of this row: "In D tables a row may carry
/// `valid_from`, which is then its effective date; in `seats` that is `from`."
#[must_use]
pub fn effective_column(name: &str, cells: &BTreeMap<String, String>) -> &'static str {
    match table(name) {
        Some(table) if table.defines && name != "seats" && cell(cells, "valid_from").is_some() => {
            "valid_from"
        }
        Some(table) => table.effective,
        None => "",
    }
}

/// "Effective date = the column marked (E)"; `sittings` are effective from when known, and so
/// are risk drivers without `set_on`.
#[must_use]
pub fn effective(name: &str, cells: &BTreeMap<String, String>, known: Date) -> Date {
    cell(cells, effective_column(name, cells))
        .and_then(|text| text.parse().ok())
        .unwrap_or(known)
}

/// "A row is identified by `key`, else by what the table says after 'identity', else by `id` or
/// `reference`", its parts joined by `/`; `kind` of an assessment is `current` by default.
#[must_use]
pub fn identity(name: &str, cells: &BTreeMap<String, String>) -> String {
    if let Some(key) = cell(cells, "key") {
        return key.to_owned();
    }
    let parts = table(name).map_or(&[][..], |table| table.identity);
    let texts: Vec<&str> = parts
        .iter()
        .map(|part| match (name, *part) {
            ("risk_assessments", "kind") => cell(cells, "kind").unwrap_or("current"),
            _ => cell(cells, part).unwrap_or(""),
        })
        .collect();
    texts.join("/")
}
