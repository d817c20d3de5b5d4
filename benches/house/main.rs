//! The house under load: what BENCHMARKS.md shows. `cargo bench --workspace --bench house`.
//!
//! Everything runs against a real SQLite store on the disk of `LEITSTAND_BENCH_DIR` (default: the system's
//! temporary folder) and the real binary. Ratios come from one run; machines are noisy.
#![expect(
    clippy::print_stdout,
    clippy::float_arithmetic,
    unreachable_pub,
    reason = "a benchmark reports rates on standard output"
)]

mod feeding;
mod http;
mod jetstream;
mod large;
mod nats;
mod pot;
mod running;
mod workbook;
mod workload;
mod writing;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// As the binary has it: part of what is measured runs in here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    if !std::env::args().any(|it| it == "--bench") {
        return;
    }
    let root =
        std::env::var_os("LEITSTAND_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(root).expect("a folder to write in");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    println!("| what | measured |\n|---|---|");
    // `-- feeding` measures that part only.
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| !it.starts_with('-'))
        .collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|it| it == part);
    if wanted("workbook") {
        workbook::run(folder.path());
    }
    if wanted("feeding") {
        feeding::run(folder.path());
    }
    if wanted("writing") {
        runtime.block_on(writing::run(folder.path()));
    }
    if wanted("pot") {
        runtime.block_on(pot::run(folder.path()));
    }
    if wanted("jetstream") {
        runtime.block_on(jetstream::run(folder.path()));
    }
    if wanted("nats") {
        runtime.block_on(nats::run(folder.path()));
    }
    if wanted("large") {
        runtime.block_on(large::run(folder.path()));
    }
}

/// One line of the table.
fn told(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// The time one call takes.
async fn timed<T>(call: impl Future<Output = T>) -> (T, Duration) {
    let started = Instant::now();
    let value = call.await;
    (value, started.elapsed())
}
