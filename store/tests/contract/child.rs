//! A process that writes until it is killed, and says what was acknowledged; and the judge who looks
//! at what is left.

use std::{
    collections::HashMap,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use leitstand_store::{
    AppendError, EventStore, Expected, KeyId, NewEvent, Options, Position, Sqlite, SqliteKeys,
    Synchronous, TextKeys, contract::event, verify,
};
use uuid::Uuid;

use crate::block_on;

const LOG: &str = "LEITSTAND_STORE_TEST_LOG";
const SYNCHRONOUS: &str = "LEITSTAND_STORE_TEST_SYNCHRONOUS";
const WRITERS: u64 = 8;

/// Whether this process was started to be killed.
pub(crate) fn is_one() -> bool {
    std::env::var_os(LOG).is_some()
}

/// Starts a process that writes to `log`, kills it after `life`, and returns what it said: whole lines.
pub(crate) fn killed_after(
    life: Duration,
    log: &Path,
    synchronous: Synchronous,
    preload: &[(&str, PathBuf)],
) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(LOG, log)
        .env(SYNCHRONOUS, format!("{synchronous:?}"))
        .envs(preload.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let listening = std::thread::spawn(move || {
        let mut said = vec![];
        output.read_to_end(&mut said).unwrap();
        said
    });
    std::thread::sleep(life);
    assert!(
        child.try_wait().unwrap().is_none(),
        "the writer ended by itself"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let said = String::from_utf8(listening.join().unwrap()).unwrap();
    said.rfind('\n')
        .map_or_else(String::new, |end| said[..=end].to_owned())
}

/// What the child does: appends of one to four events to its own and to a shared stream, keys taken,
/// some destroyed. It says so only after it was acknowledged.
pub(crate) fn write_until_killed() {
    let log = PathBuf::from(std::env::var_os(LOG).unwrap());
    let synchronous = match std::env::var(SYNCHRONOUS).unwrap().as_str() {
        "Full" => Synchronous::Full,
        "Normal" => Synchronous::Normal,
        "Off" => Synchronous::Off,
        other => panic!("{other}"),
    };
    // Few pages, so that checkpoints happen in the short life it has.
    let options = Options {
        synchronous,
        checkpoint_pages: 40,
        ..Options::default()
    };
    // The disk may be failing, also while the files are begun.
    let store = Arc::new(patiently(|| Sqlite::open_with(&log, &options)));
    let keys = Arc::new(patiently(|| SqliteKeys::open(&log)));
    block_on(async {
        let writers = (0..WRITERS)
            .map(|writer| tokio::spawn(write(writer, Arc::clone(&store), Arc::clone(&keys))));
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
    });
}

fn patiently<T, E: std::fmt::Debug>(mut attempt: impl FnMut() -> Result<T, E>) -> T {
    for _ in 0..20 {
        if let Ok(done) = attempt() {
            return done;
        }
    }
    attempt().unwrap()
}

#[expect(clippy::print_stdout, reason = "how the child tells its parent")]
async fn write(writer: u64, store: Arc<Sqlite>, keys: Arc<SqliteKeys>) {
    for n in 0_u64.. {
        let Ok((id, _)) = keys.take().await else {
            continue;
        };
        println!("key {id}");
        if n % 16 == writer {
            println!("destroying {id}");
            if keys.destroy(&id).await.is_ok() {
                println!("destroyed {id}");
            }
        }
        let stream = if n % 4 == 0 {
            "shared".to_owned()
        } else {
            format!("writer-{writer}")
        };
        let newest = store.read(&stream).await.unwrap().pop();
        let expected = newest.map_or(Expected::Empty, |it| Expected::At(it.revision));
        let (of, correlation) = (1 + (n + writer) % 4, Uuid::new_v4());
        let events = (0..of).map(|_| NewEvent {
            id: Uuid::new_v4(),
            recorded_at: Timestamp::now(),
            known_on: None,
            correlation,
            payload: format!(
                r#"{{"of":{of},"text":"{}"}}"#,
                "x".repeat(usize::try_from(n * 37 % 2_500).unwrap())
            ),
            ..event(1)
        });
        match store.append(&stream, expected, events.collect()).await {
            Ok(recorded) => {
                for it in recorded {
                    println!("recorded {} {} {}", it.position.as_json(), it.hash, it.id);
                }
            }
            Err(AppendError::Conflict { .. }) => {}
            Err(AppendError::Store(_)) => println!("failed"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// What a writer was told before it died.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    /// Position, hash and id of every event.
    pub(crate) events: Vec<(u64, String, Uuid)>,
    /// How many appends failed because the disk did.
    pub(crate) failed: usize,
    keys: Vec<KeyId>,
    /// Perhaps destroyed, perhaps not.
    destroying: Vec<KeyId>,
    destroyed: Vec<KeyId>,
}

impl Acknowledged {
    pub(crate) fn read(said: &str) -> Self {
        let mut all = Self::default();
        for line in said.lines() {
            match *line.split(' ').collect::<Vec<_>>() {
                ["recorded", position, hash, id] => {
                    all.events.push((
                        position.parse().unwrap(),
                        hash.to_owned(),
                        id.parse().unwrap(),
                    ));
                }
                ["failed"] => all.failed += 1,
                ["key", id] => all.keys.push(id.parse().unwrap()),
                ["destroying", id] => all.destroying.push(id.parse().unwrap()),
                ["destroyed", id] => all.destroyed.push(id.parse().unwrap()),
                _ => panic!("{line}"),
            }
        }
        all
    }
}

/// Opens what is left and looks for everything that was acknowledged; says how many events there are.
///
/// # Errors
/// What is missing or wrong, in words.
pub(crate) fn judge(log: &Path, acknowledged: &Acknowledged) -> Result<usize, String> {
    let store = Sqlite::open(log).map_err(|error| format!("the log does not open: {error:?}"))?;
    let keys = SqliteKeys::open(log).map_err(|error| format!("the keys do not open: {error:?}"))?;
    block_on(async {
        let verified = verify(&store, None)
            .await
            .map_err(|error| format!("{error:?}"))?;
        if let Some(flaw) = verified.flaw {
            return Err(flaw.to_string());
        }
        let events = store
            .page(Position::START, usize::MAX)
            .await
            .map_err(|error| format!("{error:?}"))?;
        let by_position = events
            .iter()
            .map(|it| (it.position.as_json(), it))
            .collect::<HashMap<_, _>>();
        for (position, hash, id) in &acknowledged.events {
            let Some(event) = by_position.get(position) else {
                return Err(format!(
                    "event {position} was acknowledged, and is lost ({} are left)",
                    events.len()
                ));
            };
            if (event.hash.to_string(), event.id) != (hash.clone(), *id) {
                return Err(format!("event {position} was acknowledged, and is another"));
            }
        }
        let mut appends = HashMap::<Uuid, u64>::new();
        for event in &events {
            *appends.entry(event.correlation).or_default() += 1;
        }
        for event in &events {
            if !event
                .payload
                .starts_with(&format!(r#"{{"of":{},"#, appends[&event.correlation]))
            {
                return Err(format!(
                    "event {} is part of an append that is not whole",
                    event.position.as_json()
                ));
            }
        }
        let kept = keys.all().await.map_err(|error| format!("{error:?}"))?;
        if let Some(id) = acknowledged
            .keys
            .iter()
            .find(|id| !kept.contains_key(id) && !acknowledged.destroying.contains(id))
        {
            return Err(format!("key {id} was handed out, and is lost"));
        }
        if let Some(id) = acknowledged
            .destroyed
            .iter()
            .find(|id| kept.contains_key(id))
        {
            return Err(format!("key {id} was destroyed, and is back"));
        }
        Ok(events.len())
    })
}
