//! `leitstand backup` and `restore`.

use leitstand_store::{BackupError, Manifest};

use crate::{
    cli,
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, Missing, Spec},
    texts,
};

pub(super) async fn backup(args: cli::Backup, config: &Config) -> Result<Exit, Stop> {
    let log = Spec::of(config)?.file()?.clone();
    if !log.is_file() {
        return Err(Stop::new(
            Exit::Unreachable,
            format!("Den Speicher „{}“ gibt es nicht.", log.display()),
        ));
    }
    let manifest = beside(move || leitstand_store::backup(&log, &args.output)).await?;
    told("Gesichert", &manifest)?;
    let opened = stores::open(config, Missing::Refuse).await?;
    if let Some(lost) = texts::lost(&opened).await? {
        out::say(&format!("Achtung: {}", lost.told()));
    }
    out::say(
        "Die Sicherung enthält die Schlüssel der Freitexte: Wer löscht, muss auch Sicherungen ablaufen lassen.",
    );
    Ok(Exit::Done)
}

pub(super) async fn restore(args: cli::Restore, config: &Config) -> Result<Exit, Stop> {
    let log = Spec::of(config)?.file()?.clone();
    let manifest = beside(move || leitstand_store::restore(&args.from, &log)).await?;
    told("Wiederhergestellt", &manifest)?;
    out::say(
        "Löschungen seit dieser Sicherung bitte wiederholen („leitstand erase“): Ihre Schlüssel sind wieder da.",
    );
    Ok(Exit::Done)
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
