//! Links between catalogue entries, as they hold at V.

use super::World;
use super::versions::Fact;

impl World {
    /// The links that hold at V, sorted by (from, kind, to): of each the state that holds, and of
    /// those the ones whose `until` is empty or not before V.
    pub(super) fn links(&self) -> Vec<&Fact> {
        let mut links = self.states_of("links", &["from", "kind", "to"]);
        links.retain(|link| link.date("until").is_none_or(|until| until >= self.as_of));
        links
    }

    /// Where the links of a kind lead from here.
    pub(super) fn linked_to(&self, from: &str, kind: &str) -> Vec<&str> {
        let links = self.links().into_iter();
        let own = links.filter(|link| link.text("from") == from && link.text("kind") == kind);
        own.map(|link| link.text("to")).collect()
    }

    /// From where links of a kind lead here.
    pub(super) fn linked_from(&self, kind: &str, to: &str) -> Vec<&str> {
        let links = self.links().into_iter();
        let own = links.filter(|link| link.text("to") == to && link.text("kind") == kind);
        own.map(|link| link.text("from")).collect()
    }

    /// Whether somebody leads an entry at V: dossier 2, "exactly one lead, or joint lead".
    pub(super) fn is_led(&self, entry: &str) -> bool {
        ["led_by", "co_led_by"]
            .iter()
            .any(|kind| !self.linked_to(entry, kind).is_empty())
    }

    /// Measures in scope that are active at V, sub-measures too.
    pub(super) fn active_measures(&self) -> Vec<&Fact> {
        let mut measures = self.measures();
        measures.retain(|measure| super::catalogue::state(measure) == "active");
        measures
    }
}
