//! Planned values are cumulative.

use crate::support::{Act, given, row};

fn point(baseline: &str, period_end: &str, value: &str) -> Act {
    row(
        "plans",
        &[
            ("measure", "DG-M-03"),
            ("baseline", baseline),
            ("period_end", period_end),
            ("planned_value", value),
            ("baselined_on", "2024-01-01"),
        ],
    )
}

#[test]
fn a_plan_that_falls_from_one_period_to_the_next_is_refused() {
    let stream = given([
        point("1", "2024-03-31", "100.00"),
        point("1", "2024-12-31", "300.00"),
        point("2", "2024-06-30", "50.00"),
    ]);
    for (end, value, other) in [
        ("2024-06-30", "99.99", "100.00"),
        ("2024-06-30", "300.01", "300.00"),
        ("2024-01-31", "100.01", "100.00"),
        ("2025-03-31", "299.99", "300.00"),
    ] {
        stream
            .clone()
            .when(point("1", end, value))
            .refused("plan_falls", "planned_value")
            .naming([value, other]);
    }
    for (baseline, end, value) in [
        ("1", "2024-06-30", "100.00"),
        ("1", "2024-06-30", "300.00"),
        ("2", "2024-12-31", "60.00"),
        ("3", "2024-12-31", "1.00"),
        // A total alone is no point of the curve.
        ("1", "", "1.00"),
    ] {
        stream.clone().when(point(baseline, end, value)).accepted();
    }
}
