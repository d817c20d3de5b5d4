//! `bodies`: what bodies there are, what they lead and who followed them.

use serde_json::{Value, json};

use super::World;
use super::catalogue::state;
use super::numbers::text;
use super::versions::Fact;

/// One row per body, sorted by id; who has no lead, and who has several.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let entries = world.states("catalogue", "id");
    let bodies: Vec<&Fact> = entries
        .iter()
        .copied()
        .filter(|entry| entry.text("kind") == "body")
        .collect();
    let rows = bodies.iter().map(|body| row(world, body)).collect();
    let mut led: Vec<&Fact> = world.active_measures();
    led.extend(entries.iter().filter(|it| it.text("kind") == "topic_area"));
    let mut without_lead: Vec<&str> = led
        .iter()
        .map(|entry| entry.text("id"))
        .filter(|id| !world.is_led(id))
        .collect();
    without_lead.sort_unstable();
    let links = world.links();
    let mut several: Vec<&str> = links
        .iter()
        .map(|link| link.text("from"))
        .filter(|id| world.linked_to(id, "led_by").len() > 1)
        .collect();
    several.dedup();
    let summary = json!({
        "count": bodies.len(),
        "without_lead": without_lead,
        "several_leads": several,
    });
    (rows, summary)
}

fn row(world: &World, body: &Fact) -> Value {
    let id = body.text("id");
    json!({
        "id": id,
        "kind": "body",
        "title": body.text("title"),
        "parent": text(body.get("parent")),
        "state": state(body),
        "leads": world.linked_from("led_by", id),
        "co_leads": world.linked_from("co_led_by", id),
        "succeeded_by": world.linked_from("succeeds", id),
    })
}
