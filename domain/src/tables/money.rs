//! Public money: pots, requests, steps, bookings.

use crate::{
    Amount, Count, Day, Id, Refusal, SignedAmount, Text,
    cell::codes,
    stream::StreamKind,
    table::{Home, Referable, table},
};

codes! {
    /// How money leaves a pot.
    pub enum PotMode {
        /// Recipients call it, then spend it.
        Call = "call",
        /// The administrator pays directly.
        Direct = "direct",
    }
}

table! {
    /// A pot of money for one fiscal year, or its amount from a later day on.
    "pots" => "pot.resolved" v 1 as PotResolved {
        /// Stable id; stands for one fiscal year.
        id: Id = ["Kennung", "Topf"],
        /// The fiscal year.
        fiscal_year: Count = ["Haushaltsjahr", "HHJ"],
        /// The budget.
        amount: Amount = ["Betrag", "Ansatz"],
        /// Title; names no person.
        title: Option<Id> = ["Titel", "Bezeichnung"],
        /// Budget line.
        line: Option<Id> = ["Haushaltstitel"],
        /// How money leaves it; by call if not stated.
        mode: Option<PotMode> = ["Verfahren"],
        /// Held back from granting; negative plans for underspending.
        reserve: Option<SignedAmount> = ["Reserve", "Planungsreserve"],
        /// Who bears it: `25/75`, or a scheme.
        cost_share: Option<Id> = ["Kostenteilung"],
        /// The year of the cost key.
        key_year: Option<Count> = ["Schlüsseljahr"],
        /// When it was resolved.
        resolved_on: Day = ["Beschlossen am"],
        /// The resolution.
        resolution: Option<Id> = ["Beschluss"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("resolved_on") => |it| Some(it.resolved_on),
    home: |it| Home::Named(StreamKind::Pot, Some(it.id.clone())),
    references: [cost_share is Scheme],
    is: |it| Some((Referable::Pot, it.id.clone())),
    check: |it| year(it.fiscal_year, "fiscal_year"),
}

codes! {
    /// What kind of request it is.
    pub enum RequestKind {
        /// A first request.
        First = "first",
        /// More for a running one.
        Additional = "additional",
        /// Money given another purpose.
        Repurposed = "repurposed",
    }
}

table! {
    /// Money was requested.
    "requests" => "request.submitted" v 1 as RequestSubmitted {
        /// Stable id.
        id: Id = ["Kennung", "Antrag"],
        /// What it is for: a measure, a pillar, the programme, or `PMO`.
        subject: Id = ["Gegenstand", "Maßnahme"],
        /// The body that asks.
        applicant: Id = ["Antragsteller", "Antragstellende Stelle"],
        /// The pot asked; may be resolved later.
        pot: Id = ["Topf"],
        /// What kind of request it is.
        kind: RequestKind = ["Art"],
        /// The earlier request it adds to.
        supplements: Option<Id> = ["Ergänzt"],
        /// How much is asked for.
        amount: Amount = ["Betrag"],
        /// Title; names no person.
        title: Option<Id> = ["Titel"],
        /// When it was submitted.
        submitted_on: Day = ["Gestellt am", "Antragsdatum"],
    }
    defines: false, states: false,
    identity: [id],
    effective: Some("submitted_on") => |it| Some(it.submitted_on),
    home: |it| Home::Named(StreamKind::Pot, Some(it.pot.clone())),
    references: [subject is Subject, applicant is Body, supplements is Request],
    is: |it| Some((Referable::Request, it.id.clone())),
    check: |_| Ok(()),
}

codes! {
    /// A step of a request (dossier 3.3).
    pub enum Step {
        /// T02.
        FormalCheckStarted = "formal_check_started",
        /// T03, T08.
        DocumentsRequested = "documents_requested",
        /// T04.
        DocumentsSupplied = "documents_supplied",
        /// T05.
        FormallyRejected = "formally_rejected",
        /// T06.
        FormallyCleared = "formally_cleared",
        /// T07.
        Assessed = "assessed",
        /// T10.
        Reprioritised = "reprioritised",
        /// T09.
        PaperFiled = "paper_filed",
        /// T11; less than requested is partial.
        Resolved = "resolved",
        /// T11 with conditions.
        ResolvedWithConditions = "resolved_with_conditions",
        /// A condition was met; leaves the state.
        ConditionMet = "condition_met",
        /// T12.
        Deferred = "deferred",
        /// T13.
        Resubmitted = "resubmitted",
        /// T14.
        Rejected = "rejected",
        /// T15.
        Granted = "granted",
        /// T16; with an amount: partly, leaves the state.
        Blocked = "blocked",
        /// T17.
        Unblocked = "unblocked",
        /// T21.
        PurposeFulfilled = "purpose_fulfilled",
        /// T22.
        ProofSubmitted = "proof_submitted",
        /// T23.
        ProofQueried = "proof_queried",
        /// T23.
        ProofAmended = "proof_amended",
        /// T24.
        ProofAccepted = "proof_accepted",
        /// T25.
        ClawbackSet = "clawback_set",
        /// T26.
        RepaymentBooked = "repayment_booked",
        /// T27.
        Withdrawn = "withdrawn",
        /// T28.
        Waived = "waived",
        /// T29.
        Revoked = "revoked",
    }
}

table! {
    /// A request moved on.
    "request_steps" => "request.stepped" v 1 as RequestStepped {
        /// The day.
        date: Day = ["Datum"],
        /// The request.
        request: Id = ["Antrag"],
        /// What happened.
        step: Step = ["Schritt"],
        /// The amount, where the step has one.
        amount: Option<Amount> = ["Betrag"],
        /// The sitting, where it has one; for `deferred` the one that defers.
        sitting: Option<Id> = ["Sitzung"],
        /// The body that acts.
        body: Option<Id> = ["Gremium", "Stelle"],
        /// Why, or the condition; sealed.
        reason: Option<Text> = ["Begründung"],
        /// A day set by the step.
        due: Option<Day> = ["Fällig", "Frist"],
    }
    defines: false, states: false,
    identity: [request, date, step],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Of(Referable::Request, it.request.clone()),
    references: [request is Request, sitting is Sitting, body is Body],
    is: |_| None,
    check: |it| if matches!(it.step, Step::Resolved | Step::ResolvedWithConditions) && it.amount.is_none() {
        Err(Refusal::new(
            "missing_cell",
            "amount",
            "Ein Beschluss nennt den beschlossenen Betrag („amount“)",
            "A resolution states the resolved amount (`amount`)",
        ))
    } else {
        Ok(())
    },
}

codes! {
    /// What a booking does.
    pub enum BookingKind {
        /// Money is allocated.
        Allocation = "allocation",
        /// Money is called.
        Call = "call",
        /// Money is bound by contract.
        Commitment = "commitment",
        /// A commitment is given back.
        CommitmentRelease = "commitment_release",
        /// Money is spent.
        Expense = "expense",
        /// Money comes back.
        Refund = "refund",
        /// Authority to commit a later year.
        CommitmentAuthority = "commitment_authority",
    }
}

codes! {
    /// What the money pays for.
    pub enum CostType {
        /// Personnel.
        Personnel = "personnel",
        /// External services.
        External = "external",
        /// Operations.
        Operations = "operations",
        /// Investment.
        Investment = "investment",
        /// Travel.
        Travel = "travel",
        /// Anything else.
        Other = "other",
    }
}

codes! {
    /// On what a commitment for a later year rests.
    pub enum Basis {
        /// A commitment authority.
        Authority = "authority",
        /// Money that is transferable.
        Transferable = "transferable",
        /// A running need.
        Ongoing = "ongoing",
    }
}

table! {
    /// Money was booked on a request.
    "bookings" => "request.booked" v 1 as Booked {
        /// The day.
        date: Day = ["Datum", "Buchungsdatum"],
        /// The request.
        request: Id = ["Antrag"],
        /// What the booking does.
        kind: BookingKind = ["Art"],
        /// The amount.
        amount: Amount = ["Betrag"],
        /// The fiscal year it counts for.
        fiscal_year: Count = ["Haushaltsjahr", "HHJ"],
        /// Voucher; identifies the booking.
        reference: Id = ["Beleg", "Belegnummer"],
        /// The booking it replaces in full.
        corrects: Option<Id> = ["Korrigiert", "Storniert"],
        /// The commitment an expense settles.
        settles: Option<Id> = ["Erfüllt"],
        /// What it pays for.
        cost_type: Option<CostType> = ["Kostenart"],
        /// On what a commitment for a later year rests; authority if not stated.
        basis: Option<Basis> = ["Grundlage"],
    }
    defines: false, states: false,
    identity: [reference],
    effective: Some("date") => |it| Some(it.date),
    home: |it| Home::Of(Referable::Request, it.request.clone()),
    references: [request is Request, corrects is Booking, settles is Booking],
    is: |it| Some((Referable::Booking, it.reference.clone())),
    check: |it| {
        year(it.fiscal_year, "fiscal_year")?;
        if it.settles.is_some() && it.kind != BookingKind::Expense {
            return Err(Refusal::new(
                "settles_nothing",
                "settles",
                "Nur eine Ausgabe („expense“) erfüllt eine Bindung",
                "Only an expense settles a commitment",
            ));
        }
        if it.corrects.as_ref() == Some(&it.reference) {
            return Err(Refusal::new(
                "corrects_itself",
                "corrects",
                "Eine Buchung kann sich nicht selbst ersetzen; bitte eine neue Belegnummer vergeben",
                "A booking cannot replace itself; give it a reference of its own",
            ));
        }
        Ok(())
    },
}

/// Refuses a fiscal year that is none.
pub(super) fn year(year: Count, field: &'static str) -> Result<(), Refusal> {
    if (1990..=2100).contains(&year.get()) {
        return Ok(());
    }
    Err(Refusal::new(
        "bad_year",
        field,
        format!("{year} ist kein Haushaltsjahr zwischen 1990 und 2100"),
        format!("{year} is not a fiscal year between 1990 and 2100"),
    ))
}
