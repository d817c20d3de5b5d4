//! A request's money pot by pot: what is left in the pot it was granted from, and what went on to others.
//!
//! Carrying over moves money between pots; the sums over all portions, with what is on its way, never change.

use leitstand_domain::pot::Carried;

use super::money::Request;
use crate::Name;

/// One request's money in one pot, in cents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Portion {
    pub pot: Name,
    /// Whether it was granted from this pot.
    pub is_home: bool,
    pub requested: i128,
    pub granted: i128,
    pub freed: i128,
    pub blocked: i128,
    pub allocated: i128,
    pub called: i128,
    pub committed: i128,
    pub spent: i128,
    pub repaid: i128,
    pub paid_out: i128,
    /// Went on to other pots.
    pub carried: i128,
    /// Came from another pot.
    pub received: i128,
    /// Went on and has not come yet.
    pub in_transit: i128,
}

impl Portion {
    /// Nothing yet.
    fn of(pot: Name) -> Self {
        Self {
            pot,
            is_home: false,
            requested: 0,
            granted: 0,
            freed: 0,
            blocked: 0,
            allocated: 0,
            called: 0,
            committed: 0,
            spent: 0,
            repaid: 0,
            paid_out: 0,
            carried: 0,
            received: 0,
            in_transit: 0,
        }
    }

    /// `committed − max(paid_out, spent)`.
    pub(super) fn bound_to_carry(&self) -> i128 {
        self.committed - self.paid_out.max(self.spent)
    }

    /// `granted − freed − committed`.
    pub(super) fn unbound(&self) -> i128 {
        self.granted - self.freed - self.committed
    }
}

impl Request<'_> {
    /// Its money pot by pot, the pot it was granted from first; one per pot.
    pub(super) fn portions(&self) -> Vec<Portion> {
        let row = self.fact.row();
        let parts = || self.carries.iter().zip(&self.fold.carried);
        let carried = |figure: fn(&Carried) -> i128| -> i128 {
            self.fold.carried.iter().map(figure).sum::<i128>()
        };
        // What went on from one pot to another and on again is counted once.
        let away = carried(Carried::granted);
        let bound_away = carried(Carried::committed);
        let spent_away = carried(Carried::spent);
        let expenses_away = carried(|it| it.expenses);
        let called_away = carried(|it| it.called);
        let direct = self.pays_directly();
        let mut portions = vec![Portion {
            is_home: true,
            requested: self.fold.requested,
            granted: self.fold.granted - away,
            blocked: self.fold.blocked,
            allocated: self.fold.allocated - carried(|it| it.allocated),
            called: self.fold.called - called_away,
            committed: self.committed() - bound_away,
            spent: self.fold.spent() - spent_away,
            repaid: self.fold.repaid - carried(|it| it.repaid),
            paid_out: self.paid_out() - if direct { expenses_away } else { called_away },
            ..Portion::of(row.pot)
        }];
        for (carry, part) in parts() {
            let (from, to) = (carry.fact.row().pot, carry.fact.row().to_pot);
            let late = part.amount - carry.received;
            if let Some(source) = portions.iter_mut().find(|it| it.pot == from) {
                source.carried += part.amount;
                source.in_transit += late;
            }
            let at = portions.iter().position(|it| it.pot == to);
            let at = at.unwrap_or_else(|| {
                portions.push(Portion::of(to));
                portions.len() - 1
            });
            let target = &mut portions[at];
            target.granted += part.granted() - late;
            target.committed += part.granted() - late;
            target.received += carry.received;
            // What is done with money on its way is shown where it comes from.
            let place = if carry.received == 0 { from } else { to };
            if let Some(it) = portions.iter_mut().find(|it| it.pot == place) {
                it.committed -= part.released;
                it.allocated += part.allocated;
                it.called += part.called;
                it.spent += part.spent();
                it.repaid += part.repaid;
                it.paid_out += if direct { part.expenses } else { part.called };
            }
        }
        if self.fold.ended.is_some() {
            // Freed is granted − committed, wherever it is.
            for it in &mut portions {
                it.freed = it.granted - it.committed;
            }
        }
        portions
    }
}
