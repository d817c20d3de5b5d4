//! Twenty programme years made up from numbers: 400 measures, 2,000 milestones, 300 pots, about 10⁶ rows.

use std::collections::BTreeMap;

/// A feed row: table and cells.
pub type Line = (&'static str, BTreeMap<String, String>);

const YEARS: std::ops::Range<i32> = 2005..2025;
const PILLARS: [&str; 4] = ["P1", "P2", "P3", "P4"];

fn line(table: &'static str, cells: &[(&str, String)]) -> Line {
    let received = cells.iter().find(|(name, _)| {
        [
            "set_on",
            "date",
            "report_date",
            "submitted_on",
            "resolved_on",
            "planned_on",
            "identified_on",
            "reported_on",
            "baselined_on",
            "stichtag",
        ]
        .contains(name)
    });
    let mut all: BTreeMap<String, String> = cells
        .iter()
        .map(|(a, b)| ((*a).to_owned(), b.clone()))
        .collect();
    if let Some((_, day)) = received {
        all.insert("received_on".to_owned(), day.clone());
    }
    (table, all)
}

fn day(year: i32, month: i32, day: i32) -> String {
    format!("{year}-{month:02}-{day:02}")
}

fn cents(n: i32) -> String {
    format!("{n}.{:02}", n % 100)
}

/// The catalogue of the made-up programme.
pub fn catalogue() -> Vec<Line> {
    let entry = |id: String, kind: &str, pillar: Option<&str>| {
        let mut cells = vec![
            ("id", id.clone()),
            ("kind", kind.to_owned()),
            ("title", format!("Eintrag {id}")),
            ("set_on", day(2005, 1, 1)),
        ];
        cells.extend(pillar.map(|it| ("pillar", it.to_owned())));
        line("catalogue", &cells)
    };
    let mut all = vec![
        entry("PROG".into(), "programme", None),
        entry("B-1".into(), "body", None),
    ];
    all.extend(PILLARS.map(|it| entry(it.to_owned(), "pillar", None)));
    all.extend((0..400).map(|n| entry(format!("M-{n:03}"), "measure", Some(PILLARS[n % 4]))));
    all
}

/// Everything else, in the contract's order within each year.
pub fn years() -> impl Iterator<Item = Line> {
    YEARS.flat_map(year)
}

/// The rows of one year.
#[expect(clippy::too_many_lines, reason = "one paragraph per table")]
pub fn year(year: i32) -> Vec<Line> {
    let mut rows = Vec::new();
    for quarter in 1..=4 {
        let stichtag = day(year, quarter * 3, 28);
        rows.push(line(
            "report_calls",
            &[
                ("id", format!("RC-{year}-{quarter}")),
                ("stichtag", stichtag),
                ("due", day(year, quarter * 3, 28)),
            ],
        ));
    }
    for n in 0..100 {
        let id = format!("MS-{year}-{n:02}");
        rows.push(line(
            "milestones",
            &[
                ("id", id),
                ("subject", format!("M-{:03}", n * 4)),
                ("title", "Meilenstein".into()),
                ("baseline", day(year + 2, 1 + n % 12, 15)),
                ("planned_on", day(year, 1, 2)),
            ],
        ));
    }
    for n in 0..50 {
        let id = format!("RI-{year}-{n:02}");
        rows.push(line(
            "risks",
            &[
                ("id", id),
                (
                    "subject",
                    PILLARS[usize::try_from(n % 4).unwrap_or_default()].into(),
                ),
                ("category", "Technik".into()),
                ("title", "Risiko".into()),
                ("response", "mitigate".into()),
                ("cost_impact", cents(n * 1000 + 7)),
                ("identified_on", day(year, 1, 3)),
            ],
        ));
    }
    for pot in 0..15 {
        rows.push(line(
            "pots",
            &[
                ("id", format!("T-{year}-{pot:02}")),
                ("fiscal_year", year.to_string()),
                ("amount", "90000000.00".into()),
                ("cost_share", "25/75".into()),
                ("key_year", "2016".into()),
                ("resolved_on", day(year, 1, 4)),
            ],
        ));
    }
    for month in 1..=12 {
        for n in 0..400 {
            let measure = format!("M-{n:03}");
            let colour = |shift: i32| {
                ["G", "A", "R", "G", "G"]
                    [usize::try_from((n + month + shift) % 5).unwrap_or_default()]
                .to_owned()
            };
            rows.push(line(
                "status_reports",
                &[
                    ("report_date", day(year, month, 28)),
                    ("measure", measure.clone()),
                    ("schedule", colour(0)),
                    ("budget", colour(1)),
                    ("scope", colour(2)),
                    ("resources", colour(3)),
                    ("risks", colour(4)),
                ],
            ));
            rows.push(line(
                "progress",
                &[
                    ("report_date", day(year, month, 27)),
                    ("measure", measure),
                    ("earned_value", cents(month * 1000 + n)),
                ],
            ));
        }
        for back in 0..5 {
            for n in 0..100 {
                let planned = year - back;
                if planned >= YEARS.start {
                    rows.push(line(
                        "milestone_reports",
                        &[
                            ("report_date", day(year, month, 26)),
                            ("milestone", format!("MS-{planned}-{n:02}")),
                            ("forecast", day(planned + 2, 1 + n % 12, 16 + month % 12)),
                        ],
                    ));
                }
            }
        }
        if month % 3 == 0 {
            for identified in YEARS.start..=year {
                for n in 0..50 {
                    rows.push(line(
                        "risk_assessments",
                        &[
                            ("date", day(year, month, 25)),
                            ("risk", format!("RI-{identified}-{n:02}")),
                            ("probability", (1 + (n + month) % 5).to_string()),
                            ("impact", (1 + (n + year) % 5).to_string()),
                        ],
                    ));
                }
            }
        }
    }
    for pot in 0..15 {
        for n in 0..20 {
            request(&mut rows, year, pot, n);
        }
    }
    rows
}

/// One pot of 2005 with so many requests, each with so many bookings.
pub fn one_pot(requests: i32, bookings: usize) -> Vec<Line> {
    let mut rows: Vec<Line> = year(2005)
        .into_iter()
        .filter(|(table, cells)| *table == "pots" && cells["id"] == "T-2005-00")
        .map(|(table, mut cells)| {
            cells.insert("amount".into(), "900000000.00".into());
            (table, cells)
        })
        .collect();
    for n in 0..requests {
        let mut own = Vec::new();
        request(&mut own, 2005, 0, n);
        let mut booked = 0;
        own.retain(|(table, _)| {
            booked += usize::from(*table == "bookings");
            *table != "bookings" || booked <= bookings
        });
        rows.extend(own);
    }
    rows
}

fn request(rows: &mut Vec<Line>, year: i32, pot: i32, n: i32) {
    let id = format!("A-{year}-{pot:02}-{n:02}");
    rows.push(line(
        "requests",
        &[
            ("id", id.clone()),
            ("subject", format!("M-{:03}", (pot * 20 + n) % 400)),
            ("applicant", "B-1".into()),
            ("pot", format!("T-{year}-{pot:02}")),
            ("kind", "first".into()),
            ("amount", "4000000.00".into()),
            ("submitted_on", day(year, 1, 5)),
        ],
    ));
    let steps = [
        "formal_check_started",
        "formally_cleared",
        "assessed",
        "paper_filed",
        "resolved",
        "granted",
    ];
    for (at, step) in steps.iter().enumerate() {
        let mut cells = vec![
            (
                "date",
                day(year, 1, 6 + i32::try_from(at).unwrap_or_default()),
            ),
            ("request", id.clone()),
            ("step", (*step).to_owned()),
        ];
        if *step == "resolved" {
            cells.push(("amount", "4000000.00".into()));
        }
        rows.push(line("request_steps", &cells));
    }
    let mut book = |date: String, kind: &str, amount: i32, number: i32| {
        rows.push(line(
            "bookings",
            &[
                ("date", date),
                ("request", id.clone()),
                ("kind", kind.into()),
                ("amount", cents(amount)),
                ("fiscal_year", year.to_string()),
                ("reference", format!("BU-{id}-{number:03}")),
            ],
        ));
    };
    book(day(year, 1, 20), "allocation", 3_900_000, 0);
    for round in 0..34 {
        let (month, first) = (2 + round / 4, round * 3);
        book(day(year, month, 3), "commitment", 20_000 + n, first + 1);
        book(day(year, month, 9), "call", 18_000 + n, first + 2);
        book(day(year, month, 17), "expense", 15_000 + n, first + 3);
    }
}
