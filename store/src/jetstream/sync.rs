//! Whether a server writes to its disk before it acknowledges: only its monitoring address says so.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::error::JetStreamError;

/// How long a server may take to say how it is set up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the monitoring address (`HOST:PORT`, without TLS) of a server whether it syncs every write.
///
/// # Errors
/// It does not, or does not say.
pub async fn sync_of(monitor: &str) -> Result<(), JetStreamError> {
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
        return Ok(());
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
