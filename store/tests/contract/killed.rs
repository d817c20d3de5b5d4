//! `kill -9` in the middle of many appends.

use std::time::Duration;

use leitstand_store::Synchronous;

use crate::{
    Test,
    child::{Acknowledged, judge, killed_after},
    fresh, tests,
};

pub(crate) const TESTS: &[Test] = tests![
    a_killed_writer_loses_nothing_acknowledged,
    a_log_survives_one_kill_after_another
];

fn a_killed_writer_loses_nothing_acknowledged() {
    let log = fresh("log.db");
    let said = killed_after(Duration::from_millis(1_500), &log, Synchronous::Full, &[]);
    let acknowledged = Acknowledged::read(&said);
    assert!(
        !acknowledged.events.is_empty(),
        "nothing was acknowledged before the kill"
    );
    assert_eq!(acknowledged.failed, 0);
    judge(&log, &acknowledged).unwrap();
}

fn a_log_survives_one_kill_after_another() {
    let log = fresh("log.db");
    let mut said = String::new();
    for life in [300, 35, 70, 420, 150, 90] {
        said += &killed_after(Duration::from_millis(life), &log, Synchronous::Full, &[]);
        judge(&log, &Acknowledged::read(&said)).unwrap();
    }
}
