//! Measures: status reports, overrides, plans, progress.

use crate::{
    Amount, Count, Day, Id, Refusal, Text,
    cell::codes,
    stream::StreamKind,
    table::{Home, table},
};

codes! {
    /// A colour as reported.
    pub enum Colour {
        /// Green.
        Green = "G",
        /// Amber.
        Amber = "A",
        /// Red.
        Red = "R",
    }
}

impl Colour {
    /// The word of the answers: `green`, `amber`, `red`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
        }
    }
}

table! {
    /// The state of a measure was reported for a reporting date.
    "status_reports" => "measure.status_reported" v 1 as StatusReported {
        /// The reporting date (Stichtag).
        report_date: Day = ["Stichtag", "Berichtsdatum"],
        /// The measure or governance entry.
        measure: Id = ["Maßnahme"],
        /// Dates.
        schedule: Option<Colour> = ["Termine"],
        /// Money.
        budget: Option<Colour> = ["Budget"],
        /// Scope and quality.
        scope: Option<Colour> = ["Umfang", "Umfang/Qualität"],
        /// People and means.
        resources: Option<Colour> = ["Ressourcen"],
        /// Risks.
        risks: Option<Colour> = ["Risiken"],
        /// Overall; else the worst of the five.
        overall: Option<Colour> = ["Gesamt"],
        /// The rating in the reporter's own scale.
        original: Option<Id> = ["Originalbewertung"],
        /// Why the schedule is so; sealed.
        schedule_reason: Option<Text> = ["Begründung Termine"],
        /// Why the budget is so; sealed.
        budget_reason: Option<Text> = ["Begründung Budget"],
        /// Why the scope is so; sealed.
        scope_reason: Option<Text> = ["Begründung Umfang"],
        /// Why the resources are so; sealed.
        resources_reason: Option<Text> = ["Begründung Ressourcen"],
        /// Why the risks are so; sealed.
        risks_reason: Option<Text> = ["Begründung Risiken"],
        /// A comment; sealed.
        comment: Option<Text> = ["Kommentar"],
        /// What was done; sealed.
        done: Option<Text> = ["Erledigt"],
        /// What comes next; sealed.
        next: Option<Text> = ["Nächste Schritte"],
        /// Which decision is needed; sealed.
        decision_needed: Option<Text> = ["Entscheidungsbedarf"],
    }
    defines: false, states: false,
    identity: [measure, report_date],
    effective: Some("report_date") => |it| Some(it.report_date),
    home: |it| Home::Named(StreamKind::Measure, Some(it.measure.clone())),
    references: [measure is Measure],
    is: |_| None,
    check: StatusReported::complete,
}

impl StatusReported {
    /// The five dimensions in the contract's order.
    #[must_use]
    pub fn dimensions(&self) -> [Option<Colour>; 5] {
        [
            self.schedule,
            self.budget,
            self.scope,
            self.resources,
            self.risks,
        ]
    }

    /// The stated overall colour, else the worst of the five; `None` if the report states neither.
    #[must_use]
    pub fn overall(&self) -> Option<Colour> {
        self.overall
            .or_else(|| self.dimensions().into_iter().flatten().max())
    }

    fn complete(&self) -> Result<(), Refusal> {
        let stated = self.dimensions().iter().flatten().count();
        match (stated, self.overall, &self.original) {
            (5, _, _) | (0, Some(_), _) | (0, None, Some(_)) => Ok(()),
            _ => Err(Refusal::new(
                "incomplete_colours",
                "overall",
                "Anzugeben sind alle fünf Farben oder „overall“ oder beides; ohne beides nur, wenn „original“ sagt, warum",
                "State all five colours, or `overall`, or both; neither only if `original` says why",
            )),
        }
    }
}

table! {
    /// A body put another overall colour in the place of the reported one, and says why. It holds only with
    /// the report of its date.
    "status_overrides" => "measure.status_overridden" v 1 as StatusOverridden {
        /// The reporting date of the report it is about.
        report_date: Day = ["Stichtag", "Berichtsdatum"],
        /// The measure or governance entry.
        measure: Id = ["Maßnahme"],
        /// The colour that counts instead.
        overall: Colour = ["Gesamt"],
        /// Why; sealed.
        reason: Text = ["Begründung"],
        /// The body that overrides.
        reporter: Id = ["Meldende Stelle", "Übersteuert von"],
    }
    defines: false, states: false,
    identity: [measure, report_date],
    effective: Some("report_date") => |it| Some(it.report_date),
    home: |it| Home::Named(StreamKind::Measure, Some(it.measure.clone())),
    references: [measure is Measure, reporter is Body],
    is: |_| None,
    check: |_| Ok(()),
}

codes! {
    /// How earned value is measured.
    pub enum PlanMethod {
        /// By weighted milestones.
        WeightedMilestones = "weighted_milestones",
        /// Nothing at the start, all at the end.
        ZeroHundred = "zero_hundred",
        /// Half at the start, half at the end.
        FiftyFifty = "fifty_fifty",
        /// By percent complete.
        Percent = "percent",
        /// By effort.
        Effort = "effort",
    }
}

table! {
    /// One point of a measure's planned value; a baseline holds as a whole.
    "plans" => "measure.planned" v 1 as PlanSet {
        /// The measure or governance entry.
        measure: Id = ["Maßnahme"],
        /// Number of the baseline.
        baseline: Count = ["Basisplan"],
        /// End of the period; without it the total is known and the planned value is not.
        period_end: Option<Day> = ["Periodenende", "Bis"],
        /// Planned value, cumulative.
        planned_value: Amount = ["Planwert"],
        /// How earned value is measured.
        method: Option<PlanMethod> = ["Methode"],
        /// When the baseline was set.
        baselined_on: Day = ["Basisplan vom"],
        /// The resolution behind it.
        resolution: Option<Id> = ["Beschluss"],
    }
    defines: false, states: false,
    identity: [measure, baseline, period_end],
    effective: Some("baselined_on") => |it| Some(it.baselined_on),
    home: |it| Home::Named(StreamKind::Measure, Some(it.measure.clone())),
    references: [measure is Measure],
    is: |_| None,
    check: |_| Ok(()),
}

table! {
    /// Earned value and actual cost of a measure, cumulative.
    "progress" => "measure.progressed" v 1 as Progressed {
        /// The reporting date.
        report_date: Day = ["Stichtag", "Berichtsdatum"],
        /// The measure or governance entry.
        measure: Id = ["Maßnahme"],
        /// Earned value, cumulative.
        earned_value: Amount = ["Fertigstellungswert"],
        /// Actual cost, cumulative; else the money spent.
        actual_cost: Option<Amount> = ["Istkosten"],
    }
    defines: false, states: false,
    identity: [measure, report_date],
    effective: Some("report_date") => |it| Some(it.report_date),
    home: |it| Home::Named(StreamKind::Measure, Some(it.measure.clone())),
    references: [measure is Measure],
    is: |_| None,
    check: |_| Ok(()),
}
