//! Which options narrow which answer down. One that would change nothing is refused: whoever asks for a
//! pillar must not be given everything.

use crate::answer::{Before, Filter};

/// Options about a measure and its pillar.
const SUBJECT: &[&str] = &["pillar", "measure"];
/// The same, and about the pot of a request.
const MONEY: &[&str] = &["pillar", "measure", "pot"];

fn of(answer: &str) -> &'static [&'static str] {
    match answer {
        "catalogue" | "status" | "reporting" | "milestones" | "risks" | "impediments" | "plans"
        | "goals" | "bodies" | "dependencies" | "outlook" => SUBJECT,
        "requests" | "funds" | "decisions" | "obligations" => MONEY,
        "shares" => &["pot", "partner", "amount", "cost_share", "key_year"],
        "votes" => &["paper", "yes", "key_year"],
        "year-end" => &["pot"],
        "changes" => &["pillar", "measure", "pot", "before_…"],
        "trail" => &["id", "measure"],
        _ => &[],
    }
}

/// The first option stated that means nothing to an answer, with those that do.
pub(crate) fn idle(answer: &str, filter: &Filter) -> Option<(&'static str, String)> {
    let stated = [
        ("pillar", filter.pillar.is_some()),
        ("measure", filter.measure.is_some()),
        ("pot", filter.pot.is_some()),
        ("partner", filter.partner.is_some()),
        ("amount", filter.amount.is_some()),
        ("cost_share", filter.cost_share.is_some()),
        ("key_year", filter.key_year.is_some()),
        ("paper", filter.paper.is_some()),
        ("yes", filter.yes.is_some()),
        ("before_…", filter.before != Before::default()),
        ("id", filter.id.is_some()),
    ];
    let known = of(answer);
    let (name, _) = stated
        .into_iter()
        .find(|(name, is_stated)| *is_stated && !known.contains(name))?;
    let known = if known.is_empty() {
        "keine".to_owned()
    } else {
        known.join(", ")
    };
    Some((name, known))
}
