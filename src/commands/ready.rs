//! `leitstand ready`: asks a server whether it is ready; what a container's health check calls.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    cli,
    exit::{Exit, Stop},
    out,
};

const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(args: &cli::Ready) -> Result<Exit, Stop> {
    let host = args
        .url
        .strip_prefix("http://")
        .map(|it| it.trim_end_matches('/'));
    let host = host.filter(|it| !it.is_empty() && !it.contains('/'));
    let host = host.ok_or_else(|| Stop::usage("Die Adresse ist http://RECHNER:PORT."))?;
    let asked = tokio::time::timeout(PATIENCE, ask(host)).await;
    let unreachable = || {
        Stop::new(
            Exit::Unreachable,
            format!("Der Server {} antwortet nicht.", args.url),
        )
    };
    let answer = asked
        .map_err(|_| unreachable())?
        .map_err(|error| unreachable().because(&error))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    out::print(&format!("{}\n", body.trim()))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    Ok(if status == "200" {
        Exit::Done
    } else {
        Exit::Unreachable
    })
}

async fn ask(host: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host).await?;
    let request = format!("GET /readyz HTTP/1.0\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(64 << 10).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
