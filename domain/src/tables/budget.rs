//! Public money around the requests: authorities, outflow plans, needs, contributions, carry-overs.

use super::money::{CostType, year};
use crate::{
    Amount, Count, Day, Id, Refusal,
    cell::{Cell as _, codes},
    partner::Partner,
    stream::StreamKind,
    table::{Home, Referable, table},
};

table! {
    /// A pot may be committed for a later year, up to an amount, from a day on.
    "commitment_authorities" => "pot.authority_resolved" v 1 as AuthorityResolved {
        /// The pot.
        pot: Id = ["Topf"],
        /// The later year.
        for_year: Count = ["Für Jahr", "Fälligkeitsjahr"],
        /// Up to so much.
        amount: Amount = ["Betrag"],
        /// When it was resolved.
        resolved_on: Day = ["Beschlossen am"],
        /// The resolution.
        resolution: Option<Id> = ["Beschluss"],
    }
    defines: true, states: true,
    identity: [pot, for_year],
    effective: Some("resolved_on") => |it| Some(it.resolved_on),
    home: |it| Home::Named(StreamKind::Pot, Some(it.pot.clone())),
    references: [pot is Pot],
    is: |_| None,
    check: |it| year(it.for_year, "for_year"),
}

table! {
    /// How much is planned to have left a pot by a day; a baseline holds as a whole.
    "outflow_plans" => "pot.outflow_planned" v 1 as OutflowPlanned {
        /// The pot.
        pot: Id = ["Topf"],
        /// By the end of this day.
        period_end: Day = ["Periodenende"],
        /// So much, counted from the beginning.
        planned: Amount = ["Geplant", "Planabfluss"],
        /// When the plan was made.
        baselined_on: Day = ["Geplant am", "Basisplan vom"],
    }
    defines: false, states: false,
    identity: [pot, baselined_on, period_end],
    effective: Some("baselined_on") => |it| Some(it.baselined_on),
    home: |it| Home::Named(StreamKind::Pot, Some(it.pot.clone())),
    references: [pot is Pot],
    is: |_| None,
    check: |_| Ok(()),
}

table! {
    /// How much something needs in a fiscal year.
    "needs" => "settings.need_set" v 1 as NeedSet {
        /// What needs it: a measure, a pillar, the programme, or `PMO`.
        subject: Id = ["Gegenstand", "Maßnahme"],
        /// The fiscal year.
        fiscal_year: Count = ["Haushaltsjahr", "HHJ"],
        /// So much.
        amount: Amount = ["Betrag", "Bedarf"],
        /// Since when it is so.
        set_on: Day = ["Festgelegt am"],
    }
    defines: true, states: true,
    identity: [subject, fiscal_year],
    effective: Some("set_on") => |it| Some(it.set_on),
    home: |_| Home::Named(StreamKind::Settings, None),
    references: [subject is Subject],
    is: |_| None,
    check: |it| year(it.fiscal_year, "fiscal_year"),
}

codes! {
    /// Whether a contribution is asked for or has come in.
    pub enum ContributionKind {
        /// The partner is asked to pay.
        Called = "called",
        /// The partner has paid.
        Paid = "paid",
    }
}

table! {
    /// A partner was called on for money, or paid it.
    "contributions" => "contribution.booked" v 1 as ContributionBooked {
        /// The day.
        date: Day = ["Datum"],
        /// The partner.
        partner: Partner = ["Partner", "Land"],
        /// The fiscal year it is for.
        fiscal_year: Count = ["Haushaltsjahr", "HHJ"],
        /// Called or paid.
        kind: ContributionKind = ["Art"],
        /// The amount.
        amount: Amount = ["Betrag"],
        /// Voucher; identifies the row.
        reference: Id = ["Beleg", "Belegnummer"],
    }
    defines: false, states: false,
    identity: [reference],
    effective: Some("date") => |it| Some(it.date),
    home: |it| {
        let year = Id::parse(&it.fiscal_year.to_string());
        Home::Named(StreamKind::Contributions, year.ok())
    },
    references: [],
    is: |_| None,
    check: |it| year(it.fiscal_year, "fiscal_year"),
}

table! {
    /// What part of a request is for which year and kind of cost.
    "request_items" => "request.itemised" v 1 as RequestItemised {
        /// The request.
        request: Id = ["Antrag"],
        /// The fiscal year.
        fiscal_year: Count = ["Haushaltsjahr", "HHJ"],
        /// What it pays for.
        cost_type: CostType = ["Kostenart"],
        /// The amount.
        amount: Amount = ["Betrag"],
        /// The day; that of the request if not stated.
        date: Option<Day> = ["Datum"],
    }
    defines: false, states: false,
    identity: [request, fiscal_year, cost_type],
    effective: Some("date") => |it| it.date,
    home: |it| Home::Of(Referable::Request, it.request.clone()),
    references: [request is Request],
    is: |_| None,
    check: |it| year(it.fiscal_year, "fiscal_year"),
}

table! {
    /// Bound money of a request goes on to another pot by resolution: the first half of a pair of acts.
    "carry_overs" => "pot.carry_over_sent" v 1 as CarryOverSent {
        /// The pot it leaves.
        pot: Id = ["Topf", "Von Topf"],
        /// The pot it goes to.
        to_pot: Id = ["Zieltopf", "Nach Topf"],
        /// The request it is bound for.
        request: Id = ["Antrag"],
        /// The amount.
        amount: Amount = ["Betrag"],
        /// When it was resolved.
        resolved_on: Day = ["Beschlossen am"],
        /// The resolution.
        resolution: Id = ["Beschluss"],
    }
    defines: false, states: false,
    identity: [pot, to_pot, request],
    effective: Some("resolved_on") => |it| Some(it.resolved_on),
    home: |it| Home::Named(StreamKind::Pot, Some(it.pot.clone())),
    references: [pot is Pot, to_pot is Pot, request is Request],
    is: |_| None,
    check: |it| if it.pot == it.to_pot {
        Err(Refusal::new(
            "carries_nowhere",
            "to_pot",
            "Übertragen wird in einen anderen Topf; eine Topf-Kennung steht für ein Haushaltsjahr",
            "Money is carried over to another pot; a pot id stands for one fiscal year",
        ))
    } else {
        Ok(())
    },
}
