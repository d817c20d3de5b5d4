//! How the figures of the summaries are computed: what `explain <answer> summary <figure>` tells.

use crate::answer::{Field, field};

/// The figures of an answer's summary that are not simply sums of a field of the same name.
pub(crate) fn of(answer: &str) -> &'static [Field] {
    match answer {
        "catalogue" => CATALOGUE,
        "status" => STATUS,
        "reporting" => REPORTING,
        "milestones" => MILESTONES,
        "risks" => RISKS,
        "impediments" => IMPEDIMENTS,
        "requests" => REQUESTS,
        "funds" => FUNDS,
        "shares" => SHARES,
        "votes" => VOTES,
        "year-end" => YEAR_END,
        "outlook" => OUTLOOK,
        "decisions" => DECISIONS,
        "plans" => PLANS,
        "goals" => GOALS,
        "bodies" => BODIES,
        "seats" => SEATS,
        "dependencies" => DEPENDENCIES,
        "obligations" | "exceptions" => COUNTS,
        "changes" => CHANGES,
        "trail" => TRAIL,
        _ => &[],
    }
}

const fn figure(
    name: &'static str,
    formula: &'static str,
    inputs: &'static [&'static str],
) -> Field {
    field(name, formula, inputs, &[""])
}

const CATALOGUE: &[Field] = &[figure(
    "counts",
    "Anzahl der Ziele, Maßnahmen und Governance-Punkte je Säule und zusammen",
    &[],
)];

/// A figure of what was reported: computed colours have no part in it.
const fn stated(name: &'static str, formula: &'static str) -> Field {
    const STATED: &[&str] = &[
        "catalogue",
        "status_reports",
        "report_calls",
        "status_overrides",
    ];
    field(name, formula, &[], STATED)
}

const STATUS: &[Field] = &[
    stated(
        "programme",
        "Anzahl der Maßnahmen je Farbe (ohne Teilmaßnahmen; eine Übersteuerung zählt); Farbe: rot, wenn red_percent (Rote an den Gemeldeten) die Schwelle rot erreicht, gelb, wenn red_or_amber_percent die Schwelle gelb erreicht, sonst grün",
    ),
    stated(
        "pillars",
        "wie beim Programm, je Säule, die nicht aufgelöst ist; eine Säule, die grün wäre, ist gelb, wenn reported_percent unter der Schwelle reported_percent liegt",
    ),
    stated(
        "in_dissolved_pillars",
        "Maßnahmen, die beim Programm zählen und noch eine aufgelöste Säule nennen, je Säule",
    ),
    stated(
        "report_rate",
        "reported / measures, in Prozent: Maßnahmen mit Farbe / alle Maßnahmen der Zusammenfassung",
    ),
    stated(
        "by_original",
        "Anzahl der geltenden Meldungen je Wort der eigenen Skala",
    ),
];

const REPORTING: &[Field] = &[figure(
    "calls",
    "je Berichtsabruf: geschuldet, eingegangen, davon verspätet, offen",
    &[],
)];

const MILESTONES: &[Field] = &[
    figure("due", "Anzahl mit Basistermin ≤ Stichtag", &[]),
    figure("reached", "Anzahl aller erreichten", &[]),
    figure(
        "on_time",
        "Anzahl der fälligen, die bis zum Basistermin erreicht sind",
        &[],
    ),
    figure("hit_rate", "on_time / due, in Prozent", &["on_time", "due"]),
    figure(
        "hit_rate_original",
        "on_time_original / due_original, in Prozent: wie hit_rate, gegen den ersten Basistermin",
        &[],
    ),
    figure(
        "mean_slip_days",
        "Mittel von slip_days über alle fälligen, die eines haben: sum / counted; die anderen zählen nicht mit und stehen in without_slip",
        &[],
    ),
    figure(
        "median_slip_days",
        "Median von slip_days über alle fälligen, die eines haben; die anderen zählen nicht mit und stehen in without_slip",
        &[],
    ),
    figure(
        "steady_drifters",
        "Meilensteine mit drei oder mehr späteren Prognosen",
        &[],
    ),
    figure(
        "without_slip",
        "fällige ohne Prognose und ohne Ist-Termin: sie haben kein slip_days und zählen in keinem Mittel",
        &["due"],
    ),
];

const RISKS: &[Field] = &[
    figure(
        "exposure",
        "Summe von expected_value vor dem Runden, dann kaufmännisch gerundet; Risiken ohne Bewertung oder Schadenshöhe zählen nicht mit (not_counted)",
        &[],
    ),
    figure("levels", "Anzahl je Stufe", &[]),
    figure(
        "matrix",
        "Anzahl je Feld aus P (Wahrscheinlichkeit) und I (Auswirkung)",
        &[],
    ),
    figure("top", "die ersten fünf nach rank", &[]),
    figure("occurred", "eingetretene Risiken mit ihrem Hindernis", &[]),
];

const IMPEDIMENTS: &[Field] = &[
    figure("open", "Anzahl der offenen", &[]),
    figure(
        "older_than_30_days",
        "Anzahl der offenen mit age_days über 30",
        &["open"],
    ),
    figure(
        "median_age_days",
        "Median von age_days der offenen",
        &["open"],
    ),
];

const REQUESTS: &[Field] = &[
    figure("count", "Anzahl der Anträge", &[]),
    figure("requested", "Summe von requested", &[]),
    figure("granted", "Summe von granted", &[]),
    figure(
        "approval_rate_amount",
        "approval_rate_amount = granted / decided, in Prozent: Σ granted / Σ requested der entschiedenen Anträge",
        &[],
    ),
    figure(
        "approval_rate_count",
        "approval_rate_count = granted / decided, in Prozent: ganz oder teilweise bewilligte / entschiedene Anträge",
        &[],
    ),
    figure(
        "median_days_to_decision",
        "Median von days_to_decision der entschiedenen; bei gerader Anzahl das Mittel der beiden mittleren",
        &[],
    ),
    figure("by_outcome", "Anzahl je Ausgang", &[]),
];

const FUNDS: &[Field] = &[
    figure(
        "outflow_rate",
        "spent / granted, aus den Summen, in Prozent",
        &["spent", "granted"],
    ),
    figure(
        "outflow_rate_budget",
        "spent / budget, aus den Summen, in Prozent",
        &["spent", "budget"],
    ),
    figure(
        "commitment_rate",
        "committed / granted, aus den Summen, in Prozent",
        &["committed", "granted"],
    ),
    figure(
        "by_pillar",
        "Σ requested, granted, committed und spent der Anträge je Säule ihres Gegenstands",
        &[],
    ),
];

const SHARES: &[Field] = &[
    figure("total", "Summe von amount; immer der ganze Betrag", &[]),
    figure("cost_share", "angewandte Kostenteilung", &[]),
    figure("key_year", "Jahr des angewandten Schlüssels", &[]),
    figure(
        "applied_in",
        "Jahr der Anwendung: das Haushaltsjahr des Topfes, sonst das des Stichtags",
        &[],
    ),
    KEY_VERIFIED,
];

const KEY_VERIFIED: Field = figure(
    "key_verified",
    "ob die Zahlen des Schlüssels mit der Veröffentlichung verglichen sind",
    &[],
);

const VOTES: &[Field] = &[
    figure(
        "adopted",
        "ob der Bund, mindestens elf Länder und diese mit zwei Dritteln des Schlüssels zustimmen",
        &["bund", "laender_yes", "key_share_yes"],
    ),
    figure("missing", "was dazu fehlt", &[]),
    figure("unanimous", "ob alle siebzehn zustimmen", &[]),
    figure("key_year", "Jahr des angewandten Schlüssels", &[]),
    KEY_VERIFIED,
    figure("papers", "Anzahl der Vorlagen mit Stimmen", &[]),
    figure("papers_adopted", "Anzahl der angenommenen", &["adopted"]),
    figure(
        "without_majority",
        "Vorlagen, über die ein Beschluss erfasst ist, als Beschluss oder als Schritt des Antrags, ohne dass die Stimmen die Mehrheit ergeben; Empfehlungen ohne die einfache",
        &["kind", "adopted"],
    ),
];

const YEAR_END: &[Field] = &[
    figure("bound_to_carry", "Summe von bound_to_carry", &[]),
    figure("carried", "Summe von carried", &[]),
    figure(
        "proposed",
        "Summe von proposed: was noch zu übertragen ist",
        &[],
    ),
    figure("lapsed", "Summe von lapsed", &[]),
    figure("to_credit", "Summe von to_credit", &[]),
    figure(
        "in_transit",
        "Σ in andere Töpfe übertragen und dort noch nicht eingegangen; mit ihm bleibt die Summe über die Töpfe gleich",
        &[],
    ),
    figure("uncovered", "Summe von uncovered", &[]),
    figure("credits", "Summe von credits je Partner", &[]),
    KEY_VERIFIED,
    figure(
        "contributions",
        "Σ abgerufene und gezahlte Beiträge der Haushaltsjahre je Partner",
        &[],
    ),
];

const OUTLOOK: &[Field] = &[
    figure("need", "Summe von need", &[]),
    figure("secured", "Summe von secured", &[]),
    figure(
        "gap",
        "need − secured, aus den Summen",
        &["need", "secured"],
    ),
    figure(
        "coverage_rate",
        "secured / need, aus den Summen, in Prozent",
        &["secured", "need"],
    ),
];

const DECISIONS: &[Field] = &[
    figure(
        "due_next",
        "die nächste Sitzung, die entscheidet, und die Anträge, deren Vorlage für sie oder eine vorbereitende fristgerecht vorliegt",
        &[],
    ),
    figure(
        "misses",
        "Anträge ohne Vorlage oder mit verspäteter und die Sitzung, deren früheste Frist auf dem Weg vorbei ist; auch solche, für die keine Sitzung bekannt ist",
        &[],
    ),
    figure(
        "at_risk",
        "Anträge ohne Vorlage und die Sitzung, die sie verpassen, wenn bis zur Frist nichts geschieht",
        &[],
    ),
];

const PLANS: &[Field] = &[
    figure("bac", "Summe von bac", &[]),
    figure("measures", "Anzahl der Maßnahmen mit Plan", &[]),
];

const GOALS: &[Field] = &[
    figure(
        "pillars",
        "je Säule: Ziele, solche mit Kennzahl, solche mit Messung",
        &[],
    ),
    figure("without_measure", "Ziele, denen keine Maßnahme dient", &[]),
    figure(
        "only_out_of_scope",
        "Ziele, denen nur Maßnahmen außerhalb des Umfangs dienen",
        &[],
    ),
    figure("without_indicator", "Ziele ohne Kennzahl", &[]),
    figure(
        "measured_without_indicator",
        "Messungen zu einer Kennzahl, die es am Ziel nicht gibt (Ziel/Kennzahl)",
        &[],
    ),
];

const BODIES: &[Field] = &[
    figure("count", "Anzahl der Gremien und Stellen", &[]),
    figure(
        "without_lead",
        "aktive Maßnahmen im Umfang und Themenbereiche ohne Federführung",
        &[],
    ),
    figure(
        "several_leads",
        "Einträge mit mehr als einer Federführung",
        &[],
    ),
];

const SEATS: &[Field] = &[
    figure("seats", "Anzahl der Sitze", &[]),
    figure("filled", "Anzahl der benannten", &[]),
    figure("placeholder", "Anzahl der vorläufigen", &[]),
    figure("vacant", "Anzahl der unbesetzten", &[]),
    figure(
        "filled_percent",
        "filled / seats, in Prozent",
        &["filled", "seats"],
    ),
];

const DEPENDENCIES: &[Field] = &[
    figure(
        "cycles",
        "Mengen von Einträgen, die über depends_on voneinander abhängen",
        &[],
    ),
    figure(
        "parent_cycles",
        "Mengen von Einträgen, die einander über parent übergeordnet sind; keine Summe zählt sie",
        &[],
    ),
    figure(
        "activity_cycles",
        "Mengen von Vorgängen, die aufeinander warten",
        &[],
    ),
    figure(
        "without_milestone",
        "aktive Maßnahmen im Umfang ohne Meilenstein",
        &[],
    ),
    figure(
        "without_owner",
        "aktive Maßnahmen im Umfang ohne Federführung",
        &[],
    ),
    figure(
        "open_references",
        "Verweise auf Zeilen, die nachkommen dürfen (parent, pillar, predecessors, prepares, pot, request, cost_share, id einer Freigabe), und die am Stichtag nicht da sind; Schwellen, die keine Auskunft kennt",
        &[],
    ),
];

const COUNTS: &[Field] = &[figure("counts", "Anzahl der Zeilen je Art", &[])];

const CHANGES: &[Field] = &[
    figure("before", "der Stand, mit dem verglichen wird", &[]),
    figure("counts", "Anzahl der Unterschiede je Auskunft", &[]),
];

const TRAIL: &[Field] = &[figure("count", "Anzahl der Ereignisse", &[])];
