//! The 2024 scenario gives exactly its expected answers.

use jiff::civil::date;
use leitstand_tests::{compare, scenario};

use crate::desk::Desk;

#[test]
fn the_scenario_gives_its_expected_answers() {
    let mut desk = Desk::new(date(2026, 11, 24));
    for row in scenario::rows().unwrap() {
        assert!(desk.record(&row.table, &row.cells, false), "{row:?}");
    }
    for name in ["status", "milestones", "risks", "requests", "funds"] {
        let actual = desk.answer(name, date(2024, 12, 31), None, None).to_json();
        let differences = compare::differences(&scenario::expected(name).unwrap(), &actual);
        assert!(
            differences.is_empty(),
            "{name}:\n{}",
            differences.join("\n")
        );
    }
}
