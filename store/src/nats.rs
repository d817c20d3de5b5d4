//! A connection to NATS: how the server is reached, who asks, and whether it is one we trust with a log.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use async_nats::{
    Client, ConnectOptions, Event, ServerAddr,
    rustls::{
        RootCertStore,
        pki_types::{CertificateDer, pem::PemObject as _},
    },
};

/// The oldest server whose promises the code here was written for: per-subject expectations that hold in
/// a cluster, `sync_interval`, metadata and consumer limits. Older ones drop in silence what they do not
/// know.
pub const OLDEST_SERVER: (u64, u64, u64) = (2, 11, 0);

/// How long a first connection may take, all addresses together.
const FIRST: Duration = Duration::from_secs(10);
/// How long a question to the server may take.
const REQUEST: Duration = Duration::from_secs(10);
/// Within what time a server that is gone is noticed.
const PING: Duration = Duration::from_secs(5);

/// How NATS is reached.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NatsOptions {
    /// Addresses, separated by commas: `nats://HOST:PORT` or `tls://HOST:PORT`.
    pub servers: String,
    /// A `.creds` file: a JWT and its seed.
    pub credentials: Option<PathBuf>,
    /// A file with the seed of an nkey, and nothing else.
    pub nkey: Option<PathBuf>,
    /// User name and password.
    pub user: Option<(String, String)>,
    /// The certificates (PEM) of those who vouch for the server; without them the system's.
    pub ca: Option<PathBuf>,
}

impl fmt::Debug for NatsOptions {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsOptions")
            .field("ca", &self.ca)
            .finish_non_exhaustive()
    }
}

/// Why there is no connection to NATS.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// An address cannot be one.
    #[error("`{address}` is no address of a NATS server, such as nats://127.0.0.1:4222")]
    Address {
        /// As it was given, without user and password.
        address: String,
    },
    /// A file for the connection cannot be used.
    #[error("the file `{}` is not {wanted}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
        /// What is wrong.
        #[source]
        cause: std::io::Error,
    },
    /// Nobody answered, or whoever did sent us away.
    #[error("no connection to NATS")]
    Connect(#[from] async_nats::ConnectError),
    /// The server is too old: it would drop in silence what is asked of it.
    #[error(
        "the NATS server is version {found}; {}.{}.{} or newer is needed",
        OLDEST_SERVER.0,
        OLDEST_SERVER.1,
        OLDEST_SERVER.2
    )]
    TooOld {
        /// What it says it is.
        found: String,
    },
}

impl NatsError {
    /// Whether the server refused who asked.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        use async_nats::ConnectErrorKind::{Authentication, AuthorizationViolation};
        matches!(self, Self::Connect(error) if matches!(error.kind(), Authentication | AuthorizationViolation))
    }
}

/// Connects, and stays connected for as long as the client lives: a server that goes is looked for again
/// and again.
///
/// `name` is shown in the server's list of connections.
///
/// # Errors
/// An address or a file is wrong, nobody answers within ten seconds, the server refuses, or is too old.
pub async fn connect(options: &NatsOptions, name: &str) -> Result<Client, NatsError> {
    let told = |event: &Event| {
        if let Event::ServerError(error) = event {
            tracing::warn!(%error, "the NATS server objects");
        }
    };
    connect_heard(options, name, told).await
}

/// Connects, and tells what happens to the connection; what the server objects to, such as a permission that is
/// missing, is told only there.
///
/// # Errors
/// As [`connect`].
pub async fn connect_heard(
    options: &NatsOptions,
    name: &str,
    heard: impl Fn(&Event) + Send + Sync + 'static,
) -> Result<Client, NatsError> {
    let addresses = addresses(&options.servers)?;
    let mut with = ConnectOptions::new()
        .name(name)
        .connection_timeout(FIRST)
        .request_timeout(Some(REQUEST))
        .ping_interval(PING)
        .event_callback(move |event| {
            observe(&event);
            heard(&event);
            std::future::ready(())
        });
    if let Some(path) = &options.credentials {
        let wanted = "a credentials file (.creds) of NATS";
        with = with
            .credentials(&read(path, wanted)?)
            .map_err(|cause| file(path, wanted, cause))?;
    }
    if let Some(path) = &options.nkey {
        let wanted = "the seed of an nkey";
        let seed = read(path, wanted)?;
        let seed = seed.trim();
        check_seed(seed).map_err(|cause| file(path, wanted, cause))?;
        with = with.nkey(seed.to_owned());
    }
    if let Some((user, password)) = &options.user {
        with = with.user_and_password(user.clone(), password.clone());
    }
    if let Some(path) = &options.ca {
        let wanted = "a list of certificates (PEM)";
        check_certificates(&read(path, wanted)?).map_err(|cause| file(path, wanted, cause))?;
        with = with.add_root_certificates(path.clone()).require_tls(true);
    }
    let client = with.connect(addresses).await?;
    check_version(&client.server_info().version)?;
    Ok(client)
}

/// Whether a seed is one. The client would find out only while it connects, and call it a server that cannot be
/// reached; in a credentials file it looks at once.
fn check_seed(seed: &str) -> std::io::Result<()> {
    let dashes = "-".repeat(10);
    let credentials = format!("{dashes}\nJWT\n{dashes}\n\n{dashes}\n{seed}\n{dashes}\n");
    let lines = seed.lines().count();
    if lines != 1 {
        let cause = format!("it has {lines} lines, not one");
        return Err(std::io::Error::other(cause));
    }
    ConnectOptions::new().credentials(&credentials).map(drop)
}

/// Whether all of these are certificates, and there is one.
fn check_certificates(pem: &str) -> std::io::Result<()> {
    let mut roots = RootCertStore::empty();
    for it in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let it = it.map_err(std::io::Error::other)?;
        roots.add(it).map_err(std::io::Error::other)?;
    }
    if roots.is_empty() {
        return Err(std::io::Error::other("it holds no certificate"));
    }
    Ok(())
}

/// Whether a server of this version keeps what is asked of it.
///
/// # Errors
/// It is older than [`OLDEST_SERVER`], or its version cannot be read.
pub fn check_version(found: &str) -> Result<(), NatsError> {
    if version(found).is_some_and(|it| it >= OLDEST_SERVER) {
        return Ok(());
    }
    let found = found.to_owned();
    Err(NatsError::TooOld { found })
}

/// `2.15.1-beta.3` as numbers.
pub(crate) fn version(text: &str) -> Option<(u64, u64, u64)> {
    let mut numbers = text.split(['.', '-', '+']).map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some((next()?, next()?, next()?))
}

fn addresses(servers: &str) -> Result<Vec<ServerAddr>, NatsError> {
    servers
        .split(',')
        .map(|it| {
            let wrong = || NatsError::Address {
                address: it.rsplit('@').next().unwrap_or_default().to_owned(),
            };
            // The client takes no text at all for an address.
            let stated = Some(it.trim()).filter(|it| !it.is_empty());
            stated.ok_or_else(wrong)?.parse().map_err(|_| wrong())
        })
        .collect()
}

fn read(path: &Path, wanted: &'static str) -> Result<String, NatsError> {
    std::fs::read_to_string(path).map_err(|cause| file(path, wanted, cause))
}

fn file(path: &Path, wanted: &'static str, cause: std::io::Error) -> NatsError {
    let path = path.to_owned();
    NatsError::File {
        path,
        wanted,
        cause,
    }
}

fn observe(event: &Event) {
    match event {
        Event::Connected => tracing::info!("connected to NATS"),
        Event::Disconnected => tracing::warn!("NATS is gone; looking for it again"),
        Event::ClientError(error) => tracing::warn!(%error, "NATS"),
        Event::SlowConsumer(_) => tracing::error!("messages from NATS were dropped: too slow"),
        _ => tracing::debug!(%event, "NATS"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_are_refused_and_strange_versions_too() {
        for (text, is_fit) in [
            ("2.15.1", true),
            ("2.11.0", true),
            ("3.0.0-beta.1", true),
            ("2.10.29", false),
            ("2.9.10", false),
            ("", false),
            ("new", false),
        ] {
            assert_eq!(check_version(text).is_ok(), is_fit, "{text}");
        }
    }

    #[test]
    fn a_wrong_address_is_named_without_its_password() {
        let options = "nats://a:4222,nats://user:secret@b:port";
        let error = addresses(options).expect_err("no port").to_string();
        assert!(
            error.contains("b:port") && !error.contains("secret"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn files_that_are_not_what_they_should_be_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let written = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            Some(path)
        };
        let nothing = || written("nothing", "nothing");
        let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let torn = "-----BEGIN CERTIFICATE-----\nAA*A\n-----END CERTIFICATE-----\n";
        // Of an example in the client's documentation, and the same with one letter changed.
        let seed = "SUANQDPB2RUOE4ETUA26CNX7FUKE5ZZKFCQIIW63OX225F2CO7UEXTM7ZY";
        let broken = seed.replace("DPB2", "DPB3");
        let none = || Some(folder.path().join("none"));
        let nowhere = || NatsOptions {
            servers: "nats://127.0.0.1:1".to_owned(),
            ..NatsOptions::default()
        };
        let ca = |ca| NatsOptions { ca, ..nowhere() };
        let nkey = |nkey| NatsOptions { nkey, ..nowhere() };
        let credentials = |credentials| NatsOptions {
            credentials,
            ..nowhere()
        };
        for bad in [
            ca(nothing()),
            ca(written("hollow", hollow)),
            ca(written("torn", torn)),
            nkey(nothing()),
            nkey(none()),
            nkey(written("empty", "")),
            nkey(written("broken", &broken)),
            nkey(written("remark", &format!("# mine\n{seed}\n"))),
            credentials(nothing()),
            credentials(none()),
        ] {
            let error = connect(&bad, "test").await.expect_err("refused");
            assert!(matches!(error, NatsError::File { .. }), "{error}");
        }
        let good = nkey(written("good", &format!("{seed}\r\n")));
        let error = connect(&good, "test").await.expect_err("nobody is there");
        assert!(matches!(error, NatsError::Connect(_)), "{error}");
    }

    #[test]
    fn no_address_at_all_is_none() {
        for servers in ["", " ", "nats://127.0.0.1:1,"] {
            let error = addresses(servers).expect_err(servers);
            assert!(matches!(error, NatsError::Address { .. }), "{error}");
        }
    }
}
