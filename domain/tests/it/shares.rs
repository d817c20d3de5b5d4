//! Splits to the cent, against the dossier's keys and the shared vectors.

use std::collections::BTreeMap;

use leitstand_domain::{
    Amount,
    cell::{Cell as _, Code as _},
    partner::Partner,
    shares::{CostShare, Share, WHOLE, key_units, split},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;

/// Dossier section 4: the keys 2014, 2016 and 2019.
const KEYS: &str = "
    BW 12.97496 12.96662 13.04061
    BY 15.33048 15.53327 15.56072
    BE  5.04557  5.08324  5.18995
    BB  3.08092  3.03655  3.02987
    HB  0.94097  0.95331  0.95379
    HH  2.52738  2.55752  2.60343
    HE  7.31557  7.39885  7.43709
    MV  2.04165  2.01240  1.98045
    NI  9.35696  9.33138  9.39533
    NW 21.24052 21.14424 21.07592
    RP  4.83472  4.83089  4.81848
    SL  1.21566  1.21111  1.19827
    SN  5.10067  5.05577  4.98208
    ST  2.85771  2.79941  2.69612
    SH  3.38791  3.39074  3.40578
    TH  2.74835  2.69470  2.63211
";

fn key(year: u64) -> BTreeMap<Partner, u32> {
    let column = match year {
        2014 => 1,
        2016 => 2,
        2019 => 3,
        other => panic!("no key of {other}"),
    };
    let rows = KEYS
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|it| it.len() == 4);
    rows.map(|it| {
        (
            Partner::of(it[0]).expect("a Land"),
            key_units(it[column]).expect("percent"),
        )
    })
    .collect()
}

fn cents(text: &str) -> i64 {
    Amount::parse(text).expect("an amount").cents()
}

#[test]
fn the_shared_vectors_come_out_to_the_cent() {
    let vectors: Value =
        serde_json::from_str(include_str!("../vectors/shares.json")).expect("JSON");
    let vectors = vectors.as_array().expect("an array");
    assert!(!vectors.is_empty());
    for vector in vectors {
        let input = &vector["input"];
        let amount = cents(input["amount"].as_str().expect("an amount"));
        let share =
            CostShare::parse(input["cost_share"].as_str().expect("a share")).expect("a cost share");
        let shares = split(
            amount,
            share,
            &key(input["key_year"].as_u64().expect("a year")),
        )
        .expect("a split");
        let expected = vector["expected"]["shares"].as_object().expect("shares");
        assert_eq!(shares.len(), expected.len());
        for share in &shares {
            let expected = expected[share.partner.word()].as_str().expect("an amount");
            assert_eq!(
                share.cents,
                cents(expected),
                "{} {}",
                vector["id"],
                share.partner
            );
        }
    }
}

#[test]
fn the_faulty_key_of_2014_is_refused() {
    // Printed with Brandenburg's number of another year: 99.97961 (dossier, section 4).
    let mut faulty = key(2014);
    faulty.insert(Partner::Bb, 306_053);
    let refusal = split(110_000_000, CostShare { bund_percent: 25 }, &faulty).expect_err("refused");
    assert_eq!((refusal.code, refusal.field), ("key_sum", Some("percent")));
    assert!(
        refusal.en.contains("99.97961") && refusal.de.contains("99.97961"),
        "{refusal}"
    );
    split(110_000_000, CostShare { bund_percent: 25 }, &key(2014))
        .expect("the right one sums to 100");
}

#[test]
fn a_key_is_of_the_laender_alone() {
    // With the Bund in it the sum would seem right, and a part of the money would be nobody's.
    let mut key = key(2019);
    let nw = key.remove(&Partner::Nw).expect("NW");
    key.insert(Partner::Bund, nw);
    assert_eq!(
        split(100, CostShare { bund_percent: 25 }, &key).map_err(|it| it.code),
        Err("key_sum")
    );
}

#[test]
fn ties_go_to_the_larger_share_then_by_code() {
    // One cent, half and half: the Bund has the larger remainder.
    let given = |cents: i64, bund_percent: u32, key: &[(Partner, u32)]| -> Vec<(Partner, i64)> {
        let key = key.iter().copied().collect();
        let shares = split(cents, CostShare { bund_percent }, &key).expect("a split");
        shares
            .into_iter()
            .filter(|it| it.cents > 0)
            .map(|it| (it.partner, it.cents))
            .collect()
    };
    let halves = [(Partner::Th, 5_000_000), (Partner::Bw, 5_000_000)];
    // Equal remainders and equal shares: by code.
    assert_eq!(given(1, 0, &halves), [(Partner::Bw, 1)]);
    assert_eq!(given(3, 0, &halves), [(Partner::Bw, 2), (Partner::Th, 1)]);
    // Equal remainders (one half), unequal shares: NW has 3/4, SL 1/4 of two cents.
    let quarters = [(Partner::Bw, 2_500_000), (Partner::Nw, 7_500_000)];
    assert_eq!(given(2, 0, &quarters), [(Partner::Nw, 2)]);
    // The Bund is a partner like the others.
    assert_eq!(given(1, 50, &halves), [(Partner::Bund, 1)]);
    assert_eq!(given(0, 25, &halves), []);
}

fn any_key() -> impl Strategy<Value = BTreeMap<Partner, u32>> {
    // Fifteen cuts of the whole make sixteen parts that sum to it.
    proptest::collection::vec(0..=WHOLE, 15).prop_map(|mut cuts| {
        cuts.extend([0, WHOLE]);
        cuts.sort_unstable();
        Partner::laender()
            .iter()
            .copied()
            .zip(cuts.windows(2).map(|it| it[1] - it[0]))
            .collect()
    })
}

#[test]
fn a_hundred_thousand_splits_sum_up_and_nobody_is_off_by_a_cent() {
    let config = Config {
        cases: 100_000,
        failure_persistence: None,
        ..Config::default()
    };
    let amounts = prop_oneof![
        0..1_000_i64,
        0..1_000_000_000_i64,
        0..=99_999_999_999_999_i64
    ];
    TestRunner::new(config)
        .run(
            &(amounts, 0..=100_u32, any_key()),
            |(amount, bund_percent, key)| {
                let shares = split(amount, CostShare { bund_percent }, &key)
                    .expect("a key that sums to 100");
                prop_assert_eq!(shares.iter().map(|it| it.cents).sum::<i64>(), amount);
                prop_assert_eq!(shares.iter().map(|it| it.units).sum::<u64>(), 1_000_000_000);
                for Share {
                    partner,
                    units,
                    cents,
                } in shares
                {
                    // |cents − exact| < 1, in units of 10⁻⁹ cents.
                    let off =
                        i128::from(cents) * 1_000_000_000 - i128::from(amount) * i128::from(units);
                    prop_assert!(off.abs() < 1_000_000_000, "{} is off by {}", partner, off);
                }
                Ok(())
            },
        )
        .expect("no split fails");
}

#[test]
fn cost_shares_are_two_percentages_that_sum_to_100() {
    for (text, bund) in [
        ("25/75", 25),
        ("35/65", 35),
        ("0/100", 0),
        ("100/0", 100),
        (" 60 / 40 ", 60),
    ] {
        assert_eq!(
            CostShare::parse(text).map(|it| it.bund_percent),
            Ok(bund),
            "{text}"
        );
    }
    for text in [
        "",
        "25",
        "25/",
        "/75",
        "25/76",
        "-25/125",
        "200/-100",
        "25,5/74,5",
        "4294967295/1",
        "a/b",
    ] {
        assert_eq!(
            CostShare::parse(text).map_err(|it| it.code),
            Err("bad_cost_share"),
            "{text}"
        );
    }
}

#[test]
fn key_units_have_at_most_five_decimals() {
    for (text, units) in [
        ("13.04061", 1_304_061),
        ("13,04061", 1_304_061),
        ("100", WHOLE),
        ("0.00001", 1),
        ("5.", 500_000),
    ] {
        assert_eq!(key_units(text), Some(units), "{text}");
    }
    for text in [
        "",
        ".5",
        "100.00001",
        "1.000001",
        "-1",
        "1e2",
        "1 0",
        "１",
        "99999",
    ] {
        assert_eq!(key_units(text), None, "{text}");
    }
}

#[test]
fn a_share_beyond_the_whole_overflows_nothing() {
    let key = key(2019);
    for bund_percent in [100, 101, u32::MAX] {
        let shares = split(i64::MAX, CostShare { bund_percent }, &key).expect("a split");
        assert_eq!(
            shares.iter().map(|it| i128::from(it.cents)).sum::<i128>(),
            i128::from(i64::MAX)
        );
    }
}
