//! The command line: commands, their options, and how they are read.

mod args;
mod german;
mod pages;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, FromArgMatches as _, Parser, Subcommand};
use leitstand_projections::{answer::Kind, answers};

pub(crate) use args::*;

use crate::{config::Flags, exit::Stop};

/// Steuert öffentliche Programme: erfasst alles als Ereignis, beantwortet jeden Stichtag.
#[derive(Debug, Parser)]
#[command(name = "leitstand", disable_version_flag = true)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What any command takes.
#[expect(
    clippy::doc_markdown,
    reason = "doc comments are shown on a terminal as they are"
)]
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Für jeden Befehl")]
pub(crate) struct Common {
    /// Konfigurationsdatei (Umgebung: LEITSTAND_CONFIG); sonst ./leitstand.toml
    #[arg(long, value_name = "DATEI", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Was gemeldet wird: error, warn, info, debug oder ein Filter je Modul (LEITSTAND_LOG)
    #[arg(long, value_name = "STUFE", global = true)]
    pub(crate) log: Option<String>,
    /// Meldet mehr (wie --log debug)
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Meldet nur Fehler (wie --log error)
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// What is to be done.
#[expect(clippy::large_enum_variant, reason = "there is one per run")]
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Zeigt Leitstand mit dem Beispieljahr 2024 auf einem flüchtigen Speicher
    Demo(Demo),
    /// Legt einen Speicher mit Katalog, Schwellen und Kostenschlüsseln an
    Init(Init),
    /// Spielt Tabellen ein: Ordner, Dateien oder Standardeingabe
    Feed(Feed),
    /// Sagt, warum eine Zahl ist, wie sie ist
    Explain(Explain),
    /// Rechnet mit einem Kern auf JSON von der Standardeingabe
    Calc(Calc),
    /// Gibt das Protokoll als CloudEvents aus
    Events(Events),
    /// Prüft das Protokoll
    #[command(subcommand)]
    Audit(Audit),
    /// Sichert Protokoll, Schlüssel und Kopf in einen Ordner
    Backup(Backup),
    /// Stellt eine Sicherung wieder her und prüft sie dabei
    Restore(Restore),
    /// Schließt das Haushaltsjahr eines Topfes: vorläufig, dann endgültig
    CloseYear(CloseYear),
    /// Kopiert ein Protokoll mit seinen Schlüsseln in einen anderen Speicher
    Copy(Copy),
    /// Löscht Freitexte, indem ihre Schlüssel vernichtet werden
    Erase(Erase),
    /// Startet den Server (HTTP, und NATS mit --nats)
    Serve(Serve),
    /// Prüft Speicher, Uhr, Platte und Konfiguration und sagt, was zu tun ist
    Doctor(Doctor),
    /// Beschreibt Tabellen, Ereignisse und Schnittstelle maschinenlesbar
    Schema(Schema),
    /// Zeigt die Konfiguration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Fragt einen laufenden Server, ob er bereit ist
    #[command(hide = true)]
    Ready(Ready),
}

/// What somebody called for.
#[derive(Debug)]
pub(crate) enum Called {
    /// One of our commands.
    Command(Command),
    /// An answer of the registry.
    Answer(&'static Kind, Answer),
}

/// Reads the command line.
///
/// # Errors
/// It is wrong, or asks for help or the version; then everything is said already.
pub(crate) fn read(line: impl IntoIterator<Item = OsString>) -> Result<(Common, Called), Stop> {
    let command = german::command();
    let matches = command
        .clone()
        .try_get_matches_from(line)
        .map_err(|error| german::told(&error))?;
    let failed = |error: clap::Error| german::told(&error);
    if let Some((name, of_answer)) = matches.subcommand()
        && let Some(kind) = answers::by_name(name)
    {
        let common = Common::from_arg_matches(&matches).map_err(failed)?;
        let answer = Answer::from_arg_matches(of_answer).map_err(failed)?;
        return Ok((common, Called::Answer(kind, answer)));
    }
    let Cli { common, command } = Cli::from_arg_matches(&matches).map_err(failed)?;
    Ok((common, Called::Command(command)))
}

impl Store {
    /// The settings stated here.
    fn flags(&self, flags: &mut Flags) {
        state(flags, "store", self.spec.as_ref());
        state(flags, "programme", self.programme.as_ref());
        self.nats.flags(flags);
    }
}

impl NatsAccess {
    fn flags(&self, flags: &mut Flags) {
        state(flags, "nats-creds", self.creds.as_ref());
        state(flags, "nats-nkey", self.nkey.as_ref());
        state(flags, "nats-user", self.user.as_ref());
        state(flags, "nats-password-file", self.password_file.as_ref());
        state(flags, "nats-ca", self.ca.as_ref());
    }
}

impl Nats {
    /// The settings stated here.
    fn flags(&self, flags: &mut Flags) {
        state(flags, "nats", self.servers.as_ref());
        state(flags, "nats-replicas", self.replicas.as_ref());
        state(flags, "nats-monitor", self.monitor.as_ref());
    }
}

impl Question {
    /// What is stated here, by name.
    pub(crate) fn options(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("as_of", &self.as_of),
            ("known_on", &self.known_on),
            ("at_position", &self.at_position),
            ("pillar", &self.pillar),
            ("measure", &self.measure),
            ("pot", &self.pot),
            ("partner", &self.partner),
            ("amount", &self.amount),
            ("cost_share", &self.cost_share),
            ("paper", &self.paper),
            ("yes", &self.yes),
            ("key_year", &self.key_year),
            ("id", &self.id),
            ("table", &self.table),
            ("before_as_of", &self.before_as_of),
            ("before_known_on", &self.before_known_on),
            ("before_position", &self.before_position),
            ("limit", &self.limit),
            ("cursor", &self.cursor),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect()
    }
}

fn state(flags: &mut Flags, key: &'static str, value: Option<&String>) {
    if let Some(value) = value {
        flags.insert(key, value.clone());
    }
}

/// The settings stated on the command line.
pub(crate) fn flags(common: &Common, called: &Called) -> Flags {
    let mut flags = Flags::new();
    let level = [(common.verbose, "debug"), (common.quiet, "error")];
    let level = level
        .into_iter()
        .find(|(is_set, _)| *is_set)
        .map(|(_, level)| level.to_owned());
    state(&mut flags, "log", common.log.as_ref().or(level.as_ref()));
    match called {
        Called::Answer(_, it) => {
            it.store.flags(&mut flags);
            state(&mut flags, "format", it.format.as_ref());
        }
        Called::Command(command) => match command {
            Command::Init(it) => {
                it.store.flags(&mut flags);
                state(&mut flags, "catalogue", it.catalogue.as_ref());
                state(&mut flags, "currency", it.currency.as_ref());
            }
            Command::Serve(it) => {
                it.store.flags(&mut flags);
                state(&mut flags, "listen", it.listen.as_ref());
                state(&mut flags, "tokens", it.tokens.as_ref());
                it.nats.flags(&mut flags);
            }
            Command::Copy(it) => it.nats.flags(&mut flags),
            Command::Doctor(it) => {
                it.store.flags(&mut flags);
                it.nats.flags(&mut flags);
            }
            Command::Feed(Feed { store, .. })
            | Command::Explain(Explain { store, .. })
            | Command::Events(Events { store, .. })
            | Command::Audit(Audit::Verify(Verify { store, .. }))
            | Command::Backup(Backup { store, .. })
            | Command::Restore(Restore { store, .. })
            | Command::CloseYear(CloseYear { store, .. })
            | Command::Erase(Erase { store, .. })
            | Command::Config(ConfigCommand::Show(Shown { store })) => store.flags(&mut flags),
            Command::Demo(_) | Command::Calc(_) | Command::Schema(_) | Command::Ready(_) => {}
        },
    }
    flags
}
