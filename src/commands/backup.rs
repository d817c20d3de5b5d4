//! `leitstand backup` and `restore`.

use std::path::{Path, PathBuf};

use leitstand_store::{BackupError, Manifest};

use super::copy;
use crate::{
    cli,
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, Missing, Spec},
    texts,
};

/// Said to whoever interrupts the way between a backup and servers.
const AGAIN: &str = "Unterbrochen; derselbe Befehl beginnt von vorn.";

pub(super) async fn backup(args: cli::Backup, config: &Config) -> Result<Exit, Stop> {
    let spec = Spec::of(config)?;
    // What is on servers is copied into a file first; that is backed up as any other.
    let (manifest, opened) = if let Spec::Nats(_) = spec {
        let opened = stores::open_spec(spec, config, Missing::Refuse).await?;
        let file = TempFile::beside(&args.output)?;
        // Closed at once: what is backed up is a file at rest.
        drop(copy::into(&opened, file.spec(), config, AGAIN).await?);
        let log = file.path();
        let manifest = beside(move || leitstand_store::backup(&log, &args.output)).await?;
        (manifest, opened)
    } else {
        let log = spec.file()?.clone();
        if !log.is_file() {
            return Err(Stop::new(
                Exit::Unreachable,
                format!("Den Speicher „{}“ gibt es nicht.", log.display()),
            ));
        }
        let manifest = beside(move || leitstand_store::backup(&log, &args.output)).await?;
        (manifest, stores::open(config, Missing::Refuse).await?)
    };
    told("Gesichert", &manifest)?;
    if let Some(lost) = texts::lost(&opened).await? {
        out::say(&format!("Achtung: {}", lost.told()));
    }
    out::say(
        "Die Sicherung enthält die Schlüssel der Freitexte: Wer löscht, muss auch Sicherungen ablaufen lassen.",
    );
    Ok(Exit::Done)
}

pub(super) async fn restore(args: cli::Restore, config: &Config) -> Result<Exit, Stop> {
    let spec = Spec::of(config)?;
    let manifest = if let Spec::Nats(_) = spec {
        let file = TempFile::beside(&args.from)?;
        let log = file.path();
        let manifest = beside(move || leitstand_store::restore(&args.from, &log)).await?;
        let restored = stores::open_spec(file.spec(), config, Missing::Refuse).await?;
        copy::into(&restored, spec, config, AGAIN).await?;
        manifest
    } else {
        let log = spec.file()?.clone();
        beside(move || leitstand_store::restore(&args.from, &log)).await?
    };
    told("Wiederhergestellt", &manifest)?;
    out::say(
        "Löschungen seit dieser Sicherung bitte wiederholen („leitstand erase“): Ihre Schlüssel sind wieder da.",
    );
    Ok(Exit::Done)
}

/// A log on its way between a backup and servers; it is gone at the end.
struct TempFile(tempfile::TempDir);

impl TempFile {
    /// Beside a folder, where there is room for it.
    fn beside(folder: &Path) -> Result<Self, Stop> {
        let parent = folder.parent().filter(|it| !it.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let made = tempfile::Builder::new()
            .prefix(".leitstand-")
            .tempdir_in(parent);
        made.map(Self).map_err(|error| {
            let words = format!("In „{}“ lässt sich nichts anlegen.", parent.display());
            Stop::new(Exit::Failure, words).because(&error)
        })
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("log.db")
    }

    fn spec(&self) -> Spec {
        Spec::Sqlite(self.path())
    }
}

/// Both block for as long as the disk needs.
async fn beside(
    work: impl FnOnce() -> Result<Manifest, BackupError> + Send + 'static,
) -> Result<Manifest, Stop> {
    let working = tokio::task::spawn_blocking(work);
    tokio::select! {
        done = working => Ok(done.map_err(|_| Stop::new(Exit::Failure, "Das Kopieren ist abgebrochen."))??),
        _ = tokio::signal::ctrl_c() => Err(Stop::new(Exit::Interrupted, "Unterbrochen; ein Ordner ohne manifest.json ist keine Sicherung.")),
    }
}

fn told(what: &str, manifest: &Manifest) -> Result<(), Stop> {
    out::print(&format!(
        "{what}: Programm {}, {} Ereignisse\nKopf: {}:{}\n",
        manifest.programme, manifest.count, manifest.count, manifest.head
    ))
}
