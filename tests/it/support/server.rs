//! The binary as a server on a port of its own, and a client.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, ExitStatus, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use leitstand_tests::FeedRow;
use reqwest::{Client, Method};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{Place, signal};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs asynchronous work to its end, from any thread of a test.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.block_on(work)
}

/// A client that waits at most a minute.
pub(crate) fn client() -> Client {
    Client::builder()
        .timeout(Duration::from_mins(1))
        .build()
        .unwrap()
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
    /// Where its standard error goes.
    pub log: PathBuf,
    client: Client,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// A header's text, empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    }

    /// Only if the answer has this status.
    #[track_caller]
    pub(crate) fn with_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The code of a refusal in the form of RFC 9457.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let body = self.json();
        assert_eq!(body["status"], self.status, "{body}");
        for member in ["type", "title", "detail", "detail_en", "code"] {
            assert!(body[member].is_string(), "{member}: {body}");
        }
        body["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Server {
    /// Serves a place's store on any free port.
    pub(crate) fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// With further arguments.
    pub(crate) fn start_with(place: &Place, arguments: &[&str]) -> Self {
        let server = Self::begin_with(place, arguments);
        let begun = Instant::now();
        while server.get("/readyz").status != 200 {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "not ready: {}",
                server.said()
            );
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// With further arguments, whether it gets ready or not.
    pub(crate) fn begin_with(place: &Place, arguments: &[&str]) -> Self {
        let store = place.store();
        let serve = ["serve", "--store", &store, "--listen", "127.0.0.1:0"];
        Self::spawn(place, &[&serve[..], arguments].concat())
    }

    /// Any command that serves and says where.
    pub(crate) fn spawn(place: &Place, arguments: &[&str]) -> Self {
        let number = (1..1_000)
            .find(|it| !place.path(&format!("server-{it}.log")).exists())
            .unwrap();
        let log = place.path(&format!("server-{number}.log"));
        let out = place.path(&format!("server-{number}.out"));
        let mut child = place
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let address = loop {
            let said = fs::read_to_string(&out).unwrap() + &fs::read_to_string(&log).unwrap();
            if let Some(address) = address_in(&said) {
                break address;
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended with {status}: {said}");
            }
            if begun.elapsed() > Duration::from_secs(30) {
                drop(child.kill());
                panic!("no address within 30 s: {said}");
            }
            thread::sleep(Duration::from_millis(5));
        };
        Self {
            child,
            address,
            log,
            client: client(),
        }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// Asks for a path.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(&Method::GET, path, &[], None)
    }

    /// Asks for a path with a token.
    pub(crate) fn get_as(&self, token: &str, path: &str) -> Reply {
        self.send(
            &Method::GET,
            path,
            &[("authorization", &format!("Bearer {token}"))],
            None,
        )
    }

    /// An answer as JSON; options as a query string.
    #[track_caller]
    pub(crate) fn ask(&self, answer: &str, options: &str) -> Value {
        self.get(&format!("/api/v1/{answer}?{options}"))
            .with_status(200)
            .json()
    }

    /// Sends a row.
    pub(crate) fn post(&self, table: &str, row: &Value) -> Reply {
        self.post_as("", table, row)
    }

    /// Sends a row with a token.
    pub(crate) fn post_as(&self, token: &str, table: &str, row: &Value) -> Reply {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        headers.extend((!token.is_empty()).then_some(("authorization", bearer.as_str())));
        self.send(
            &Method::POST,
            &format!("/api/v1/feed/{table}"),
            &headers,
            Some(row.to_string().into()),
        )
    }

    /// Sends many rows of a table.
    pub(crate) fn post_lines(&self, table: &str, lines: Vec<u8>) -> Reply {
        let headers = [("content-type", "application/x-ndjson")];
        self.send(
            &Method::POST,
            &format!("/api/v1/feed/{table}"),
            &headers,
            Some(lines),
        )
    }

    /// Sends a row that must be recorded; its position.
    #[track_caller]
    pub(crate) fn accept(&self, row: &FeedRow) -> u64 {
        let reply = self
            .post(&row.table, &serde_json::json!(row.cells))
            .with_status(200)
            .json();
        assert_eq!(reply["outcome"], "accepted", "{row:?}: {reply}");
        reply["position"].as_u64().unwrap()
    }

    /// Sends anything.
    pub(crate) fn send(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Reply {
        block_on(async {
            let mut request = self.client.request(method.clone(), self.url(path));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            if let Some(body) = body {
                request = request.body(body);
            }
            let response = request
                .send()
                .await
                .unwrap_or_else(|error| panic!("{path}: {error:?}: {}", self.said()));
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Reply {
                status,
                headers,
                body: response.text().await.unwrap(),
            }
        })
    }

    /// Whether it is still there and well.
    #[track_caller]
    pub(crate) fn is_well(&self) {
        self.get("/livez").with_status(200);
        self.get("/readyz").with_status(200);
        assert!(!self.said().contains("panicked"), "{}", self.said());
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        self.ended()
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "it does not end: {}",
                self.said()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it where it stands.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The `127.0.0.1:PORT` of the first address in a text.
fn address_in(text: &str) -> Option<String> {
    let at = text.find("http://127.0.0.1:")? + "http://".len();
    let rest = &text[at..];
    let end = rest.find(|it: char| !(it.is_ascii_digit() || ".:".contains(it)))?;
    let address = rest[..end].trim_end_matches(['.', ':']);
    (!address.ends_with(":0")).then(|| address.to_owned())
}
