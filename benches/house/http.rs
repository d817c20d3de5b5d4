//! A server of the real binary and a plain HTTP client that costs little beside it.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::running;

/// The real binary serving a store; ended with the benchmark.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// Starts the server and waits until it is ready.
    pub async fn start(store: &Path) -> Self {
        Self::start_with(store, &[]).await
    }

    /// With further arguments.
    pub async fn start_with(store: &Path, arguments: &[&str]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        let child = Command::new(env!("CARGO_BIN_EXE_leitstand"))
            .args([
                "serve",
                "--store",
                &format!("sqlite:{}", store.display()),
                "--listen",
                &address,
            ])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut server = Self { child, address };
        loop {
            if let Some(mut client) = Client::connect(&server.address).await
                && client.get("/readyz").await.0 == 200
            {
                return server;
            }
            let ended = server.child.try_wait().expect("asked");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The most memory it has held.
    pub fn memory(&self) -> String {
        running::peak(self.child.id()).unwrap_or_else(|| "unknown".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// One connection, kept open: one request at a time.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects; `None` while nobody listens.
    pub async fn connect(address: &str) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        let buffer = Vec::new();
        Some(Self { stream, buffer })
    }

    /// Status and body of a GET.
    pub async fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        self.ask(format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"))
            .await
    }

    /// Status and body of a POST of JSON.
    pub async fn post(&mut self, path: &str, json: &str) -> (u16, Vec<u8>) {
        let length = json.len();
        let head = "host: 127.0.0.1\r\ncontent-type: application/json";
        self.ask(format!(
            "POST {path} HTTP/1.1\r\n{head}\r\ncontent-length: {length}\r\n\r\n{json}"
        ))
        .await
    }

    async fn ask(&mut self, request: String) -> (u16, Vec<u8>) {
        self.stream
            .write_all(request.as_bytes())
            .await
            .expect("sent");
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|it| it == b"\r\n\r\n") {
                break end + 4;
            }
            self.more().await;
        };
        let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
        let status = text.get(9..12).and_then(|it| it.parse().ok());
        let length: usize = text
            .lines()
            .find_map(|it| it.strip_prefix("content-length: "))
            .and_then(|it| it.trim().parse().ok())
            .expect("a length");
        while self.buffer.len() < head + length {
            self.more().await;
        }
        let body = self.buffer.drain(..head + length).skip(head).collect();
        (status.expect("a status"), body)
    }

    async fn more(&mut self) {
        let read = self
            .stream
            .read_buf(&mut self.buffer)
            .await
            .expect("an answer");
        assert!(read > 0, "the server hung up");
    }
}
