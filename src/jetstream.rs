//! A store on a NATS server: its name, and how it is opened.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use leitstand_store::{
    EventStore, JetStream, JetStreamError, JetStreamKeys, JetStreamOptions, NatsOptions, TextKeys,
    connect, keepers, log_streams, synced,
};

use crate::{
    config::Config,
    exit::{Exit, Stop},
    nats,
    stores::{Missing, Opened},
};

const FORM: &str =
    "richtig ist nats://RECHNER:PORT[,RECHNER:PORT…]/PROGRAMM[?replicas=3&monitor=RECHNER:PORT]";

/// How long a log is tried to be opened that the servers do not show just now.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a log is on a server, as `--store` says it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Addresses, separated by commas. They may hold a password.
    servers: String,
    /// Whose log it is.
    pub(crate) programme: String,
    /// On how many servers each event shall be kept.
    pub(crate) replicas: Option<usize>,
    /// Where the servers can be asked how they sync.
    pub(crate) monitors: Vec<String>,
}

impl std::fmt::Debug for Place {
    /// Without the servers, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place")
            .field("programme", &self.programme)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// Reads what follows `nats://`.
    ///
    /// # Errors
    /// It names no server or programme, or an option that does not exist.
    pub(crate) fn parse(text: &str) -> Result<Self, Stop> {
        let wrong = |what: &str| Stop::usage(format!("Speicher nats://: {what}; {FORM}."));
        let (path, options) = text.split_once('?').unwrap_or((text, ""));
        let (servers, programme) = path
            .split_once('/')
            .ok_or_else(|| wrong("Es fehlt das Programm"))?;
        if programme.is_empty() || programme.contains('/') {
            return Err(wrong("Es fehlt das Programm"));
        }
        if servers.split(',').any(str::is_empty) {
            return Err(wrong("Es fehlt ein Rechner"));
        }
        let servers: Vec<String> = servers
            .split(',')
            .map(|it| format!("nats://{it}"))
            .collect();
        let mut place = Self {
            servers: servers.join(","),
            programme: programme.to_owned(),
            replicas: None,
            monitors: Vec::new(),
        };
        for option in options.split('&').filter(|it| !it.is_empty()) {
            match option.split_once('=') {
                Some(("replicas", number)) => {
                    let number = number.parse().ok().filter(|it| matches!(it, 1 | 3 | 5));
                    place.replicas = Some(number.ok_or_else(|| wrong("replicas ist 1, 3 oder 5"))?);
                }
                Some(("monitor", all)) if !all.is_empty() => {
                    place.monitors = all.split(',').map(str::to_owned).collect();
                }
                _ => return Err(wrong(&format!("Die Angabe „{option}“ gibt es nicht"))),
            }
        }
        Ok(place)
    }

    /// How the servers are reached and who we are there.
    ///
    /// # Errors
    /// As [`nats::options`].
    pub(crate) fn options(&self, config: &Config) -> Result<NatsOptions, Stop> {
        nats::options(config, &self.servers)
    }
}

/// Opens the log and the keys on a server.
///
/// # Errors
/// The server cannot be reached, refuses, or does not keep the log as it must; the log is not there or
/// another programme's.
pub(crate) async fn open(place: Place, config: &Config, missing: Missing) -> Result<Opened, Stop> {
    if let Some(stated) = config.stated("programme")
        && stated != place.programme
    {
        return Err(Stop::usage(format!(
            "Der Speicher nennt das Programm „{}“, „--programme“ nennt „{stated}“; bitte eines von beiden ändern.",
            place.programme
        )));
    }
    let client = connect(&place.options(config)?, "leitstand").await?;
    let asked = synced(&client, &place.monitors).await?;
    let options = JetStreamOptions {
        programme: place.programme.clone(),
        replicas: place.replicas,
        begin: missing == Missing::Begin,
    };
    let (keys, store) = patiently(async || {
        // The keys first: a log without its keys would look erased.
        let keys = match JetStreamKeys::open(client.clone(), &options).await {
            Err(JetStreamError::NotThere { stream }) => {
                JetStream::open(client.clone(), &options).await?;
                return Err(JetStreamError::KeysGone { stream });
            }
            opened => opened?,
        };
        Ok((keys, JetStream::open(client.clone(), &options).await?))
    })
    .await?;
    let (store, keys) = (Arc::new(store), Arc::new(keys));
    let streams = log_streams(&place.programme);
    let keepers = keepers(&client, &streams.each_ref().map(String::as_str)).await;
    let warnings = unasked(&asked, store.replicas(), &keepers, UNKNOWN_SYNC);
    Ok(Opened {
        store: Arc::clone(&store) as Arc<dyn EventStore>,
        keys: Arc::clone(&keys) as Arc<dyn TextKeys>,
        sqlite: None,
        jetstream: Some(store),
        jetstream_keys: Some(keys),
        begun_for: Some(place.programme),
        warnings: warnings.into_iter().collect(),
    })
}

/// Tries again for a while what the servers do not answer, as those of a cluster without a leader.
async fn patiently<T>(
    open: impl AsyncFn() -> Result<T, JetStreamError>,
) -> Result<T, JetStreamError> {
    let begun = Instant::now();
    loop {
        match open().await {
            Err(JetStreamError::Store(error))
                if error.unreadable.is_none()
                    && error.lost().is_none()
                    && begun.elapsed() < PATIENCE =>
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the log does not open; trying again"
                );
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            opened => return opened,
        }
    }
}

/// What is to be said as long as nobody knows how the servers sync.
const UNKNOWN_SYNC: &str = "Ob die NATS-Server jede Zeile vor der Quittung auf die Platte schreiben (sync_interval: always), ist von hier nicht zu sehen; „?monitor=RECHNER:PORT“ im Speicher lässt es prüfen.";

/// What is to be said if these servers were asked how they sync, and `keepers`, as far as they are known, or at least so
/// many keep what is sent; `nobody` if none was asked.
pub(crate) fn unasked(
    asked: &BTreeSet<String>,
    kept_on: u64,
    keepers: &BTreeSet<String>,
    nobody: &str,
) -> Option<String> {
    if asked.is_empty() {
        return Some(nobody.to_owned());
    }
    let left: Vec<_> = keepers.difference(asked).map(String::as_str).collect();
    if !left.is_empty() {
        let left = left.join("“, „");
        return Some(format!(
            "Nach „sync_interval: always“ wurde der NATS-Server „{left}“ nicht gefragt, der auch aufbewahrt, was gesandt wird; bitte die Überwachung aller nennen."
        ));
    }
    let some = asked.len();
    ((some as u64) < kept_on).then(|| format!(
        "Nach „sync_interval: always“ wurde nur auf {some} von mindestens {kept_on} NATS-Servern gefragt; bitte die Überwachung aller nennen."
    ))
}

impl From<JetStreamError> for Stop {
    fn from(error: JetStreamError) -> Self {
        let error = match error {
            JetStreamError::Store(cause) if cause.lost().is_some() => return Self::from(cause),
            other => other,
        };
        let (exit, message) = match &error {
            JetStreamError::NotEnabled => (
                Exit::Unreachable,
                "Auf diesem NATS-Server (oder für diesen Zugang) ist JetStream nicht eingeschaltet.".to_owned(),
            ),
            JetStreamError::NotThere { stream } => (
                Exit::Unreachable,
                format!("Auf dem NATS-Server gibt es {stream} nicht; „leitstand init --store nats://…“ legt das Protokoll an."),
            ),
            JetStreamError::KeysGone { stream } => (
                Exit::Integrity,
                format!("Das Protokoll ist da, aber die Schlüssel seiner Freitexte fehlen ({stream}); neue Freitexte werden nicht angenommen. Bitte die Schlüssel zurückholen: aus einer Sicherung der Server („nats stream restore“) oder aus einer Kopie, die so weit reicht wie das Protokoll („leitstand copy --from KOPIE --to nats://…“, docs/jetstream.md). Gibt es keine, legt „leitstand init“ einen leeren Schlüsselspeicher an, und die bisherigen Freitexte bleiben unlesbar."),
            ),
            JetStreamError::Settings { stream, setting, wanted, found } => (
                Exit::Failure,
                format!("{stream} auf dem NATS-Server hat {setting} = {found}, nötig ist {wanted}; so könnten Ereignisse verloren gehen. Bitte die Einstellung berichtigen (nats stream edit)."),
            ),
            JetStreamError::OtherProgramme { found, expected } => (
                Exit::Usage,
                format!("Dieses Protokoll gehört zum Programm „{found}“, nicht zu „{expected}“; bitte den Speicher prüfen."),
            ),
            JetStreamError::NewerFormat { found } => (
                Exit::Failure,
                format!("Das Protokoll hat das Format {found}; bitte ein neueres Programm benutzen."),
            ),
            JetStreamError::Refused { stream, .. } => (
                Exit::Failure,
                format!("Der NATS-Server verweigert {stream}; bitte Rechte, Platz und Zahl der Server prüfen."),
            ),
            JetStreamError::NotSynced { monitor, .. } => (
                Exit::Failure,
                format!("Der NATS-Server {monitor} quittiert, bevor die Platte geschrieben hat; bitte „sync_interval: always“ in seiner Konfiguration setzen (jetstream)."),
            ),
            JetStreamError::OtherServer { monitor, found, connected } => (
                Exit::Failure,
                format!("Die Überwachung {monitor} gehört zum NATS-Server „{found}“; benutzt wird „{connected}“, und beide sind in keinem gemeinsamen Cluster. Bitte die Überwachung der Server nennen, die benutzt werden."),
            ),
            JetStreamError::Monitor { monitor, .. } => (
                Exit::Unreachable,
                format!("Unter {monitor} antwortet keine Überwachung eines NATS-Servers (http: in seiner Konfiguration)."),
            ),
            JetStreamError::Store(_) => (
                Exit::Unreachable,
                "Der NATS-Server antwortet nicht, wie er soll; bitte Rechte und Zustand prüfen („leitstand doctor“).".to_owned(),
            ),
        };
        Self::new(exit, message).because(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_names_servers_and_programme() {
        let place = Place::parse("a:4222,b:4222/spt-dd?replicas=3&monitor=a:8222,b:8222");
        let place = place.expect("a place");
        assert_eq!(place.servers, "nats://a:4222,nats://b:4222");
        assert_eq!((&*place.programme, place.replicas), ("spt-dd", Some(3)));
        assert_eq!(place.monitors, ["a:8222", "b:8222"]);
        let secret = Place::parse("user:secret@a:1/p").expect("a place");
        assert!(!format!("{secret:?}").contains("secret"));
    }

    #[test]
    fn half_a_place_is_refused_and_the_message_shows_a_whole_one() {
        for text in [
            "",
            "a:4222",
            "a:4222/",
            "/p",
            "a:1,,b:1/p",
            "a/p/q",
            "a/p?replicas=2",
            "a/p?x=1",
            "a/p?monitor=",
        ] {
            let stop = Place::parse(text).expect_err(text);
            assert_eq!(stop.exit, Exit::Usage, "{text}");
            assert!(stop.message.contains("/PROGRAMM"), "{stop}");
        }
    }
}
