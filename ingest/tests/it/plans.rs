//! Plans of Microsoft Project: what becomes a row, and what is listed.

use leitstand_ingest::{FeedReport, Mode};
use leitstand_store::Recorded;

use crate::support::Office;

/// A plan with its head and these tasks.
pub fn plan(head: &str, tasks: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Project xmlns="http://schemas.microsoft.com/project"><SaveVersion>14</SaveVersion><CreationDate>2024-01-15T09:00:00</CreationDate>{head}<CalendarUID>1</CalendarUID>
<ExtendedAttributes><ExtendedAttribute><FieldID>188743731</FieldID><FieldName>Text1</FieldName><Alias>Maßnahme</Alias></ExtendedAttribute><ExtendedAttribute><FieldID>188743734</FieldID><FieldName>Text2</FieldName><Alias>Kennung</Alias></ExtendedAttribute><ExtendedAttribute><FieldID>1</FieldID><FieldName>Duration1</FieldName><Alias>Optimistisch</Alias></ExtendedAttribute><ExtendedAttribute><FieldID>2</FieldID><FieldName>Duration2</FieldName><Alias>Wahrscheinlich</Alias></ExtendedAttribute><ExtendedAttribute><FieldID>3</FieldID><FieldName>Number1</FieldName><Alias>Pessimistisch</Alias></ExtendedAttribute><ExtendedAttribute><FieldID>4</FieldID><FieldName>Text9</FieldName><Alias>Ampel</Alias></ExtendedAttribute></ExtendedAttributes>
<Calendars><Calendar><UID>1</UID><Name>Standard</Name></Calendar></Calendars>
<Tasks><Task><UID>0</UID><ID>0</ID><Name>Plan</Name><OutlineLevel>0</OutlineLevel><Summary>1</Summary></Task>{tasks}</Tasks>
<Resources><Resource><UID>1</UID><Name>jemand</Name></Resource></Resources></Project>"#
    )
}

pub fn task(id: u32, name: &str, level: u32, inside: &str) -> String {
    let uid = id + 100;
    format!(
        "<Task><UID>{uid}</UID><ID>{id}</ID><Name>{name}</Name><OutlineLevel>{level}</OutlineLevel>{inside}</Task>"
    )
}

pub fn field(id: &str, value: &str) -> String {
    format!("<ExtendedAttribute><FieldID>{id}</FieldID><Value>{value}</Value></ExtendedAttribute>")
}

pub fn fixed(hours: u32) -> String {
    format!("<Duration>PT{hours}H0M0S</Duration><DurationFormat>7</DurationFormat>")
}

pub fn link(id: u32, kind: &str, lag: i32, unit: &str) -> String {
    let uid = id + 100;
    format!(
        "<PredecessorLink><PredecessorUID>{uid}</PredecessorUID><Type>{kind}</Type><CrossProject>0</CrossProject><LinkLag>{lag}</LinkLag><LagFormat>{unit}</LagFormat></PredecessorLink>"
    )
}

pub fn milestone(inside: &str) -> String {
    format!("<Milestone>1</Milestone>{}{inside}", fixed(0))
}

pub fn baseline(number: u32, day: &str) -> String {
    format!(
        "<Baseline><Number>{number}</Number><Start>{day}T08:00:00</Start><Finish>{day}T17:00:00</Finish></Baseline>"
    )
}

pub const STATUS: &str = "<StatusDate>2024-06-30T17:00:00</StatusDate>";

pub async fn fed(office: &Office, name: &str, text: &str) -> FeedReport {
    let (report, _folder) = office.feed(&[(name, text)], Mode::Record).await;
    report
}

/// Findings as `row field code value`.
pub fn said(report: &FeedReport) -> Vec<String> {
    let said = report.findings.iter().map(|it| {
        let row = it.row.map_or("-".to_owned(), |it| it.to_string());
        let text = |it: &Option<String>| it.clone().unwrap_or("-".to_owned());
        format!("{row} {} {} {}", text(&it.column), it.code, text(&it.value))
    });
    said.collect()
}

/// The payloads of the plan's events, sorted: streams are recorded together, in any order.
pub async fn payloads(office: &Office, name: &str) -> Vec<String> {
    let log: Vec<Recorded> = office.log().await;
    let events = log.iter().filter(|it| &*it.name == name);
    let mut payloads: Vec<String> = events.map(|it| it.payload.to_string()).collect();
    payloads.sort();
    payloads
}

#[tokio::test]
async fn milestones_activities_links_and_reports_become_rows() {
    let office = Office::begun().await;
    let tasks = [
        task(
            1,
            "Sammelvorgang",
            1,
            &format!("<Summary>1</Summary>{}", field("188743731", "DG-M-01")),
        ),
        task(2, "Konzept", 2, &fixed(40)),
        task(
            3,
            "Bau",
            2,
            &format!(
                "{}{}{}{}{}",
                fixed(80),
                link(2, "1", 0, "7"),
                field("1", "PT40H0M0S"),
                field("2", "PT80H0M0S"),
                field("3", "20")
            ),
        ),
        task(
            4,
            "Betrieb beginnt",
            2,
            &milestone(&format!(
                "<Finish>2024-10-15T17:00:00</Finish>{}{}{}",
                link(3, "3", 9600, "7"),
                baseline(0, "2024-09-30"),
                field("188743734", "MS-1")
            )),
        ),
        task(
            5,
            "Fertig",
            2,
            &milestone(&format!(
                "<Finish>2024-06-03T17:00:00</Finish><ActualFinish>2024-06-03T17:00:00</ActualFinish>{}",
                baseline(0, "2024-05-31")
            )),
        ),
    ];
    let text = plan(STATUS, &tasks.concat());
    let report = fed(&office, "plan.xml", &text).await;
    assert_eq!(said(&report), ["- Resources not_taken -"], "{report:?}");
    assert_eq!((report.accepted, report.rejected), (8, 0));
    let activities = payloads(&office, "network.activity_planned").await;
    assert!(
        activities[0].contains(r#""id":"DG-M-01-T102""#),
        "{activities:?}"
    );
    assert!(activities[0].contains(r#""likely":"5""#), "{activities:?}");
    assert!(
        activities[1].contains(r#""optimistic":"5""#),
        "{activities:?}"
    );
    assert!(
        activities[1].contains(r#""pessimistic":"20""#),
        "{activities:?}"
    );
    assert!(
        activities[1].contains(r#""predecessors":"DG-M-01-T102""#),
        "{activities:?}"
    );
    assert!(
        activities[3].contains(r#""predecessors":"DG-M-01-T103:SS+2""#),
        "{activities:?}"
    );
    let milestones = payloads(&office, "milestone.planned").await;
    assert!(milestones[1].contains(r#""id":"MS-1""#), "{milestones:?}");
    assert!(
        milestones[1].contains(r#""baseline":"2024-09-30""#),
        "{milestones:?}"
    );
    assert!(
        milestones[1].contains(r#""planned_on":"2024-01-15""#),
        "{milestones:?}"
    );
    let reports = payloads(&office, "milestone.reported").await;
    assert!(
        reports[1].contains(r#""forecast":"2024-10-15""#),
        "{reports:?}"
    );
    assert!(
        reports[0].contains(r#""reached":"2024-06-03""#),
        "{reports:?}"
    );
    // The same plan again says nothing new; a month later it says the new dates.
    let again = fed(&office, "plan.xml", &text).await;
    assert_eq!((again.accepted, again.known), (0, 8));
    let later = text
        .replace("2024-06-30", "2024-07-31")
        .replace("<Finish>2024-10-15", "<Finish>2024-11-15")
        .replace("PT80H0M0S", "PT88H0M0S");
    let later = fed(&office, "plan.xml", &later).await;
    assert_eq!(
        (later.accepted, later.known, later.rejected),
        (8, 0, 0),
        "{later:?}"
    );
}

/// A milestone may be called otherwise in the next export; what it promises stays.
#[tokio::test]
async fn a_milestone_is_renamed_by_the_next_export_and_promises_the_same() {
    let office = Office::begun().await;
    let inside = field("188743731", "DG-M-01")
        + "<Finish>2024-10-15T17:00:00</Finish>"
        + &baseline(0, "2024-09-30");
    let text = plan(STATUS, &task(1, "Zuschlag", 1, &milestone(&inside)));
    let first = fed(&office, "plan.xml", &text).await;
    assert_eq!((first.accepted, first.rejected), (3, 0), "{first:?}");
    let next = text.replace("2024-06-30", "2024-07-31");
    let renamed = next.replace("Zuschlag", "Zuschlag erteilt");
    let second = fed(&office, "plan.xml", &renamed).await;
    assert_eq!((second.accepted, second.rejected), (3, 0), "{second:?}");
    let states = payloads(&office, "milestone.planned").await;
    let titles = ["Zuschlag", "Zuschlag erteilt"].map(|it| {
        let title = format!(r#""title":"{it}""#);
        states.iter().filter(|it| it.contains(&title)).count()
    });
    assert_eq!(titles, [1, 1], "{states:?}");
    // Another promise needs a resolution.
    let moved = renamed
        .replace("2024-07-31", "2024-08-31")
        .replace("2024-09-30", "2024-12-31");
    let third = fed(&office, "plan.xml", &moved).await;
    assert_eq!((third.accepted, third.rejected), (2, 1), "{third:?}");
    let codes = third.findings.iter().map(|it| it.code.as_ref());
    assert!(codes.into_iter().any(|it| it == "use_rebaseline"));
    // A plan made after its status date says nothing from before it was made.
    let early = plan(
        "<StatusDate>2024-01-10T17:00:00</StatusDate>",
        &task(9, "Start", 1, &milestone(&inside)),
    );
    fed(&office, "plan.xml", &early).await;
    let states = payloads(&office, "milestone.planned").await;
    let start = states.iter().find(|it| it.contains("Start")).expect("it");
    assert!(!start.contains("valid_from"), "{start}");
}

#[tokio::test]
async fn a_number_with_a_comma_is_said_to_want_a_point() {
    let of = field("188743731", "DG-M-01") + &fixed(40);
    let three = |mid| of.clone() + &field("1", "10") + &field("2", mid) + &field("3", "40");
    let tasks = task(1, "A", 1, &three("20,5")) + &task(2, "B", 1, &three("20.5"));
    let report = fed(&Office::begun().await, "plan.xml", &plan("", &tasks)).await;
    assert_eq!((report.accepted, report.rejected), (1, 0));
    let finding = &report.findings[0];
    assert_eq!(finding.code, "duration_not_in_days");
    assert_eq!(finding.value.as_deref(), Some("20,5"));
    assert!(finding.message.contains("mit Punkt"), "{finding:?}");
    assert!(finding.message_en.contains("with a point"), "{finding:?}");
}

#[tokio::test]
async fn what_cannot_be_taken_is_listed_by_task_and_field() {
    let office = Office::begun().await;
    let of = field("188743731", "DG-M-01");
    let listed = "<PercentComplete>40</PercentComplete><Cost>0.00</Cost><FixedCost>12</FixedCost><Priority>500</Priority><ConstraintType>4</ConstraintType><Deadline>2024-12-01T17:00:00</Deadline><CalendarUID>3</CalendarUID><Notes>vertraulich</Notes>";
    let tasks = [
        task(
            1,
            "A",
            1,
            &format!("{of}{}{listed}{}", fixed(8), field("4", "rot")),
        ),
        task(2, "ohne Maßnahme", 1, &fixed(8)),
        task(
            3,
            "inaktiv",
            1,
            &format!("{of}<Active>0</Active>{}", fixed(8)),
        ),
        task(
            4,
            "fortlaufend",
            1,
            &format!("{of}<Duration>PT24H0M0S</Duration><DurationFormat>8</DurationFormat>"),
        ),
        task(
            5,
            "halb",
            1,
            &format!("{of}{}{}", fixed(8), field("1", "PT8H0M0S")),
        ),
        task(
            6,
            "Verknüpfungen",
            1,
            &format!(
                "{of}{}{}{}{}{}",
                fixed(8),
                link(1, "1", 50, "19"),
                link(1, "1", 100, "7"),
                link(77, "1", 0, "7"),
                link(1, "0", -4800, "7")
            ),
        ),
        task(7, "MS ohne Basisplan", 1, &format!("{of}{}", milestone(""))),
        task(
            8,
            "MS mit zweien",
            1,
            &format!(
                "{of}{}",
                milestone(&(baseline(0, "2024-09-30") + &baseline(1, "2024-12-31")))
            ),
        ),
        "<Task><UID>9</UID><ID>9</ID><IsNull>1</IsNull></Task>".to_owned(),
    ];
    let report = fed(&office, "plan.xml", &plan("", &tasks.concat())).await;
    assert_eq!(
        said(&report),
        [
            "2 Maßnahme no_measure -",
            "3 Active not_taken 0",
            "1 CalendarUID not_taken 3",
            "1 ConstraintType not_taken 4",
            "1 Deadline not_taken 2024-12-01T17:00:00",
            "1 FixedCost not_taken 12",
            "1 Notes not_taken -",
            "1 PercentComplete not_taken 40",
            "1 Ampel not_taken -",
            "4 Duration duration_not_in_days PT24H0M0S",
            "5 Wahrscheinlich incomplete_durations -",
            "6 PredecessorLink not_taken 101",
            "6 PredecessorLink not_taken 101",
            "6 PredecessorLink not_taken 177",
            "7 Baseline no_baseline -",
            "8 Baseline 1 baseline_without_resolution 2024-12-31T17:00:00",
            "- StatusDate no_status_date -",
            "- Resources not_taken -",
        ]
    );
    assert_eq!((report.accepted, report.rejected), (5, 0), "{report:?}");
    let activities = payloads(&office, "network.activity_planned").await;
    assert!(
        activities
            .iter()
            .any(|it| it.contains(r#""predecessors":"DG-M-01-T101:FF-1""#)),
        "{activities:?}"
    );
}

/// A predecessor that is not taken can never come, so the link is listed and the row names none.
#[tokio::test]
async fn a_link_to_a_task_that_is_not_taken_is_listed_with_its_reason() {
    let office = Office::begun().await;
    let of = field("188743731", "DG-M-01");
    let links = [1, 2, 3, 4, 77].map(|it| link(it, "1", 0, "7")).concat();
    let tasks = [
        task(
            1,
            "fortlaufend",
            1,
            &format!("{of}<Duration>PT24H0M0S</Duration><DurationFormat>8</DurationFormat>"),
        ),
        task(
            2,
            "halb",
            1,
            &format!("{of}{}{}", fixed(8), field("1", "PT8H0M0S")),
        ),
        task(
            3,
            "inaktiv",
            1,
            &format!("{of}<Active>0</Active>{}", fixed(8)),
        ),
        task(4, "richtig", 1, &format!("{of}{}", fixed(8))),
        task(5, "danach", 1, &format!("{of}{}{links}", fixed(8))),
        task(
            6,
            "jede Woche",
            1,
            &format!("{of}<Recurring>1</Recurring>{}", fixed(8)),
        ),
    ];
    let report = fed(&office, "plan.xml", &plan("", &tasks.concat())).await;
    assert_eq!((report.accepted, report.rejected), (2, 0), "{report:?}");
    let links: Vec<&str> = report
        .findings
        .iter()
        .filter(|it| it.column.as_deref() == Some("PredecessorLink"))
        .map(|it| it.message.as_str())
        .collect();
    let not_taken = |name: &str| {
        format!(
            "Vorgang „danach“: die Verknüpfung wird nicht übernommen, weil ihr Vorgänger „{name}“ nicht als Vorgang übernommen wird."
        )
    };
    let outside = "Vorgang „danach“: die Verknüpfung wird nicht übernommen, weil ihr Vorgänger nicht im Plan steht.";
    assert_eq!(
        links,
        [
            &*not_taken("fortlaufend"),
            &*not_taken("halb"),
            &*not_taken("inaktiv"),
            outside
        ]
    );
    let activities = payloads(&office, "network.activity_planned").await;
    assert!(
        activities[1].contains(r#""predecessors":"DG-M-01-T104""#),
        "{activities:?}"
    );
    for (row, why) in [(3, "weil er inaktiv ist"), (6, "weil er sich wiederholt")] {
        let of_row = |it: &&leitstand_ingest::Finding| it.row == Some(row);
        let said = report.findings.iter().find(of_row).expect("a finding");
        let whole = format!("der Vorgang wird nicht übernommen, {why}");
        assert!(said.message.contains(&whole), "{said:?}");
    }
}

#[tokio::test]
async fn a_plan_without_any_date_of_its_own_is_one_finding() {
    let office = Office::begun().await;
    let of = field("188743731", "DG-M-01");
    let body = format!("{of}{}", fixed(8));
    let tasks: String = (1..=20).map(|it| task(it, "A", 1, &body)).collect();
    let without = plan("", &tasks).replace("<CreationDate>2024-01-15T09:00:00</CreationDate>", "");
    let report = fed(&office, "plan.xml", &without).await;
    assert_eq!(
        said(&report),
        [
            "- CreationDate no_planning_date -",
            "- Resources not_taken -"
        ]
    );
    assert_eq!((report.accepted, report.rejected), (0, 0));
    assert!(report.findings[0].message.contains("20 Vorgänge"));
    let start = without.replace(
        "<SaveVersion>",
        "<StartDate>2024-01-02T08:00:00</StartDate><SaveVersion>",
    );
    assert_eq!(fed(&office, "plan.xml", &start).await.accepted, 20);
}

#[tokio::test]
async fn a_plan_in_other_letters_is_said_to_be_that() {
    let text = plan("", &task(1, "Küche", 1, ""));
    let utf16: Vec<u8> = format!("\u{feff}{text}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin: Vec<u8> = text.chars().map(|it| it as u8).collect();
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("plan.xml");
    for bytes in [utf16, latin] {
        std::fs::write(&path, bytes).expect("a file");
        let report = office.feed_path(path.clone(), Mode::Record).await;
        assert_eq!(report.findings.len(), 1, "{report:?}");
        let finding = &report.findings[0];
        assert_eq!(finding.code, "not_utf8");
        assert!(finding.message.contains("MS Project"), "{finding:?}");
    }
    // Cut off inside a letter it is damaged, and no program for tables is named.
    let cut = &text.as_bytes()[..=text.find('ü').expect("a letter")];
    std::fs::write(&path, cut).expect("a file");
    let report = office.feed_path(path, Mode::Record).await;
    let finding = &report.findings[0];
    assert_eq!(finding.code, "unreadable_workbook");
    assert!(!finding.message.contains("Tabellenprogramm"), "{finding:?}");
}

#[tokio::test]
async fn what_is_no_plan_is_named() {
    let office = Office::begun().await;
    let entity = plan("", "").replace("<Project", "<!DOCTYPE x [<!ENTITY a \"b\">]><Project");
    let cut = plan("", "").replace("</Project>", "");
    for (name, text, code) in [
        ("plan.mpp", "\u{1}", "unsupported_file"),
        ("plan.xml", "<html/>", "unsupported_file"),
        ("plan.xml", "<Project/>", "unsupported_file"),
        ("plan.xml", "kein XML", "unreadable_workbook"),
        ("plan.xml", "", "unreadable_workbook"),
        ("plan.xml", &cut, "unreadable_workbook"),
        ("plan.xml", &entity, "unsafe_workbook"),
    ] {
        let report = fed(&office, name, text).await;
        assert_eq!(report.findings.len(), 1, "{name} {report:?}");
        assert_eq!(report.findings[0].code, code, "{name} {text}");
        assert_eq!(
            report.findings[0]
                .file
                .as_deref()
                .map(|it| it.ends_with(name)),
            Some(true)
        );
    }
}
