//! Why a log on a server is not opened.

use crate::StoreError;

/// Why a log on a server is not opened.
#[derive(Debug, thiserror::Error)]
pub enum JetStreamError {
    /// The server has no streams at all for whoever asks.
    #[error("JetStream is not enabled on this server or for this account")]
    NotEnabled,
    /// There is no such log.
    #[error("the server has no stream {stream}")]
    NotThere {
        /// What it would be called.
        stream: String,
    },
    /// The log is there, and the keys of its texts are not.
    #[error("the log is there, but the server has no stream {stream} with the keys of its texts")]
    KeysGone {
        /// What it would be called.
        stream: String,
    },
    /// The log is kept in a way that could lose events, or as nobody wanted.
    #[error("stream {stream} has {setting} = {found}, where {wanted} is needed")]
    Settings {
        /// Which.
        stream: String,
        /// The setting, as the server calls it.
        setting: String,
        /// What it must be, as JSON.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// The log is another programme's.
    #[error("the log belongs to programme `{found}`, not to `{expected}`")]
    OtherProgramme {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The log was written by a newer program.
    #[error("the log has format {found}: use a newer program")]
    NewerFormat {
        /// Its format.
        found: String,
    },
    /// The server will not make or show the stream.
    #[error("the server refuses stream {stream}: {what}")]
    Refused {
        /// Which.
        stream: String,
        /// In the server's words.
        what: String,
    },
    /// The server acknowledges before the disk has it.
    #[error("the server at {monitor} syncs {found}, not always: what it acknowledged may be lost")]
    NotSynced {
        /// Its monitoring address.
        monitor: String,
        /// How often, in its words.
        found: String,
    },
    /// The monitoring address is that of a server that has nothing to do with the one in use.
    #[error(
        "the monitoring address {monitor} is that of server {found}, but {connected} is in use"
    )]
    OtherServer {
        /// Which.
        monitor: String,
        /// Whose it is.
        found: String,
        /// The server of the connection.
        connected: String,
    },
    /// The monitoring address does not say how the server syncs.
    #[error("the monitoring address {monitor} does not say how the server syncs")]
    Monitor {
        /// Which.
        monitor: String,
        /// What went wrong.
        #[source]
        cause: std::io::Error,
    },
    /// The server failed or did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
