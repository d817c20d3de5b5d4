//! `dependencies`: what waits for what, what belongs together, and what waits in a circle.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::versions::Fact;
use super::{World, numbers};

/// The kinds of links that are dependencies.
const KINDS: [&str; 3] = ["depends_on", "related", "succeeds"];

/// One row per link that holds, sorted by (from, kind, to).
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut links = world.links();
    links.retain(|link| KINDS.contains(&link.text("kind")));
    let entries = world.states("catalogue", "id");
    let title = |id: &str| {
        let entry = entries.iter().find(|entry| entry.text("id") == id);
        numbers::text(entry.and_then(|entry| entry.get("title")))
    };
    let row = |link: &&Fact| {
        json!({
            "from": link.text("from"),
            "to": link.text("to"),
            "kind": link.text("kind"),
            "from_title": title(link.text("from")),
            "to_title": title(link.text("to")),
            "set_on": numbers::date(Some(link.effective)),
            "until": numbers::date(link.date("until")),
        })
    };
    let rows = links.iter().map(row).collect();
    let milestones = world.states("milestones", "id");
    let measures = world.active_measures();
    let without = |has: &dyn Fn(&str) -> bool| -> Vec<&str> {
        let ids = measures.iter().map(|measure| measure.text("id"));
        ids.filter(|id| !has(id)).collect()
    };
    let summary = json!({
        "cycles": cycles(&links),
        "without_milestone": without(&|id| milestones.iter().any(|it| it.text("subject") == id)),
        "without_owner": without(&|id| world.is_led(id)),
    });
    (rows, summary)
}

/// The sets of entries that wait for each other: two are in one set where each is reached from
/// the other. Ids sorted, sets sorted.
fn cycles(links: &[&Fact]) -> BTreeSet<Vec<String>> {
    let waits: Vec<(&str, &str)> = links
        .iter()
        .filter(|link| link.text("kind") == "depends_on")
        .map(|link| (link.text("from"), link.text("to")))
        .collect();
    let mut cycles = BTreeSet::new();
    for (from, _) in &waits {
        let reached = reached(&waits, from);
        if reached.contains(from) {
            let back = |id: &&&str| self::reached(&waits, id).contains(from);
            cycles.insert(
                reached
                    .iter()
                    .filter(back)
                    .map(|id| (*id).to_owned())
                    .collect(),
            );
        }
    }
    cycles
}

/// What is reached from here in one step or more.
fn reached<'a>(waits: &[(&'a str, &'a str)], start: &str) -> BTreeSet<&'a str> {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for (_, to) in waits.iter().filter(|(from, _)| *from == at) {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    reached
}
