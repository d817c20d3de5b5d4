//! Splits to the cent, against the dossier's keys and the shared vectors.

use std::collections::BTreeMap;

use leitstand_domain::{
    Amount, Percent,
    cell::{Cell as _, Code as _},
    partner::{Group, Partner},
    shares::{CostShare, EXACT, Share, split},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
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

pub(crate) fn key(year: u64) -> BTreeMap<Partner, u32> {
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
    rows.map(|it| (Partner::of(it[0]).expect("a Land"), units(it[column])))
        .collect()
}

fn units(percent: &str) -> u32 {
    Percent::parse(percent).expect("percent").units()
}

/// The Bund's whole percents, and the rest by key.
fn bund(percent: u32) -> CostShare {
    CostShare::parse(&format!("{percent}/{}", 100 - percent)).expect("a cost share")
}

fn scheme(parts: &[(&str, &str)]) -> CostShare {
    let parts = parts.iter().map(|(group, percent)| {
        let group = Group::parse(group).expect("a group");
        (group, Percent::parse(percent).expect("percent"))
    });
    CostShare::of(parts).expect("a scheme")
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
            &share,
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
    let refusal = split(110_000_000, &bund(25), &faulty).expect_err("refused");
    assert_eq!((refusal.code, refusal.field), ("key_sum", Some("percent")));
    assert!(
        refusal.en.contains("99.97961") && refusal.de.contains("99.97961"),
        "{refusal}"
    );
    split(110_000_000, &bund(25), &key(2014)).expect("the right one sums to 100");
}

#[test]
fn a_key_is_of_the_laender_alone() {
    // With the Bund in it the sum would seem right, and a part of the money would be nobody's.
    let mut key = key(2019);
    let nw = key.remove(&Partner::Nw).expect("NW");
    key.insert(Partner::Bund, nw);
    assert_eq!(
        split(100, &bund(25), &key).map_err(|it| it.code),
        Err("key_sum")
    );
}

#[test]
fn ties_go_to_the_larger_share_then_by_code() {
    // One cent, half and half: the Bund has the larger remainder.
    let given = |cents: i64, bund_percent: u32, key: &[(Partner, u32)]| -> Vec<(Partner, i64)> {
        let key = key.iter().copied().collect();
        let shares = split(cents, &bund(bund_percent), &key).expect("a split");
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

/// Parts of a whole, from cuts of it.
fn cut(mut cuts: Vec<u32>) -> Vec<u32> {
    cuts.extend([0, Percent::WHOLE]);
    cuts.sort_unstable();
    cuts.windows(2).map(|it| it[1] - it[0]).collect()
}

fn any_key() -> impl Strategy<Value = BTreeMap<Partner, u32>> {
    proptest::collection::vec(0..=Percent::WHOLE, 15).prop_map(|cuts| {
        let laender = Partner::laender().iter().copied();
        laender.zip(cut(cuts)).collect()
    })
}

/// Any scheme of the Bund, all Länder and three Länder alone.
fn any_scheme() -> impl Strategy<Value = CostShare> {
    let groups = ["BUND", "LAENDER", "HE", "HH", "TH"];
    proptest::collection::vec(0..=Percent::WHOLE, groups.len() - 1).prop_map(move |cuts| {
        let texts: Vec<String> = cut(cuts)
            .iter()
            .map(|it| Percent::text(u64::from(*it)))
            .collect();
        let parts: Vec<(&str, &str)> = groups
            .into_iter()
            .zip(texts.iter().map(String::as_str))
            .collect();
        scheme(&parts)
    })
}

/// What holds of every split.
fn holds(amount: i64, shares: &[Share]) -> Result<(), String> {
    let sum: i64 = shares.iter().map(|it| it.cents).sum();
    let units: u64 = shares.iter().map(|it| it.units).sum();
    if (sum, units) != (amount, EXACT) {
        return Err(format!("{sum} of {amount}, {units} units"));
    }
    // |cents − exact| < 1, in units of 10⁻¹⁴ cents.
    let whole = i128::from(EXACT);
    let off = |it: &Share| i128::from(it.cents) * whole - i128::from(amount) * i128::from(it.units);
    match shares.iter().find(|it| off(it).abs() >= whole) {
        Some(it) => Err(format!("{} is off by {}", it.partner, off(it))),
        None => Ok(()),
    }
}

#[test]
fn any_scheme_by_any_key_sums_up_and_nobody_is_off_by_a_cent() {
    let config = Config {
        cases: 20_000,
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
            &(amounts, any_scheme(), any_key()),
            |(amount, share, key)| {
                let shares = split(amount, &share, &key).expect("a key that sums to 100");
                holds(amount, &shares).map_err(TestCaseError::fail)
            },
        )
        .expect("no split fails");
}

/// A million amounts, the same every time, by the schemes there are.
#[test]
fn a_million_amounts_sum_up_and_nobody_is_off_by_a_cent() {
    let schemes = [
        bund(25),
        bund(35),
        bund(60),
        scheme(&[
            ("BUND", "25"),
            ("LAENDER", "25"),
            ("HH", "30"),
            ("SH", "20"),
        ]),
        scheme(&[("BUND", "22.5"), ("LAENDER", "67.5"), ("HE", "10")]),
        scheme(&[("HB", "12.34567"), ("HH", "87.65433")]),
    ];
    let keys = [key(2014), key(2016), key(2019)];
    let mut state = 20_240_619_u64;
    for number in 0..1_000_000 {
        // Knuth's linear congruential generator: quick, and any amount up to ten thousand million euros.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let amount = i64::try_from((state >> 11) % 1_000_000_000_000).expect("it fits");
        let (scheme, key) = (&schemes[number % 6], &keys[number % 3]);
        let shares = split(amount, scheme, key).expect("a split");
        if let Err(wrong) = holds(amount, &shares) {
            panic!("{amount} by {scheme:?}: {wrong}");
        }
    }
}

/// By hand: 1,000.00 by 25 Bund, 25 Länder, 50 of the users Hamburg and Schleswig-Holstein (30 and 20).
/// Hamburg: 30 % + 2.60343 % of 25 % = 30.6508575 % → 306.51; Schleswig-Holstein: 20 % + 3.40578 % of 25 % =
/// 20.851445 % → 208.51; Berlin: 5.18995 % of 25 % = 1.2974875 % → 12.974875. Rounded down, seven cents are left:
/// for NW (.98), HH (.8575), NI (.8325), RP (.62), SL (.5675), SN (.52), and Berlin (.4875).
#[test]
fn users_bear_their_own_part_and_one_as_laender() {
    let efa = scheme(&[
        ("BUND", "25"),
        ("LAENDER", "25"),
        ("HH", "30"),
        ("SH", "20"),
    ]);
    let shares = split(100_000, &efa, &key(2019)).expect("a split");
    let of = |partner| {
        shares
            .iter()
            .find(|it| it.partner == partner)
            .map(|it| it.cents)
    };
    assert_eq!(of(Partner::Bund), Some(25_000));
    assert_eq!(of(Partner::Hh), Some(30_651));
    assert_eq!(of(Partner::Sh), Some(20_851));
    assert_eq!(of(Partner::Be), Some(1_298));
    // The host Land bears a tenth in advance, the rest is 25/75: 22.5 and 67.5 of the whole.
    let host = scheme(&[("BUND", "22.5"), ("LAENDER", "67.5"), ("HE", "10")]);
    let shares = split(100_000_000, &host, &key(2019)).expect("a split");
    let of = |partner| {
        shares
            .iter()
            .find(|it| it.partner == partner)
            .map(|it| it.cents)
    };
    // 10 % + 7.43709 % of 67.5 % = 15.02003575 % of 1,000,000.00.
    assert_eq!(of(Partner::He), Some(15_020_036));
    assert_eq!(of(Partner::Bund), Some(22_500_000));
    // Some partners alone need no key.
    let two = scheme(&[("HB", "50"), ("HH", "50")]);
    let shares = split(101, &two, &BTreeMap::new()).expect("a split");
    let borne: Vec<_> = shares
        .iter()
        .filter(|it| it.cents > 0)
        .map(|it| (it.partner, it.cents))
        .collect();
    assert_eq!(borne, [(Partner::Hb, 51), (Partner::Hh, 50)]);
}

#[test]
fn a_scheme_sums_to_exactly_a_hundred() {
    let of = |parts: &[(&str, &str)]| {
        let parts = parts.iter().map(|(group, percent)| {
            (
                Group::parse(group).expect("a group"),
                Percent::parse(percent).expect("percent"),
            )
        });
        CostShare::of(parts).map_err(|it| (it.code, it.en))
    };
    for (parts, sum) in [
        (&[("BUND", "25"), ("LAENDER", "74.99999")][..], "99.99999"),
        (
            &[("BUND", "25"), ("LAENDER", "75"), ("HE", "0.00001")],
            "100.00001",
        ),
        (&[], "0.00000"),
    ] {
        let (code, en) = of(parts).expect_err("refused");
        assert_eq!(code, "scheme_sum");
        assert!(en.contains(sum), "{en}");
    }
    assert!(of(&[("BUND", "25"), ("LAENDER", "75")]).is_ok());
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
        assert_eq!(CostShare::parse(text), Ok(self::bund(bund)), "{text}");
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
fn percents_have_at_most_five_decimals() {
    for (text, units, normal) in [
        ("13.04061", 1_304_061, "13.04061"),
        ("13,04061", 1_304_061, "13.04061"),
        ("100", Percent::WHOLE, "100.00000"),
        ("0.00001", 1, "0.00001"),
        ("5.", 500_000, "5.00000"),
    ] {
        let percent = Percent::parse(text).expect(text);
        assert_eq!(
            (percent.units(), percent.to_string().as_str()),
            (units, normal)
        );
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
        assert_eq!(
            Percent::parse(text).map_err(|it| it.code),
            Err("bad_percent"),
            "{text}"
        );
    }
}

#[test]
fn the_largest_amount_overflows_nothing() {
    for percent in [0, 25, 100] {
        let shares = split(i64::MAX, &bund(percent), &key(2019)).expect("a split");
        let sum: i128 = shares.iter().map(|it| i128::from(it.cents)).sum();
        assert_eq!(sum, i128::from(i64::MAX));
    }
}
