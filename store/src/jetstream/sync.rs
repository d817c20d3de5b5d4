//! Whether a server writes to its disk before it acknowledges: only its monitoring address says so.

use std::{collections::BTreeSet, io, time::Duration};

use async_nats::Client;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{error::JetStreamError, server::Server};

/// How long a server may take to say how it is set up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the monitoring addresses (`HOST:PORT`, without TLS) of the servers a client is connected to whether each syncs
/// every write. Returns the names of those that said so.
///
/// # Errors
/// One does not, or does not say, or is neither the server of the connection nor in its cluster.
pub async fn synced(
    client: &Client,
    monitors: &[String],
) -> Result<BTreeSet<String>, JetStreamError> {
    let here = client.server_info();
    let mut servers = BTreeSet::new();
    for monitor in monitors {
        let answer = sync_of(monitor).await?;
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let (id, cluster) = (text(&answer["server_id"]), text(&answer["cluster"]["name"]));
        let name = text(&answer["server_name"]);
        let is_near = !cluster.is_empty() && here.cluster.as_ref() == Some(&cluster);
        if id != here.server_id && !is_near {
            return Err(JetStreamError::OtherServer {
                monitor: monitor.clone(),
                found: name,
                connected: here.server_name,
            });
        }
        servers.insert(name);
    }
    Ok(servers)
}

/// The names of the servers that keep these streams, as those that lead them say. Of a stream that is not there, or of
/// which nobody says anything just now, there are none.
pub async fn keepers(client: &Client, streams: &[&str]) -> BTreeSet<String> {
    let mut keepers = BTreeSet::new();
    for stream in streams {
        let Ok(server) = Server::of(client.clone(), stream).await else {
            continue;
        };
        let cluster = server.info().await.map(|it| it["cluster"].clone());
        let cluster = cluster.unwrap_or_default();
        let others = cluster["replicas"].as_array().into_iter().flatten();
        let all = others.map(|it| &it["name"]).chain([&cluster["leader"]]);
        keepers.extend(all.filter_map(Value::as_str).map(str::to_owned));
    }
    keepers
}

/// What a server says of itself, if it syncs every write.
async fn sync_of(monitor: &str) -> Result<Value, JetStreamError> {
    let failed = |cause| JetStreamError::Monitor {
        monitor: monitor.to_owned(),
        cause,
    };
    let asked = tokio::time::timeout(PATIENCE, ask(monitor)).await;
    let answer = asked
        .map_err(|_| failed(io::ErrorKind::TimedOut.into()))?
        .map_err(failed)?;
    let config = &answer["jetstream"]["config"];
    if config["sync_always"] == true {
        return Ok(answer);
    }
    let found = config["sync_interval"]
        .as_u64()
        .ok_or_else(|| failed(io::Error::other("it names no sync_interval")))?;
    Err(JetStreamError::NotSynced {
        monitor: monitor.to_owned(),
        found: format!("every {} s", found / 1_000_000_000),
    })
}

async fn ask(monitor: &str) -> io::Result<Value> {
    let mut connection = TcpStream::connect(monitor).await?;
    let request = format!("GET /varz HTTP/1.0\r\nHost: {monitor}\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.take(1 << 20).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| io::Error::other("it is no HTTP server"))?;
    serde_json::from_str(body).map_err(io::Error::other)
}
