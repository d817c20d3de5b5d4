//! Whether the server lives, whether it is ready, and what it measures.

use std::{
    sync::{Arc, OnceLock, atomic::Ordering},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use leitstand_ingest::Failure;
use leitstand_store::{Counters, JetStreamError};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use super::Shared;
use crate::{
    exit::{Exit, Stop},
    stores::Opened,
};

const REQUESTS: &str = "leitstand_http_request_duration_seconds";
const BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];
/// So often what was measured is put in order, so that memory does not grow.
const UPKEEP: Duration = Duration::from_secs(5);

/// How long whoever asks whether all is ready waits for the keys on a NATS server.
const KEYS: Duration = Duration::from_millis(500);

/// What is measured in this process.
#[derive(Clone)]
pub(super) struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// Begins to measure; there is one for the whole process.
    pub(super) fn begin() -> Result<Self, Stop> {
        static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
        if let Some(handle) = RECORDER.get() {
            return Ok(Self {
                handle: handle.clone(),
            });
        }
        let failed = |error: &dyn std::error::Error| {
            Stop::new(Exit::Failure, "Es kann nicht gemessen werden.").because(error)
        };
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REQUESTS.to_owned()), &BUCKETS)
            .map_err(|error| failed(&error))?
            .install_recorder()
            .map_err(|error| failed(&error))?;
        describe();
        let upkeep = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self {
            handle: RECORDER.get_or_init(|| handle).clone(),
        })
    }
}

fn describe() {
    metrics::describe_counter!("leitstand_commands_total", "Rows by table and outcome");
    metrics::describe_histogram!(
        REQUESTS,
        metrics::Unit::Seconds,
        "Time per request by method, route and status"
    );
    metrics::describe_gauge!(
        "leitstand_projection_lag_events",
        "Events read that the facts do not contain"
    );
    metrics::describe_gauge!(
        "leitstand_projection_position",
        "Position the facts have reached"
    );
    metrics::describe_gauge!("leitstand_projection_stopped", "1 if the facts stand still");
    metrics::describe_counter!(
        "leitstand_store_commits_total",
        "Transactions with events, one sync each; on NATS servers acknowledged messages or groups of them"
    );
    metrics::describe_counter!(
        "leitstand_store_events_total",
        "Events recorded by this process"
    );
    metrics::describe_counter!(
        "leitstand_store_refused_total",
        "Appends refused by a conflict or a clock"
    );
    metrics::describe_counter!(
        "leitstand_store_failed_total",
        "Transactions whose outcome is unknown"
    );
    metrics::describe_gauge!("leitstand_build_info", "1, with the version as label");
    metrics::describe_gauge!(
        "leitstand_store_connected",
        "1 if the NATS servers with the log are reached"
    );
    metrics::describe_gauge!("leitstand_nats_connected", "1 if NATS is reached");
    metrics::describe_counter!(
        "leitstand_nats_connections_total",
        "How often a connection to NATS was made"
    );
    metrics::describe_counter!(
        "leitstand_nats_rows_total",
        "Rows taken from NATS, by way: feed (request and reply) or post (kept by JetStream)"
    );
    metrics::describe_counter!(
        "leitstand_nats_busy_total",
        "Rows not taken because too many waited"
    );
    metrics::describe_counter!(
        "leitstand_nats_redelivered_total",
        "Posted rows that came again"
    );
    metrics::describe_counter!(
        "leitstand_relay_events_total",
        "Events this process has sent to NATS"
    );
    metrics::describe_gauge!(
        "leitstand_relay_position",
        "Position up to which this process has sent events to NATS"
    );
    metrics::describe_counter!(
        "leitstand_dead_letters_total",
        "Rows from NATS that were put aside with the reason"
    );
    metrics::gauge!("leitstand_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// The routes.
pub(super) fn router(shared: Arc<Shared>, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(async || Json(json!({ "alive": true }))))
        .route("/readyz", get(ready))
        .route("/metrics", get(measured))
        .with_state((shared, metrics))
}

type Both = State<(Arc<Shared>, Metrics)>;

async fn ready(State((shared, _)): Both) -> Response {
    let follower = &shared.follower;
    let mut reasons: Vec<String> = Vec::new();
    if shared.draining.load(Ordering::Acquire) {
        reasons.push("Der Server wird beendet.".to_owned());
    }
    if !follower.progress.is_caught_up() {
        reasons.push("Das Protokoll wird noch eingelesen.".to_owned());
    }
    let jetstream = shared.opened.jetstream.as_ref();
    let log = jetstream.map(|it| it.is_same());
    let is_same = !matches!(log, Some(Err(_)));
    if let Some(Err(why)) = log {
        reasons.push(Failure::from(why).message_de());
    } else if follower.progress.store_fails() || jetstream.is_some_and(|it| it.is_silent()) {
        reasons.push("Der Speicher antwortet nicht.".to_owned());
    }
    if shared.opened.sqlite.as_ref().is_some_and(|it| it.fails()) {
        reasons.push(
            "Der Speicher nimmt nichts an; bitte prüfen, ob der Datenträger voll ist.".to_owned(),
        );
    }
    if jetstream.is_some_and(|it| it.fails()) {
        reasons.push(
            "Der NATS-Server mit dem Protokoll nimmt nichts an; bitte prüfen, ob sein Speicher voll ist („nats server report jetstream“, „nats account info“).".to_owned(),
        );
    }
    if let Some(why) = keys_fail(&shared.opened).await {
        reasons.push(why);
    }
    // Of another log nothing goes out, and nothing is taken: that is said above.
    if is_same {
        reasons.extend(shared.nats.iter().flat_map(|it| it.reasons()));
    }
    let stopped = follower.stopped();
    if let Some(it) = &stopped {
        reasons.push(format!(
            "Die Auskünfte stehen seit Position {} ({}): {}.",
            it.position, it.name, it.cause
        ));
    }
    let status = if reasons.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "ready": reasons.is_empty(),
        "reasons": reasons,
        "warnings": shared.opened.warnings,
        "position": *follower.folded.borrow(),
        "lag_events": follower.progress.lag(),
        "stopped_at": stopped.map(|it| it.position),
    });
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Why no text can be sealed, if the keys on a NATS server are gone. While it does not answer nobody knows, and the
/// store says so.
async fn keys_fail(opened: &Opened) -> Option<String> {
    let keys = opened.jetstream_keys.as_ref()?;
    let checked = tokio::time::timeout(KEYS, keys.check()).await.ok()?;
    match checked {
        Ok(()) | Err(JetStreamError::Store(_)) => None,
        Err(error) => Some(Stop::from(error).message),
    }
}

async fn measured(State((shared, metrics)): Both) -> Response {
    let follower = &shared.follower;
    metrics::gauge!("leitstand_projection_lag_events").set(as_f64(follower.progress.lag()));
    metrics::gauge!("leitstand_projection_position").set(as_f64(*follower.folded.borrow()));
    metrics::gauge!("leitstand_projection_stopped").set(as_gauge(follower.stopped().is_some()));
    let opened = &shared.opened;
    let counters = match (&opened.sqlite, &opened.jetstream) {
        (Some(store), _) => store.counters(),
        (None, Some(store)) => {
            metrics::gauge!("leitstand_store_connected").set(as_gauge(store.is_connected()));
            store.counters()
        }
        (None, None) => Counters::default(),
    };
    metrics::counter!("leitstand_store_commits_total").absolute(counters.commits);
    metrics::counter!("leitstand_store_events_total").absolute(counters.events);
    metrics::counter!("leitstand_store_refused_total").absolute(counters.refused);
    metrics::counter!("leitstand_store_failed_total").absolute(counters.failed);
    if let Some(nats) = &shared.nats {
        metrics::gauge!("leitstand_nats_connected").set(as_gauge(nats.is_connected()));
        metrics::counter!("leitstand_nats_connections_total").absolute(nats.connections());
        if let Some(position) = nats.relayed() {
            metrics::gauge!("leitstand_relay_position").set(as_f64(position));
        }
    }
    let content_type = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (content_type, metrics.handle.render()).into_response()
}

fn as_gauge(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

/// Prometheus counts in floats; these numbers stay far below 2⁵³.
#[expect(
    clippy::cast_precision_loss,
    reason = "positions and lags are below 2^53"
)]
fn as_f64(number: u64) -> f64 {
    number as f64
}
