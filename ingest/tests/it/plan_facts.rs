//! Plans of Microsoft Project: whatever they state and nobody takes is listed, and what is no fact is not.

use crate::{
    plans::{STATUS, baseline, fed, field, fixed, link, milestone, payloads, plan, said, task},
    support::Office,
};

/// What a program writes of a task of which nobody says more than its name, duration and dates.
const USUAL: &str = "<GUID>5F1C0C1E-0000-4000-8000-000000000001</GUID><Active>1</Active><Manual>0</Manual><Type>0</Type><IsNull>0</IsNull><CreateDate>2024-01-15T09:12:00</CreateDate><WBS>1.1</WBS><OutlineNumber>1.1</OutlineNumber><Priority>500</Priority><Start>2024-02-01T08:00:00</Start><Finish>2024-02-07T17:00:00</Finish><ManualStart>2024-02-01T08:00:00</ManualStart><ManualFinish>2024-02-07T17:00:00</ManualFinish><ManualDuration>PT40H0M0S</ManualDuration><FreeformDurationFormat>7</FreeformDurationFormat><Work>PT0H0M0S</Work><ResumeValid>0</ResumeValid><EffortDriven>0</EffortDriven><Recurring>0</Recurring><OverAllocated>0</OverAllocated><Estimated>0</Estimated><DisplayAsSummary>0</DisplayAsSummary><Critical>1</Critical><IsSubproject>0</IsSubproject><IsSubprojectReadOnly>0</IsSubprojectReadOnly><ExternalTask>0</ExternalTask><EarlyStart>2024-02-01T08:00:00</EarlyStart><EarlyFinish>2024-02-07T17:00:00</EarlyFinish><LateStart>2024-03-01T08:00:00</LateStart><LateFinish>2024-03-07T17:00:00</LateFinish><StartVariance>0</StartVariance><FinishVariance>4800</FinishVariance><WorkVariance>0.00</WorkVariance><FreeSlack>0</FreeSlack><TotalSlack>96000</TotalSlack><StartSlack>96000</StartSlack><FinishSlack>96000</FinishSlack><FixedCost>0</FixedCost><FixedCostAccrual>3</FixedCostAccrual><PercentComplete>0</PercentComplete><PercentWorkComplete>0</PercentWorkComplete><Cost>0</Cost><OvertimeCost>0</OvertimeCost><OvertimeWork>PT0H0M0S</OvertimeWork><ActualDuration>PT0H0M0S</ActualDuration><ActualCost>0</ActualCost><ActualWork>PT0H0M0S</ActualWork><RegularWork>PT0H0M0S</RegularWork><RemainingDuration>PT40H0M0S</RemainingDuration><RemainingCost>0</RemainingCost><RemainingWork>PT0H0M0S</RemainingWork><ACWP>0.00</ACWP><CV>0.00</CV><ConstraintType>0</ConstraintType><CalendarUID>-1</CalendarUID><LevelAssignments>1</LevelAssignments><LevelingCanSplit>1</LevelingCanSplit><LevelingDelay>0</LevelingDelay><LevelingDelayFormat>8</LevelingDelayFormat><IgnoreResourceCalendar>0</IgnoreResourceCalendar><HideBar>0</HideBar><Rollup>0</Rollup><BCWS>0.00</BCWS><BCWP>0.00</BCWP><PhysicalPercentComplete>0</PhysicalPercentComplete><EarnedValueMethod>0</EarnedValueMethod><IsPublished>0</IsPublished><CommitmentType>0</CommitmentType>";

const WORKDAY: &str = "<DayWorking>1</DayWorking><WorkingTimes><WorkingTime><FromTime>08:00:00</FromTime><ToTime>12:00:00</ToTime></WorkingTime><WorkingTime><FromTime>13:00:00</FromTime><ToTime>17:00:00</ToTime></WorkingTime></WorkingTimes>";

/// The calendars a program writes: its own, and one for each resource.
fn calendars(more: &str) -> String {
    let days = [1, 2, 3, 4, 5, 6, 7].map(|day| {
        let hours = if day == 1 || day == 7 {
            "<DayWorking>0</DayWorking>"
        } else {
            WORKDAY
        };
        format!("<WeekDay><DayType>{day}</DayType>{hours}</WeekDay>")
    });
    let days = days.concat();
    format!(
        "<Calendars><Calendar><UID>1</UID><Name>Standard</Name><IsBaseCalendar>1</IsBaseCalendar><BaseCalendarUID>-1</BaseCalendarUID><WeekDays>{days}</WeekDays>{more}</Calendar><Calendar><UID>2</UID><Name>24 Hours</Name><IsBaseCalendar>1</IsBaseCalendar></Calendar><Calendar><UID>3</UID><Name>jemand</Name><IsBaseCalendar>0</IsBaseCalendar><BaseCalendarUID>1</BaseCalendarUID></Calendar></Calendars>"
    )
}

/// A plan with nobody in it and these calendars.
fn usual(tasks: &str, more: &str) -> String {
    let head = format!(
        "{STATUS}<Name>plan.xml</Name><Title>plan</Title><Author>jemand</Author><ScheduleFromStart>1</ScheduleFromStart><FinishDate>2024-12-31T17:00:00</FinishDate><MinutesPerDay>480</MinutesPerDay><MinutesPerWeek>2400</MinutesPerWeek><CurrencySymbol>€</CurrencySymbol><NewTasksEstimated>1</NewTasksEstimated><Views><View><Name>Balken</Name></View></Views>"
    );
    plan(&head, tasks)
        .replace(
            "<Calendars><Calendar><UID>1</UID><Name>Standard</Name></Calendar></Calendars>",
            &calendars(more),
        )
        .replace(
            "<Resources><Resource><UID>1</UID><Name>jemand</Name></Resource></Resources>",
            "<Resources><Resource><UID>0</UID><ID>0</ID></Resource></Resources><Assignments><Assignment><UID>1</UID><TaskUID>101</TaskUID><ResourceUID>-65535</ResourceUID><TimephasedData><Type>1</Type><Value>PT8H0M0S</Value></TimephasedData></Assignment></Assignments>",
        )
}

fn of() -> String {
    field("188743731", "DG-M-01")
}

#[tokio::test]
async fn a_plan_in_which_nobody_says_more_lists_nothing() {
    let summary = "<Summary>1</Summary><Type>1</Type><Estimated>1</Estimated><PercentComplete>50</PercentComplete><ActualStart>2024-02-01T08:00:00</ActualStart><Duration>PT80H0M0S</Duration>";
    let reached = "<Finish>2024-06-03T17:00:00</Finish><ActualStart>2024-06-03T17:00:00</ActualStart><ActualFinish>2024-06-03T17:00:00</ActualFinish><PercentComplete>100</PercentComplete>";
    let tasks = [
        task(1, "Sammelvorgang", 1, &(of() + summary)),
        task(2, "Konzept", 2, &(fixed(40) + USUAL)),
        task(
            3,
            "Fertig",
            2,
            &milestone(&(reached.to_owned() + &baseline(0, "2024-05-31"))),
        ),
    ];
    let report = fed(
        &Office::begun().await,
        "plan.xml",
        &usual(&tasks.concat(), ""),
    )
    .await;
    // A milestone's baseline begins and ends on one day.
    assert_eq!(said(&report), Vec::<String>::new(), "{report:?}");
    assert_eq!((report.accepted, report.rejected), (4, 0));
}

#[tokio::test]
async fn a_plan_of_which_nothing_becomes_a_row_is_told() {
    let summary = task(1, "Sammelvorgang", 1, "<Summary>1</Summary>");
    for tasks in ["", &summary] {
        let report = fed(&Office::begun().await, "plan.xml", &usual(tasks, "")).await;
        assert_eq!(said(&report), ["- - no_tables -"], "{tasks}");
    }
}

#[tokio::test]
async fn whatever_an_ordinary_task_states_is_listed_once_by_its_name() {
    let facts = [
        ("ActualFinish", "2024-03-05T17:00:00", true),
        ("ActualStart", "2024-02-01T08:00:00", true),
        ("ActualWork", "PT12H0M0S", true),
        ("CommitmentFinish", "2024-05-01T17:00:00", true),
        ("ConstraintDate", "2024-02-01T08:00:00", true),
        ("ConstraintType", "4", true),
        ("Contact", "0170 1234567", false),
        ("Estimated", "1", true),
        ("Hyperlink", "Beschluss", false),
        ("HyperlinkAddress", "https://example.org/17", false),
        ("LevelAssignments", "0", true),
        ("Manual", "1", true),
        ("ManualStart", "2024-02-05T08:00:00", true),
        ("NeverHeardOf", "17", true),
        ("Notes", "vertraulich", false),
        ("OvertimeWork", "PT1H0M0S", true),
        ("PercentComplete", "100", true),
        ("PhysicalPercentComplete", "30", true),
        ("Priority", "0", true),
        ("Resume", "2024-02-20T08:00:00", true),
        ("Rollup", "1", false),
        ("Type", "2", true),
        ("WBS", "A.7", false),
        ("Work", "PT16H0M0S", true),
    ];
    let stated = facts.map(|(name, value, _)| format!("<{name}>{value}</{name}>"));
    let stated = stated.concat();
    let phased =
        "<TimephasedData><Type>1</Type><Value>PT8H0M0S</Value></TimephasedData>".repeat(30);
    let more = "<ResumeValid>1</ResumeValid><Name>Anders</Name><OutlineCode><FieldID>188744096</FieldID><ValueID>7</ValueID></OutlineCode>";
    let mut promised = baseline(0, "2024-03-01") + &baseline(3, "2024-04-01");
    promised = promised.replace(
        "</Baseline>",
        "<TimephasedData><Value>PT8H0M0S</Value></TimephasedData></Baseline>",
    );
    let text = usual(
        &task(
            1,
            "Bau",
            1,
            &format!("{}{}{stated}{phased}{more}{promised}", of(), fixed(40)),
        ),
        "",
    )
    .replace(
        "<Calendars>",
        "<OutlineCodes><OutlineCode><FieldID>188744096</FieldID><FieldName>Outline Code1</FieldName><Alias>Standort</Alias><Values><Value><ValueID>7</ValueID></Value></Values></OutlineCode></OutlineCodes><Calendars>",
    );
    let report = fed(&Office::begun().await, "plan.xml", &text).await;
    let listed = facts.iter().filter(|(name, ..)| *name != "Rollup");
    let listed = listed.map(|(name, value, shown)| {
        let value = if *shown { value } else { "-" };
        format!("1 {name} not_taken {value}")
    });
    let others = [
        "1 Standort not_taken 7",
        "1 Baseline not_taken 2024-03-01T17:00:00",
        "1 Baseline 3 not_taken 2024-04-01T17:00:00",
        "1 Baseline TimephasedData not_taken -",
        "1 Name not_taken -",
        "1 TimephasedData not_taken -",
    ];
    let wanted: Vec<String> = listed.chain(others.map(str::to_owned)).collect();
    assert_eq!(said(&report), wanted);
    let phased = report.findings.iter().rev().take(1).map(|it| &it.message);
    let phased: Vec<&String> = phased.collect();
    assert!(phased[0].contains("30 Angaben"), "{phased:?}");
    assert_eq!((report.accepted, report.rejected), (1, 0));
}

#[tokio::test]
async fn what_the_plan_as_a_whole_states_is_one_finding_each() {
    let free = "<Exceptions><Exception><Name>Karfreitag</Name></Exception><Exception><Name>Ostern</Name></Exception></Exceptions>";
    let text = usual(&task(1, "A", 1, &(of() + &fixed(40))), free)
        .replace("<ScheduleFromStart>1", "<StartDate>2024-01-02T08:00:00</StartDate><Subject>Umbau</Subject><ScheduleFromStart>0")
        .replace("</Resources>", "<Resource><UID>4</UID><Name>jemand</Name></Resource></Resources><Whatever><It>is</It></Whatever>")
        .replace("<Assignments>", "<Assignments><Assignment><UID>9</UID><ResourceUID>4</ResourceUID></Assignment><Assignment><UID>10</UID><ResourceUID>4</ResourceUID></Assignment>")
        .replace("<DayType>7</DayType><DayWorking>0", "<DayType>7</DayType><DayWorking>1")
        .replace("<Calendar><UID>3</UID>", "<Calendar><UID>5</UID><Name>Schicht</Name><IsBaseCalendar>1</IsBaseCalendar></Calendar><Calendar><UID>3</UID>");
    let report = fed(&Office::begun().await, "plan.xml", &text).await;
    assert_eq!(
        said(&report),
        [
            "- FinishDate not_taken 2024-12-31T17:00:00",
            "- ScheduleFromStart not_taken 0",
            "- StartDate not_taken 2024-01-02T08:00:00",
            "- Subject not_taken -",
            "- Whatever not_taken -",
            "- Assignments not_taken -",
            "- Calendars not_taken -",
            "- Resources not_taken -",
            "- Calendars not_taken -",
        ]
    );
    let message = |at: usize| report.findings[at].message.as_str();
    assert!(message(5).starts_with("2 Einträge"), "{report:?}");
    assert!(
        message(6).starts_with("1 Eintrag in „Calendars“"),
        "{report:?}"
    );
    let calendar = "(2 Ausnahmen wie Feiertage, 0 eigene Arbeitswochen, 1 Wochentage";
    assert!(message(8).contains(calendar), "{report:?}");
    assert_eq!(report.accepted, 1);
}

/// One field that every task has hides neither another nor what is said of the plan.
#[tokio::test]
async fn many_findings_of_one_field_are_summed_up() {
    let busy = of() + &fixed(8) + "<PercentComplete>5</PercentComplete>";
    let mut tasks: String = (1..=1_200).map(|it| task(it, "A", 1, &busy)).collect();
    tasks += &task(
        1_201,
        "Z",
        1,
        &format!(
            "{}{}<Deadline>2024-12-01T17:00:00</Deadline>",
            of(),
            fixed(8)
        ),
    );
    let office = Office::begun().await;
    let report = fed(&office, "plan.xml", &plan("", &tasks)).await;
    let said = said(&report);
    assert_eq!(said.len(), 503, "{:?}", said.last());
    assert_eq!(
        said[500..],
        [
            "1201 Deadline not_taken 2024-12-01T17:00:00",
            "- PercentComplete not_taken -",
            "- Resources not_taken -",
        ]
    );
    assert!(report.findings[501].message.starts_with("700 weitere"));
    assert_eq!(report.accepted, 1_201);
}

/// A field that is a column of some rows is none of others; of two for one column one is taken.
#[tokio::test]
async fn custom_fields_that_are_not_read_are_listed() {
    let names = "<ExtendedAttribute><FieldID>5</FieldID><FieldName>Number5</FieldName><Alias>Gewicht</Alias></ExtendedAttribute><ExtendedAttribute><FieldID>6</FieldID><FieldName>Text6</FieldName><Alias>id</Alias></ExtendedAttribute></ExtendedAttributes>";
    let tasks = [
        task(
            1,
            "Sammelvorgang",
            1,
            &format!(
                "<Summary>1</Summary>{}{}<FixedCost>5</FixedCost>{}",
                of(),
                field("188743734", "S-1"),
                link(2, "1", 0, "7")
            ),
        ),
        task(
            2,
            "Bau",
            2,
            &format!(
                "{}{}{}{}",
                fixed(40),
                field("5", "3"),
                field("188743734", "A-1"),
                field("6", "A-2")
            ),
        ),
        task(
            3,
            "Rohbau",
            2,
            &format!(
                "{}{}{}{}",
                fixed(40),
                field("1", "PT8H0M0S"),
                field("2", "PT16H0M0S"),
                field("3", "3")
            ),
        ),
        task(4, "aus", 2, &(fixed(8) + "<Active>false</Active>")),
    ];
    let text = plan("", &tasks.concat()).replace("</ExtendedAttributes>", names);
    let office = Office::begun().await;
    let report = fed(&office, "plan.xml", &text).await;
    assert_eq!(
        said(&report),
        [
            "1 FixedCost not_taken 5",
            "1 Kennung not_taken -",
            "1 PredecessorLink not_taken 102",
            "4 Active not_taken false",
            "2 Gewicht not_taken 3",
            "2 id not_taken -",
            "3 Duration not_taken PT40H0M0S",
            "- Resources not_taken -",
        ]
    );
    let activities = payloads(&office, "network.activity_planned").await;
    assert_eq!(activities.len(), 2, "{activities:?}");
    let is_first = |it: &String| it.contains(r#""id":"A-1""#);
    assert!(activities.iter().any(is_first), "{activities:?}");
}

/// The task above all others names the measure of a plan, and what it states besides is listed.
#[tokio::test]
async fn the_task_above_all_others_is_a_summary_task() {
    let text = plan("", &task(1, "A", 1, &fixed(8))).replace(
        "<OutlineLevel>0</OutlineLevel><Summary>1</Summary>",
        &format!("<OutlineLevel>0</OutlineLevel><Summary>1</Summary><Deadline>2024-12-01T17:00:00</Deadline>{}", of()),
    );
    let report = fed(&Office::begun().await, "plan.xml", &text).await;
    assert_eq!(
        said(&report),
        [
            "- Deadline not_taken 2024-12-01T17:00:00",
            "- Resources not_taken -"
        ]
    );
    assert_eq!(report.accepted, 1);
}

/// What a milestone's baseline says besides the promised day.
#[tokio::test]
async fn the_rest_of_a_milestones_baseline_is_listed() {
    let costly = baseline(0, "2024-05-31").replace("</Baseline>", "<Cost>120000</Cost></Baseline>");
    let costly = format!("<Finish>2024-06-15T17:00:00</Finish>{costly}");
    let text = plan(STATUS, &task(1, "M", 1, &(of() + &milestone(&costly))));
    let report = fed(&Office::begun().await, "plan.xml", &text).await;
    assert_eq!(
        said(&report),
        [
            "1 Baseline Cost not_taken 120000",
            "- Resources not_taken -"
        ]
    );
}

/// Ids are made of unique numbers, and links mean tasks by them.
#[tokio::test]
async fn a_task_without_a_number_of_its_own_is_not_taken() {
    let body = of() + &fixed(8);
    let twin = task(2, "B", 1, &body).replace("<UID>102</UID>", "<UID>101</UID>");
    let none = task(3, "C", 1, &body).replace("<UID>103</UID>", "");
    let text = plan("", &(task(1, "A", 1, &body) + &twin + &none));
    let report = fed(&Office::begun().await, "plan.xml", &text).await;
    assert_eq!(
        said(&report),
        [
            "2 UID not_taken 101",
            "3 UID not_taken -",
            "- Resources not_taken -"
        ]
    );
    assert_eq!((report.accepted, report.rejected), (1, 0));
}

/// Other programs write the same with a prefix; and a milestone without an end reports none.
#[tokio::test]
async fn a_plan_with_prefixes_is_read() {
    let late = task(1, "M", 1, &(of() + &milestone(&baseline(0, "2024-05-31"))));
    let bad = format!(
        "{}{}{}{}",
        of(),
        field("1", "PT8H0M0S"),
        field("2", "bald"),
        field("3", "3")
    );
    let text = plan(STATUS, &(late + &task(2, "N", 1, &bad)))
        .replace("</", "<-")
        .replace('<', "<p:")
        .replace("<p:-", "</p:")
        .replace("<p:?xml", "<?xml")
        .replace(" xmlns=", " xmlns:p=");
    let report = fed(&Office::begun().await, "plan.xml", &text).await;
    assert_eq!(
        said(&report),
        [
            "1 Finish no_finish -",
            "2 Wahrscheinlich duration_not_in_days bald",
            "- Resources not_taken -"
        ]
    );
    assert_eq!((report.accepted, report.rejected), (2, 0));
}

/// Elapsed days are no working days, in whatever field they stand.
#[tokio::test]
async fn three_durations_in_calendar_time_are_refused_like_one() {
    let timed = |id: &str, unit: &str| {
        let unit = format!("</Value><DurationFormat>{unit}</DurationFormat>");
        field(id, "PT80H0M0S").replace("</Value>", &unit)
    };
    let three = |unit: &str| {
        let fields = ["1", "2", "3"].map(|it| timed(it, unit));
        of() + &fixed(80) + &fields.concat()
    };
    let tasks = [
        task(1, "Arbeitstage", 1, &three("7")),
        task(2, "fortlaufende Tage", 1, &three("8")),
        task(3, "vielleicht fortlaufend", 1, &three("40")),
        // The second field for a duration says something else: calendar time.
        task(4, "beides", 1, &(three("7") + &timed("6", "8"))),
    ];
    let names = "<ExtendedAttribute><FieldID>6</FieldID><FieldName>Duration6</FieldName><Alias>likely</Alias></ExtendedAttribute></ExtendedAttributes>";
    let text = plan("", &tasks.concat()).replace("</ExtendedAttributes>", names);
    let office = Office::begun().await;
    let report = fed(&office, "plan.xml", &text).await;
    assert_eq!(
        said(&report),
        [
            "2 Optimistisch duration_not_in_days PT80H0M0S",
            "3 Optimistisch duration_not_in_days PT80H0M0S",
            "4 likely not_taken PT80H0M0S",
            "- Resources not_taken -",
        ]
    );
    assert_eq!((report.accepted, report.rejected), (2, 0));
    let activities = payloads(&office, "network.activity_planned").await;
    let in_days = |it: &String| it.contains(r#""likely":"10""#);
    assert!(activities.iter().all(in_days), "{activities:?}");
}
