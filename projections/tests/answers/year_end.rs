//! The end of a year, told of one request by hand: 600.00 of T-24 (1,000.00, 35/65), carried into T-25 (500.00, 25/75).

use jiff::civil::date;
use leitstand_domain::cell::Code as _;
use serde_json::{Value, json};

use crate::desk::Desk;

pub(crate) struct Story {
    pub(crate) desk: Desk,
    number: usize,
}

pub(crate) fn pot(
    id: &str,
    year: &str,
    amount: &str,
    mode: &str,
    share: &str,
) -> Vec<(&'static str, String)> {
    [
        ("id", id.to_owned()),
        ("fiscal_year", year.to_owned()),
        ("amount", amount.to_owned()),
        ("mode", mode.to_owned()),
        ("cost_share", share.to_owned()),
        ("key_year", "2019".to_owned()),
        ("resolved_on", format!("{year}-01-01")),
    ]
    .into()
}

impl Story {
    /// Pots that pay in these ways, and A-1 granted 600.00 of the first.
    pub(crate) fn of(modes: [&str; 2]) -> Self {
        let mut story = Self {
            desk: Desk::with_bodies(date(2028, 1, 31)),
            number: 0,
        };
        let pots = [
            pot("T-24", "2024", "1000.00", modes[0], "35/65"),
            pot("T-25", "2025", "500.00", modes[1], "25/75"),
        ];
        for cells in pots {
            let cells: Vec<(&str, &str)> = cells.iter().map(|(a, b)| (*a, &**b)).collect();
            story.desk.row("pots", &cells);
        }
        story.desk.row(
            "requests",
            &[
                ("id", "A-1"),
                ("subject", "DG-M-01"),
                ("applicant", "B-KT-DG"),
                ("pot", "T-24"),
                ("kind", "first"),
                ("amount", "600.00"),
                ("submitted_on", "2024-01-02"),
            ],
        );
        for step in [
            "formal_check_started",
            "formally_cleared",
            "assessed",
            "paper_filed",
        ] {
            story.step("2024-03-01", step);
        }
        let resolved = [
            ("date", "2024-03-01"),
            ("request", "A-1"),
            ("step", "resolved"),
            ("amount", "600.00"),
        ];
        story.desk.row("request_steps", &resolved);
        story.step("2024-03-01", "granted");
        story.book("2024-03-01", "allocation", "600.00", "2024");
        story
    }

    pub(crate) fn step(&mut self, day: &str, step: &str) {
        let cells = [("date", day), ("request", "A-1"), ("step", step)];
        self.desk.row("request_steps", &cells);
    }

    #[track_caller]
    pub(crate) fn book(&mut self, day: &str, kind: &str, amount: &str, year: &str) -> u64 {
        self.booked(day, kind, amount, year, &[])
    }

    #[track_caller]
    fn booked(
        &mut self,
        day: &str,
        kind: &str,
        amount: &str,
        year: &str,
        more: &[(&str, &str)],
    ) -> u64 {
        self.number += 1;
        let reference = format!("B-{}", self.number);
        let mut cells = vec![
            ("date", day),
            ("request", "A-1"),
            ("kind", kind),
            ("amount", amount),
            ("fiscal_year", year),
        ];
        if !more.iter().any(|it| it.0 == "reference") {
            cells.push(("reference", &reference));
        }
        cells.extend(more);
        self.desk.row("bookings", &cells)
    }

    pub(crate) fn carry(&mut self, amount: &str) {
        let cells = [
            ("pot", "T-24"),
            ("to_pot", "T-25"),
            ("request", "A-1"),
            ("amount", amount),
            ("resolved_on", "2025-03-20"),
            ("resolution", "IT-PLR 46"),
        ];
        self.desk.row("carry_overs", &cells);
        self.desk.receive(&cells, amount);
    }

    /// Fields of a row of an answer on a day.
    pub(crate) fn told<const N: usize>(
        &self,
        (answer, day): (&str, &str),
        id: &str,
        fields: [&str; N],
    ) -> [Value; N] {
        let told = self.desk.at(answer, day.parse().unwrap());
        let named = ["id", "pot"];
        let mut rows = told["rows"].as_array().unwrap().iter();
        let row = rows.find(|it| named.iter().find_map(|name| it[*name].as_str()) == Some(id));
        let row = row.unwrap_or_else(|| panic!("no {id} in {told}"));
        fields.map(|it| row[it].clone())
    }

    /// Asks for an amount of a pot as another request; whether it may be granted.
    fn grants(&mut self, day: &str, [id, pot]: [&str; 2], amount: &str) -> bool {
        let submitted = [
            ("id", id),
            ("subject", "DG-M-01"),
            ("applicant", "B-KT-DG"),
            ("pot", pot),
            ("kind", "first"),
            ("amount", amount),
            ("submitted_on", day),
        ];
        self.desk.row("requests", &submitted);
        let steps = [
            ("formal_check_started", ""),
            ("formally_cleared", ""),
            ("assessed", ""),
            ("paper_filed", ""),
            ("resolved", amount),
        ];
        for (step, amount) in steps {
            let cells = [
                ("date", day),
                ("request", id),
                ("step", step),
                ("amount", amount),
            ];
            self.desk.row("request_steps", &cells);
        }
        let cells = [("date", day), ("request", id), ("step", "granted")];
        let cells = cells.map(|(name, text)| (name.to_owned(), text.to_owned()));
        self.desk.record("request_steps", &cells.into(), false)
    }

    fn bund(&self, day: &str) -> Value {
        self.told(("year-end", day), "T-25", ["credits"])[0]["BUND"].clone()
    }
}

/// 25 percent of T-25's own 500.00 and 35 percent of the 150.00 of 2024: 177.50, waived or not.
#[test]
fn what_is_freed_of_carried_money_is_credited_by_the_year_it_came_from() {
    let mut story = Story::of(["direct", "direct"]);
    story.book("2024-05-01", "commitment", "500.00", "2024");
    story.book("2024-06-01", "expense", "100.00", "2024");
    story.carry("400.00");
    story.book("2025-04-01", "commitment_release", "150.00", "2024");
    assert_eq!(story.bund("2025-12-31"), "177.50");
    story.step("2025-05-02", "waived");
    assert_eq!(story.bund("2025-12-31"), "177.50");
    // 500.00 of its own and the 150.00 are free; by the sum it is what is to be credited.
    let figures = ["free", "freed", "unbound_rest", "to_credit"];
    let told = story.told(("funds", "2025-12-31"), "T-25", figures);
    assert_eq!(told, ["650.00", "150.00", "0.00", "650.00"]);
}

#[test]
fn what_is_freed_of_carried_money_is_not_granted_anew() {
    let mut story = Story::of(["direct", "direct"]);
    story.book("2024-05-01", "commitment", "500.00", "2024");
    story.carry("400.00");
    story.book("2025-04-01", "commitment_release", "150.00", "2024");
    story.step("2025-05-02", "waived");
    assert_eq!(
        story.told(("funds", "2025-06-01"), "T-25", ["free"]),
        ["650.00"]
    );
    // T-25's own 500.00 may be granted, and no cent more.
    assert!(!story.grants("2025-05-03", ["A-2", "T-25"], "500.01"));
    assert!(story.grants("2025-05-03", ["A-3", "T-25"], "500.00"));
    assert_eq!(
        story.told(("funds", "2025-06-01"), "T-25", ["free"]),
        ["150.00"]
    );
}

#[test]
fn the_feed_takes_the_step_the_answers_say_comes_next_after_a_closing() {
    let mut story = Story::of(["direct", "direct"]);
    story.book("2024-06-01", "expense", "100.00", "2024");
    assert!(story.desk.close_year("T-24", date(2025, 1, 31)));
    story.book("2025-02-05", "refund", "100.00", "2024");
    story.step("2025-03-01", "waived");
    let told = story.told(
        ("requests", "2025-03-31"),
        "A-1",
        ["state", "spent", "repaid"],
    );
    assert_eq!(told, ["proof_due", "100.00", "100.00"]);
    story.step("2025-04-01", "proof_submitted");
}

/// To the letter of the contract a refund lowers `spent` and no commitment: what came back and was spent anew is
/// committed twice, more than was granted, and a waiver frees less than nothing (ADR 0010).
#[test]
fn what_is_refunded_and_spent_anew_stays_committed() {
    let mut story = Story::of(["direct", "direct"]);
    story.book("2024-05-01", "expense", "500.00", "2024");
    story.book("2024-05-02", "refund", "300.00", "2024");
    story.book("2024-05-03", "expense", "400.00", "2024");
    story.step("2024-06-01", "waived");
    let fields = ["committed", "spent", "freed"];
    let told = story.told(("requests", "2024-12-31"), "A-1", fields);
    assert_eq!(told, ["900.00", "600.00", "-300.00"]);
    let fields = [
        "freed",
        "free",
        "unbound_rest",
        "bound_to_carry",
        "paid_out",
    ];
    let told = story.told(("funds", "2024-12-31"), "T-24", fields);
    assert_eq!(told, ["-300.00", "100.00", "0.00", "0.00", "900.00"]);
    // The guard counts what is committed: of 1,000.00 the pot has 100.00 left to grant.
    assert!(!story.grants("2024-07-01", ["A-2", "T-24"], "100.01"));
    assert!(story.grants("2024-07-01", ["A-3", "T-24"], "100.00"));
}

/// Refunded after the year of the pot it was paid from was closed, it stays spent: proof is due, and is taken.
#[test]
fn closings_of_pots_money_was_carried_to_say_whether_a_waived_request_owes_a_proof() {
    for (closed, state) in [(false, "closed"), (true, "proof_due")] {
        let mut story = Story::of(["direct", "direct"]);
        story.book("2024-05-01", "commitment", "100.00", "2024");
        story.carry("100.00");
        story.book("2025-04-01", "expense", "100.00", "2024");
        if closed {
            assert!(story.desk.close_year("T-25", date(2025, 12, 31)));
        }
        story.book("2026-01-05", "refund", "100.00", "2024");
        story.step("2026-01-10", "waived");
        let spent = if closed { "100.00" } else { "0.00" };
        let told = story.told(("requests", "2026-01-31"), "A-1", ["state", "spent"]);
        assert_eq!(told, [state, spent]);
        let obligations = story.desk.at("obligations", date(2026, 1, 31));
        let rows = obligations["rows"].as_array().unwrap();
        let owes = rows.iter().any(|it| it["kind"] == "proof");
        assert_eq!(owes, closed, "{rows:?}");
        if closed {
            story.step("2026-01-20", "proof_submitted");
        }
    }
}

#[test]
fn a_refund_of_a_late_invoice_lowers_the_pot_it_was_paid_from() {
    let mut story = Story::of(["direct", "direct"]);
    story.book("2024-05-01", "commitment", "100.00", "2024");
    story.carry("100.00");
    story.book("2025-04-01", "expense", "100.00", "2024");
    let spent =
        |story: &Story, pot: &str| story.told(("funds", "2025-12-31"), pot, ["spent", "repaid"]);
    assert_eq!(spent(&story, "T-25"), ["100.00", "0.00"]);
    story.book("2025-04-05", "refund", "100.00", "2024");
    for pot in ["T-24", "T-25"] {
        assert_eq!(spent(&story, pot), ["0.00", "0.00"], "{pot}");
    }
}

/// T-24 is closed, T-25 is open: what was paid of T-25 is no repayment.
#[test]
fn the_year_of_the_pot_it_was_paid_from_decides_whether_a_refund_is_repaid() {
    let mut story = Story::of(["call", "call"]);
    story.book("2024-05-01", "commitment", "200.00", "2024");
    story.book("2024-06-01", "call", "50.00", "2024");
    story.book("2024-06-02", "expense", "50.00", "2024");
    assert!(story.desk.close_year("T-24", date(2025, 1, 31)));
    story.carry("150.00");
    story.book("2025-04-01", "call", "40.00", "2024");
    story.book("2025-04-02", "expense", "40.00", "2024");
    story.book("2025-04-10", "refund", "10.00", "2024");
    let told = |pot: &str| story.told(("funds", "2025-12-31"), pot, ["spent", "repaid"]);
    assert_eq!(told("T-24"), ["50.00", "0.00"]);
    assert_eq!(told("T-25"), ["30.00", "0.00"]);
}

/// What is carried is in the sum of the column twice, and once in what is still to be carried, as in `funds`.
#[test]
fn the_sum_still_to_be_carried_has_carried_money_once_and_lapsed_money_never() {
    let mut story = Story::of(["call", "call"]);
    story.book("2024-05-01", "commitment", "400.00", "2024");
    story.carry("400.00");
    story.book("2025-04-01", "call", "150.00", "2025");
    let sums = |day: &str| {
        let (closing, funds) = (
            story.desk.at("year-end", day.parse().unwrap()),
            story.desk.at("funds", day.parse().unwrap()),
        );
        let fields = ["bound_to_carry", "proposed", "lapsed", "to_credit"];
        let told = fields.map(|it| closing["summary"][it].clone());
        (told, funds["summary"]["bound_to_carry"].clone())
    };
    let (told, funds) = sums("2025-12-31");
    assert_eq!(told, ["650.00", "250.00", "0.00", "1100.00"]);
    assert_eq!(funds, "250.00");
    // It lapses at the end of 2026; its commitment stands until it is released.
    let (told, funds) = sums("2027-01-01");
    assert_eq!(told, ["400.00", "0.00", "250.00", "1100.00"]);
    assert_eq!(funds, "250.00");
    story.book("2027-01-10", "commitment_release", "250.00", "2024");
    let closing = story.desk.at("year-end", date(2027, 1, 31));
    let told = ["lapsed", "to_credit"].map(|it| closing["summary"][it].clone());
    assert_eq!(told, ["0.00", "1350.00"]);
    // 25 percent of 500.00, and 35 percent of what lapsed.
    assert_eq!(story.bund("2027-01-31"), "212.50");
}

/// Of 600.00 80.00 are spent and 200.00 bound; the 80.00 settled what was bound for 2025.
#[test]
fn what_settles_a_commitment_for_a_later_year_leaves_those_of_this_year_bound() {
    let mut story = Story::of(["call", "call"]);
    story.book("2024-05-01", "commitment", "200.00", "2024");
    let ongoing = [("reference", "C-25"), ("basis", "ongoing")];
    story.booked("2024-05-02", "commitment", "80.00", "2025", &ongoing);
    story.carry("200.00");
    story.book("2025-04-01", "call", "80.00", "2025");
    let settles = [("settles", "C-25")];
    story.booked("2025-04-02", "expense", "80.00", "2025", &settles);
    let told = story.told(("requests", "2025-12-31"), "A-1", ["committed", "spent"]);
    assert_eq!(told, ["280.00", "80.00"]);
    let funds = story.desk.at("funds", date(2025, 12, 31));
    let fields = ["bound_to_carry", "bound_rest", "to_credit"];
    // 1,000.00 + 500.00 − 280.00
    let told = fields.map(|it| funds["summary"][it].clone());
    assert_eq!(told, ["200.00", "200.00", "1220.00"]);
    // The 80.00 were paid of the 200.00 that are there, so 80.00 of the rest of 2024 are bound in their stead.
    let at = ("funds", "2025-12-31");
    assert_eq!(story.told(at, "T-24", ["bound_to_carry"]), ["80.00"]);
    assert_eq!(story.told(at, "T-25", ["bound_to_carry"]), ["120.00"]);
    // Of the 80.00 for 2025 nothing is owed any more, and they are bound where they were paid, once.
    let committed = |day: &str, at: usize| {
        let outlook = story.desk.at("outlook", day.parse().unwrap());
        outlook["rows"][at]["committed"].clone()
    };
    assert_eq!(committed("2024-12-31", 0), "200.00");
    assert_eq!(committed("2024-12-31", 1), "80.00");
    assert_eq!(committed("2025-12-31", 0), "200.00");
}

#[test]
fn a_commitment_of_an_earlier_year_is_in_the_sum() {
    let mut story = Story::of(["direct", "direct"]);
    story.book("2024-05-01", "commitment", "50.00", "2023");
    story.book("2024-05-02", "commitment", "70.00", "2024");
    let told = story.told(
        ("funds", "2024-12-31"),
        "T-24",
        ["committed", "unbound_rest"],
    );
    assert_eq!(told, ["120.00", "480.00"]);
}

/// The request is paid as it was granted: of T-24's way the calls are paid out, wherever the money is now.
#[test]
fn carried_money_is_paid_in_the_way_of_the_pot_it_was_granted_from() {
    let fields = [
        "called",
        "spent",
        "paid_out",
        "with_recipients",
        "bound_to_carry",
    ];
    let mut called = Story::of(["call", "direct"]);
    called.book("2024-05-01", "commitment", "200.00", "2024");
    called.carry("200.00");
    called.book("2025-04-01", "call", "80.00", "2025");
    called.book("2025-04-02", "expense", "30.00", "2025");
    let told = called.told(("funds", "2025-12-31"), "T-25", fields);
    assert_eq!(told, ["80.00", "30.00", "80.00", "50.00", "120.00"]);
    let mut directly = Story::of(["direct", "call"]);
    directly.book("2024-05-01", "commitment", "200.00", "2024");
    directly.carry("200.00");
    directly.book("2025-04-02", "expense", "30.00", "2025");
    let told = directly.told(("funds", "2025-12-31"), "T-25", fields);
    assert_eq!(told, ["0.00", "30.00", "30.00", "0.00", "170.00"]);
}

/// Of a pot that pays directly nothing is paid out by a call, so there is nothing to claw back.
#[test]
fn a_revoked_request_that_only_called_ends_where_calls_are_not_paid() {
    for (mode, state) in [("direct", "closed"), ("call", "revoked")] {
        let mut story = Story::of([mode, "call"]);
        story.book("2024-06-01", "call", "50.00", "2024");
        story.step("2024-07-01", "revoked");
        let told = story.told(("requests", "2024-12-31"), "A-1", ["state"]);
        assert_eq!(told, [state], "{mode}");
        let judged = story
            .desk
            .judged("A-1")
            .map(leitstand_domain::pot::State::word);
        assert_eq!(judged, Some(state), "{mode}");
    }
    // What was spent was paid out, though it came back.
    let mut story = Story::of(["direct", "call"]);
    story.book("2024-06-01", "expense", "50.00", "2024");
    story.book("2024-06-02", "refund", "50.00", "2024");
    story.step("2024-07-01", "revoked");
    let told = story.told(("requests", "2024-12-31"), "A-1", ["state"]);
    assert_eq!(told, ["revoked"]);
}

#[test]
fn a_booking_for_a_closed_year_is_told_of_whatever_its_day() {
    let mut story = Story::of(["call", "call"]);
    story.book("2024-05-01", "commitment", "200.00", "2024");
    story.carry("200.00");
    for day in [date(2025, 1, 31), date(2025, 3, 31)] {
        assert!(story.desk.close_year("T-24", day));
    }
    let of_2024 = story.book("2025-04-01", "call", "40.00", "2024");
    // What is paid of carried money for 2025 is not about the closed year.
    story.book("2025-04-02", "call", "30.00", "2025");
    let before = story.book("2024-12-30", "call", "20.00", "2024");
    let told = story.desk.at("exceptions", date(2025, 12, 31));
    let rows = told["rows"].as_array().unwrap().iter();
    let after = rows.filter(|it| it["kind"] == "after_close");
    let events: Vec<Value> = after.map(|it| it["events"].clone()).collect();
    assert_eq!(events, [json!([of_2024]), json!([before])]);
    // Nobody who stands before it was recorded sees it.
    let earlier = story
        .desk
        .answer("exceptions", date(2025, 12, 31), None, Some(of_2024 - 1));
    let earlier = earlier.to_json();
    assert_eq!(earlier["summary"]["counts"]["after_close"], 0);
}

#[test]
fn what_changes_the_money_of_a_closed_year_is_told_of_whatever_its_day() {
    let mut story = Story::of(["call", "call"]);
    for day in [date(2025, 1, 31), date(2025, 3, 31)] {
        assert!(story.desk.close_year("T-24", day));
    }
    assert!(story.grants("2025-04-10", ["A-2", "T-24"], "100.00"));
    // Resolved, then granted: the steps before change no money.
    let granted = story.desk.position();
    story.step("2025-04-13", "waived");
    let waived = story.desk.position();
    let mut anew = pot("T-24", "2024", "2000.00", "call", "35/65");
    anew.retain(|it| it.0 != "resolved_on");
    let mut anew: Vec<(&str, &str)> = anew.iter().map(|(a, b)| (*a, &**b)).collect();
    anew.extend([("resolved_on", "2025-05-01"), ("valid_from", "2025-05-01")]);
    let anew = story.desk.row("pots", &anew);
    let told = story.desk.at("exceptions", date(2025, 12, 31));
    let rows = told["rows"].as_array().unwrap().iter();
    let after = rows.filter(|it| it["kind"] == "after_close");
    let events: Vec<Value> = after.map(|it| it["events"].clone()).collect();
    let expected = [granted - 3, granted, waived, anew];
    assert_eq!(events, expected.map(|it| json!([it])));
}
