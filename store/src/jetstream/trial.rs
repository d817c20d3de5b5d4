//! What is asked of a server, tried without leaving a trace: for `doctor`.

use std::time::Duration;

use async_nats::{Client, HeaderMap, Request};
use futures_util::future::join_all;

use super::names::Names;
use crate::StoreError;

/// How long one question may take: who may not ask is not answered.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the server may take to object.
const OBJECTION: Duration = Duration::from_millis(300);
/// The body of a request that the server's API can only refuse: no JSON.
pub const NO_REQUEST: &str = "{";

/// Asks for everything that a log on a server is asked for, in a form that changes nothing. What is not allowed
/// the server objects to; whoever made the connection hears it.
///
/// # Errors
/// The connection is gone.
pub async fn try_log(client: &Client, programme: &str) -> Result<(), StoreError> {
    let names = Names::of(programme);
    let mut asked = vec![
        (names.subject("doctor"), ""),
        (names.all_keys().replace('>', "doctor"), ""),
        (
            format!("$JS.API.STREAM.MSG.DELETE.{}", names.keys),
            NO_REQUEST,
        ),
    ];
    for stream in [&names.log, &names.keys] {
        asked.push((format!("$JS.API.STREAM.INFO.{stream}"), ""));
        for verb in ["STREAM.CREATE", "STREAM.MSG.GET", "DIRECT.GET"] {
            asked.push((format!("$JS.API.{verb}.{stream}"), NO_REQUEST));
        }
    }
    try_subjects(client, &[(names.grown(), None)], &asked).await
}

/// Listens on these subjects, in a queue or not, and publishes these bodies on those, with a header that lets
/// no stream store them. An answer of any kind, or none: what counts is whether the server objects.
///
/// # Errors
/// The connection is gone.
pub async fn try_subjects(
    client: &Client,
    heard: &[(String, Option<&str>)],
    asked: &[(String, &str)],
) -> Result<(), StoreError> {
    let doing = "trying what is allowed";
    for (subject, queue) in heard {
        let heard = match queue {
            Some(queue) => {
                let queue = (*queue).to_owned();
                client.queue_subscribe(subject.clone(), queue).await
            }
            None => client.subscribe(subject.clone()).await,
        };
        drop(heard.map_err(StoreError::while_doing(doing))?);
    }
    let mut headers = HeaderMap::new();
    // No stream has this name, so none stores it.
    headers.insert("Nats-Expected-Stream", "-");
    let asked = asked.iter().map(|(subject, body)| {
        let request = Request::new()
            .headers(headers.clone())
            .payload((*body).to_owned().into())
            .timeout(Some(PATIENCE));
        client.send_request(subject.clone(), request)
    });
    drop(join_all(asked).await);
    client
        .flush()
        .await
        .map_err(StoreError::while_doing(doing))?;
    tokio::time::sleep(OBJECTION).await;
    Ok(())
}
