//! Connections, with limits on clients that are slow or many.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::patient::Patient;

/// So many connections at the same time; more wait to be accepted.
const CONNECTIONS: usize = 512;
/// How long a request's head may take, and how long a connection may idle.
const HEAD: Duration = Duration::from_secs(10);
/// The same while many connections are open, so that silent ones do not keep others out.
const HEAD_WHEN_CROWDED: Duration = Duration::from_secs(1);
/// So many open connections are many.
const CROWDED: usize = CONNECTIONS / 2;
/// More than any head needs, in bytes and in fields.
const HEAD_BYTES: usize = 64 << 10;
const HEAD_FIELDS: usize = 100;
/// How long a client may take nothing of a response.
const STALLED: Duration = Duration::from_secs(30);
/// How long requests under way may take to end.
const DRAIN: Duration = Duration::from_secs(30);

/// Serves until `until`, then stops accepting and lets requests under way end.
pub(super) async fn serve(listener: TcpListener, router: Router, until: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut until = pin!(until);
    loop {
        let accepted = tokio::select! {
            () = &mut until => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                let is_crowded = CONNECTIONS - places.available_permits() > CROWDED;
                let head = if is_crowded { HEAD_WHEN_CROWDED } else { HEAD };
                connection(stream, place, head, router.clone(), &graceful);
            }
            Err(error) => {
                // Out of file handles, as a rule: waiting helps, giving up does not.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a connection could not be accepted"
                );
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("requests were cut off after {} seconds", DRAIN.as_secs());
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

fn connection(
    stream: TcpStream,
    place: OwnedSemaphorePermit,
    head: Duration,
    router: Router,
    graceful: &GracefulShutdown,
) {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_headers(HEAD_FIELDS)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient::new(stream, STALLED)), service);
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = watched.await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "a connection ended early"
            );
        }
        drop(place);
    });
}
