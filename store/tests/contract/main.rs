//! Every store keeps every promise; a store that breaks one is caught; and what `SQLite` and `JetStream`
//! add: the file itself refuses, damage shows, backups come back, a kill or a power cut loses nothing acknowledged.
#![expect(clippy::unwrap_used, reason = "tests")]

mod backups;
mod broken;
mod child;
mod cluster;
mod damage;
mod faults;
mod followed;
mod jetstream;
mod killed;
mod lost;
mod lost_in_a_cluster;
mod lost_on_the_way;
mod powerloss;
mod processes;
mod refusals;
mod twice;

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex},
};

use leitstand_store::{
    Memory, MemoryKeys, Sqlite, SqliteKeys,
    contract::{self, Keeper, Store},
};
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

/// A name, and how to open one, empty.
type Backend<T> = (&'static str, fn() -> Opening<T>);

/// It opens where it is used: what it does beside runs there too.
type Opening<T> = Pin<Box<dyn Future<Output = T>>>;

const STORES: &[Backend<Store>] = &[
    ("memory", || now(Arc::new(Memory::default()))),
    ("sqlite", || {
        now(Arc::new(Sqlite::open(fresh("log.db")).unwrap()))
    }),
    ("sqlite_opened_twice", || {
        now(Arc::new(twice::Twice::open(&fresh("log.db"))))
    }),
    ("jetstream", || {
        Box::pin(async { jetstream::fresh().await as Store })
    }),
    ("jetstream_opened_twice", || {
        Box::pin(async { Arc::new(jetstream::twice(true).await) as Store })
    }),
];

const KEEPERS: &[Backend<Keeper>] = &[
    ("memory", || now(Arc::new(MemoryKeys::default()))),
    ("sqlite", || {
        now(Arc::new(SqliteKeys::open(fresh("log.db")).unwrap()))
    }),
    ("jetstream", || {
        Box::pin(async { Arc::new(jetstream::fresh_keys().await) as Keeper })
    }),
];

fn now<T: 'static>(it: T) -> Opening<T> {
    Box::pin(std::future::ready(it))
}

fn main() {
    if child::is_one() {
        return child::write_until_killed();
    }
    keep_expected_panics_quiet();
    let mut trials = vec![];
    for &(store, open) in STORES {
        trials.extend(contract::stores().map(|case| {
            test(format!("{store}::{}", case.name), move || {
                block_on(async { (case.run)(open().await).await });
            })
        }));
    }
    for &(keeper, open) in KEEPERS {
        trials.extend(contract::keepers().map(|case| {
            test(format!("keys::{keeper}::{}", case.name), move || {
                block_on(async { (case.run)(open().await).await });
            })
        }));
    }
    for &(fault, promise) in broken::STORES {
        trials.push(test(format!("caught::{fault:?}::{promise}"), move || {
            let case = contract::stores()
                .find(|case| case.name == promise)
                .unwrap();
            EXPECTING.set(true);
            let caught = catch_unwind(AssertUnwindSafe(|| block_on((case.run)(fault.open()))));
            EXPECTING.set(false);
            assert!(caught.is_err(), "nobody noticed");
        }));
    }
    for &promise in jetstream::CAUGHT {
        trials.push(test(format!("caught::jetstream::{promise}"), move || {
            let case = contract::stores()
                .find(|case| case.name == promise)
                .unwrap();
            EXPECTING.set(true);
            let run = || {
                block_on(async {
                    (case.run)(Arc::new(jetstream::twice(false).await)).await;
                });
            };
            let caught = catch_unwind(AssertUnwindSafe(run));
            EXPECTING.set(false);
            assert!(caught.is_err(), "nobody noticed");
        }));
    }
    let others = [
        ("refusals", refusals::TESTS),
        ("damage", damage::TESTS),
        ("backups", backups::TESTS),
        ("jetstream", jetstream::TESTS),
        ("processes", processes::TESTS),
        ("followed", followed::TESTS),
        ("faults", faults::TESTS),
        ("cluster", cluster::TESTS),
        ("killed", killed::TESTS),
        ("lost", lost::TESTS),
        ("lost_in_a_cluster", lost_in_a_cluster::TESTS),
        ("lost_on_the_way", lost_on_the_way::TESTS),
        ("powerloss", powerloss::TESTS),
    ];
    for (file, tests) in others {
        trials.extend(
            tests
                .iter()
                .map(|&(name, run)| test(format!("{file}::{name}"), run)),
        );
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    jetstream::stop();
    FOLDERS.lock().unwrap().clear();
    conclusion.exit();
}

thread_local! {
    /// Whether the next panic on this thread is the one a test waits for; it is not printed then.
    static EXPECTING: Cell<bool> = const { Cell::new(false) };
}

fn keep_expected_panics_quiet() {
    let print = take_hook();
    set_hook(Box::new(move |panic| {
        if !EXPECTING.get() {
            print(panic);
        }
    }));
}

/// A name, and what panics if it is not so.
type Test = (&'static str, fn());

/// Makes a list of tests, each named after its function.
macro_rules! tests {
    ($($name:ident),+ $(,)?) => { &[$((stringify!($name), $name)),+] };
}
use tests;

fn test(name: String, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

/// Folders live until all tests are over: the stores in them are closed when the runtimes are gone.
static FOLDERS: Mutex<Vec<TempDir>> = Mutex::new(vec![]);

/// A path in a new folder.
fn fresh(name: &str) -> PathBuf {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    FOLDERS.lock().unwrap().push(folder);
    path
}
