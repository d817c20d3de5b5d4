//! The server: intake, read API and first page on one address, with access, limits and health; and NATS
//! beside it, if it is named.

mod access;
mod closing;
mod events;
mod health;
mod layers;
mod nats;
mod net;
mod openapi;
mod pairs;
mod patient;
mod questions;
mod reach;
mod sealing;
mod tokens;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use leitstand_ingest::{Desk, http};
use leitstand_reports::{Library, api};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    clock,
    exit::{Exit, Stop},
    follow::Follower,
    stores::Opened,
};
pub(crate) use access::Gate;
pub(crate) use nats::Connected;
pub(crate) use openapi::{answer_schema, openapi};
pub(crate) use tokens::Tokens;

/// How long a row's body may take to arrive.
const BODY: Duration = Duration::from_secs(30);

/// What a server works with.
pub(crate) struct Setup {
    /// The store.
    pub(crate) opened: Opened,
    /// The desk; it need not have read the log.
    pub(crate) desk: Desk,
    /// Who may what; `None`: whoever works on this machine may everything.
    pub(crate) tokens: Option<Tokens>,
    /// NATS, if it is named.
    pub(crate) nats: Option<Connected>,
}

/// What the parts of a server share.
struct Shared {
    follower: Follower,
    opened: Opened,
    programme: String,
    draining: AtomicBool,
    nats: Option<Arc<nats::Health>>,
}

/// Binds an address.
///
/// # Errors
/// It is no address, others could reach it though there are no tokens, or it is taken.
pub(crate) async fn bind(address: &str, has_tokens: bool) -> Result<TcpListener, Stop> {
    let wrong = || {
        Stop::usage(format!(
            "„{address}“ ist keine Adresse; richtig ist z. B. 127.0.0.1:8080."
        ))
    };
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(address)
        .await
        .map_err(|_| wrong())?
        .collect();
    if !has_tokens && addresses.iter().any(|it| !it.ip().is_loopback()) {
        return Err(Stop::usage(format!(
            "„{address}“ ist von anderen Rechnern erreichbar; das geht nur mit Zugängen (--tokens DATEI)."
        )));
    }
    TcpListener::bind(&*addresses).await.map_err(|error| {
        Stop::new(
            Exit::Failure,
            format!("Auf „{address}“ kann der Server nicht hören."),
        )
        .because(&error)
    })
}

/// Serves until `told` to end, then drains.
///
/// # Errors
/// The metrics could not be set up, NATS refuses, or its connection is over.
pub(crate) async fn serve(
    listener: TcpListener,
    setup: Setup,
    told: impl Future<Output = ()>,
) -> Result<(), Stop> {
    let Setup {
        opened,
        desk,
        tokens,
        nats,
    } = setup;
    let metrics = health::Metrics::begin()?;
    let desk = Arc::new(desk);
    let follower = Follower::begin(&opened, Arc::clone(&desk));
    let today = Arc::new(clock::today);
    let (facts, folded) = (Arc::clone(&follower.facts), follower.folded.clone());
    let library = Library::new(facts, folded, follower.is_read.clone(), today);
    let gate = Arc::new(Gate::new(tokens, Arc::clone(&follower.facts)));
    let programme = desk.programme().to_string();
    let on_nats = match nats {
        Some(connected) => Some(nats::Beside::begin(connected, &desk, &library).await?),
        None => None,
    };
    let shared = Arc::new(Shared {
        follower,
        opened,
        programme,
        draining: AtomicBool::new(false),
        nats: on_nats.as_ref().map(nats::Beside::health),
    });
    let limits = http::Limits {
        body: BODY,
        ..http::Limits::default()
    };
    let pairs = pairs::begin(Arc::clone(&shared), Arc::clone(&desk));
    let routes = Router::new()
        .merge(closing::router(Arc::clone(&desk), Arc::clone(&gate)))
        .merge(http::router(desk, Arc::<Gate>::clone(&gate), limits))
        .merge(api::router(library))
        .merge(events::router(Arc::clone(&shared)))
        .merge(health::router(Arc::clone(&shared), metrics))
        .merge(openapi::router());
    let service = layers::around(routes, gate);
    let sealing = sealing::begin(Arc::clone(&shared));
    let over = on_nats.as_ref().map(nats::Beside::over);
    let mut broke = Ok(());
    net::serve(listener, service, async {
        let over = async {
            match over {
                Some(over) => over.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = told => {}
            stop = over => broke = Err(stop),
        }
        shared.draining.store(true, Ordering::Release);
        tracing::info!("draining");
    })
    .await;
    pairs.abort();
    let leaving = match on_nats {
        Some(working) => working.end_intake().await,
        None => None,
    };
    sealing.end().await;
    if let Some(leaving) = leaving {
        leaving.end().await;
    }
    tracing::info!("ended");
    broke
}

/// Waits for SIGTERM or SIGINT, or for the terminal to go away (SIGHUP) unless the program was started to outlive it.
///
/// # Errors
/// The system does not let us listen to signals.
pub(crate) fn told_to_end() -> Result<impl Future<Output = ()>, Stop> {
    let listen = |kind| {
        signal(kind).map_err(|error| {
            Stop::new(Exit::Failure, "Auf Signale kann nicht gehört werden.").because(&error)
        })
    };
    let (mut terminate, mut interrupt) = (
        listen(SignalKind::terminate())?,
        listen(SignalKind::interrupt())?,
    );
    let mut hangup = if outlives_the_terminal() {
        None
    } else {
        Some(listen(SignalKind::hangup())?)
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            Some(()) = async { hangup.as_mut()?.recv().await } => {}
        }
    })
}

/// Whether whoever started the program told it to ignore SIGHUP, as `nohup` does. Only Linux can be asked.
fn outlives_the_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|it| it.strip_prefix("SigIgn:"))
        .and_then(|it| u64::from_str_radix(it.trim(), 16).ok());
    // SIGHUP is the first signal.
    ignored.is_some_and(|it| it & 1 == 1)
}
