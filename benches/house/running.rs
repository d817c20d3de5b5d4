//! The real binary run to its end: how long it took and the most memory it held.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What a run took.
pub struct Run {
    pub time: Duration,
    /// As the kernel writes it.
    pub memory: String,
}

/// Begins a store with the built-in catalogue; says how it is named on the command line.
pub fn init(path: &Path) -> String {
    let store = format!("sqlite:{}", path.display());
    run(&["init", "--store", &store], None);
    store
}

/// Runs `leitstand` with these arguments and a path; it must end well.
pub fn run(args: &[&str], path: Option<&Path>) -> Run {
    let started = Instant::now();
    let mut running = Command::new(env!("CARGO_BIN_EXE_leitstand"))
        .args(args)
        .args(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut memory = String::new();
    let ended = loop {
        if let Some(ended) = running.try_wait().expect("asked") {
            break ended;
        }
        memory = peak(running.id()).unwrap_or(memory);
        std::thread::sleep(Duration::from_millis(10));
    };
    let time = started.elapsed();
    assert!(ended.success(), "{args:?}: {ended:?}");
    Run { time, memory }
}

/// The most memory a process has held.
pub fn peak(process: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let most = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
    Some(most.trim().to_owned())
}
