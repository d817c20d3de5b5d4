//! A real nats-server on loopback, for tests: started, killed, paused and started again at the same place.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::net::Net;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running nats-server; killed when dropped.
#[derive(Debug)]
pub struct NatsServer {
    child: Child,
    host: String,
    port: u16,
    config: PathBuf,
    /// Where it runs, if it is not on this machine's own network.
    away: Option<(Arc<Net>, u8)>,
}

impl NatsServer {
    /// Starts a server with JetStream in this folder that syncs every write.
    ///
    /// # Panics
    /// There is no nats-server, or it does not start.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        Self::with(
            folder,
            "jetstream { store_dir: STORE, sync_interval: always }",
        )
    }

    /// Starts a server with this configuration; `STORE` stands for a place for its files, and the port is
    /// chosen here.
    ///
    /// # Panics
    /// There is no nats-server, or it does not start.
    #[must_use]
    pub fn with(folder: &Path, configuration: &str) -> Self {
        Self::at(
            folder,
            configuration,
            "127.0.0.1".to_owned(),
            free_port(),
            None,
        )
    }

    fn at(
        folder: &Path,
        configuration: &str,
        host: String,
        port: u16,
        away: Option<(Arc<Net>, u8)>,
    ) -> Self {
        let store = folder.join("jetstream");
        let store = format!("\"{}\"", store.display());
        let text = format!(
            "listen: \"{host}:{port}\"\n{}\n",
            configuration.replace("STORE", &store)
        );
        let config = folder.join(format!("nats-{port}.conf"));
        std::fs::write(&config, text).expect("the configuration of the server is written");
        let child = spawn(&config, away.as_ref());
        let mut server = Self {
            child,
            host,
            port,
            config,
            away,
        };
        server.wait();
        server
    }

    /// Starts three servers in this folder that can keep everything three times and sync every write: `n1`,
    /// `n2` and `n3`, each on a host of its own ([`Net`]) from which it can be cut off.
    ///
    /// # Panics
    /// One of them does not start.
    #[must_use]
    pub fn cluster(folder: &Path) -> Vec<Self> {
        let net = Arc::new(Net::of(3));
        let routes = [1, 2, 3].map(|it| format!("nats://{}:6222", net.address(it)));
        let routes = routes.join(",");
        let start = |number: u8| {
            let folder = folder.join(format!("n{number}"));
            std::fs::create_dir_all(&folder).expect("a folder for the server");
            let host = net.address(number);
            let configuration = format!(
                "server_name: n{number}\n\
                 jetstream {{ store_dir: STORE, sync_interval: always }}\n\
                 cluster {{ name: c, listen: \"{host}:6222\", routes: [{routes}] }}"
            );
            let away = Some((Arc::clone(&net), number));
            Self::at(&folder, &configuration, host, 4222, away)
        };
        (1..=3).map(start).collect()
    }

    /// `nats://HOST:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://{}:{}", self.host, self.port)
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// It cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server is killed");
        self.child.wait().expect("the server is gone");
    }

    /// SIGTERM: it writes down what it knows of its files, and ends.
    ///
    /// # Panics
    /// It cannot be asked to.
    pub fn stop(&mut self) {
        self.signal("TERM");
        self.child.wait().expect("the server is gone");
    }

    /// SIGSTOP: it keeps its connections and answers nobody.
    ///
    /// # Panics
    /// It cannot be stopped.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// SIGCONT.
    ///
    /// # Panics
    /// It cannot be continued.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Cuts it off: nothing reaches it and nothing comes from it, and nobody is told.
    ///
    /// # Panics
    /// It is on this machine's own network.
    pub fn cut(&self) {
        let (net, host) = self.away.as_ref().expect("a server of a cluster");
        net.cut(*host);
    }

    /// It is there again.
    ///
    /// # Panics
    /// As [`cut`](Self::cut).
    pub fn mend(&self) {
        let (net, host) = self.away.as_ref().expect("a server of a cluster");
        net.mend(*host);
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status();
        assert!(sent.expect("kill is there").success(), "SIG{name}");
    }

    /// Starts it again, with the same port and files.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&mut self) {
        self.child = spawn(&self.config, self.away.as_ref());
        self.wait();
    }

    /// Starts it again with another configuration, made from the one it had.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart_as(&mut self, other: impl Fn(&str) -> String) {
        let config = std::fs::read_to_string(&self.config).expect("the configuration is read");
        std::fs::write(&self.config, other(&config)).expect("the configuration is written");
        self.restart();
    }

    /// Waits until the port answers.
    fn wait(&mut self) {
        let begun = Instant::now();
        while std::net::TcpStream::connect((self.host.as_str(), self.port)).is_err() {
            let ended = self.child.try_wait().expect("the server can be asked for");
            assert!(
                ended.is_none(),
                "nats-server ended: {ended:?}; its log is in {}",
                self.log()
            );
            assert!(
                begun.elapsed() < PATIENCE,
                "nats-server does not start; its log is in {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn log(&self) -> String {
        self.config.with_extension("log").display().to_string()
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn spawn(config: &Path, away: Option<&(Arc<Net>, u8)>) -> Child {
    let log = config.with_extension("log");
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log);
    let mut command = match away {
        Some((net, host)) => net.command(*host, &program()),
        None => Command::new(program()),
    };
    command
        .arg("-c")
        .arg(config)
        .stdout(Stdio::null())
        .stderr(log.expect("the log of the server is opened"))
        .spawn()
        .expect("nats-server is started")
}

/// The nats-server that `scripts/test` installs; another one by `LEITSTAND_NATS_SERVER`.
///
/// # Panics
/// There is none: a missing server is a failure.
#[must_use]
pub fn program() -> PathBuf {
    tool("nats-server", "LEITSTAND_NATS_SERVER")
}

/// The Python that has `nats-py`; another one by `LEITSTAND_NATS_PYTHON`.
///
/// # Panics
/// There is none.
#[must_use]
pub fn python() -> PathBuf {
    tool("python3", "LEITSTAND_NATS_PYTHON")
}

/// The official JSON schema of `AsyncAPI` 3.0; another one by `LEITSTAND_ASYNCAPI_SCHEMA`.
///
/// # Panics
/// There is none.
#[must_use]
pub fn asyncapi_schema() -> PathBuf {
    let name = "asyncapi/package/schemas/3.0.0-without-$id.json";
    installed(name, "LEITSTAND_ASYNCAPI_SCHEMA")
}

fn tool(name: &str, variable: &str) -> PathBuf {
    installed(&format!("nats/bin/{name}"), variable)
}

/// What `scripts/test` installs.
fn installed(name: &str, variable: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let home = std::env::var_os("HOME").expect("HOME is set");
    let path = Path::new(&home).join(".cache/leitstand/tools").join(name);
    assert!(
        path.is_file(),
        "{} is missing; scripts/test installs it",
        path.display()
    );
    path
}

/// A port nobody listens on just now.
///
/// # Panics
/// The system has none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
