//! The dossier's invariants (3.5), on every day.

use std::collections::BTreeMap;

use leitstand_domain::{
    Day, Row, SignedAmount,
    pot::{Around, Fold, Origin, State},
    tables::{PotMode, PotResolved},
};

use crate::support::Stream;

/// The dossier's invariants (3.5) on every day, over the rows as the ledger holds them.
pub(crate) fn hold(stream: &Stream) {
    let mut acts: Vec<_> = stream
        .ledger
        .roots()
        .iter()
        .map(|it| (it, it.newest()))
        .collect();
    acts.retain(|it| !it.1.void);
    acts.sort_by_key(|(root, it)| (it.effective, it.row.table().order, root.position));
    let mut pot: Option<PotResolved> = None;
    let mut folds: BTreeMap<String, Fold> = BTreeMap::new();
    let mut after = acts
        .iter()
        .skip(1)
        .map(|it| it.1.effective)
        .chain([Day::from_number(i32::MAX)]);
    let closings = stream.ledger.closings().iter().map(|it| it.1);
    let closed = closings.min();
    for (_, version) in &acts {
        let around = Around {
            closed: closed.is_some_and(|it| it <= version.effective),
            direct: pot
                .as_ref()
                .is_some_and(|it| it.mode == Some(PotMode::Direct)),
            // No other stream is read here.
            alone: true,
        };
        for fold in folds.values_mut() {
            fold.around = around;
        }
        match &version.row {
            Row::PotResolved(it) => pot = Some(it.clone()),
            Row::RequestSubmitted(it) => folds.entry(it.id.to_string()).or_default().submitted(it),
            Row::RequestStepped(it) => {
                let fold = folds.entry(it.request.to_string()).or_default();
                let before = fold.state;
                fold.step(it);
                // 6: no way out of a terminal state.
                assert!(!before.is_some_and(terminal), "{it:?} after {before:?}");
            }
            Row::Booked(it) => {
                let fold = folds.entry(it.request.to_string()).or_default();
                assert!(!fold.state.is_some_and(terminal), "{it:?}");
                fold.booking(it);
            }
            Row::CarryOverSent(it) => {
                let fold = folds.entry(it.request.to_string()).or_default();
                if let Some(pot) = &pot {
                    let origin = Origin {
                        year: pot.fiscal_year.get(),
                        direct: pot.mode == Some(PotMode::Direct),
                    };
                    fold.carry(it.amount.cents().into(), &[], origin);
                }
            }
            Row::AuthorityResolved(_) => {}
            other => panic!("not on a pot: {other:?}"),
        }
        // The day is over where the next act is on another.
        if after.next() != Some(version.effective) {
            on_a_day(pot.as_ref(), folds.values());
        }
    }
}

fn terminal(state: State) -> bool {
    matches!(
        state,
        State::FormallyRejected | State::Rejected | State::Closed | State::Withdrawn
    )
}

fn on_a_day<'a>(pot: Option<&PotResolved>, folds: impl Iterator<Item = &'a Fold>) {
    let direct = pot.is_some_and(|it| it.mode == Some(PotMode::Direct));
    let mut drawn = 0;
    for it in folds {
        let (committed, freed, spent) = (it.committed(2024), it.freed(2024), it.spent());
        // 1: granted ≤ resolved ≤ requested.
        assert!(
            it.granted <= it.resolved.unwrap_or(0) && it.resolved.unwrap_or(0) <= it.requested,
            "{it:?}"
        );
        // 3: spent ≤ committed, with what was spent directly; spent ≤ allocated; called − spent ≥ 0. What was given
        // back after the year was closed, and so still shows as spent, may be spent again.
        let kept = spent - it.repaid;
        assert!(spent <= committed && kept <= it.allocated, "{it:?}");
        assert!(direct || kept <= it.called, "{it:?}");
        // 4: bound + unbound + spent = granted − freed; of an ended grant nothing is unbound.
        let (bound, unbound) = (committed - spent, it.granted - freed - committed);
        assert_eq!(bound + unbound + spent, it.granted - freed, "{it:?}");
        assert!(bound >= 0 && (it.ended.is_none() || unbound == 0), "{it:?}");
        // 10: withdrawn or rejected, it is nowhere in the sums.
        if matches!(
            it.state,
            Some(State::Withdrawn | State::Rejected | State::FormallyRejected)
        ) {
            assert_eq!(
                (it.granted, committed, it.allocated, spent),
                (0, 0, 0, 0),
                "{it:?}"
            );
        }
        // What was released of carried money is free in the pot it was carried to.
        let elsewhere: i128 = it.carried.iter().map(|it| it.released).sum();
        drawn += it.granted - freed + if it.ended.is_some() { elsewhere } else { 0 };
    }
    // 2: Σ (granted − freed) ≤ pot − reserve.
    let bears = pot.map_or(0, |it| {
        it.amount.cents() - it.reserve.map_or(0, SignedAmount::cents)
    });
    assert!(
        drawn <= i128::from(bears) || drawn == 0,
        "{drawn} of {bears}"
    );
}
