//! Which pillar an entry belongs to, over whatever stands above it.

use jiff::civil::date;
use serde_json::{Value, json};

use crate::desk::Desk;

fn entry(desk: &mut Desk, id: &str, parent: &str) {
    let cells = [
        ("id", id),
        ("kind", "measure"),
        ("title", "Teil"),
        ("parent", parent),
        ("set_on", "2025-01-10"),
    ];
    desk.row("catalogue", &cells);
}

fn pillar(answer: &Value, id: &str) -> Value {
    let rows = answer["rows"].as_array().expect("rows");
    let row = rows.iter().find(|it| it["id"] == id).expect("the entry");
    row["pillar"].clone()
}

#[test]
fn an_entry_is_of_the_pillar_above_it_however_far() {
    let mut desk = Desk::new(date(2025, 3, 1));
    entry(&mut desk, "T-0", "KI-M-01");
    for level in 1..40 {
        entry(
            &mut desk,
            &format!("T-{level}"),
            &format!("T-{}", level - 1),
        );
    }
    let answer = desk.at("catalogue", date(2025, 2, 1));
    assert_eq!(pillar(&answer, "T-39"), json!("KI"));
    assert_eq!(pillar(&answer, "T-0"), json!("KI"));
}

/// Neither has a pillar; both are listed by `dependencies`.
#[test]
fn entries_without_a_pillar_above_them_stand_for_themselves() {
    let mut desk = Desk::new(date(2025, 3, 1));
    for (id, parent) in [
        ("T-1", "T-3"),
        ("T-2", "T-1"),
        ("T-3", "T-2"),
        ("T-4", "T-1"),
    ] {
        entry(&mut desk, id, parent);
    }
    entry(&mut desk, "T-5", "T-99");
    let answer = desk.at("catalogue", date(2025, 2, 1));
    for id in ["T-1", "T-2", "T-3", "T-4", "T-5"] {
        assert_eq!(pillar(&answer, id), json!(id));
    }
    let told = &desk.at("dependencies", date(2025, 2, 1))["summary"];
    assert_eq!(told["parent_cycles"], json!([["T-1", "T-2", "T-3"]]));
    assert_eq!(
        told["open_references"],
        json!([{ "table": "catalogue", "id": "T-5", "column": "parent", "names": "T-99" }])
    );
}
