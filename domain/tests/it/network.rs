//! No activity waits for itself, however long the way, on any day.

use crate::support::{Act, Stream, correct, given, row};

fn activity(id: &str, predecessors: &str) -> Act {
    row(
        "activities",
        &[
            ("id", id),
            ("measure", "DG-M-03"),
            ("optimistic", "1"),
            ("likely", "2"),
            ("pessimistic", "3.5"),
            ("predecessors", predecessors),
            ("planned_on", "2024-01-01"),
        ],
    )
}

#[test]
fn a_cycle_is_refused_and_named() {
    let stream = given([
        activity("A", ""),
        activity("B", "A"),
        activity("C", "B:SS+2"),
    ]);
    stream
        .clone()
        .when(activity("A", "C").valid_from("2024-02-01"))
        .refused("cycle", "predecessors")
        .naming(["A ← C ← B ← A"]);
    stream
        .clone()
        .when(activity("D", "D:FF"))
        .refused("cycle", "predecessors")
        .naming(["D ← D"]);
    stream
        .when(activity("A", "D").valid_from("2024-02-01"))
        .accepted();
}

#[test]
fn a_predecessor_may_follow_and_closes_no_cycle_unseen() {
    let stream = given([activity("B", "A"), activity("C", "B X")]);
    stream
        .clone()
        .when(activity("A", "C"))
        .refused("cycle", "predecessors")
        .naming(["A ← C ← B ← A"]);
    stream.clone().when(activity("A", "X Y")).accepted();
    stream.when(activity("X", "Z")).accepted();
}

#[test]
fn a_diamond_is_no_cycle() {
    let stream = given([
        activity("A", ""),
        activity("B", "A"),
        activity("C", "A"),
        activity("D", "B C A"),
    ]);
    stream.clone().when(activity("E", "D B C")).accepted();
    stream
        .when(activity("A", "D").valid_from("2024-02-01"))
        .refused("cycle", "predecessors");
}

#[test]
fn a_network_may_be_turned_round_day_by_day() {
    // Until May B waits for A; then A waits for B.
    let stream = given([activity("A", ""), activity("B", "A")]);
    let stream = stream
        .when(activity("B", "").valid_from("2024-05-01"))
        .accepted();
    stream
        .clone()
        .when(activity("A", "B").valid_from("2024-04-30"))
        .refused("cycle", "predecessors");
    let stream = stream
        .when(activity("A", "B").valid_from("2024-05-01"))
        .accepted();
    // What made room for it cannot be taken away or moved.
    let of_b = || correct("activities", "B", "2024-05-01", &[]);
    stream
        .clone()
        .when(of_b().void())
        .refused("cycle", "predecessors");
    stream
        .clone()
        .when(of_b().moved_to("2024-05-02"))
        .refused("cycle", "predecessors");
    stream
        .clone()
        .when(of_b().moved_to("2024-04-30"))
        .accepted();
    stream
        .when(correct(
            "activities",
            "B",
            "2024-05-01",
            &[("predecessors", "A")],
        ))
        .refused("cycle", "predecessors");
}

#[test]
fn a_corrected_earlier_state_hides_no_later_one() {
    let stream = given([
        activity("A", ""),
        activity("A", "B").valid_from("2024-05-01"),
        // Touching the first state must not make the second forgotten.
        correct("activities", "A", "2024-01-01", &[("likely", "2.5")]),
    ]);
    stream
        .when(activity("B", "A"))
        .refused("cycle", "predecessors")
        .naming(["B ← A ← B"]);
}

#[test]
fn an_annulled_activity_waits_for_nothing() {
    let stream = given([
        activity("A", "B"),
        correct("activities", "A", "2024-01-01", &[]).void(),
    ]);
    let stream = stream.when(activity("B", "A")).accepted();
    // Revived, it would close the cycle.
    stream
        .when(correct("activities", "A", "2024-01-01", &[("likely", "3")]))
        .refused("cycle", "predecessors");
}

#[test]
fn durations_are_ordered() {
    let stream = || Stream::empty(leitstand_domain::StreamKind::Network);
    let durations = |low: &str, mid: &str, high: &str| {
        row(
            "activities",
            &[
                ("id", "A"),
                ("measure", "DG-M-03"),
                ("optimistic", low),
                ("likely", mid),
                ("pessimistic", high),
                ("planned_on", "2024-01-01"),
            ],
        )
    };
    stream().when(durations("0", "0", "0")).accepted();
    stream().when(durations("-0", "1,5", "1.5")).accepted();
    for (low, mid, high) in [("-1", "2", "3"), ("3", "2", "4"), ("1", "4", "3")] {
        stream()
            .when(durations(low, mid, high))
            .refused("durations_out_of_order", "likely");
    }
    stream()
        .when(activity("A", "B:XX"))
        .refused("bad_predecessor", "predecessors")
        .naming(["B:XX"]);
}
