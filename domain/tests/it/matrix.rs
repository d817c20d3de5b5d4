//! Every state of the dossier's 3.2 with every step and booking kind of 3.3.

use std::collections::{BTreeMap, BTreeSet};

use leitstand_domain::{
    cell::Code as _,
    pot::{Fold, State},
    tables::{BookingKind, Step},
};

use crate::support::{Act, booking, given, pot_of, request, step};

/// Dossier 3.3 and the sentences above its table, written out: from, feed, to. `(part)`: with an amount.
/// `called`: money was called before and none spent; `paid`: some was spent. `QR|Q15`: in a pot that pays what is
/// called money was paid out, in one that pays directly none was.
const TABLE: &str = "
    T02 Q1   formal_check_started      Q2
    T03 Q2   documents_requested       Q2a
    T04 Q2a  documents_supplied        Q2
    T05 Q2   formally_rejected         Q2x
    T05 Q2a  formally_rejected         Q2x
    T06 Q2   formally_cleared          Q3
    T07 Q3   assessed                  Q4
    T08 Q3   documents_requested       Q2a
    T09 Q4   paper_filed               Q5
    T10 Q4   reprioritised             Q4
    T11 Q5   resolved                  Q7
    T11 Q5   resolved_with_conditions  Q7
    T12 Q5   deferred                  Q6
    T13 Q6   resubmitted               Q5
    T14 Q5   rejected                  Q7x
    T15 Q7   granted                   Q8
    T16 Q8   blocked                   Q8s
    T17 Q8s  unblocked                 Q8
    T18 Q8   allocation                Q9
    T18 Q9   allocation                Q9
    T18 Q10  allocation                Q10
    T18 Q10paid allocation             Q10paid
    T18 Q10called allocation           Q10called
    T19 Q9   call                      Q10called
    T19 Q9   commitment                Q10
    T19 Q9   expense                   Q10paid
    T20 Q10  call                      Q10called
    T20 Q10  commitment                Q10
    T20 Q10  expense                   Q10paid
    T20 Q10  commitment_authority      Q10
    T20 Q10paid call                   Q10paid
    T20 Q10paid commitment             Q10paid
    T20 Q10paid expense                Q10paid
    T20 Q10paid commitment_authority   Q10paid
    T20 Q10called call                 Q10called
    T20 Q10called commitment           Q10called
    T20 Q10called expense              Q10paid
    T20 Q10called commitment_authority Q10called
    T21 Q10  purpose_fulfilled         Q11
    T21 Q10paid purpose_fulfilled      Q11paid
    T21 Q10called purpose_fulfilled    Q11called
    T22 Q11  proof_submitted           Q12
    T22 Q11paid proof_submitted        Q12paid
    T22 Q11called proof_submitted      Q12called
    T23 Q12  proof_queried             Q13
    T23 Q12paid proof_queried          Q13
    T23 Q12called proof_queried        Q13
    T23 Q13  proof_amended             Q12
    T24 Q12  proof_accepted            Q15
    T24 Q12paid proof_accepted         Q15
    T24 Q12called proof_accepted       Q15
    T25 Q12  clawback_set              Q14
    T25 Q12paid clawback_set           Q14
    T25 Q12called clawback_set         Q14
    T26 Q14  repayment_booked          Q15
    T27 Q1   withdrawn                 QW
    T27 Q2   withdrawn                 QW
    T27 Q2a  withdrawn                 QW
    T27 Q3   withdrawn                 QW
    T27 Q4   withdrawn                 QW
    T27 Q5   withdrawn                 QW
    T27 Q6   withdrawn                 QW
    T28 Q7   waived                    Q15
    T28 Q8   waived                    Q15
    T28 Q8s  waived                    Q15
    T28 Q9   waived                    Q15
    T28 Q10  waived                    Q15
    T28 Q10paid waived                 Q11paid
    T28 Q10called waived               Q15
    T29 Q8   revoked                   Q15
    T29 Q8s  revoked                   Q15
    T29 Q9   revoked                   Q15
    T29 Q10  revoked                   Q15
    T29 Q10paid revoked                QR
    T29 Q10called revoked              QR|Q15
    T29 Q11  revoked                   Q15
    T29 Q11paid revoked                QR
    T29 Q11called revoked              QR|Q15
    T29 Q12  revoked                   Q15
    T29 Q12paid revoked                QR
    T29 Q12called revoked              QR|Q15
    QR  QR   clawback_set              Q14
    Q7… Q7   condition_met             Q7
    Q7… Q8   condition_met             Q8
    Q7… Q8s  condition_met             Q8s
    Q7… Q9   condition_met             Q9
    Q7… Q10  condition_met             Q10
    Q7… Q10paid condition_met          Q10paid
    Q7… Q10called condition_met          Q10called
    Q7… Q11  condition_met             Q11
    Q7… Q11paid condition_met          Q11paid
    Q7… Q11called condition_met          Q11called
    Q7… Q12  condition_met             Q12
    Q7… Q12paid condition_met          Q12paid
    Q7… Q12called condition_met          Q12called
    rel Q10  commitment_release        Q10
    rel Q10paid commitment_release     Q10paid
    rel Q10called commitment_release     Q10called
    rel Q11  commitment_release        Q11
    rel Q11paid commitment_release     Q11paid
    rel Q11called commitment_release     Q11called
    rel Q12  commitment_release        Q12
    rel Q12paid commitment_release     Q12paid
    rel Q12called commitment_release     Q12called
    rel Q13  commitment_release        Q13
    rel Q14  commitment_release        Q14
    ref Q10  refund                    Q10
    ref Q10paid refund                 Q10paid
    ref Q10called refund                 Q10called
    ref Q11  refund                    Q11
    ref Q11paid refund                 Q11paid
    ref Q11called refund                 Q11called
    ref Q12  refund                    Q12
    ref Q12paid refund                 Q12paid
    ref Q12called refund                 Q12called
    ref Q13  refund                    Q13
    ref Q14  refund                    Q14
    inv Q11  expense                   Q11paid
    inv Q11paid expense                Q11paid
    inv Q11called expense              Q11paid
    par Q8   blocked(part)             Q8
    par Q9   blocked(part)             Q9
    par Q10  blocked(part)             Q10
    par Q10paid blocked(part)          Q10paid
    par Q10called blocked(part)        Q10called
    par Q8part  unblocked              Q8
    par Q9part  unblocked              Q9
    par Q10part unblocked              Q10
";

/// How each state is reached, in feed words.
const WAYS: &[(&str, &str, &str)] = &[
    ("Q1", "submitted", ""),
    ("Q2", "formal_check", "formal_check_started"),
    ("Q2a", "completion_requested", "Q2 documents_requested"),
    ("Q2x", "formally_rejected", "Q2 formally_rejected"),
    ("Q3", "substantive_check", "Q2 formally_cleared"),
    ("Q4", "ranked", "Q3 assessed"),
    ("Q5", "paper_filed", "Q4 paper_filed"),
    ("Q6", "deferred", "Q5 deferred"),
    ("Q7", "resolved", "Q5 resolved"),
    ("Q7x", "rejected", "Q5 rejected"),
    ("Q8", "granted", "Q7 granted"),
    ("Q8s", "blocked", "Q8 blocked"),
    ("Q9", "allocated", "Q8 allocation"),
    ("Q10", "spending", "Q9 commitment"),
    ("Q10called", "spending", "Q9 call"),
    ("Q10paid", "spending", "Q9 call expense"),
    ("Q11", "proof_due", "Q10 purpose_fulfilled"),
    ("Q11called", "proof_due", "Q10called purpose_fulfilled"),
    ("Q11paid", "proof_due", "Q10paid purpose_fulfilled"),
    ("Q12", "proof_submitted", "Q11 proof_submitted"),
    ("Q12called", "proof_submitted", "Q11called proof_submitted"),
    ("Q12paid", "proof_submitted", "Q11paid proof_submitted"),
    ("Q13", "proof_queried", "Q12 proof_queried"),
    ("Q14", "clawback", "Q12 clawback_set"),
    ("Q15", "closed", "Q12 proof_accepted"),
    ("QW", "withdrawn", "Q1 withdrawn"),
    ("QR", "revoked", "Q10paid revoked"),
    ("Q8part", "granted", "Q8 blocked(part)"),
    ("Q9part", "allocated", "Q9 blocked(part)"),
    ("Q10part", "spending", "Q10 blocked(part)"),
];

/// Every word that may be fed.
fn words() -> Vec<&'static str> {
    let steps = Step::ALL.iter().map(|it| it.word());
    steps
        .chain(["blocked(part)"])
        .chain(BookingKind::ALL.iter().map(|it| it.word()))
        .collect()
}

/// From and feed → to. A state with a part blocked allows what the state allows, and `unblocked`.
pub(crate) fn table() -> &'static Table {
    static MADE: std::sync::OnceLock<Table> = std::sync::OnceLock::new();
    MADE.get_or_init(made)
}

type Table = BTreeMap<(&'static str, &'static str), &'static str>;

fn made() -> Table {
    let lines = TABLE
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut table: BTreeMap<_, _> = lines
        .filter(|it| it.len() == 4)
        .map(|it| ((it[1], it[2]), it[3]))
        .collect();
    for (part, whole) in [("Q8part", "Q8"), ("Q9part", "Q9"), ("Q10part", "Q10")] {
        for word in words() {
            if let Some(to) = table.get(&(whole, word)).copied() {
                table.insert((part, word), to);
            }
        }
    }
    table
}

/// The acts that lead to a state, in words.
fn way(state: &str) -> Vec<&'static str> {
    let way = WAYS.iter().find(|it| it.0 == state).expect("a state").2;
    let mut words = Vec::new();
    for (at, word) in way.split_whitespace().enumerate() {
        if at == 0 && word.starts_with('Q') {
            words.extend(self::way(word));
        } else {
            words.push(word);
        }
    }
    words
}

fn act(word: &str, number: usize) -> Act {
    let date = format!("2024-{:02}-{:02}", 2 + number / 28, 1 + number % 28);
    let reference = format!("BU-{number:03}");
    match word {
        "resolved" | "resolved_with_conditions" => step("A-1", word, "400.00", &date),
        "blocked(part)" => step("A-1", "blocked", "10.00", &date),
        "allocation" => booking(&reference, "A-1", word, "100.00", &date),
        "commitment_authority" => booking(
            &reference,
            "A-1",
            "commitment_authority@2025",
            "7.00",
            &date,
        ),
        word if BookingKind::of(word).is_some() => booking(&reference, "A-1", word, "5.00", &date),
        word => step("A-1", word, "", &date),
    }
}

/// Where a line of the table leads in a pot that pays in this way.
pub(crate) fn landing(to: &'static str, direct: bool) -> &'static str {
    match to.split_once('|') {
        Some((_, direct_to)) if direct => direct_to,
        Some((call_to, _)) => call_to,
        None => to,
    }
}

/// A request in a state, on a pot that pays directly or what is called.
fn in_state(state: &str, direct: bool) -> (Vec<Act>, usize) {
    let mut acts = vec![
        pot_of("1000.00", "", if direct { "direct" } else { "call" }),
        request("A-1", "500.00", "2024-01-31"),
    ];
    let words = way(state);
    acts.extend(
        words
            .iter()
            .enumerate()
            .map(|(number, word)| act(word, number)),
    );
    (acts, words.len())
}

/// Where the acts lead, folded the way answers fold.
fn state_after(acts: &crate::support::Stream, direct: bool) -> State {
    use leitstand_domain::Row;
    let mut fold = Fold::default();
    fold.around.direct = direct;
    for root in acts.ledger.roots() {
        match &root.newest().row {
            Row::RequestSubmitted(it) => fold.submitted(it),
            Row::RequestStepped(it) => fold.step(it),
            Row::Booked(it) => fold.booking(it),
            _ => {}
        }
    }
    fold.state.expect("submitted")
}

pub(crate) fn name_of(state: &str) -> &'static str {
    WAYS.iter().find(|it| it.0 == state).expect("a state").1
}

#[test]
fn every_state_is_reached_by_its_way() {
    for (id, name, _) in WAYS {
        for direct in [true, false] {
            let (acts, _) = in_state(id, direct);
            let state = state_after(&given(acts), direct);
            assert_eq!(state.word(), *name, "{id}");
        }
    }
    // QV is the one state nobody rests in.
    let reached: BTreeSet<&str> = WAYS.iter().map(|it| it.1).collect();
    let resting: BTreeSet<&str> = State::ALL
        .iter()
        .map(|it| it.word())
        .filter(|it| *it != "waived")
        .collect();
    assert_eq!(reached, resting);
}

#[test]
fn each_state_allows_exactly_the_steps_of_the_dossier() {
    let table = table();
    let mut pairs = 0;
    for (from, ..) in WAYS {
        let (acts, number) = in_state(from, true);
        let stream = given(acts);
        let allowed: BTreeSet<&str> = words()
            .into_iter()
            .filter(|it| table.contains_key(&(*from, *it)))
            .map(plain)
            .collect();
        for word in words() {
            pairs += 1;
            let outcome = stream.clone().when(act(word, number));
            if let Some(to) = table.get(&(*from, word)) {
                let after = state_after(&outcome.accepted(), true);
                let to = landing(to, true);
                assert_eq!(after.word(), name_of(to), "{from} {word}");
            } else {
                let field = if BookingKind::of(word).is_some() {
                    "kind"
                } else {
                    "step"
                };
                let said = outcome.refused("step_not_allowed", field);
                assert_eq!(listed(&said.refusal.en), allowed, "{from} {word}");
                assert_eq!(listed(&said.refusal.de), allowed, "{from} {word}");
            }
        }
    }
    assert_eq!(pairs, WAYS.len() * 35);
}

/// A call is money paid out where the pot pays what is called, and only there.
#[test]
fn a_revoked_request_with_a_call_waits_for_a_clawback_only_where_calls_are_paid() {
    for from in ["Q10called", "Q11called", "Q12called"] {
        for (direct, state) in [(true, State::Closed), (false, State::Revoked)] {
            let (acts, number) = in_state(from, direct);
            let revoked = given(acts).when(act("revoked", number)).accepted();
            let request = crate::support::id("A-1");
            assert_eq!(revoked.ledger.state(&request), Some(state), "{from}");
            let clawback = revoked.when(act("clawback_set", number + 1));
            if direct {
                clawback.refused("step_not_allowed", "step");
            } else {
                clawback.accepted();
            }
        }
    }
}

fn plain(word: &str) -> &str {
    word.trim_end_matches("(part)")
}

/// What a refusal lists as allowed.
fn listed(text: &str) -> BTreeSet<&str> {
    let list = text
        .rsplit(": ")
        .next()
        .unwrap_or_default()
        .trim_end_matches('.');
    list.split(", ").filter(|it| *it != "–").collect()
}

#[test]
fn a_step_shown_without_the_steps_before_it_is_the_state() {
    use leitstand_domain::Row;
    let Row::RequestSubmitted(submitted) = crate::support::parsed(
        "requests",
        &[
            ("id", "A-1"),
            ("subject", "PROG"),
            ("applicant", "B-1"),
            ("pot", "T-1"),
            ("kind", "first"),
            ("amount", "500.00"),
            ("submitted_on", "2024-01-02"),
        ],
    ) else {
        panic!("a request")
    };
    let to: BTreeMap<&str, &str> = table()
        .iter()
        .filter(|it| it.0.0 != *it.1)
        .map(|it| (it.0.1, *it.1))
        .collect();
    for step in Step::ALL
        .iter()
        .filter(|it| !matches!(it, Step::ConditionMet | Step::Unblocked))
    {
        let mut fold = Fold::default();
        fold.submitted(&submitted);
        let Row::RequestStepped(row) = crate::support::parsed(
            "request_steps",
            &[
                ("date", "2024-02-01"),
                ("request", "A-1"),
                ("step", step.word()),
            ],
        ) else {
            panic!("a step")
        };
        fold.step(&row);
        let expected = match step {
            Step::Reprioritised => "ranked",
            Step::Waived | Step::Revoked => "closed",
            other => name_of(to[other.word()]),
        };
        assert_eq!(fold.state.map(State::word), Some(expected), "{step}");
    }
}

#[test]
fn nothing_is_done_with_a_request_before_it_is_submitted() {
    given([
        pot_of("1000.00", "", "call"),
        request("A-1", "500.00", "2024-02-01"),
    ])
    .when(step("A-1", "formal_check_started", "", "2024-01-31"))
    .refused("request_not_submitted", "date");
    given([pot_of("1000.00", "", "call")])
        .when(booking("BU-1", "A-1", "allocation", "5.00", "2024-03-01"))
        .refused("request_not_submitted", "date");
}
