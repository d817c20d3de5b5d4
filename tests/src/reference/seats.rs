//! `seats`: who sits where at V, and how many seats are filled.

use serde_json::{Value, json};

use super::numbers::rate;
use super::versions::Fact;
use super::{World, numbers};

/// One row per seat, sorted by id; one whose `until` has passed is gone.
pub(crate) fn answer(world: &World) -> (Value, Value) {
    let mut seats = world.states("seats", "id");
    seats.retain(|seat| seat.date("until").is_none_or(|until| until >= world.as_of));
    let count = |state: &str| {
        let those = seats.iter().filter(|seat| self::state(seat) == state);
        i64::try_from(those.count()).unwrap_or(i64::MAX)
    };
    let all = i64::try_from(seats.len()).unwrap_or(i64::MAX);
    let summary = json!({
        "seats": all,
        "filled": count("named"),
        "placeholder": count("placeholder"),
        "vacant": count("vacant"),
        "filled_percent": rate(count("named"), all),
    });
    (seats.iter().map(|seat| row(seat)).collect(), summary)
}

/// The contract gives no default; a seat fed without a state is taken as filled.
fn state(seat: &Fact) -> &str {
    seat.get("state").unwrap_or("named")
}

fn row(seat: &Fact) -> Value {
    json!({
        "id": seat.text("id"),
        "body": seat.text("body"),
        "role": seat.text("role"),
        "level": numbers::text(seat.get("level")),
        "state": state(seat),
        "from": numbers::date(seat.date("from")),
        "until": numbers::date(seat.date("until")),
    })
}
