//! The way to a NATS server, from the settings.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_nats::{Client, Event};
use leitstand_ingest::nats::{DEAD, EVENTS, FEED};
use leitstand_store::{JetStreamError, NatsError, NatsOptions, keepers, synced};

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
    /// What is to be said of how the servers sync, as far as they were asked.
    ///
    /// # Errors
    /// One that was asked does not sync every write, does not say so or is another's.
    pub(crate) async fn unasked(&self, client: &Client) -> Result<Option<String>, JetStreamError> {
        let asked = synced(client, &self.monitors).await?;
        // At the very first start they are not there yet; then the number alone counts.
        let keepers = keepers(client, &[FEED, DEAD, EVENTS]).await;
        Ok(unasked(
            &asked,
            self.replicas as u64,
            &keepers,
            UNKNOWN_SYNC,
        ))
    }
}

/// What is to be said as long as nobody knows how the servers sync.
const UNKNOWN_SYNC: &str = "Ob die Server von „--nats“ jede gesandte Zeile vor der Quittung auf die Platte schreiben (sync_interval: always), ist von hier nicht zu sehen; „--nats-monitor RECHNER:PORT“ lässt es prüfen.";

/// What is to be said of what the server forbids, if it forbids something.
pub(crate) fn forbidden(objections: &[String]) -> Option<String> {
    (!objections.is_empty()).then(|| format!(
        "Der Server verbietet, was nötig ist: {}. Bitte die Rechte aus docker/nats/permissions.conf übernehmen.",
        objections.join("; ")
    ))
}

/// What the server objects to on a connection.
#[derive(Default)]
pub(crate) struct Objections(Mutex<Objected>);

#[derive(Default)]
struct Objected {
    /// What may not be listened to.
    deaf: BTreeSet<String>,
    /// Why we are not let in.
    denied: Option<String>,
}

impl Objections {
    /// Takes in what happens to the connection.
    pub(crate) fn heard(&self, event: &Event) {
        let error = match event {
            Event::Connected => {
                *self.objected() = Objected::default();
                return;
            }
            Event::ServerError(error) => {
                tracing::warn!(%error, "the NATS server objects");
                error.to_string()
            }
            Event::ClientError(error) => error.to_string(),
            _ => return,
        };
        let words = error.to_lowercase();
        let mut objected = self.objected();
        if words.contains("permissions violation for subscription to") {
            objected.deaf.insert(error);
        } else if words.contains("permissions violation") {
            // What may not be sent is not held against the server: where a reply goes says whoever asks.
        } else if words.contains("authorization violation") || words.contains("authentication") {
            objected.denied = Some(error);
        } else if let Event::ClientError(_) = event {
            // Now it is something else.
            objected.denied = None;
        }
    }

    /// Why there is no connection, as far as the server says.
    pub(crate) fn denied(&self) -> Option<String> {
        let denied = self.objected().denied.clone()?;
        Some(format!(
            "Der NATS-Server lehnt den Zugang ab („{denied}“); bitte die Zugangsdaten prüfen. Sie werden beim Start gelesen: sind sie erneuert, bitte „leitstand serve“ neu starten."
        ))
    }

    /// What we should hear and may not, and what to do.
    pub(crate) fn deaf(&self) -> Option<String> {
        let deaf: Vec<String> = self.objected().deaf.iter().cloned().collect();
        let forbidden = forbidden(&deaf)?;
        Some(format!(
            "{forbidden} Danach bitte „leitstand serve“ neu starten."
        ))
    }

    fn objected(&self) -> MutexGuard<'_, Objected> {
        // It is whole even if somebody panicked while holding it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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

#[cfg(test)]
mod tests {
    use async_nats::{ClientError, ServerError};

    use super::*;

    #[test]
    fn what_a_server_objects_to_is_kept_until_it_is_otherwise() {
        let objections = Objections::default();
        let says = |words: &str| {
            objections.heard(&Event::ServerError(ServerError::Other(words.to_owned())));
        };
        // Where a reply goes says whoever asks, and it may be called anything.
        says("Permissions Violation for Publish to \"authentication.expired\"");
        says("Permissions Violation for Publish to \"Permissions.Violation.for.Subscription.to\"");
        assert_eq!((objections.denied(), objections.deaf()), (None, None));
        says("Permissions Violation for Subscription to \"leitstand.spt-dd.feed.>\"");
        assert!(
            objections
                .deaf()
                .is_some_and(|it| it.contains("spt-dd.feed"))
        );
        says("User Authentication Expired");
        assert!(objections.denied().is_some());
        objections.heard(&Event::ServerError(ServerError::AuthorizationViolation));
        assert!(objections.denied().is_some());
        let gone = ClientError::Other("IO error".to_owned());
        objections.heard(&Event::ClientError(gone));
        assert_eq!(objections.denied(), None);
        objections.heard(&Event::Connected);
        assert_eq!(objections.deaf(), None);
    }
}
