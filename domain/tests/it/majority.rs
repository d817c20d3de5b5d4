//! The majority rule, against the shared vectors and at its edges.

use std::collections::BTreeMap;

use leitstand_domain::{
    Code as _,
    majority::{Heads, Lacking, Tally},
    partner::Partner,
    tables::Vote,
};
use serde_json::Value;

use crate::shares::key;

fn tally(bund: Vote, laender: impl IntoIterator<Item = Partner>) -> Tally {
    let yes = laender.into_iter().map(|it| (it, Vote::Yes));
    let votes: BTreeMap<Partner, Vote> = yes.chain([(Partner::Bund, bund)]).collect();
    Tally::of(&votes, &key(2019)).expect("a whole key")
}

fn all_but(out: &[Partner]) -> impl Iterator<Item = Partner> {
    let laender = Partner::laender().iter().copied();
    laender.filter(move |it| !out.contains(it))
}

#[test]
fn the_shared_vectors_come_out_digit_for_digit() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/votes.json")).expect("JSON");
    let vectors = vectors.as_array().expect("an array");
    assert!(!vectors.is_empty());
    for vector in vectors {
        let input = &vector["input"];
        assert_eq!(input["key_year"], 2019);
        let laender = input["laender_yes"].as_array().expect("Länder");
        let laender = laender.iter().map(|it| {
            let code = it.as_str().expect("a code");
            Partner::of(code).expect("a Land")
        });
        let bund = Vote::of(input["bund"].as_str().expect("a vote")).expect("a vote");
        let tally = tally(bund, laender);
        let expected = &vector["expected"];
        assert_eq!(
            expected["laender_yes"], tally.heads.laender_yes,
            "{}",
            vector["id"]
        );
        let share = leitstand_domain::Percent::text(tally.key_share_yes.into());
        assert_eq!(expected["key_share_yes"], share, "{}", vector["id"]);
        assert_eq!(expected["adopted"], tally.adopted(), "{}", vector["id"]);
        let missing: Vec<&str> = tally.missing.iter().map(|it| it.word()).collect();
        assert_eq!(
            expected["missing"],
            serde_json::json!(missing),
            "{}",
            vector["id"]
        );
    }
}

#[test]
fn eleven_laender_and_two_thirds_are_both_needed() {
    use Partner::{Bb, Be, Bw, By, Hb, He, Hh, Mv, Ni, Nw, Rp, Sh, Sl, Sn, St, Th};
    // The ten largest hold 2/3 many times over (89.92 %), and are one too few.
    let ten = tally(Vote::Yes, [Nw, By, Bw, Ni, He, Be, Sn, Rp, Sh, Bb]);
    assert_eq!(ten.heads.laender_yes, 10);
    assert!(ten.key_share_yes > 6_666_667);
    assert_eq!(ten.missing, [Lacking::Laender]);
    let eleven = tally(Vote::Yes, [Nw, By, Bw, Ni, He, Be, Sn, Rp, Sh, Bb, St]);
    assert!(eleven.adopted() && !eleven.heads.unanimous);
    // The twelve smallest are enough and hold too little.
    let small = tally(Vote::Yes, [Hb, Sl, Mv, Hh, Th, St, Bb, Sh, Rp, Sn, Be, He]);
    assert_eq!(
        (small.heads.laender_yes, small.missing.as_slice()),
        (12, &[Lacking::KeyShare][..])
    );
    // Nobody at all lacks everything.
    let none = tally(Vote::No, []);
    assert_eq!(
        none.missing,
        [Lacking::Bund, Lacking::Laender, Lacking::KeyShare]
    );
}

#[test]
fn two_thirds_are_exact() {
    // Eleven Länder that hold exactly 66.66666, 66.66667 of the key: two thirds are 66.666666…
    let laender = Partner::laender();
    for (held, is_enough) in [(6_666_666, false), (6_666_667, true)] {
        let mut key: BTreeMap<Partner, u32> = laender.iter().map(|it| (*it, 0)).collect();
        key.insert(laender[0], held);
        key.insert(laender[15], 10_000_000 - held);
        let votes = laender[..11].iter().map(|it| (*it, Vote::Yes));
        let votes = votes.chain([(Partner::Bund, Vote::Yes)]).collect();
        let tally = Tally::of(&votes, &key).expect("a whole key");
        assert_eq!(tally.adopted(), is_enough, "{held}");
    }
}

#[test]
fn an_abstention_is_no_yes_and_does_not_lower_what_is_needed() {
    let mut votes: BTreeMap<Partner, Vote> = all_but(&[]).map(|it| (it, Vote::Abstain)).collect();
    votes.insert(Partner::Bund, Vote::Yes);
    for land in &Partner::laender()[..10] {
        votes.insert(*land, Vote::Yes);
    }
    let ten = Tally::of(&votes, &key(2019)).expect("a whole key");
    assert!(ten.missing.contains(&Lacking::Laender));
    // Silence is the same: the Bund that says nothing abstains.
    votes.remove(&Partner::Bund);
    let silent = Tally::of(&votes, &key(2019)).expect("a whole key");
    assert_eq!(silent.heads.bund, Vote::Abstain);
    assert!(silent.missing.contains(&Lacking::Bund));
}

#[test]
fn unanimous_are_all_seventeen() {
    assert!(tally(Vote::Yes, all_but(&[])).heads.unanimous);
    assert!(!tally(Vote::Abstain, all_but(&[])).heads.unanimous);
    let one_silent = tally(Vote::Yes, all_but(&[Partner::Hb]));
    assert!(one_silent.adopted() && !one_silent.heads.unanimous);
}

/// "Recommendations need a simple majority of those present" (dossier, section 4): half is not enough, an abstention
/// is present, and silence is not.
#[test]
fn a_simple_majority_is_more_than_half_of_those_present() {
    let heads = |said: &[(usize, Vote)]| {
        let mut partners = Partner::ALL.iter().copied();
        let votes = said.iter().flat_map(|(count, vote)| {
            let some: Vec<Partner> = partners.by_ref().take(*count).collect();
            some.into_iter().map(|it| (it, *vote))
        });
        Heads::of(&votes.collect()).simple_majority
    };
    let (yes, no, abstain) = (Vote::Yes, Vote::No, Vote::Abstain);
    assert!(heads(&[(9, yes), (8, no)]));
    assert!(!heads(&[(8, yes), (9, no)]));
    assert!(heads(&[(3, yes), (2, no)]));
    assert!(!heads(&[(2, yes), (2, no)]));
    assert!(!heads(&[(3, yes), (2, no), (1, abstain)]));
    assert!(!heads(&[]));
}

#[test]
fn a_key_that_is_not_whole_is_refused() {
    let mut faulty = key(2014);
    faulty.insert(Partner::Bb, 306_053);
    let refusal = Tally::of(&BTreeMap::new(), &faulty).expect_err("refused");
    assert_eq!(refusal.code, "key_sum");
}
