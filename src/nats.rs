//! The way to a NATS server, from the settings.

use std::path::{Path, PathBuf};

use leitstand_store::{NatsError, NatsOptions};

use crate::{
    config::Config,
    exit::{Exit, Stop},
    jetstream::unasked,
};

/// NATS beside HTTP, as it is configured.
pub(crate) struct Beside {
    /// How the servers are reached.
    pub(crate) options: NatsOptions,
    /// On how many servers of a cluster each stream is kept.
    pub(crate) replicas: usize,
    /// Where the servers can be asked how they sync.
    pub(crate) monitors: Vec<String>,
}

/// NATS beside HTTP, if it is named.
///
/// # Errors
/// As [`options`], or the number of servers is none.
pub(crate) fn beside(config: &Config) -> Result<Option<Beside>, Stop> {
    let Some(servers) = config.get("nats") else {
        return Ok(None);
    };
    let replicas = config.get("nats-replicas").unwrap_or_default();
    let replicas = replicas.parse().ok().filter(|it| matches!(it, 1 | 3 | 5));
    let replicas = replicas.ok_or_else(|| {
        Stop::usage("„--nats-replicas“ ist 1, 3 oder 5; in einem Cluster sind 3 üblich.")
    })?;
    let monitors = config.get("nats-monitor").unwrap_or_default().split(',');
    Ok(Some(Beside {
        options: options(config, servers)?,
        replicas,
        monitors: monitors
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect(),
    }))
}

impl Beside {
    /// What is to be said if so many servers were asked how they sync.
    pub(crate) fn unasked(&self, asked: usize) -> Option<String> {
        unasked(asked, self.replicas as u64, UNKNOWN_SYNC)
    }
}

/// What is to be said as long as nobody knows how the servers sync.
const UNKNOWN_SYNC: &str = "Ob die Server von „--nats“ jede gesandte Zeile vor der Quittung auf die Platte schreiben (sync_interval: always), ist von hier nicht zu sehen; „--nats-monitor RECHNER:PORT“ lässt es prüfen.";

/// How these servers are reached and who we are there.
///
/// # Errors
/// User and password are not stated together, or the file with the password cannot be read.
pub(crate) fn options(config: &Config, servers: &str) -> Result<NatsOptions, Stop> {
    let file = |key| config.stated(key).map(PathBuf::from);
    let user = match (
        config.stated("nats-user"),
        config.stated("nats-password-file"),
    ) {
        (None, None) => None,
        (Some(user), Some(path)) => Some((user.to_owned(), password(Path::new(path))?)),
        _ => {
            return Err(Stop::usage(
                "„--nats-user“ und „--nats-password-file“ gehören zusammen; bitte beide angeben.",
            ));
        }
    };
    Ok(NatsOptions {
        servers: servers.to_owned(),
        credentials: file("nats-creds"),
        nkey: file("nats-nkey"),
        user,
        ca: file("nats-ca"),
    })
}

fn password(path: &Path) -> Result<String, Stop> {
    let read = std::fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        Stop::usage(format!("Das Kennwort in „{path}“ lässt sich nicht lesen.")).because(&error)
    })?;
    Ok(read.trim_end_matches(['\r', '\n']).to_owned())
}

impl From<NatsError> for Stop {
    fn from(error: NatsError) -> Self {
        let (exit, message) = match &error {
            NatsError::Address { address } => (
                Exit::Usage,
                format!("„{address}“ ist keine Adresse eines NATS-Servers; richtig ist z. B. nats://127.0.0.1:4222."),
            ),
            NatsError::File { path, .. } => (
                Exit::Usage,
                format!("Die Datei „{}“ taugt nicht für die Verbindung zu NATS; bitte prüfen.", path.display()),
            ),
            NatsError::Connect(_) if error.is_refusal() => (
                Exit::NotAllowed,
                "Der NATS-Server lehnt den Zugang ab; bitte „--nats-creds“, „--nats-nkey“ oder „--nats-user“ prüfen.".to_owned(),
            ),
            NatsError::Connect(_) => (
                Exit::Unreachable,
                "Der NATS-Server ist nicht erreichbar; bitte Adresse, Netz und Zertifikate prüfen („leitstand doctor“).".to_owned(),
            ),
            NatsError::TooOld { found } => (
                Exit::Unreachable,
                format!("Der NATS-Server hat die Version {found}; nötig ist 2.11 oder neuer, weil ältere manches stillschweigend nicht tun."),
            ),
        };
        Self::new(exit, message).because(&error)
    }
}
