//! The world broke: not the row's fault.

use std::io::ErrorKind;

use leitstand_store::{AppendError, LostLog, Position, StoreError};

/// Why something could not be decided or recorded at all.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Others kept being first.
    #[error(
        "stream `{stream}` changed again and again while it was decided on; send the row again"
    )]
    Conflict {
        /// The stream.
        stream: String,
    },
    /// The store failed; after an append the outcome was read again before this was said.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// One of two clocks is wrong.
    #[error(transparent)]
    Clock(AppendError),
    /// The log holds an event this program cannot read; it must not write what it cannot check.
    #[error(
        "the event `{name}` at position {} cannot be read; use the newest program",
        position.as_json()
    )]
    Unreadable {
        /// Where.
        position: Position,
        /// Its name.
        name: String,
        /// Why.
        #[source]
        cause: leitstand_domain::Unreadable,
    },
    /// An event could not be written down.
    #[error("an event could not be written down")]
    Unwritable(#[source] leitstand_domain::Unreadable),
    /// A free text could not be sealed.
    #[error("a free text could not be sealed")]
    Sealing,
    /// The log belongs to another programme.
    #[error("this log belongs to the programme `{found}`, not to `{expected}`")]
    OtherProgramme {
        /// Whose log it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// More was handed in than one feed takes.
    #[error("more than {limit} were handed in at once; feed in parts")]
    TooMuch {
        /// The limit, in words.
        limit: &'static str,
    },
}

impl Failure {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::Store(_) => "store_unreachable",
            Self::Clock(_) => "clock_ahead",
            Self::Unreadable { .. } => "event_unreadable",
            Self::Unwritable(_) => "event_unwritable",
            Self::Sealing => "sealing_failed",
            Self::OtherProgramme { .. } => "other_programme",
            Self::File { .. } => "file_failed",
            Self::TooMuch { .. } => "feed_too_large",
        }
    }

    /// What is wrong and what to do, in German.
    #[must_use]
    pub fn message_de(&self) -> String {
        match self {
            Self::Conflict { stream } => format!(
                "Der Strom „{stream}“ hat sich beim Entscheiden immer wieder geändert; bitte die Zeile noch einmal senden."
            ),
            Self::Store(StoreError {
                unreadable: Some(position),
                ..
            }) => format!(
                "Das Ereignis an Position {} ist nicht, was aufgezeichnet wurde; „leitstand audit verify“ sagt mehr, eine Sicherung bringt es zurück („leitstand restore“).",
                position.as_json()
            ),
            Self::Store(error) if let Some(lost) = error.lost() => {
                lost_de(lost, error.is_doubted())
            }
            Self::Store(_) => {
                "Der Speicher ist nicht erreichbar oder antwortet nicht; bitte prüfen („leitstand doctor“) und die Zeilen noch einmal senden.".to_owned()
            }
            Self::Clock(_) => {
                "Das Protokoll ist der Uhr dieses Rechners voraus; bitte die Uhren stellen, dann noch einmal senden.".to_owned()
            }
            Self::Unreadable { position, name, .. } => format!(
                "Das Ereignis „{name}“ an Position {} ist für dieses Programm nicht lesbar; bitte das neueste Programm benutzen.",
                position.as_json()
            ),
            Self::Unwritable(_) => "Ein Ereignis ließ sich nicht aufschreiben.".to_owned(),
            Self::Sealing => "Ein Freitext ließ sich nicht versiegeln.".to_owned(),
            Self::OtherProgramme { found, expected } => format!(
                "Dieses Protokoll gehört zum Programm „{found}“, nicht zu „{expected}“; bitte „--programme“ prüfen."
            ),
            Self::File { path, cause } => match cause.kind() {
                ErrorKind::NotFound => format!("„{path}“ gibt es nicht."),
                ErrorKind::PermissionDenied => {
                    format!("„{path}“ darf nicht gelesen oder geschrieben werden; bitte die Rechte prüfen.")
                }
                ErrorKind::AlreadyExists => format!(
                    "„{path}“ gibt es schon und wird nicht überschrieben; bitte für die Abgewiesenen einen anderen Ort wählen."
                ),
                _ => format!("Datei „{path}“: {cause}."),
            },
            Self::TooMuch { limit } => {
                format!("Auf einmal wurden mehr als {limit} übergeben; bitte in Teilen einspielen.")
            }
        }
    }
}

/// What became of a log on a server, as far as is known, and what to do.
fn lost_de(lost: &LostLog, is_doubted: bool) -> String {
    let what = match lost {
        LostLog::Gone => "Das Protokoll ist auf dem NATS-Server nicht mehr da".to_owned(),
        LostLog::Settings {
            setting,
            found,
            wanted,
        } => {
            format!("Das Protokoll auf dem NATS-Server hat {setting} = {found}; nötig ist {wanted}")
        }
        LostLog::Removed { first, removed } => format!(
            "Aus dem Protokoll auf dem NATS-Server wurden Ereignisse entfernt (am Anfang {}, dahinter {removed})",
            first.saturating_sub(1)
        ),
        LostLog::Other { found, known } => format!(
            "Das Protokoll auf dem NATS-Server ist ein anderes (angelegt {found}) als das, das dieser Prozess kennt (angelegt {known})"
        ),
        LostLog::Shorter { found, seen } => format!(
            "Das Protokoll auf dem NATS-Server ist kürzer, als dieser Prozess es kennt (Nachricht {found} statt {seen})"
        ),
        LostLog::Unreadable { sequence } => {
            format!("Nachricht {sequence} des Protokolls kann der NATS-Server nicht lesen")
        }
        LostLog::Changed { sequence } => format!(
            "Im Protokoll auf dem NATS-Server steht an Nachricht {sequence} etwas anderes, als dieser Prozess kennt"
        ),
    };
    let then = match lost {
        LostLog::Gone => {
            "; nichts wird angenommen. Bitte am NATS-Server klären, was geschehen ist, und es zurückspielen (docs/jetstream.md)."
        }
        LostLog::Unreadable { .. } => {
            ", und bis dahin wird nichts angenommen. Bitte am NATS-Server klären, ob sein Datenträger beschädigt ist, und das Protokoll aus einer Sicherung zurückspielen (docs/jetstream.md)."
        }
        LostLog::Settings { .. } => {
            ", und bis dahin wird nichts angenommen. Bitte die Einstellung zurücknehmen (als „betrieb“: „nats stream edit“, docs/jetstream.md)."
        }
        _ if is_doubted => {
            ". Das wird geprüft, denn ein Server kann für einen Augenblick Altes sagen; bis dahin wird nichts angenommen. Bitte die Zeilen gleich noch einmal senden."
        }
        LostLog::Removed { .. } => {
            "; nichts wird angenommen. Bitte Leitstand anhalten, am NATS-Server klären, was geschehen ist, und eine Sicherung zurückspielen (docs/jetstream.md)."
        }
        LostLog::Other { .. } | LostLog::Shorter { .. } | LostLog::Changed { .. } => {
            "; quittierte Ereignisse fehlen, und nichts wird mehr angenommen. Bitte Leitstand anhalten, am NATS-Server klären, was geschehen ist, eine Sicherung zurückspielen oder mit dem jetzigen Protokoll neu starten, und dann die Zeilen noch einmal einspielen (docs/jetstream.md)."
        }
    };
    what + then
}
