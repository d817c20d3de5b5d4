//! What the tests share: a folder with a store, the binary as a command, and the binary as a server.

mod bulk;
pub(crate) mod nats;
mod server;
mod wire;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use bulk::{csv, folder_of, ndjson};
pub(crate) use server::{Server, block_on, client};
pub(crate) use wire::{exchange, send_slowly};

/// The scenario's reporting date.
pub(crate) const YEAR_END: &str = "2024-12-31";

/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// A folder of its own with a store in it, gone when dropped.
pub(crate) struct Place {
    folder: TempDir,
    /// The store's name, if it is none in the folder.
    elsewhere: Option<String>,
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Only if the command ended this way.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self
    }
}

/// The binary, with nothing of this machine's configuration.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leitstand"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LEITSTAND_")) {
        command.env_remove(name);
    }
    command
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A folder on the disk the build is on: on a `tmpfs` a sync would cost nothing.
pub(crate) fn folder() -> TempDir {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(root).unwrap();
    tempfile::Builder::new()
        .prefix("outside-")
        .tempdir_in(root)
        .unwrap()
}

impl Place {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            folder: folder(),
            elsewhere: None,
        }
    }

    /// An empty folder, and a store somewhere else.
    pub(crate) fn of(store: String) -> Self {
        Self {
            elsewhere: Some(store),
            ..Self::empty()
        }
    }

    /// With a store that is initialised with the built-in catalogue.
    pub(crate) fn begun() -> Self {
        let place = Self::empty();
        place.run(&["init", "--store", &place.store()]).ended(0);
        place
    }

    /// With the 2024 scenario fed.
    pub(crate) fn with_scenario() -> Self {
        let place = Self::begun();
        let fed = place.feed(&[&leitstand_tests::scenario::folder()]);
        assert_eq!(fed["rejected"], 0, "{fed}");
        place
    }

    /// A file or folder in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The store's file.
    pub(crate) fn log(&self) -> PathBuf {
        self.path("log.db")
    }

    /// The store's name.
    pub(crate) fn store(&self) -> String {
        let here = || format!("sqlite:{}", self.log().display());
        self.elsewhere.clone().unwrap_or_else(here)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The binary, working in this folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary();
        command.current_dir(self.folder.path()).args(arguments);
        if self.path("tmp").is_dir() {
            command.env("TMPDIR", self.path("tmp"));
        }
        command
    }

    /// Runs the binary to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).spawn().unwrap(), Vec::new())
    }

    /// Runs the binary with something on its standard input.
    #[track_caller]
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: impl Into<Vec<u8>>) -> Ran {
        ran(
            self.command(arguments)
                .stdin(Stdio::piped())
                .spawn()
                .unwrap(),
            input.into(),
        )
    }

    /// Runs a command that needs the store.
    #[track_caller]
    pub(crate) fn on_store(&self, arguments: &[&str]) -> Ran {
        let store = self.store();
        let (command, rest) = arguments.split_at(usize::from(arguments[0] == "audit") + 1);
        let all: Vec<&str> = command
            .iter()
            .chain(&["--store", store.as_str()])
            .chain(rest)
            .copied()
            .collect();
        self.run(&all)
    }

    /// Feeds paths; the report.
    #[track_caller]
    pub(crate) fn feed(&self, paths: &[&Path]) -> Value {
        let paths: Vec<&str> = paths.iter().map(|it| it.to_str().unwrap()).collect();
        let ran = self.on_store(&[&["feed", "--format", "json"], &paths[..]].concat());
        let report = ran.json();
        let clean = report["rejected"] == 0 && report["findings"] == Value::Array(Vec::new());
        assert_eq!(ran.code, if clean { 0 } else { 3 }, "{ran:?}");
        report
    }

    /// Feeds rows of one table from standard input; the report.
    #[track_caller]
    pub(crate) fn feed_rows(&self, table: &str, rows: &[Value]) -> Value {
        let store = self.store();
        let arguments = [
            "feed", "--store", &store, "--format", "json", "--table", table, "-",
        ];
        let ran = self.run_with_input(&arguments, ndjson(rows));
        assert!([0, 3].contains(&ran.code), "{ran:?}");
        ran.json()
    }

    /// Feeds one row that must be accepted; its position.
    #[track_caller]
    pub(crate) fn accept(&self, table: &str, row: Value) -> u64 {
        let report = self.feed_rows(table, &[row]);
        assert_eq!(report["accepted"], 1, "{report}");
        report["position"].as_u64().unwrap()
    }

    /// Feeds one row that must be refused; its first finding.
    #[track_caller]
    pub(crate) fn refuse(&self, table: &str, row: Value) -> Value {
        let report = self.feed_rows(table, &[row]);
        assert_eq!(report["rejected"], 1, "{report}");
        report["findings"][0].clone()
    }

    /// An answer as JSON, with further options.
    #[track_caller]
    pub(crate) fn ask(&self, answer: &str, options: &[&str]) -> Value {
        self.on_store(&[&[answer, "--format", "json"], options].concat())
            .ended(0)
            .json()
    }

    /// An answer at the end of 2024.
    #[track_caller]
    pub(crate) fn at_year_end(&self, answer: &str) -> Value {
        self.ask(answer, &["--as-of", YEAR_END])
    }

    /// Count and head as `audit verify` prints them: `COUNT:HEAD`.
    #[track_caller]
    pub(crate) fn head(&self) -> String {
        head_in(&self.on_store(&["audit", "verify"]).ended(0).out)
    }
}

/// The `COUNT:HEAD` in what `audit verify` prints.
#[track_caller]
pub(crate) fn head_in(text: &str) -> String {
    let is_head = |word: &&str| {
        word.split_once(':').is_some_and(|(count, head)| {
            count.parse::<u64>().is_ok()
                && head.len() == 64
                && head.bytes().all(|it| it.is_ascii_hexdigit())
        })
    };
    let mut words = text.split(|it: char| it.is_whitespace() || "\"„“,.;()".contains(it));
    words
        .find(is_head)
        .unwrap_or_else(|| panic!("no COUNT:HEAD in {text:?}"))
        .to_owned()
}

/// The row of an answer with that text in that field.
#[track_caller]
pub(crate) fn row<'a>(answer: &'a Value, field: &str, text: &str) -> &'a Value {
    let rows = answer["rows"]
        .as_array()
        .unwrap_or_else(|| panic!("no rows: {answer}"));
    rows.iter()
        .find(|it| it[field] == text)
        .unwrap_or_else(|| panic!("no row with {field} {text}: {answer}"))
}

/// That field of those rows that fulfil a condition, in their order.
pub(crate) fn texts(answer: &Value, field: &str, of: impl Fn(&Value) -> bool) -> Vec<String> {
    let rows = answer["rows"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .filter(|it| of(it))
        .map(|it| it[field].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// A child that does not outlive its test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Waits for its end, not for ever; its exit status.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> i32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return code(status);
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Gives a child its input and waits for its end.
#[track_caller]
pub(crate) fn ran(mut child: Child, input: Vec<u8>) -> Ran {
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever refuses may do so before all is read.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let id = child.id();
    let (done, is_done) = std::sync::mpsc::channel();
    thread::spawn(move || drop(done.send(child.wait_with_output())));
    let Ok(output) = is_done.recv_timeout(PATIENCE) else {
        signal(id, "KILL");
        panic!("the command does not end");
    };
    let output: Output = output.unwrap();
    Ran {
        code: code(output.status),
        out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The exit status; 128 + n after signal n.
pub(crate) fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// Sends a signal to one process.
pub(crate) fn signal(id: u32, name: &str) {
    let killed = Command::new("sh")
        .args(["-c", &format!("kill -{name} {id}")])
        .output();
    assert!(killed.is_ok_and(|it| it.status.success()), "{name} to {id}");
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "not within 30 s: {what}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// A number from the environment.
pub(crate) fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(otherwise)
}

/// The next of a row of numbers that look like chance and are the same for the same seed (`SplitMix64`).
pub(crate) fn chance(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The scenario, fed once for all who only ask.
pub(crate) fn scenario() -> &'static Place {
    // A static is never dropped: the folder of this run is found and removed by the next one.
    static SCENARIO: LazyLock<Place> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR"));
        remove_leftovers(root);
        let place = Place::with_scenario();
        fs::write(place.path("process"), std::process::id().to_string()).unwrap();
        place
    });
    &SCENARIO
}

/// Removes folders whose process is gone.
fn remove_leftovers(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let owner = fs::read_to_string(entry.path().join("process")).unwrap_or_default();
        if !owner.is_empty() && !Path::new("/proc").join(&owner).exists() {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}
