//! Comparison of an expected answer with an actual one.

use serde_json::{Map, Value};

/// The differences of `actual` from `expected`, each with a readable path; none if all is well.
///
/// Only what `expected` gives is compared: further fields of an object are free. Arrays must
/// have the same length. `{"undefined": …}` equals any undefined, whatever its reason.
#[must_use]
pub fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("$", expected, actual, &mut found);
    found
}

/// The rows of an answer whose `kind` is one of these, in their order (for `exceptions`).
#[must_use]
pub fn only_kinds(answer: &Value, kinds: &[&str]) -> Vec<Value> {
    let rows = answer["rows"].as_array().cloned().unwrap_or_default();
    rows.into_iter()
        .filter(|row| {
            row["kind"]
                .as_str()
                .is_some_and(|kind| kinds.contains(&kind))
        })
        .collect()
}

fn compare(path: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(wanted), _) if is_undefined(wanted) => match actual {
            Value::Object(have) if is_undefined(have) => {}
            _ => found.push(format!("{path}: expected undefined, got {}", short(actual))),
        },
        (Value::Object(wanted), Value::Object(have)) => {
            for (field, value) in wanted {
                let path = format!("{path}.{field}");
                match have.get(field) {
                    Some(actual) => compare(&path, value, actual, found),
                    None => found.push(format!("{path}: expected {}, missing", short(value))),
                }
            }
        }
        (Value::Array(wanted), Value::Array(have)) => {
            if wanted.len() != have.len() {
                found.push(format!(
                    "{path}: expected {} entries, got {}",
                    wanted.len(),
                    have.len()
                ));
                unmatched(path, wanted, have, found);
                return;
            }
            for (place, (value, actual)) in wanted.iter().zip(have).enumerate() {
                compare(
                    &format!("{path}[{}]", label(place, value)),
                    value,
                    actual,
                    found,
                );
            }
        }
        _ if expected == actual => {}
        _ => found.push(format!(
            "{path}: expected {}, got {}",
            short(expected),
            short(actual)
        )),
    }
}

/// Which rows are on one side only, where the rows have names.
fn unmatched(path: &str, wanted: &[Value], have: &[Value], found: &mut Vec<String>) {
    for (rows, others, what) in [(wanted, have, "missing"), (have, wanted, "unexpected")] {
        for name in rows.iter().filter_map(name) {
            if !others
                .iter()
                .any(|other| self::name(other).as_deref() == Some(name.as_str()))
            {
                found.push(format!("{path}[{name}]: {what}"));
            }
        }
    }
}

fn is_undefined(object: &Map<String, Value>) -> bool {
    object.len() == 1 && object.contains_key("undefined")
}

/// The place of an entry, with its name if it has one.
fn label(place: usize, value: &Value) -> String {
    name(value).map_or_else(|| place.to_string(), |name| format!("{place} {name}"))
}

/// What a row is called: its id, or the column that serves as one.
fn name(value: &Value) -> Option<String> {
    let fields = [
        "id",
        "measure",
        "pot",
        "partner",
        "report_date",
        "what",
        "request",
        "from",
    ];
    let name = fields.iter().find_map(|field| value.get(field)?.as_str())?;
    let second = ["call", "kind"]
        .iter()
        .find_map(|field| value.get(field)?.as_str());
    match second {
        Some(second) if value.get("id").is_none() => Some(format!("{name} {second}")),
        _ => Some(name.to_owned()),
    }
}

/// A value in at most 120 characters.
fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 120 {
        return text;
    }
    let start: String = text.chars().take(117).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differences, only_kinds};

    #[test]
    fn further_fields_are_free_and_any_undefined_is_equal() {
        let expected = json!({ "rows": [{ "id": "A", "n": { "undefined": "x" } }] });
        let actual =
            json!({ "rows": [{ "id": "A", "n": { "undefined": "y" }, "more": 1 }], "position": 7 });
        assert_eq!(differences(&expected, &actual), Vec::<String>::new());
    }

    #[test]
    fn a_difference_names_its_path() {
        let expected =
            json!({ "rows": [{ "id": "A", "n": 1 }, { "id": "B", "n": { "undefined": "x" } }] });
        let actual = json!({ "rows": [{ "id": "A", "n": 2 }, { "id": "B", "n": null }] });
        assert_eq!(
            differences(&expected, &actual),
            [
                "$.rows[0 A].n: expected 1, got 2",
                "$.rows[1 B].n: expected undefined, got null"
            ]
        );
    }

    #[test]
    fn a_missing_row_is_named() {
        let expected = json!([{ "id": "A" }, { "id": "B" }]);
        let actual = json!([{ "id": "B" }]);
        assert_eq!(
            differences(&expected, &actual),
            ["$: expected 2 entries, got 1", "$[A]: missing"]
        );
        assert_eq!(
            differences(&json!({ "a": 1 }), &json!({})),
            ["$.a: expected 1, missing"]
        );
    }

    #[test]
    fn rows_are_chosen_by_kind() {
        let answer = json!({ "rows": [{ "kind": "late" }, { "kind": "other" }] });
        assert_eq!(only_kinds(&answer, &["late"]), [json!({ "kind": "late" })]);
    }
}
