//! How the program ends: exit status and last words.

use std::{fmt, process::ExitCode};

use leitstand_ingest::Failure;
use leitstand_projections::NoAnswer;
use leitstand_store::{BackupError, OpenError, StoreError, is_damage};

/// Exit status (`contract/commands.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Something failed.
    Failure = 1,
    /// The call was wrong.
    Usage = 2,
    /// Some rows were rejected, or there are findings.
    Findings = 3,
    /// Somebody else kept being first.
    Conflict = 4,
    /// Not allowed.
    NotAllowed = 5,
    /// Store or server cannot be reached.
    Unreachable = 6,
    /// The log is not what was written.
    Integrity = 7,
    /// Interrupted.
    Interrupted = 130,
}

impl Exit {
    /// Every status with its meaning, for `--help`.
    pub(crate) const ALL: [(Self, &'static str); 9] = [
        (Self::Done, "erledigt"),
        (Self::Failure, "fehlgeschlagen"),
        (Self::Usage, "falscher Aufruf"),
        (Self::Findings, "Zeilen abgewiesen oder Befunde"),
        (Self::Conflict, "jemand anderes war immer wieder schneller"),
        (Self::NotAllowed, "nicht erlaubt"),
        (Self::Unreachable, "Speicher oder Server nicht erreichbar"),
        (Self::Integrity, "Protokoll verändert oder unvollständig"),
        (Self::Interrupted, "unterbrochen"),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why the program stops before it is done.
#[derive(Debug)]
pub(crate) struct Stop {
    /// The exit status.
    pub(crate) exit: Exit,
    /// What is wrong and what to do, in German; empty if all is said already.
    pub(crate) message: String,
    /// What lies behind it, for whoever looks closer.
    pub(crate) cause: Option<String>,
}

impl Stop {
    /// Stops with a message.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            cause: None,
        }
    }

    /// The call was wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Everything is said already.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// With the chain of causes behind it.
    pub(crate) fn because(mut self, cause: &dyn std::error::Error) -> Self {
        self.cause = Some(chain(cause));
        self
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.cause {
            Some(cause) => write!(f, "\n  Ursache: {cause}"),
            None => Ok(()),
        }
    }
}

/// An error and everything behind it, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !told.ends_with(&words) {
            told = format!("{told}: {words}");
        }
        next = cause.source();
    }
    told
}

/// What is said of a store that does not answer whoever sends no rows.
const AWAY: &str =
    "Der Speicher ist nicht erreichbar oder antwortet nicht; bitte prüfen („leitstand doctor“).";
/// What is said of a store whose file is damaged.
const DAMAGED: &str = "Eine Datei des Speichers ist beschädigt; bitte eine Sicherung einspielen („leitstand restore“).";

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        if let Failure::Store(error) = &failure
            && error.is_damaged()
        {
            return Self::new(Exit::Integrity, DAMAGED).because(&failure);
        }
        let exit = match &failure {
            Failure::Conflict { .. } => Exit::Conflict,
            Failure::Store(error) if error.unreadable.is_some() || error.is_lost() => {
                Exit::Integrity
            }
            Failure::Store(_) => Exit::Unreachable,
            Failure::OtherProgramme { .. } | Failure::TooMuch { .. } => Exit::Usage,
            Failure::Clock(_)
            | Failure::Unreadable { .. }
            | Failure::Unwritable(_)
            | Failure::Sealing
            | Failure::File { .. } => Exit::Failure,
        };
        let stop = Self::new(exit, failure.message_de());
        if matches!(failure, Failure::Store(_)) {
            stop.because(&failure)
        } else {
            stop
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        let is_away = error.unreadable.is_none() && !error.is_damaged() && error.lost().is_none();
        let mut stop = Self::from(Failure::from(error));
        if is_away {
            // Whoever reads has no rows to send again.
            AWAY.clone_into(&mut stop.message);
        }
        stop
    }
}

impl From<NoAnswer> for Stop {
    fn from(no: NoAnswer) -> Self {
        let exit = match &no {
            NoAnswer::BadQuestion(_) | NoAnswer::Unknown(_) | NoAnswer::NotReached { .. } => {
                Exit::Usage
            }
            NoAnswer::NotFound(_) | NoAnswer::Columns(_) => Exit::Failure,
        };
        Self::new(exit, no.to_string())
    }
}

impl From<OpenError> for Stop {
    fn from(error: OpenError) -> Self {
        let (exit, message) = match &error {
            OpenError::OldSqlite { found } => (
                Exit::Failure,
                format!("SQLite {found} kann ein Protokoll zerstören; nötig ist 3.51.3 oder neuer."),
            ),
            OpenError::NetworkFileSystem { path, kind } => (
                Exit::Unreachable,
                format!(
                    "„{}“ liegt auf einem Netzlaufwerk ({kind}), auf dem SQLite nicht sicher ist; bitte eine lokale Platte nehmen.",
                    path.display()
                ),
            ),
            OpenError::NewerFormat { found } => {
                (Exit::Failure, format!("Die Datei hat das Format {found}; bitte ein neueres Programm benutzen."))
            }
            OpenError::SomethingElse { path } => (
                Exit::Unreachable,
                format!("„{}“ ist eine Datenbank, aber kein Protokoll von Leitstand.", path.display()),
            ),
            OpenError::OtherProgramme { found, expected } => (
                Exit::Usage,
                format!("Dieses Protokoll gehört zum Programm „{found}“, nicht zu „{expected}“; bitte Speicher und Programm prüfen."),
            ),
            damaged if is_damage(damaged) => (Exit::Integrity, DAMAGED.to_owned()),
            OpenError::Refused { .. } | OpenError::Sqlite { .. } | OpenError::Io { .. } => (
                Exit::Unreachable,
                "Der Speicher lässt sich nicht öffnen; bitte Pfad und Rechte prüfen („leitstand doctor“).".to_owned(),
            ),
        };
        Self::new(exit, message).because(&error)
    }
}

impl From<BackupError> for Stop {
    fn from(error: BackupError) -> Self {
        let (exit, message) = match &error {
            BackupError::Exists(path) => (
                Exit::Usage,
                format!("„{}“ gibt es schon; bitte einen Ort nennen, an dem nichts ist.", path.display()),
            ),
            BackupError::Damaged { file, .. } => (
                Exit::Integrity,
                format!("„{}“: Die Sicherung ist beschädigt; bitte eine andere nehmen.", file.display()),
            ),
            BackupError::Flawed(_) => (
                Exit::Integrity,
                "Das Protokoll ist nicht, was geschrieben wurde; „leitstand audit verify“ sagt, wo.".to_owned(),
            ),
            BackupError::Io { path, .. } => {
                (Exit::Failure, format!("„{}“ lässt sich nicht lesen oder schreiben.", path.display()))
            }
            BackupError::Store(_) => (
                Exit::Unreachable,
                "Der Speicher lässt sich nicht öffnen oder kopieren; bitte Pfad und Rechte prüfen.".to_owned(),
            ),
        };
        Self::new(exit, message).because(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_reads_is_not_told_to_send_rows() {
        let away = || StoreError::new("reading", "nobody answers");
        let (reading, feeding) = (Stop::from(away()), Stop::from(Failure::from(away())));
        assert_eq!(
            (reading.exit, feeding.exit),
            (Exit::Unreachable, Exit::Unreachable)
        );
        assert!(!reading.message.contains("senden") && feeding.message.contains("senden"));
        assert!(reading.cause.is_some());
    }
}
