//! The closing of a pot's fiscal year: open, provisional, final (dossier 3.4).

use crate::{
    Day, Ledger, Refusal, Row,
    cell::{Cell as _, codes},
    event::YearClosed,
    tables::PotResolved,
};

codes! {
    /// How far a pot's fiscal year is closed.
    pub enum Closing {
        /// Not at all.
        Open = "open",
        /// Vorläufig abgegrenzt.
        Provisional = "provisional",
        /// Festgestellt.
        Final = "final",
    }
}

/// Closes a pot's fiscal year one step further, or as far as `wanted`; `None`: it is so already.
///
/// # Errors
/// `closes_in_future`, `pot_not_resolved`, `year_not_over`, `close_provisionally_first`, `closed_later`.
pub fn close(
    ledger: &Ledger,
    wanted: Option<Closing>,
    on: Day,
    today: Day,
) -> Result<Option<YearClosed>, Refusal> {
    // A closing cannot be undone, so none is recorded that is not so yet.
    if on > today {
        return Err(Refusal::new(
            "closes_in_future",
            None,
            format!("Abgeschlossen wird spätestens zum heutigen Tag ({today}), nicht zum {on}"),
            format!("A year is closed as of today ({today}) at the latest, not as of {on}"),
        ));
    }
    let pot = pot_on(ledger, on).ok_or_else(|| {
        Refusal::new(
            "pot_not_resolved",
            "pot",
            format!("Diesen Topf gibt es am {on} nicht; bitte die Kennung prüfen"),
            format!("There is no such pot on {on}; check the id"),
        )
    })?;
    let closed = ledger.closings().iter().max_by_key(|it| it.0).copied();
    let now = closed.map_or(Closing::Open, |it| it.0);
    let closing = wanted.unwrap_or(match now {
        Closing::Open => Closing::Provisional,
        Closing::Provisional | Closing::Final => Closing::Final,
    });
    if closing <= now {
        return Ok(None);
    }
    if now == Closing::Open && closing == Closing::Final {
        return Err(Refusal::new(
            "close_provisionally_first",
            None,
            "Festgestellt wird ein Haushaltsjahr, das vorläufig abgegrenzt ist",
            "A fiscal year is closed provisionally before it is closed finally",
        ));
    }
    let year = pot.fiscal_year;
    let over = Day::parse(&format!("{year}-12-31")).is_ok_and(|last| last <= on);
    if !over {
        return Err(Refusal::new(
            "year_not_over",
            None,
            format!("Das Haushaltsjahr {year} ist am {on} nicht zu Ende"),
            format!("The fiscal year {year} is not over on {on}"),
        ));
    }
    if let Some((_, since)) = closed.filter(|it| on < it.1) {
        return Err(Refusal::new(
            "closed_later",
            None,
            format!("Vorläufig abgegrenzt ist erst seit {since}, nicht schon am {on}"),
            format!("It is closed provisionally since {since}, not yet on {on}"),
        ));
    }
    Ok(Some(YearClosed {
        pot: pot.id.clone(),
        fiscal_year: year,
        closing,
    }))
}

/// The pot as it stands on a day.
fn pot_on(ledger: &Ledger, on: Day) -> Option<&PotResolved> {
    let states = ledger.roots().iter().map(crate::stream::Root::newest);
    let pots = states.filter(|it| !it.void && it.effective <= on);
    pots.filter_map(|it| match &it.row {
        Row::PotResolved(pot) => Some((it.effective, pot)),
        _ => None,
    })
    .max_by_key(|it| it.0)
    .map(|it| it.1)
}
