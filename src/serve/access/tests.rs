use leitstand_domain::Day;
use leitstand_projections::Facts;

use super::*;

fn bearer(role: Role, bodies: &[&str], pillars: &[&str]) -> Bearer {
    let owned = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
    Bearer {
        actor: Actor::local(),
        role,
        bodies: owned(bodies),
        pillars: owned(pillars),
    }
}

fn gate() -> Gate {
    Gate::new(None, SharedFacts::default())
}

/// A gate that knows pillar DG with measure DG-M-01 and risk RI-01, and pillar KI with KI-M-01.
fn gate_with_facts() -> Gate {
    let gate = gate();
    let rows = [
        ("catalogue", "id=DG kind=pillar title=D set_on=2024-01-01"),
        ("catalogue", "id=KI kind=pillar title=K set_on=2024-01-01"),
        (
            "catalogue",
            "id=DG-M-01 kind=measure title=M parent=DG set_on=2024-01-01",
        ),
        (
            "catalogue",
            "id=KI-M-01 kind=measure title=M pillar=KI set_on=2024-01-01",
        ),
        (
            "risks",
            "id=RI-01 subject=DG-M-01 category=x title=t response=accept identified_on=2024-01-01",
        ),
        (
            "risks",
            "id=RI-02 subject=KI-M-01 category=x title=t response=accept identified_on=2024-01-01",
        ),
    ];
    for (at, (table, text)) in rows.into_iter().enumerate() {
        let row = leitstand_domain::Row::parse(table, &cells(text))
            .expect("a table")
            .expect("a row");
        apply(
            &mut gate.facts.write().expect("not poisoned"),
            at as u64 + 1,
            row,
        );
    }
    gate
}

fn apply(facts: &mut Facts, position: u64, row: leitstand_domain::Row) {
    struct Nothing;
    impl leitstand_projections::Unseal for Nothing {
        fn unseal(
            &self,
            _: &str,
            _: uuid::Uuid,
            _: &leitstand_domain::event::SealedBox,
        ) -> Option<std::collections::BTreeMap<String, String>> {
            None
        }
    }
    let entry = leitstand_projections::Entry {
        position,
        stream: "test",
        id: uuid::Uuid::nil(),
        name: row.event().0,
        effective: Day::FIRST,
        known: Day::FIRST,
        recorded_at: jiff::Timestamp::UNIX_EPOCH,
        recorded_on: Day::FIRST,
        actor: "test",
    };
    let event = leitstand_domain::Event::Row(row, leitstand_domain::Meta::default());
    facts.apply(entry, &event, &Nothing);
}

fn cells(text: &str) -> Cells {
    let pairs = text.split(' ').filter_map(|it| it.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn allowed(gate: &Gate, bearer: &Bearer, table: &str, text: &str) -> bool {
    gate.row(bearer, table, &cells(text)).is_ok()
}

const REPORT: &str = "report_date=2024-12-31 measure=DG-M-01 overall=G";
const BOOKING: &str =
    "date=2024-12-31 request=A-1 kind=call amount=1.00 fiscal_year=2024 reference=B-1";

#[test]
fn each_role_writes_its_tables_and_their_corrections() {
    let gate = gate();
    let of_report =
        "table=status_reports key=DG-M-01/2024-12-31 date=2024-12-31 reason=x overall=R";
    let of_booking = "Tabelle=bookings Schlüssel=B-1 date=2024-12-31 reason=x amount=2.00";
    for (table, row, feed, finance) in [
        ("status_reports", REPORT, true, false),
        ("bookings", BOOKING, false, true),
        ("pots", "id=T", false, true),
        ("requests", "id=A-1", false, true),
        ("request_steps", "request=A-1", false, true),
        ("corrections", of_report, true, false),
        ("corrections", of_booking, false, true),
    ] {
        for (role, expected) in [
            (Role::Read, false),
            (Role::Audit, false),
            (Role::Feed, feed),
            (Role::Finance, finance),
        ] {
            assert_eq!(
                allowed(&gate, &bearer(role, &[], &[]), table, row),
                expected,
                "{role:?} {table}"
            );
        }
    }
}

#[test]
fn a_row_needs_one_of_the_bodies() {
    let (gate, bound) = (gate(), bearer(Role::Feed, &["B-1", "B-2"], &[]));
    let reported = |by: &str| allowed(&gate, &bound, "status_reports", &format!("{REPORT} {by}"));
    assert!(reported("reporter=B-1") && reported("Berichtet_von=x reporter=B-2"));
    assert!(!reported("") && !reported("reporter=B-3") && !reported("reporter="));
    let mut twice = cells(&format!("{REPORT} reporter=B-1"));
    twice.insert("Meldende Stelle".to_owned(), "B-3".to_owned());
    assert!(gate.row(&bound, "status_reports", &twice).is_err());
}

#[test]
fn a_body_sets_only_its_own_seats_and_sittings() {
    let (gate, bound) = (gate(), bearer(Role::Feed, &["B-1"], &[]));
    for (table, row, expected) in [
        ("seats", "id=S body=B-1 role=r from=2024-01-01", true),
        ("seats", "id=S body=B-2 role=r from=2024-01-01", false),
        ("sittings", "id=S body=B-2 date=2024-01-01", false),
        ("sittings", "id=S Gremium=B-2 date=2024-01-01", false),
    ] {
        let row = format!("{row} reporter=B-1");
        assert_eq!(
            allowed(&gate, &bound, table, &row),
            expected,
            "{table} {row}"
        );
    }
}

#[test]
fn a_body_changes_only_what_its_own_sittings_decide_also_by_corrections() {
    let gate = gate();
    let rows = [
        ("sittings", "id=S-1 body=B-1 date=2024-03-20"),
        ("sittings", "id=S-2 body=B-2 date=2024-03-20"),
        ("papers", "id=V-1 sitting=S-1 title=t filed_on=2024-03-01"),
        ("papers", "id=V-2 sitting=S-2 title=t filed_on=2024-03-01"),
        (
            "resolutions",
            "id=R-2 sitting=S-2 paper=V-2 kind=noted date=2024-03-20",
        ),
        (
            "mandates",
            "id=M-2 body=B-2 title=t due=2024-12-31 given_on=2024-03-20",
        ),
    ];
    for (at, (table, text)) in (1..).zip(rows) {
        let row = leitstand_domain::Row::parse(table, &cells(text));
        let row = row.expect("a table").expect("a row");
        apply(&mut gate.facts.write().expect("not poisoned"), at, row);
    }
    let bound = bearer(Role::Feed, &["B-1"], &[]);
    let fix = "date=2024-03-20 reason=x";
    for (table, row, expected) in [
        ("votes", "sitting=S-1 paper=V-1".to_owned(), true),
        ("votes", "sitting=S-2 paper=V-2".to_owned(), false),
        // Somebody else's paper in a sitting of one's own.
        ("votes", "sitting=S-1 paper=V-2".to_owned(), false),
        ("papers", "id=V-2 sitting=S-1".to_owned(), false),
        ("papers", "id=V-3 sitting=S-1".to_owned(), true),
        ("mandate_steps", "mandate=M-2 step=done".to_owned(), false),
        ("corrections", format!("table=papers key=V-1 {fix}"), true),
        ("corrections", format!("table=papers key=V-2 {fix}"), false),
        (
            "corrections",
            format!("table=papers key=V-2/2024-03-20 {fix} sitting=S-1"),
            false,
        ),
        (
            "corrections",
            format!("table=papers key=V-1 {fix} sitting=S-2"),
            false,
        ),
        ("corrections", format!("table=votes key=V-1/HH {fix}"), true),
        (
            "corrections",
            format!("table=votes key=V-2/HH {fix}"),
            false,
        ),
        (
            "corrections",
            format!("table=resolutions key=R-2 {fix}"),
            false,
        ),
        (
            "corrections",
            format!("table=mandates key=M-2 {fix}"),
            false,
        ),
        (
            "corrections",
            format!("table=sittings key=S-2 {fix}"),
            false,
        ),
        // A key of its own does not say whose row it is.
        ("corrections", format!("table=votes key=N-1 {fix}"), false),
    ] {
        let row = format!("{row} reporter=B-1");
        let may = allowed(&gate, &bound, table, &row);
        assert_eq!(may, expected, "{table} {row}");
    }
}

#[test]
fn a_row_that_names_a_pillar_needs_one_of_the_pillars() {
    let (gate, bound) = (gate_with_facts(), bearer(Role::Feed, &[], &["DG"]));
    let assessed = "date=2024-12-31 probability=1 impact=1 risk=";
    for (table, row, expected) in [
        ("status_reports", REPORT.to_owned(), true),
        (
            "status_reports",
            REPORT.replace("DG-M-01", "KI-M-01"),
            false,
        ),
        (
            "status_reports",
            REPORT.replace("DG-M-01", "XX-M-01"),
            false,
        ),
        (
            "status_reports",
            REPORT.replace("2024-12-31", "never"),
            false,
        ),
        ("risk_assessments", format!("{assessed}RI-01"), true),
        ("risk_assessments", format!("{assessed}RI-02"), false),
        ("risk_assessments", format!("{assessed}RI-99"), false),
        // What has the id already belongs to another pillar.
        (
            "risks",
            "id=RI-02 subject=DG-M-01 category=x title=t response=accept identified_on=2024-01-01"
                .to_owned(),
            false,
        ),
        (
            "risks",
            "id=RI-03 subject=DG-M-01 category=x title=t response=accept identified_on=2024-01-01"
                .to_owned(),
            true,
        ),
        (
            "catalogue",
            "id=KI-M-01 kind=measure title=M pillar=DG set_on=2024-01-01".to_owned(),
            false,
        ),
        (
            "mandates",
            "id=AA-1 body=B-1 title=x given_on=2024-12-31".to_owned(),
            false,
        ),
        (
            "risk_closures",
            "risk=RI-02 date=2024-12-31 outcome=closed".to_owned(),
            false,
        ),
        (
            "status_overrides",
            "report_date=2024-12-31 measure=KI-M-01 overall=G reason=x reporter=B-1".to_owned(),
            false,
        ),
        // A release names anything there is, whosever it may be.
        (
            "releases",
            "kind=request id=A-1 classification=public date=2024-12-31".to_owned(),
            false,
        ),
        (
            "corrections",
            "table=status_reports key=DG-M-01/2024-12-31 date=2024-12-31 reason=x overall=R"
                .to_owned(),
            true,
        ),
        (
            "corrections",
            "table=status_reports key=KI-M-01/2024-12-31 date=2024-12-31 reason=x overall=R"
                .to_owned(),
            false,
        ),
        (
            "corrections",
            "table=risks key=RI-01 date=2024-01-01 reason=x subject=KI-M-01".to_owned(),
            false,
        ),
        (
            "corrections",
            "table=status_reports key=own-key date=2024-12-31 reason=x overall=R".to_owned(),
            false,
        ),
    ] {
        assert_eq!(
            allowed(&gate, &bound, table, &row),
            expected,
            "{table} {row}"
        );
    }
}

#[test]
fn what_concerns_no_pillar_concerns_them_all() {
    let (gate, bound) = (gate_with_facts(), bearer(Role::Feed, &[], &["DG"]));
    let money = bearer(Role::Finance, &[], &["DG"]);
    for (table, row, expected) in [
        (
            "report_calls",
            "id=R stichtag=2024-12-31 due=2024-12-31".to_owned(),
            false,
        ),
        (
            "thresholds",
            "name=slip_days dimension=schedule amber=1 red=2 valid_from=2024-01-01".to_owned(),
            false,
        ),
        (
            "pots",
            "id=T fiscal_year=2024 amount=1.00 resolved_on=2024-01-01".to_owned(),
            false,
        ),
        (
            "corrections",
            "table=pots key=T date=2024-01-01 reason=x amount=2.00".to_owned(),
            false,
        ),
        (
            "catalogue",
            "id=DG-M-77 kind=measure title=M pillar=DG set_on=2024-01-01".to_owned(),
            true,
        ),
        (
            "catalogue",
            "id=DG-M-77 kind=measure title=M parent=KI-M-01 set_on=2024-01-01".to_owned(),
            false,
        ),
        (
            "catalogue",
            "id=NEW kind=pillar title=N set_on=2024-01-01".to_owned(),
            false,
        ),
    ] {
        let is_money = table == "pots" || row.contains("table=pots");
        let bearer = if is_money { &money } else { &bound };
        assert_eq!(
            allowed(&gate, bearer, table, &row),
            expected,
            "{table} {row}"
        );
    }
}

#[test]
fn addresses_are_open_to_roles_as_documented() {
    let answer = "/api/v1/status";
    for (path, read, audit) in [
        (answer, true, true),
        ("/", true, true),
        ("/metrics", true, true),
        ("/api/v1/events", false, true),
        ("/api/v1/explain", true, true),
        ("/api/v1/explain/funds/T/free", true, true),
        ("/api/v1/feed/status_reports", false, false),
    ] {
        let uri: Uri = path.parse().expect("an address");
        for (role, expected) in [(Role::Read, read), (Role::Audit, audit)] {
            let may = may(&bearer(role, &[], &[]), wanted(path), &uri);
            assert_eq!(may.is_ok(), expected, "{role:?} {path}");
        }
    }
    let uri: Uri = "/api/v1/feed/bookings".parse().expect("an address");
    assert!(may(&bearer(Role::Finance, &[], &[]), wanted(uri.path()), &uri).is_ok());
    assert!(may(&bearer(Role::Feed, &[], &[]), wanted(uri.path()), &uri).is_err());
    assert!(
        may(
            &bearer(Role::Feed, &[], &[]),
            wanted("/api/v1/feed/corrections"),
            &uri
        )
        .is_ok()
    );
}

#[test]
fn whoever_may_see_some_pillars_asks_for_one_of_them() {
    let bound = bearer(Role::Audit, &[], &["DG", "KI"]);
    for (address, expected) in [
        ("/api/v1/status?pillar=DG", true),
        ("/api/v1/status?as_of=2024-12-31&pillar=KI", true),
        ("/api/v1/status", false),
        ("/api/v1/status?pillar=", false),
        ("/api/v1/status?pillar=RM", false),
        ("/api/v1/status?pillar=DG&pillar=RM", false),
        ("/api/v1/explain/status/DG-M-01/stale?pillar=DG", true),
        ("/api/v1/explain/status/DG-M-01/stale", false),
        ("/api/v1/exceptions?pillar=DG", false),
        ("/api/v1/shares?pillar=DG", false),
        ("/api/v1/events?pillar=DG", false),
        ("/?pillar=DG", false),
    ] {
        let uri: Uri = address.parse().expect("an address");
        assert_eq!(
            may(&bound, wanted(uri.path()), &uri).is_ok(),
            expected,
            "{address}"
        );
    }
}

#[test]
fn without_tokens_only_this_machine_is_answered_by_its_own_name() {
    for (host, expected) in [
        ("localhost:8080", true),
        ("127.0.0.1:8080", true),
        ("[::1]:8080", true),
        ("evil.example:8080", false),
        ("127.0.0.1.evil.example", false),
    ] {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
        assert_eq!(from_here(&headers).is_ok(), expected, "{host}");
    }
    assert!(from_here(&HeaderMap::new()).is_ok());
}
