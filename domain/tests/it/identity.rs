//! Known, changed, or a new state: what the same identity means.

use crate::support::{Act, Stream, booking, day, given, pot, pot_of, request, row};

fn risk(title: &str) -> Act {
    row(
        "risks",
        &[
            ("id", "RI-01"),
            ("subject", "RM"),
            ("category", "Technik"),
            ("title", title),
            ("response", "mitigate"),
            ("identified_on", "2024-01-15"),
        ],
    )
}

fn assessment(probability: &str, kind: &str) -> Act {
    row(
        "risk_assessments",
        &[
            ("date", "2024-03-31"),
            ("risk", "RI-01"),
            ("probability", probability),
            ("impact", "4"),
            ("kind", kind),
        ],
    )
}

#[test]
fn the_same_row_is_known_since_its_first_position() {
    let stream = given([risk("A"), assessment("3", "")]);
    stream.clone().when(risk("A")).known(1);
    stream
        .when(assessment("3", ""))
        .known(2)
        .when(assessment("3", ""))
        .known(2);
}

#[test]
fn other_content_needs_a_correction() {
    let stream = given([risk("A"), assessment("3", "")]);
    stream
        .clone()
        .when(risk("B"))
        .refused("use_correction", None)
        .naming(["RI-01", "risks", "corrections", "2024-01-15"]);
    let said = stream
        .when(assessment("4", ""))
        .refused("use_correction", None);
    let said = said.naming(["RI-01/2024-03-31/current", "risk_assessments"]);
    // An assessment has no states: nobody is sent to `valid_from`.
    let refusal = said
        .when(assessment("5", ""))
        .refused("use_correction", None)
        .refusal;
    assert!(!refusal.en.contains("valid_from"), "{refusal}");
}

#[test]
fn an_unstated_kind_of_assessment_is_the_current_one() {
    let stream = given([risk("A"), assessment("3", "")]);
    stream
        .clone()
        .when(assessment("4", "current"))
        .refused("use_correction", None);
    stream
        .when(assessment("4", "inherent"))
        .accepted()
        .when(assessment("2", "residual"))
        .accepted();
}

#[test]
fn a_later_valid_from_is_a_new_state_and_an_earlier_is_not() {
    let stream = given([risk("A"), risk("B").valid_from("2024-06-01")]);
    for day in ["2024-01-15", "2024-05-31", "2024-06-01"] {
        stream
            .clone()
            .when(risk("C").valid_from(day))
            .refused("use_correction", None)
            .naming(["2024-06-01"]);
    }
    let stream = stream.when(risk("C").valid_from("2024-06-02")).accepted();
    assert_eq!(stream.ledger.roots().len(), 3);
    assert_eq!(
        stream.ledger.roots()[2].newest().effective,
        day("2024-06-02")
    );
    // Without it, the day of the (E) column counts, and that is taken.
    stream.when(risk("D")).refused("use_correction", None);
}

#[test]
fn a_new_state_keeps_its_day_whatever_it_says() {
    // Back to what it was is a new state too, and the same row again is known.
    let stream = given([
        risk("A"),
        risk("B").valid_from("2024-06-01"),
        risk("A").valid_from("2024-07-01"),
    ]);
    stream.when(risk("B").valid_from("2024-06-01")).known(2);
}

#[test]
fn a_key_does_not_hide_that_it_is_the_same_thing() {
    let stream = given([risk("A").key("K-1")]);
    stream
        .clone()
        .when(risk("B"))
        .refused("use_correction", None);
    stream
        .clone()
        .when(risk("B").key("K-2"))
        .refused("use_correction", None);
    stream
        .when(risk("B").key("K-2").valid_from("2024-02-01"))
        .accepted();
}

#[test]
fn a_request_id_belongs_to_one_request_whatever_its_key() {
    let stream = given([
        pot("100.00"),
        request("A-1", "50.00", "2024-01-02").key("K-1"),
    ]);
    stream
        .clone()
        .when(request("A-1", "60.00", "2024-01-02").key("K-2"))
        .refused("use_correction", None);
    stream
        .when(request("A-2", "60.00", "2024-01-02").key("K-1"))
        .refused("use_correction", None);
}

#[test]
fn reports_with_keys_are_identified_by_them_alone() {
    let report = |overall: &str| {
        row(
            "status_reports",
            &[
                ("report_date", "2024-03-31"),
                ("measure", "DG-M-01"),
                ("overall", overall),
            ],
        )
    };
    let stream = given([report("G").key("SR-1")]);
    stream.clone().when(report("G").key("SR-1")).known(1);
    stream
        .clone()
        .when(report("R").key("SR-1"))
        .refused("use_correction", None)
        .naming(["SR-1"]);
    stream.when(report("R").key("SR-2")).accepted();
}

#[test]
fn seats_have_states_by_from() {
    let seat = |state: &str, from: &str| {
        row(
            "seats",
            &[
                ("id", "MB-1"),
                ("body", "B-AGDD"),
                ("role", "Vorsitz"),
                ("from", from),
                ("state", state),
            ],
        )
    };
    let stream = given([
        seat("placeholder", "2024-01-01"),
        seat("named", "2024-09-16"),
    ]);
    stream
        .clone()
        .when(seat("vacant", "2024-09-16"))
        .refused("use_correction", None);
    stream
        .clone()
        .when(seat("vacant", "2024-05-01"))
        .refused("use_correction", None);
    stream.when(seat("vacant", "2025-01-01")).accepted();
}

#[test]
fn a_sitting_is_effective_when_known_and_postponed_by_a_state() {
    let sitting = |date: &str| {
        row(
            "sittings",
            &[("id", "S-1"), ("body", "B-ITPLR"), ("date", date)],
        )
    };
    let stream = given([sitting("2024-06-19").received("2023-12-01")]);
    assert_eq!(
        stream.ledger.roots()[0].newest().effective,
        day("2023-12-01")
    );
    stream
        .clone()
        .when(sitting("2024-07-03").received("2024-05-01"))
        .refused("use_correction", None);
    stream
        .when(
            sitting("2024-07-03")
                .received("2024-05-01")
                .valid_from("2024-05-01"),
        )
        .accepted();
}

#[test]
fn thresholds_and_bookings_have_no_states() {
    let threshold = |amber: &str, day: &str| {
        row(
            "thresholds",
            &[
                ("name", "slip_days"),
                ("dimension", "schedule"),
                ("amber", amber),
                ("red", "42"),
                ("valid_from", day),
            ],
        )
    };
    let stream = given([threshold("14", "2024-01-01"), threshold("10", "2024-07-01")]);
    // Each day has an identity of its own; an earlier one may come later.
    let stream = stream.when(threshold("12", "2024-03-01")).accepted();
    stream
        .when(threshold("11", "2024-03-01"))
        .refused("use_correction", None);

    let stream = given([pot("100.00"), request("A-1", "50.00", "2024-01-02")]);
    let other = request("A-1", "60.00", "2024-01-02").valid_from("2024-05-01");
    stream.when(other).refused("use_correction", None);
}

#[test]
fn what_is_received_after_the_day_of_recording_is_refused() {
    let stream = || Stream::empty(leitstand_domain::StreamKind::Risk);
    let known = |day: &str| risk("A").today("2024-02-01").received(day);
    stream().when(known("2024-02-01")).accepted();
    stream()
        .when(known("2024-02-02"))
        .refused("known_in_future", "received_on")
        .naming(["2024-02-02", "2024-02-01"]);
    // Planned things may be effective later than they are known.
    let planned = pot_of("10.00", "", "call")
        .today("2023-06-01")
        .received("2023-06-01");
    given([planned]);
}

#[test]
fn what_is_known_already_is_not_asked_again() {
    // The same command is known before any rule is asked, even one it would break by now.
    let stream = given([risk("A").today("2024-02-01").received("2024-02-01")]);
    stream
        .when(risk("A").received("2024-02-01").today("2024-01-01"))
        .known(1);
}

#[test]
fn a_milestones_baseline_moves_only_by_a_rebaseline() {
    let milestone = |title: &str, baseline: &str| {
        row(
            "milestones",
            &[
                ("id", "MS-01"),
                ("subject", "DG-M-03"),
                ("title", title),
                ("baseline", baseline),
                ("planned_on", "2023-12-15"),
            ],
        )
    };
    let stream = given([milestone("Konzept", "2024-06-28")]);
    stream
        .clone()
        .when(milestone("Konzept", "2024-07-31").valid_from("2024-03-01"))
        .refused("use_rebaseline", "baseline")
        .naming(["rebaselines"]);
    let stream = stream
        .when(milestone("Konzept und Pilot", "2024-06-28").valid_from("2024-03-01"))
        .accepted();
    let rebaseline = row(
        "rebaselines",
        &[
            ("milestone", "MS-01"),
            ("baseline", "2024-07-31"),
            ("resolved_on", "2024-04-01"),
            ("resolution", "IT-PLR 43"),
            ("reason", "Vergabe verzögert"),
        ],
    );
    let stream = stream.when(rebaseline).accepted();
    stream
        .when(milestone("Pilot", "2024-07-31").valid_from("2024-05-01"))
        .refused("use_rebaseline", "baseline");
}

#[test]
fn rules_inside_a_row_are_asked() {
    let report = |cells: &[(&str, &str)]| {
        let mut all = vec![("report_date", "2024-03-31"), ("measure", "DG-M-01")];
        all.extend(cells);
        row("status_reports", &all)
    };
    let empty = || Stream::empty(leitstand_domain::StreamKind::Measure);
    let five = [
        ("schedule", "G"),
        ("budget", "A"),
        ("scope", "R"),
        ("resources", "G"),
        ("risks", "G"),
    ];
    empty().when(report(&five)).accepted();
    empty().when(report(&[("overall", "G")])).accepted();
    empty()
        .when(report(&[("original", "gelb-grün")]))
        .accepted();
    for some in [&five[..1], &five[..4], &[]] {
        empty()
            .when(report(some))
            .refused("incomplete_colours", "overall");
        let mut with_overall = some.to_vec();
        with_overall.push(("overall", "G"));
        if !some.is_empty() {
            empty()
                .when(report(&with_overall))
                .refused("incomplete_colours", "overall");
        }
    }
    let reported = |cells: &[(&str, &str)]| {
        let mut all = vec![("report_date", "2024-03-31"), ("milestone", "MS-01")];
        all.extend(cells);
        row("milestone_reports", &all)
    };
    let empty = || Stream::empty(leitstand_domain::StreamKind::Milestone);
    empty()
        .when(reported(&[]))
        .refused("forecast_or_reached", "forecast");
    empty()
        .when(reported(&[
            ("forecast", "2024-05-01"),
            ("reached", "2024-05-01"),
        ]))
        .refused("forecast_or_reached", "forecast");
    empty()
        .when(reported(&[("reached", "2024-03-31")]))
        .accepted();

    let empty = || Stream::empty(leitstand_domain::StreamKind::Risk);
    for level in ["0", "6"] {
        empty()
            .when(assessment(level, ""))
            .refused("level_out_of_range", "probability");
    }
    let empty = || Stream::empty(leitstand_domain::StreamKind::Impediment);
    let step = row(
        "impediment_steps",
        &[
            ("date", "2024-03-31"),
            ("impediment", "HI-1"),
            ("step", "escalated"),
        ],
    );
    empty().when(step).refused("missing_cell", "to_body");
    let empty = || Stream::empty(leitstand_domain::StreamKind::Pot);
    let resolved = row(
        "request_steps",
        &[
            ("date", "2024-03-31"),
            ("request", "A-1"),
            ("step", "resolved"),
        ],
    );
    empty().when(resolved).refused("missing_cell", "amount");
    let no_year = booking("BU-1", "A-1", "commitment@1989", "1.00", "2024-03-31");
    empty().when(no_year).refused("bad_year", "fiscal_year");
}
