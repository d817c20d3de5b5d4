//! The power fails: everything that was not synced is lost, wholly or in part.
//!
//! A writer runs with `tests/powerloss/shim.c` before the C library and is killed at a random moment.
//! From the shim's journal the files are built as a disk may hold them, opened, and judged. More rounds:
//! `LEITSTAND_POWERLOSS_ROUNDS=1000`; other moments: `LEITSTAND_POWERLOSS_SEED=42`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::Duration,
};

use leitstand_store::Synchronous;

use crate::{
    Test,
    child::{Acknowledged, judge, killed_after},
    fresh, tests,
};

pub(crate) const TESTS: &[Test] = tests![
    a_power_cut_loses_nothing_acknowledged,
    a_failing_disk_loses_nothing_acknowledged,
    a_store_that_never_syncs_is_caught,
    a_store_that_syncs_at_checkpoints_only_is_caught,
];

fn a_power_cut_loses_nothing_acknowledged() {
    let (mut acknowledged, mut checkpoints) = (0, 0);
    for round in 0..rounds() {
        let (said, journal) = power_cut(round, Synchronous::Full, None);
        acknowledged += said.events.len();
        checkpoints += checkpoints_in(&journal);
        nothing_is_lost(&journal, &said, round);
    }
    assert!(0 < acknowledged, "nothing was acknowledged in any round");
    assert!(0 < checkpoints, "no checkpoint happened in any round");
}

/// Syncs and writes that fail now and then are never acknowledged, and the store goes on after them.
fn a_failing_disk_loses_nothing_acknowledged() {
    let (mut acknowledged, mut failed) = (0, 0);
    for round in 0..rounds() {
        let (said, journal) = power_cut(round, Synchronous::Full, Some(5 + round % 20));
        acknowledged += said.events.len();
        failed += said.failed;
        nothing_is_lost(&journal, &said, round);
    }
    assert!(0 < failed, "no append met the failing disk");
    assert!(
        failed < acknowledged,
        "{failed} appends failed, {acknowledged} events were acknowledged"
    );
}

fn nothing_is_lost(journal: &[Record], said: &Acknowledged, round: u64) {
    for survive in Survive::ALL {
        if let Err(lost) = judge(&rebuilt(journal, survive, round), said) {
            panic!("round {round}, {survive:?}: {lost}");
        }
    }
}

/// How often the database itself was synced after its write-ahead log.
fn checkpoints_in(journal: &[Record]) -> usize {
    let synced = |name| move |it: &&Record| it.kind == b'S' && it.name == name;
    let logged = journal.iter().skip_while(|it| !synced("log.db-wal")(it));
    logged.filter(synced("log.db")).count()
}

fn a_store_that_never_syncs_is_caught() {
    is_caught(Synchronous::Off);
}

fn a_store_that_syncs_at_checkpoints_only_is_caught() {
    is_caught(Synchronous::Normal);
}

fn is_caught(synchronous: Synchronous) {
    for round in 0..10 {
        let (said, journal) = power_cut(round, synchronous, None);
        if judge(&rebuilt(&journal, Survive::Nothing, round), &said).is_err() {
            return;
        }
    }
    panic!("nobody noticed that {synchronous:?} does not sync");
}

/// Which of the writes that were not synced are on the disk all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Survive {
    Nothing,
    /// The first ones of each file, the last of them torn.
    Prefix,
    /// Any, each perhaps torn: a disk writes in the order it likes.
    Any,
    /// All: the power failed, the disk's cache did not.
    All,
}

impl Survive {
    const ALL: [Self; 4] = [Self::Nothing, Self::Prefix, Self::Any, Self::All];
}

/// Lets a writer run and cuts its power: what it was told, and what it did to its files. If `fail` is
/// given, the disk fails at every so many-th sync.
fn power_cut(
    round: u64,
    synchronous: Synchronous,
    fail: Option<u64>,
) -> (Acknowledged, Vec<Record>) {
    let mut random = Random::new(round);
    let folder = fresh("disk");
    fs::create_dir(&folder).unwrap();
    let journal = fresh("journal");
    let mut preload = vec![
        ("LD_PRELOAD", SHIM.clone()),
        ("POWERLOSS_FOLDER", folder.clone()),
        ("POWERLOSS_JOURNAL", journal.clone()),
    ];
    preload.extend(fail.map(|every| ("POWERLOSS_FAIL", every.to_string().into())));
    let life = Duration::from_millis(10 + random.below(600));
    let said = killed_after(life, &folder.join("log.db"), synchronous, &preload);
    let records = fs::read(&journal)
        .map(|bytes| Record::read_all(&bytes))
        .unwrap_or_default();
    (Acknowledged::read(&said), records)
}

/// The shim, compiled once. No C compiler is a failure, not a skip.
static SHIM: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/powerloss/shim.c");
    let shim = fresh("shim.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .arg(&shim)
        .arg(source)
        .args(["-ldl", "-lpthread"])
        .status();
    assert!(
        compiled.expect("a C compiler `cc`").success(),
        "the shim does not compile"
    );
    shim
});

/// One thing that was done to a file.
#[derive(Debug)]
struct Record {
    kind: u8,
    name: String,
    offset: usize,
    data: Vec<u8>,
}

impl Record {
    /// All whole records; the kill may have torn the last.
    fn read_all(mut bytes: &[u8]) -> Vec<Self> {
        let number =
            |bytes: &[u8]| usize::try_from(u64::from_ne_bytes(bytes.try_into().unwrap())).unwrap();
        let mut records = vec![];
        while let Some((head, rest)) = bytes.split_at_checked(21) {
            let name = u32::from_ne_bytes(head[1..5].try_into().unwrap()) as usize;
            let (offset, data) = (number(&head[5..13]), number(&head[13..21]));
            if rest.len() < name + data {
                break;
            }
            records.push(Self {
                kind: head[0],
                name: String::from_utf8(rest[..name].to_vec()).unwrap(),
                offset,
                data: rest[name..name + data].to_vec(),
            });
            bytes = &rest[name + data..];
        }
        records
    }
}

/// A file while the journal is played: what was done to it, and how much of that was synced.
#[derive(Default)]
struct Inode<'journal> {
    done: Vec<&'journal Record>,
    synced: usize,
}

/// Builds the files as the disk may hold them, and returns the path of the log among them.
fn rebuilt(journal: &[Record], survive: Survive, round: u64) -> PathBuf {
    let mut random = Random::new(round ^ 0xD15C);
    let mut inodes: Vec<Inode<'_>> = vec![];
    // Names lead to inodes; a name that was not synced with its folder need not be there, or gone.
    let (mut now, mut durable) = (BTreeMap::new(), BTreeMap::new());
    for record in journal {
        match record.kind {
            b'C' => {
                now.insert(&*record.name, inodes.len());
                inodes.push(Inode::default());
            }
            b'U' => drop(now.remove(&*record.name)),
            b'S' if record.name.is_empty() => durable = now.clone(),
            b'S' => {
                let inode = &mut inodes[now[&*record.name]];
                inode.synced = inode.done.len();
            }
            b'F' => {
                let inode = &mut inodes[now[&*record.name]];
                inode.done.truncate(inode.synced);
            }
            b'W' | b'T' => inodes[now[&*record.name]].done.push(record),
            other => panic!("{other}"),
        }
    }
    let names = match survive {
        Survive::Nothing | Survive::Prefix => durable,
        Survive::Any if random.below(2) == 0 => durable,
        Survive::Any | Survive::All => now,
    };
    let folder = fresh("disk");
    fs::create_dir(&folder).unwrap();
    // The shared memory is built anew by whoever opens the log first.
    for (name, inode) in names
        .into_iter()
        .filter(|(name, _)| !name.ends_with("-shm"))
    {
        fs::write(
            folder.join(name),
            content(&inodes[inode], survive, &mut random),
        )
        .unwrap();
    }
    folder.join("log.db")
}

fn content(inode: &Inode<'_>, survive: Survive, random: &mut Random) -> Vec<u8> {
    let (synced, rest) = inode.done.split_at(inode.synced);
    let last = usize::try_from(random.below(rest.len() as u64 + 1)).unwrap();
    let rest = rest
        .iter()
        .enumerate()
        .filter_map(|(n, record)| match survive {
            Survive::Prefix if n < last => Some((record, record.data.len())),
            Survive::Prefix if n == last => Some((record, torn(record, random))),
            Survive::Nothing | Survive::Prefix => None,
            Survive::Any => match random.below(3) {
                0 => None,
                1 => Some((record, torn(record, random))),
                _ => Some((record, record.data.len())),
            },
            Survive::All => Some((record, record.data.len())),
        });
    let mut content = vec![];
    for (record, length) in synced
        .iter()
        .map(|record| (record, record.data.len()))
        .chain(rest)
    {
        let end = record.offset + length;
        if record.kind == b'T' {
            content.resize(record.offset, 0);
        } else {
            content.resize(content.len().max(end), 0);
            content[record.offset..end].copy_from_slice(&record.data[..length]);
        }
    }
    content
}

/// How much of a write is there: whole sectors of 512 bytes, as disks write them.
fn torn(record: &Record, random: &mut Random) -> usize {
    let sectors = random.below(record.data.len() as u64 / 512 + 1);
    usize::try_from(sectors * 512).unwrap()
}

/// `SplitMix64`: the same moments for the same seed.
struct Random(u64);

impl Random {
    fn new(round: u64) -> Self {
        Self(
            number("LEITSTAND_POWERLOSS_SEED", 1)
                .wrapping_mul(0x9E37_79B9)
                .wrapping_add(round),
        )
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn rounds() -> u64 {
    number("LEITSTAND_POWERLOSS_ROUNDS", 10)
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect(name))
}
