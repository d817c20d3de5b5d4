//! Which options narrow which answer down. One that would change nothing is refused: whoever asks for a
//! pillar must not be given everything.

use crate::answer::Filter;

/// Every option that narrows some answer down.
pub(crate) const ALL: &[&str] = &[
    "pillar",
    "measure",
    "pot",
    "partner",
    "amount",
    "cost_share",
    "key_year",
    "paper",
    "yes",
    "before_as_of",
    "before_known_on",
    "before_position",
    "id",
    "table",
];

/// Options about a measure and its pillar.
const SUBJECT: &[&str] = &["pillar", "measure"];
/// The same, and about the pot of a request.
const MONEY: &[&str] = &["pillar", "measure", "pot"];

/// The options that narrow an answer down.
pub(crate) fn of(answer: &str) -> &'static [&'static str] {
    match answer {
        "catalogue" | "status" | "reporting" | "milestones" | "risks" | "impediments" | "plans"
        | "goals" | "bodies" | "dependencies" | "outlook" => SUBJECT,
        "requests" | "funds" | "decisions" | "obligations" => MONEY,
        "shares" => &["pot", "partner", "amount", "cost_share", "key_year"],
        "votes" => &["paper", "yes", "key_year"],
        "year-end" => &["pot"],
        "changes" => &[
            "pillar",
            "measure",
            "pot",
            "before_as_of",
            "before_known_on",
            "before_position",
        ],
        "trail" => &["id", "measure", "table"],
        _ => &[],
    }
}

/// The first option stated that means nothing to an answer, with those that do.
pub(crate) fn idle(
    answer: &str,
    filter: &Filter,
) -> Option<(&'static str, &'static [&'static str])> {
    // In the order of `ALL`.
    let stated = [
        filter.pillar.is_some(),
        filter.measure.is_some(),
        filter.pot.is_some(),
        filter.partner.is_some(),
        filter.amount.is_some(),
        filter.cost_share.is_some(),
        filter.key_year.is_some(),
        filter.paper.is_some(),
        filter.yes.is_some(),
        filter.before.as_of.is_some(),
        filter.before.known_on.is_some(),
        filter.before.position.is_some(),
        filter.id.is_some(),
        filter.table.is_some(),
    ];
    let known = of(answer);
    let (name, _) = ALL
        .iter()
        .zip(stated)
        .find(|(name, is_stated)| *is_stated && !known.contains(name))?;
    Some((name, known))
}
