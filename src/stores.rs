//! Which store: named by `--store`, chosen at run time.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use leitstand_domain::{Id, cell::Cell as _};
use leitstand_ingest::{Desk, programme};
use leitstand_store::{
    EventStore, JetStream, JetStreamKeys, Memory, MemoryKeys, OpenError, Sqlite, SqliteKeys,
    TextKeys, keys_path,
};

use crate::{
    clock,
    config::Config,
    exit::{Exit, Stop},
    jetstream::{self, Place},
};

/// The programme of a store that is begun without naming one.
pub(crate) const DEFAULT_PROGRAMME: &str = "spt-dd";

/// A store by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spec {
    /// In memory, gone when the program ends.
    Memory,
    /// In a file.
    Sqlite(PathBuf),
    /// On a NATS server.
    Nats(Place),
}

impl Spec {
    /// Reads `memory:`, `sqlite:PATH` or `nats://HOST:PORT[,HOST:PORT…]/PROGRAMME[?replicas=N]`.
    ///
    /// # Errors
    /// It is none of these.
    pub(crate) fn parse(text: &str) -> Result<Self, Stop> {
        let forms = "möglich sind memory:, sqlite:PFAD (z. B. sqlite:leitstand.db) und nats://RECHNER:PORT/PROGRAMM";
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() && !path.starts_with("//") => {
                Ok(Self::Sqlite(path.into()))
            }
            Some(("nats", rest)) if rest.starts_with("//") => {
                Place::parse(&rest[2..]).map(Self::Nats)
            }
            Some(("kurrentdb", _)) => Err(Stop::usage(format!(
                "Der Speicher kurrentdb:// kommt in einer späteren Ausgabe; {forms}."
            ))),
            _ => Err(Stop::usage(format!(
                "Einen Speicher „{text}“ gibt es nicht; {forms}."
            ))),
        }
    }

    /// The store of the configuration.
    ///
    /// # Errors
    /// As [`Spec::parse`].
    pub(crate) fn of(config: &Config) -> Result<Self, Stop> {
        Self::parse(config.get("store").unwrap_or_default())
    }

    /// The file, if it is one.
    ///
    /// # Errors
    /// It is in memory or on a server.
    pub(crate) fn file(&self) -> Result<&PathBuf, Stop> {
        match self {
            Self::Sqlite(path) => Ok(path),
            Self::Memory | Self::Nats(_) => {
                Err(Stop::usage("Das geht nur mit einem Speicher sqlite:PFAD."))
            }
        }
    }
}

/// An open store with its keys.
#[derive(Clone)]
pub(crate) struct Opened {
    /// The log.
    pub(crate) store: Arc<dyn EventStore>,
    /// The keys of sealed texts.
    pub(crate) keys: Arc<dyn TextKeys>,
    /// The same store, if it is a file.
    pub(crate) sqlite: Option<Arc<Sqlite>>,
    /// The same store, if it is on a NATS server.
    pub(crate) jetstream: Option<Arc<JetStream>>,
    /// Its keys, if they are on a NATS server.
    pub(crate) jetstream_keys: Option<Arc<JetStreamKeys>>,
    /// The programme it was begun for, if the store itself says so.
    pub(crate) begun_for: Option<String>,
    /// What whoever runs it should know.
    pub(crate) warnings: Vec<String>,
}

/// What to do with a file that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is begun.
    Begin,
    /// It is an error.
    Refuse,
}

/// Opens the store of the configuration.
///
/// # Errors
/// As [`open_spec`].
pub(crate) async fn open(config: &Config, missing: Missing) -> Result<Opened, Stop> {
    open_spec(Spec::of(config)?, config, missing).await
}

/// Opens a store.
///
/// # Errors
/// It is not there, cannot be opened, or belongs to another programme.
pub(crate) async fn open_spec(
    spec: Spec,
    config: &Config,
    missing: Missing,
) -> Result<Opened, Stop> {
    let stated = config.stated("programme").map(str::to_owned);
    match spec {
        Spec::Memory => Ok(in_memory()),
        Spec::Sqlite(path) => open_file(path, stated, missing).await,
        Spec::Nats(place) => Box::pin(jetstream::open(place, config, missing)).await,
    }
}

async fn open_file(
    path: PathBuf,
    stated: Option<String>,
    missing: Missing,
) -> Result<Opened, Stop> {
    let is_there = path.is_file();
    if missing == Missing::Refuse && !is_there {
        return Err(Stop::new(
            Exit::Unreachable,
            format!(
                "Den Speicher „{0}“ gibt es nicht; „leitstand init --store sqlite:{0}“ legt ihn an.",
                path.display()
            ),
        ));
    }
    if is_there {
        refuse_emptied(&path, missing)?;
    }
    let begins = missing == Missing::Begin;
    let mut warnings = Vec::new();
    let keys = keys_path(&path);
    // A log is begun together with its keys.
    if !begins && !keys.exists() {
        let keys = keys.display();
        tracing::warn!(%keys, "the keys of sealed texts are missing");
        warnings.push(format!(
            "Die Schlüssel der Freitexte („{keys}“) fehlten und sind leer neu angelegt; bitte sie aus der Sicherung holen („leitstand restore“), sonst bleiben die Texte unlesbar."
        ));
    }
    let opening = tokio::task::spawn_blocking(move || {
        let store = match &stated {
            Some(programme) => Sqlite::open_for(&path, programme)?,
            // Whoever begins names the programme, also when several begin at once; a log that is there
            // already keeps its own.
            None if begins => match Sqlite::open_for(&path, DEFAULT_PROGRAMME) {
                Err(OpenError::OtherProgramme { .. }) => Sqlite::open(&path)?,
                opened => opened?,
            },
            None => Sqlite::open(&path)?,
        };
        let keys = SqliteKeys::open(&path)?;
        Ok::<_, Stop>((store, keys))
    });
    let (store, keys) = opening
        .await
        .map_err(|_| Stop::new(Exit::Failure, "Der Speicher ließ sich nicht öffnen."))??;
    let sqlite = Arc::new(store);
    Ok(Opened {
        store: Arc::clone(&sqlite) as Arc<dyn EventStore>,
        keys: Arc::new(keys),
        begun_for: Some(sqlite.programme().to_owned()),
        sqlite: Some(sqlite),
        jetstream: None,
        jetstream_keys: None,
        warnings,
    })
}

/// A file of no bytes is no log. `SQLite` would take it for a new database; but where the keys of sealed texts
/// lie beside it there was a log, and beginning another in its place would hide that it is lost.
fn refuse_emptied(path: &Path, missing: Missing) -> Result<(), Stop> {
    let is_empty = |path: &Path| std::fs::metadata(path).map(|it| it.len() == 0);
    // What cannot be asked, opening it says why.
    if !is_empty(path).unwrap_or(false) {
        return Ok(());
    }
    if matches!(is_empty(&keys_path(path)), Ok(false)) {
        return Err(Stop::new(
            Exit::Integrity,
            format!(
                "Die Datei „{}“ ist leer, aber die Schlüssel daneben sind da: das Protokoll ist verloren gegangen; \
                 bitte aus der Sicherung zurückholen („leitstand restore“).",
                path.display()
            ),
        ));
    }
    match missing {
        Missing::Begin => Ok(()),
        Missing::Refuse => Err(Stop::new(
            Exit::Failure,
            format!(
                "Die Datei „{0}“ ist leer und kein Protokoll; „leitstand init --store sqlite:{0}“ legt eines an.",
                path.display()
            ),
        )),
    }
}

/// An empty store that is forgotten.
pub(crate) fn in_memory() -> Opened {
    Opened {
        store: Arc::new(Memory::default()),
        keys: Arc::new(MemoryKeys::default()),
        sqlite: None,
        jetstream: None,
        jetstream_keys: None,
        begun_for: None,
        warnings: Vec::new(),
    }
}

impl Opened {
    /// The programme whose log this is.
    ///
    /// # Errors
    /// The log was never initialised, or belongs to another programme than the one configured.
    pub(crate) async fn programme(&self, config: &Config) -> Result<Id, Stop> {
        let found = programme(&*self.store).await?.ok_or_else(|| {
            Stop::new(
                Exit::Failure,
                "Dieser Speicher ist noch leer; „leitstand init“ legt das Programm an.",
            )
        })?;
        match config.stated("programme") {
            Some(wanted) if wanted != found.programme.as_str() => Err(Stop::usage(format!(
                "Dieses Protokoll gehört zum Programm „{}“, nicht zu „{wanted}“; bitte „--programme“ prüfen.",
                found.programme
            ))),
            _ => Ok(found.programme),
        }
    }

    /// The desk of the programme, with everything recorded so far.
    ///
    /// # Errors
    /// As [`Opened::programme`], or the log cannot be read.
    pub(crate) async fn desk(&self, config: &Config) -> Result<Desk, Stop> {
        let programme = self.programme(config).await?;
        let (store, keys) = (Arc::clone(&self.store), Arc::clone(&self.keys));
        Ok(Desk::open(store, keys, programme, clock::clock()).await?)
    }
}

/// The id of a programme or currency as configured.
///
/// # Errors
/// It cannot be an id.
pub(crate) fn id(what: &str, text: &str) -> Result<Id, Stop> {
    Id::parse(text).map_err(|bad| Stop::usage(format!("{what} „{text}“: {}", bad.de)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_its_scheme() {
        assert_eq!(Spec::parse("memory:").ok(), Some(Spec::Memory));
        assert_eq!(
            Spec::parse("sqlite:a/b.db").ok(),
            Some(Spec::Sqlite("a/b.db".into()))
        );
        assert_eq!(
            Spec::parse("sqlite:/a/b.db").ok(),
            Some(Spec::Sqlite("/a/b.db".into()))
        );
    }

    #[test]
    fn other_stores_are_refused_and_the_message_says_what_there_is() {
        for text in [
            "",
            "leitstand.db",
            "sqlite:",
            "sqlite://x",
            "postgres://x",
            "nats:h:1/p",
            "kurrentdb://h:1/p",
        ] {
            let stop = Spec::parse(text).expect_err(text);
            assert_eq!(stop.exit, Exit::Usage, "{text}");
            assert!(stop.message.contains("sqlite:PFAD"), "{stop}");
        }
        assert!(Spec::parse("kurrentdb://h:1/p").is_err_and(|it| it.message.contains("später")));
    }
}
