//! The fields of `status`, as `explain` tells of them.

use crate::answer::{Field, field};

/// In the contract's order.
pub(super) const FIELDS: &[Field] = &[
    field("measure", "Kennung der Maßnahme", &[], &["catalogue"]),
    field("pillar", "Säule der Maßnahme", &[], &["catalogue"]),
    field(
        "report_date",
        "Stichtag des letzten Statusberichts bis zum Stichtag",
        &[],
        &["status_reports"],
    ),
    field(
        "reported",
        "die gemeldeten Farben des geltenden Berichts; none ohne geltenden Bericht",
        &["report_date", "stale"],
        &["status_reports", "report_calls"],
    ),
    field(
        "reported.schedule",
        "gemeldete Farbe der Termine",
        &["report_date", "stale"],
        &["status_reports", "report_calls"],
    ),
    field(
        "reported.budget",
        "gemeldete Farbe des Budgets",
        &["report_date", "stale"],
        &["status_reports", "report_calls"],
    ),
    field(
        "reported.scope",
        "gemeldete Farbe von Umfang und Qualität",
        &["report_date", "stale"],
        &["status_reports", "report_calls"],
    ),
    field(
        "reported.resources",
        "gemeldete Farbe der Ressourcen",
        &["report_date", "stale"],
        &["status_reports", "report_calls"],
    ),
    field(
        "reported.risks",
        "gemeldete Farbe der Risiken",
        &["report_date", "stale"],
        &["status_reports", "report_calls"],
    ),
    field(
        "reported.overall",
        "die angegebene Gesamtfarbe, sonst die schlechteste der fünf",
        &[
            "reported.schedule",
            "reported.budget",
            "reported.scope",
            "reported.resources",
            "reported.risks",
        ],
        &["status_reports", "report_calls"],
    ),
    field(
        "original",
        "Bewertung in der Skala der meldenden Stelle",
        &[],
        &["status_reports"],
    ),
    field(
        "computed",
        "aus Meilensteinen, Fertigstellungswert und Risiken berechnete Farben",
        PARTS,
        COMPUTED,
    ),
    field(
        "computed.schedule",
        "schlechtester Verzug der offenen Meilensteine, sonst der des letzten: grün bis zur Schwelle gelb, gelb bis zur Schwelle rot, sonst rot",
        &[],
        &["milestone", "rebaselines"],
    ),
    field(
        "computed.budget",
        "BAC / CPI gegen die Bewilligung: grün bis zur Schwelle gelb in Prozent darüber, gelb bis zur Schwelle rot, sonst rot; CPI = Fertigstellungswert / Istkosten (ohne Angabe die Ausgaben); wo ein Mittelabfluss geplant ist, auch Soll-Abfluss − Mittelabfluss in Punkten gegen die Schwelle under_points; die schlechtere Farbe gilt",
        &[],
        &[
            "plans",
            "progress",
            "request",
            "bookings",
            "pots",
            "outflow_plans",
        ],
    ),
    field(
        "computed.scope",
        "braucht abgenommene Lieferobjekte",
        &[],
        &[],
    ),
    field("computed.resources", "braucht Sitze der Maßnahme", &[], &[]),
    field(
        "computed.risks",
        "höchste Punktzahl der eigenen Risiken: grün bis zur Schwelle gelb, gelb bis zur Schwelle rot, sonst rot; rot auch, wenn ein hohes Risiko keinen Eigner hat",
        &[],
        &["risk"],
    ),
    field(
        "computed.overall",
        "schlechteste berechnete Farbe, die nicht none ist",
        PARTS,
        COMPUTED,
    ),
    field(
        "computed_reason",
        "warum eine Farbe so berechnet ist oder nicht berechnet werden kann",
        PARTS,
        COMPUTED,
    ),
    field(
        "override",
        "Gesamtfarbe, die ein Gremium zum geltenden Bericht dieses Tages gesetzt hat; sie zählt statt der gemeldeten",
        &["report_date", "reported.overall"],
        &["status_overrides", "status_reports"],
    ),
    field(
        "stale",
        "es gibt nur einen Bericht vor dem Stichtag des letzten Berichtsabrufs (ohne Abruf: älter als stale_days Tage)",
        &["report_date"],
        &["status_reports", "report_calls"],
    ),
    field(
        "gap",
        "gemeldete Gesamtfarbe verglichen mit der berechneten",
        &["reported.overall", "computed.overall"],
        GAP,
    ),
];

/// The colours that are computed.
const PARTS: &[&str] = &["computed.schedule", "computed.budget", "computed.risks"];

/// What reported and computed colours rest on, beside the thresholds they are judged by.
const GAP: &[&str] = &[
    "status_reports",
    "report_calls",
    "milestone",
    "rebaselines",
    "risk",
    "plans",
    "progress",
    "request",
    "bookings",
    "pots",
    "outflow_plans",
];

/// The same of computed ones alone.
const COMPUTED: &[&str] = GAP.split_at(2).1;
