//! Cost keys and schemes handed in: as a whole, or not at all.

use std::fmt::Write as _;

use leitstand_domain::table::Cells;
use leitstand_ingest::{
    Actor, Currency, Feed, FeedOptions, FeedReport, Finding, Mode, Rejects, feed,
};

use crate::support::{Office, actor, codes, pair};

/// The key of 2015, which applies in 2016; Brandenburg's part as given.
fn key(brandenburg: &str, beside: impl Fn(&str) -> String) -> String {
    let parts = [
        ("BW", "12.86456"),
        ("BY", "15.51873"),
        ("BE", "5.04927"),
        ("BB", brandenburg),
        ("HB", "0.95688"),
        ("HH", "2.52968"),
        ("HE", "7.35890"),
        ("MV", "2.02906"),
        ("NI", "9.32104"),
        ("NW", "21.21010"),
        ("RP", "4.83710"),
        ("SL", "1.22173"),
        ("SN", "5.08386"),
        ("ST", "2.83068"),
        ("SH", "3.40337"),
        ("TH", "2.72451"),
    ];
    let mut csv = "key_year,partner,percent,valid_from,received_on,reporter,file_ref\n".to_owned();
    for (land, percent) in parts {
        let _ = writeln!(csv, "2015,{land},{percent},2016-01-01,{}", beside(land));
    }
    csv
}

fn plain(_: &str) -> String {
    "2015-12-01,,BAnz".to_owned()
}

const SCHEME: &str = "id,partner_group,percent,valid_from
EfA,BUND,25,2024-01-01
EfA,LAENDER,25,2024-01-01
EfA,HH,30,2024-01-01
EfA,SH,20,2024-01-01
";

async fn fed(office: &Office, csv: &str) -> FeedReport {
    office.feed(&[("cost_keys.csv", csv)], Mode::Record).await.0
}

#[tokio::test]
async fn a_key_is_accepted_together_and_known_together() {
    let office = Office::begun().await;
    let before = office.log().await.len();
    let (rehearsed, _folder) = office
        .feed(&[("cost_keys.csv", &key("3.06053", plain))], Mode::DryRun)
        .await;
    assert_eq!(
        (rehearsed.accepted, rehearsed.rejected),
        (16, 0),
        "{rehearsed:?}"
    );
    assert_eq!(office.log().await.len(), before);
    let report = fed(&office, &key("3.06053", plain)).await;
    assert_eq!((report.accepted, report.rejected), (16, 0), "{report:?}");
    let again = fed(&office, &key("3.06053", plain)).await;
    assert_eq!((again.known, again.accepted, again.rejected), (16, 0, 0));
    // One part alone is known as well: it is recorded.
    let part = [
        ("key_year", "2015"),
        ("partner", "BW"),
        ("percent", "12,86456"),
        ("valid_from", "2016-01-01"),
        ("file_ref", "BAnz"),
    ];
    assert_eq!(office.record("cost_keys", &part).await.word(), "known");
}

#[tokio::test]
async fn a_key_that_does_not_sum_up_is_refused_in_every_row_and_handed_back() {
    let office = Office::begun().await;
    let before = office.log().await.len();
    let faulty = key("3.08092", plain);
    let (report, folder) = office
        .feed(&[("cost_keys.csv", &faulty)], Mode::Record)
        .await;
    assert_eq!((report.accepted, report.rejected), (0, 16));
    assert_eq!(
        codes(&report.findings).into_iter().collect::<Vec<_>>(),
        [("key_sum".to_owned(), 16)]
    );
    assert_eq!(office.log().await.len(), before, "nothing is recorded");
    let rejects = &report.rejects[0];
    assert!(rejects.starts_with(folder.path()));
    let handed_back = std::fs::read_to_string(rejects).expect("a file");
    assert_eq!(handed_back.lines().count(), 17);
    let right = handed_back.replace("3.08092", "3.06053");
    assert_eq!(
        fed(&office, &right).await.accepted,
        16,
        "mended, it may be fed again"
    );
}

#[tokio::test]
async fn a_row_by_itself_is_no_key() {
    let office = Office::begun().await;
    let part = [
        ("key_year", "2015"),
        ("partner", "BW"),
        ("percent", "12.86456"),
        ("valid_from", "2016-01-01"),
    ];
    assert_eq!(
        office.refused("cost_keys", &part).await,
        [pair("key_sum", "percent")]
    );
}

/// Whatever keeps one row out keeps the whole key out.
#[tokio::test]
async fn one_row_that_is_refused_takes_the_others_with_it() {
    let late = |land: &str| {
        if land == "TH" {
            "2030-01-01,,BAnz".to_owned()
        } else {
            plain(land)
        }
    };
    let nobody = |land: &str| {
        if land == "SL" {
            "2015-12-01,B-NOBODY,BAnz".to_owned()
        } else {
            plain(land)
        }
    };
    for csv in [
        key("3.06053", late),
        key("3.06053", nobody),
        key("-1", plain),
        key("", plain),
    ] {
        let office = Office::begun().await;
        let before = office.log().await.len();
        let report = fed(&office, &csv).await;
        assert_eq!((report.accepted, report.rejected), (0, 16), "{csv}");
        assert_eq!(office.log().await.len(), before);
    }
}

/// A row whoever sends it may not hand in is no part either.
#[tokio::test]
async fn a_row_that_is_not_admitted_takes_the_others_with_it() {
    let office = Office::begun().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cost_keys.csv");
    std::fs::write(&path, key("3.06053", plain)).expect("a file");
    let opened = Feed::open(&[path], None, &Currency::default()).expect("a readable file");
    let admit = |_: &str, cells: &Cells| -> Result<Actor, Finding> {
        if cells.get("partner").is_some_and(|it| it == "HE") {
            return Err(Finding::new("not_allowed", "Nein", "No"));
        }
        Ok(actor())
    };
    let options = FeedOptions {
        rejects: Rejects::Nowhere,
        ..FeedOptions::default()
    };
    let report = feed(&office.desk, opened, &admit, options)
        .await
        .expect("a working store");
    assert_eq!((report.accepted, report.rejected), (0, 16));
}

/// The parts of a whole are decided together, wherever a window ends.
#[tokio::test]
async fn a_window_never_ends_inside_a_key() {
    let office = Office::begun().await;
    let mut thresholds = "name,dimension,amber,red,valid_from\n".to_owned();
    for number in 0..3_992 {
        let _ = writeln!(thresholds, "slip_days,D{number},1,2,2024-01-01");
    }
    let key = key("3.06053", plain);
    let files = [
        ("thresholds.csv", &*thresholds),
        ("cost_keys.csv", &key),
        ("cost_schemes.csv", SCHEME),
    ];
    let (report, _folder) = office.feed(&files, Mode::Record).await;
    assert_eq!(
        (report.accepted, report.rejected),
        (3_992 + 16 + 4, 0),
        "{:?}",
        report.findings.first()
    );
}

#[tokio::test]
async fn a_scheme_is_accepted_together_and_a_faulty_one_refused() {
    let office = Office::begun().await;
    let (report, _folder) = office
        .feed(&[("cost_schemes.csv", SCHEME)], Mode::Record)
        .await;
    assert_eq!((report.accepted, report.rejected), (4, 0), "{report:?}");
    let faulty = SCHEME
        .replace("2024-01-01", "2025-01-01")
        .replace("HH,30", "HH,29.99999");
    let (report, _folder) = office
        .feed(&[("cost_schemes.csv", &faulty)], Mode::Record)
        .await;
    assert_eq!((report.accepted, report.rejected), (0, 4));
    assert_eq!(
        codes(&report.findings).keys().collect::<Vec<_>>(),
        ["scheme_sum"]
    );
}

/// The same rows twice are one key; thousands of different ones for one key are refused, and quickly.
#[tokio::test]
async fn rows_that_are_too_many_for_a_whole_make_none() {
    let office = Office::begun().await;
    let key = key("3.06053", plain);
    let twice = format!("{key}{}", key.split_once('\n').expect("a header").1);
    let (report, _folder) = office
        .feed(&[("cost_keys.csv", &twice)], Mode::Record)
        .await;
    assert_eq!(
        (report.accepted, report.known, report.rejected),
        (16, 16, 0),
        "{report:?}"
    );
    let mut many = "id,partner_group,percent,valid_from\n".to_owned();
    for units in 0..3_000 {
        let _ = writeln!(
            many,
            "X,BUND,{}.{:05},2024-01-01",
            units / 100_000,
            units % 100_000
        );
    }
    let (report, _folder) = office
        .feed(&[("cost_schemes.csv", &many)], Mode::Record)
        .await;
    assert_eq!((report.accepted, report.rejected), (0, 3_000));
}

/// Two sittings, and a paper for the first with two votes and a resolution; one vote is on a paper nobody knows.
async fn decided() -> Office {
    let office = Office::begun().await;
    let sittings = "id,body,number,date,received_on\nS-45,B-ITPLR,45,2024-11-13,2024-01-10\nS-46,B-ITPLR,46,2025-03-26,2024-01-10\n";
    let papers = "id,sitting,title,filed_on,request\nV-7,S-45,Cockpit,2024-10-15,A-folgt\n";
    let votes = "sitting,paper,partner,vote,date\nS-45,V-7,BUND,yes,2024-11-13\nS-45,V-7,HH,abstain,2024-11-13\nS-45,V-8,HH,yes,2024-11-13\n";
    let resolutions = "id,sitting,paper,number,kind,text,partners,date\nB-1,S-45,V-7,2024/41,decision,Wortlaut,\"HH, SH BUND\",2024-11-13\n";
    let files = [
        ("sittings.csv", sittings),
        ("papers.csv", papers),
        ("votes.csv", votes),
        ("resolutions.csv", resolutions),
    ];
    let (report, _folder) = office.feed(&files, Mode::Record).await;
    assert_eq!(
        (report.accepted, report.rejected),
        (2 + 1 + 2 + 1, 1),
        "{report:?}"
    );
    assert_eq!(
        codes(&report.findings).keys().collect::<Vec<_>>(),
        ["unknown_reference"]
    );
    office
}

/// Papers, votes and resolutions belong to their sitting, and come after what they refer to.
#[tokio::test]
async fn papers_votes_and_resolutions_stand_in_the_stream_of_their_sitting() {
    let office = decided().await;
    let log = office.log().await;
    let names: Vec<&str> = log
        .iter()
        .filter(|it| &*it.stream == "sitting-S-45")
        .map(|it| &*it.name)
        .collect();
    assert_eq!(
        names,
        [
            "sitting.paper_filed",
            "sitting.voted",
            "sitting.voted",
            "sitting.resolved"
        ]
    );
    let resolution = log
        .iter()
        .find(|it| &*it.name == "sitting.resolved")
        .expect("a resolution");
    assert!(
        resolution.payload.contains("\"partners\":\"BUND HH SH\""),
        "{}",
        resolution.payload
    );
    assert!(
        !resolution.payload.contains("Wortlaut"),
        "the wording is sealed"
    );
}

#[tokio::test]
async fn a_vote_is_given_once_and_a_paper_stays_with_its_sitting() {
    let office = decided().await;
    // One partner, one vote; a paper for another sitting has an id of its own.
    let again = [
        ("sitting", "S-45"),
        ("paper", "V-7"),
        ("partner", "HH"),
        ("vote", "yes"),
        ("date", "2024-11-13"),
    ];
    assert_eq!(
        office.refused("votes", &again).await,
        [pair("use_correction", "")]
    );
    let moved = [
        ("id", "V-7"),
        ("sitting", "S-46"),
        ("title", "Cockpit"),
        ("filed_on", "2025-02-15"),
    ];
    assert_eq!(
        office.refused("papers", &moved).await,
        [pair("use_correction", "")]
    );
    // A new version of it for the same sitting is a new state.
    let version = [
        ("id", "V-7"),
        ("sitting", "S-45"),
        ("version", "2"),
        ("title", "Cockpit"),
        ("filed_on", "2024-10-15"),
        ("valid_from", "2024-11-01"),
    ];
    office.accept("papers", &version).await;
    // A vote noted wrongly is corrected.
    let fix = [
        ("table", "votes"),
        ("key", "V-7/HH"),
        ("date", "2024-11-13"),
        ("vote", "no"),
        ("reason", "falsch notiert"),
    ];
    office.accept("corrections", &fix).await;
    for (partners, code) in [("HH XX", "bad_partners"), (" , ", "bad_partners")] {
        let bad = [
            ("id", "B-2"),
            ("sitting", "S-45"),
            ("paper", "V-7"),
            ("kind", "noted"),
            ("partners", partners),
            ("date", "2024-11-13"),
        ];
        assert_eq!(
            office.refused("resolutions", &bad).await,
            [pair(code, "partners")]
        );
    }
}
