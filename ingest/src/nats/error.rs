//! Why something could not be done on NATS.

use std::error::Error;

use leitstand_store::{NO_LEADER, StoreError};

use super::{CONSUMER, DEAD, EVENTS, FEED};

/// What is done when a row is put aside.
pub(super) const WRITING_A_DEAD_LETTER: &str = "writing a dead letter";

/// NATS did not do what was asked of it, or must not.
#[derive(Debug, thiserror::Error)]
pub enum NatsFailure {
    /// The server did not answer, or said no.
    #[error("NATS failed while {doing}")]
    Server {
        /// What it was asked to do.
        doing: &'static str,
        /// What went wrong.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// A stream is there and is not as it must be; nothing is written to it.
    #[error("the stream `{stream}` has {setting} = {found}; it must be {wanted}")]
    Settings {
        /// The stream.
        stream: &'static str,
        /// Which setting.
        setting: &'static str,
        /// As the server says.
        found: String,
        /// As it must be.
        wanted: String,
    },
    /// The consumer of posted rows is there and is not as it must be; nothing is taken through it.
    #[error("the consumer of posted rows has {setting} = {found}; it must be {wanted}")]
    Consumer {
        /// Which setting.
        setting: String,
        /// As the server says.
        found: String,
        /// As it must be.
        wanted: String,
    },
    /// A stream takes what only Leitstand answers.
    #[error("the stream `{stream}` takes `{subject}`, which only Leitstand answers")]
    Captured {
        /// The stream.
        stream: String,
        /// What it takes of ours.
        subject: String,
    },
    /// The event stream has lost its first events.
    #[error("the event stream begins with sequence {first}: what came before is lost")]
    Beginning {
        /// The first sequence it has.
        first: u64,
    },
    /// The server takes so small messages only that a row and the reason why it is put aside would not fit.
    #[error("the server takes messages of {found} bytes at most; {needed} are needed")]
    SmallMessages {
        /// What it takes, in bytes.
        found: usize,
        /// What is needed.
        needed: usize,
    },
    /// The event stream ends with an event this log does not have.
    #[error("the event stream ends with an event `{id}` that is not in this log")]
    OtherLog {
        /// The event.
        id: String,
    },
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NatsFailure {
    /// Whether it may be otherwise in a moment: nobody answered in time, or the cluster is choosing a leader.
    #[must_use]
    pub fn passes(&self) -> bool {
        let Self::Server { cause, .. } = self else {
            return matches!(self, Self::Store(error) if error.unreadable.is_none());
        };
        let no_leader = format!("error code {NO_LEADER}");
        let mut next: Option<&(dyn Error + 'static)> = Some(&**cause);
        while let Some(error) = next {
            let words = error.to_string();
            if words.contains("timed out") || words.contains(&no_leader) {
                return true;
            }
            next = error.source();
        }
        false
    }

    /// For `map_err`: keeps the cause and says what was being done.
    pub(super) fn while_doing<E: Into<Box<dyn Error + Send + Sync>>>(
        doing: &'static str,
    ) -> impl Fn(E) -> Self {
        move |cause| Self::Server {
            doing,
            cause: cause.into(),
        }
    }

    /// The failure with its causes, for the operator's log.
    pub(super) fn chain(&self) -> String {
        let mut chain = self.to_string();
        let mut cause = Error::source(self);
        while let Some(it) = cause {
            chain.push_str(": ");
            chain.push_str(&it.to_string());
            cause = it.source();
        }
        chain
    }

    /// What is wrong and what to do, in German.
    #[must_use]
    pub fn message_de(&self) -> String {
        match self {
            Self::Server {
                doing: WRITING_A_DEAD_LETTER,
                ..
            } => format!(
                "Abgewiesene Zeilen lassen sich nicht beiseitelegen und kommen wieder: Der Stream „{DEAD}“ nimmt nichts an. Ist er voll („nats stream info {DEAD}“), bitte aufräumen (als „betrieb“: „nats stream purge {DEAD}“) oder ihm mehr Platz geben („nats stream edit {DEAD} --max-bytes …“); sonst Server und Rechte prüfen (docs/nats.md)."
            ),
            Self::SmallMessages { found, needed } => format!(
                "Der NATS-Server überträgt höchstens {found} Byte (max_payload); nötig sind {needed}. Bitte „max_payload“ in seiner Konfiguration erhöhen (üblich: 1MB)."
            ),
            Self::Server { cause, .. } => format!(
                "NATS antwortet nicht oder lehnt ab („{}“); bitte Server, JetStream und Rechte prüfen (docs/nats.md).",
                innermost(&**cause)
            ),
            Self::Settings {
                stream,
                setting: setting @ "subjects",
                found,
                wanted,
            } => format!(
                "Der Stream „{stream}“ hat {setting} = {found}; nötig ist {wanted}. Bitte für jedes Programm ein eigenes Konto benutzen (docs/nats.md)."
            ),
            Self::Settings {
                stream: stream @ EVENTS,
                setting,
                found,
                wanted,
            } => format!(
                "Der Stream „{stream}“ hat {setting} = {found}; nötig ist {wanted}. Bitte ihn anpassen (als „betrieb“: „nats stream edit {stream}“) oder, wo der Server das nicht zulässt, löschen („nats stream rm {stream}“): Leitstand legt ihn neu an und sendet alles noch einmal (docs/nats.md)."
            ),
            Self::Settings {
                stream,
                setting,
                found,
                wanted,
            } => format!(
                "Der Stream „{stream}“ hat {setting} = {found}; nötig ist {wanted}. Bitte ihn anpassen (als „betrieb“: „nats stream edit {stream}“); wo der Server das nicht zulässt, etwa bei einem versiegelten Stream, erst sichern, was noch darin ist („nats stream info {stream}“), und ihn dann löschen („nats stream rm {stream}“): Leitstand legt ihn neu an (docs/nats.md)."
            ),
            Self::Consumer {
                setting,
                found,
                wanted,
            } => format!(
                "Der Consumer „{CONSUMER}“ des Streams „{FEED}“ hat {setting} = {found}; nötig ist {wanted}. Bitte ihn löschen (als „betrieb“: „nats consumer rm {FEED} {CONSUMER}“): die Zeilen bleiben, und Leitstand legt ihn neu an."
            ),
            Self::Captured { stream, subject } => format!(
                "Der Stream „{stream}“ nimmt „{subject}“ auf: JetStream bestätigt dann, was nur Leitstand beantworten kann, und Freitexte liegen dort unverschlüsselt. Bitte seine Subjects einschränken („nats stream edit {stream} --subjects …“) oder ihn löschen („nats stream rm {stream}“)."
            ),
            Self::Beginning { first } => format!(
                "Der Stream der Ereignisse beginnt erst mit der Sequenz {first}; was davor war, ist dort verloren. Bitte ihn löschen (als „betrieb“: „nats stream rm {EVENTS}“): Leitstand legt ihn neu an und sendet alles noch einmal (docs/nats.md)."
            ),
            Self::OtherLog { id } => format!(
                "Der Stream der Ereignisse endet mit dem Ereignis {id}, das dieses Protokoll nicht hat; er gehört zu einem anderen Protokoll, oder dieses ist nicht vollständig. Bitte „--store“ und das Konto des Programms prüfen. Stimmen beide, etwa nach „leitstand restore“ oder weil jemand anderes dort gesendet hat, den Stream löschen (als „betrieb“: „nats stream rm {EVENTS}“): Leitstand legt ihn neu an und sendet alle Ereignisse noch einmal (docs/nats.md)."
            ),
            Self::Store(_) => "Der Speicher antwortet nicht.".to_owned(),
        }
    }
}

/// What lies at the bottom of a failure: the server's own words, on one line.
fn innermost(cause: &(dyn Error + 'static)) -> String {
    let mut innermost = cause;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    innermost.to_string().replace(char::is_control, " ")
}
