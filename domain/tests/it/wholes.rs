//! Cost keys and schemes: accepted or refused as a whole, never changed by a part.

use leitstand_domain::StreamKind;

use crate::support::{Act, Stream, correct, given, row};

/// The key of 2014 as the dossier has it; Brandenburg's part as given.
fn key(brandenburg: &str, valid_from: &str) -> Vec<Act> {
    let parts = [
        ("BW", "12.97496"),
        ("BY", "15.33048"),
        ("BE", "5.04557"),
        ("BB", brandenburg),
        ("HB", "0.94097"),
        ("HH", "2.52738"),
        ("HE", "7.31557"),
        ("MV", "2.04165"),
        ("NI", "9.35696"),
        ("NW", "21.24052"),
        ("RP", "4.83472"),
        ("SL", "1.21566"),
        ("SN", "5.10067"),
        ("ST", "2.85771"),
        ("SH", "3.38791"),
        ("TH", "2.74835"),
    ];
    let rows = parts.map(|(partner, percent)| {
        row(
            "cost_keys",
            &[
                ("key_year", "2014"),
                ("partner", partner),
                ("percent", percent),
                ("valid_from", valid_from),
            ],
        )
    });
    together(&rows)
}

fn scheme(parts: &[(&str, &str)], valid_from: &str) -> Vec<Act> {
    let rows: Vec<Act> = parts
        .iter()
        .map(|(group, percent)| {
            row(
                "cost_schemes",
                &[
                    ("id", "EfA"),
                    ("partner_group", group),
                    ("percent", percent),
                    ("valid_from", valid_from),
                ],
            )
        })
        .collect();
    together(&rows)
}

/// Each knows the others.
fn together(rows: &[Act]) -> Vec<Act> {
    rows.iter().map(|it| it.clone().with(rows)).collect()
}

fn settings() -> Stream {
    Stream::empty(StreamKind::Settings)
}

#[test]
fn a_key_handed_in_together_is_recorded_part_by_part() {
    let mut stream = given(key("3.08092", "2015-01-01"));
    for part in key("3.08092", "2015-01-01") {
        assert!(matches!(stream.hand_in(&part), Ok(Some(_))), "known");
    }
    // From a later day it is another whole.
    for part in key("3.08092", "2016-01-01") {
        stream.hand_in(&part).expect("accepted");
    }
}

/// A public source prints Brandenburg's part of another year: the sum is 99.97961.
#[test]
fn the_faulty_key_of_2014_is_refused_in_every_part() {
    let mut stream = settings();
    for part in key("3.06053", "2015-01-01") {
        let refusal = stream.hand_in(&part).expect_err("refused");
        assert_eq!((refusal.code, refusal.field), ("key_sum", Some("percent")));
        assert!(refusal.de.contains("99.97961") && refusal.en.contains("99.97961"));
    }
    assert!(stream.ledger.roots().is_empty());
}

#[test]
fn a_part_alone_is_refused() {
    let alone = &row(
        "cost_keys",
        &[
            ("key_year", "2014"),
            ("partner", "BW"),
            ("percent", "12.97496"),
            ("valid_from", "2015-01-01"),
        ],
    );
    settings().when(alone.clone()).refused("key_sum", "percent");
    // One Land that bears everything is a whole; nothing more fits beside it.
    let whole = row(
        "cost_keys",
        &[
            ("key_year", "2014"),
            ("partner", "BW"),
            ("percent", "100"),
            ("valid_from", "2015-01-01"),
        ],
    );
    let more = row(
        "cost_keys",
        &[
            ("key_year", "2014"),
            ("partner", "BY"),
            ("percent", "0.00001"),
            ("valid_from", "2015-01-01"),
        ],
    );
    given([whole]).when(more).refused("key_sum", "percent");
}

#[test]
fn what_was_interrupted_half_way_is_completed_by_feeding_again() {
    let parts = key("3.08092", "2015-01-01");
    let mut stream = given(parts[..7].to_vec());
    for part in &parts {
        stream.hand_in(part).expect("known or accepted");
    }
    assert_eq!(stream.ledger.roots().len(), 16);
}

#[test]
fn a_part_with_another_number_needs_a_later_day() {
    let stream = given(key("3.08092", "2015-01-01"));
    for part in key("3.06053", "2015-01-01") {
        let refused = stream.clone().hand_in(&part);
        match refused {
            // The fifteen others are recorded as they are.
            Ok(Some(_)) => {}
            other => assert_eq!(other.expect_err("refused").code, "use_correction"),
        }
    }
    assert_eq!(stream.ledger.roots().len(), 16);
}

#[test]
fn no_part_is_corrected_moved_or_annulled_alone() {
    let stream = given(key("3.08092", "2015-01-01"));
    let fix = || {
        correct(
            "cost_keys",
            "2014/BB/2015-01-01",
            "2015-01-01",
            &[("percent", "3.06053")],
        )
    };
    stream
        .clone()
        .when(fix())
        .refused("holds_as_whole", "table");
    let nothing = || correct("cost_keys", "2014/BB/2015-01-01", "2015-01-01", &[]);
    stream
        .clone()
        .when(nothing().void())
        .refused("holds_as_whole", "table");
    stream
        .when(nothing().moved_to("2016-01-01"))
        .refused("holds_as_whole", "table");
}

#[test]
fn a_key_is_of_laender_and_years() {
    let part = |year, partner| {
        row(
            "cost_keys",
            &[
                ("key_year", year),
                ("partner", partner),
                ("percent", "100"),
                ("valid_from", "2015-01-01"),
            ],
        )
    };
    settings()
        .when(part("2014", "BUND"))
        .refused("key_of_laender", "partner");
    settings()
        .when(part("20140", "BW"))
        .refused("bad_year", "key_year");
}

#[test]
fn a_built_in_key_is_not_replaced_from_its_own_day() {
    use leitstand_domain::{Day, Event, Meta, event::CostKeySet, stream::Envelope};
    let mut stream = settings();
    let built_in = CostKeySet {
        key_year: 2014,
        valid_from: Day::FIRST,
        verified: true,
        shares: std::collections::BTreeMap::new(),
    };
    let envelope = Envelope {
        position: 0,
        effective: Day::FIRST,
        known: Day::FIRST,
        command: uuid::Uuid::nil(),
    };
    stream
        .ledger
        .apply(Event::CostKeySet(built_in, Meta::default()), envelope);
    for part in key("3.08092", "1990-01-01") {
        let refusal = stream.hand_in(&part).expect_err("refused");
        assert_eq!(
            (refusal.code, refusal.field),
            ("use_correction", Some("valid_from"))
        );
    }
    for part in key("3.08092", "1990-01-02") {
        stream.hand_in(&part).expect("accepted");
    }
}

#[test]
fn a_scheme_is_refused_unless_it_sums_to_exactly_a_hundred() {
    let efa = [
        ("BUND", "25"),
        ("LAENDER", "25"),
        ("HH", "30"),
        ("SH", "20"),
    ];
    given(scheme(&efa, "2024-01-01"));
    for last in ["19.99999", "20.00001"] {
        let mut parts = efa;
        parts[3].1 = last;
        let mut stream = settings();
        for part in scheme(&parts, "2024-01-01") {
            let refusal = stream.hand_in(&part).expect_err("refused");
            assert_eq!(
                (refusal.code, refusal.field),
                ("scheme_sum", Some("percent"))
            );
        }
    }
    // The same group twice, with two numbers: nobody knows which is meant.
    let twice = [("BUND", "25"), ("LAENDER", "75"), ("BUND", "20")];
    let mut stream = settings();
    for part in scheme(&twice, "2024-01-01") {
        assert!(stream.hand_in(&part).is_err());
    }
    assert!(stream.ledger.roots().is_empty());
}

#[test]
fn a_companion_that_will_be_refused_makes_no_whole() {
    // Two parts of one whole under the same key of their own: only one of them can be recorded.
    let part = |group, percent, key: &str| {
        let part = row(
            "cost_schemes",
            &[
                ("id", "X"),
                ("partner_group", group),
                ("percent", percent),
                ("valid_from", "2024-01-01"),
            ],
        );
        part.key(key)
    };
    let other = row(
        "cost_schemes",
        &[
            ("id", "Y"),
            ("partner_group", "BUND"),
            ("percent", "100"),
            ("valid_from", "2024-01-01"),
        ],
    )
    .key("K-2");
    let mut stream = given([other]);
    let rows = together(&[part("BUND", "25", "K-1"), part("LAENDER", "75", "K-2")]);
    for it in &rows {
        assert!(stream.hand_in(it).is_err(), "{it:?}");
    }
}
