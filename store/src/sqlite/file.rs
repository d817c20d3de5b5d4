//! Opening the file: what is refused, how a connection is set up, what a new file is filled with.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, config::DbConfig,
};
use uuid::Uuid;

use super::network::network_file_system;

/// The format of the tables this program writes. It reads no newer one.
pub const FORMAT: u32 = 1;

/// The oldest `SQLite` this store works with, as `sqlite3_libversion_number` counts (3.51.3): older
/// ones can destroy a WAL file when a checkpoint meets a commit.
pub const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a connection waits for another process's transaction.
const PATIENCE: Duration = Duration::from_secs(30);

/// Memory for pages of a writing connection in KiB, as `SQLite` wants it: negative.
const CACHE: &str = "-65536";

/// How a log is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose log it must be; a new one gets this name, or a random one if there is none.
    pub programme: Option<String>,
    /// When `SQLite` waits for the disk. Anything but [`Synchronous::Full`] breaks the promise that an
    /// acknowledged event is durable.
    pub synchronous: Synchronous,
    /// How many readers work at the same time.
    pub readers: usize,
    /// After so many pages in the write-ahead log they are brought home while writing. Rows of many
    /// streams touch the same pages again and again: the longer it waits, the fewer are written.
    pub checkpoint_pages: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            programme: None,
            synchronous: Synchronous::Full,
            readers: 4,
            checkpoint_pages: 16_000,
        }
    }
}

/// When `SQLite` waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// At every commit.
    Full,
    /// At checkpoints only: the last commits are lost with the power.
    Normal,
    /// Never.
    Off,
}

/// Why a file cannot be used as a log.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The `SQLite` library can destroy the log.
    #[error(
        "SQLite {found} can destroy a write-ahead log (a checkpoint meeting a commit); use 3.51.3 or newer"
    )]
    OldSqlite {
        /// The library's version.
        found: String,
    },
    /// Locks and shared memory do not hold on a network file system.
    #[error(
        "{} is on a network file system ({kind}), where SQLite's locks do not hold and the log can be destroyed: \
         use a local disk, or `--store nats://…` for more than one machine",
        path.display()
    )]
    NetworkFileSystem {
        /// The file.
        path: PathBuf,
        /// What kind of file system.
        kind: &'static str,
    },
    /// The file was written by a newer program.
    #[error("the file has format {found}, this program knows {FORMAT}: use a newer program")]
    NewerFormat {
        /// The file's format.
        found: String,
    },
    /// The file is a database of something else.
    #[error("{} is a database, but not a Leitstand one", path.display())]
    SomethingElse {
        /// The file.
        path: PathBuf,
    },
    /// The log belongs to another programme.
    #[error("the log belongs to programme `{found}`, not to `{expected}`")]
    OtherProgramme {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The database would not work in the mode the log needs.
    #[error("SQLite refuses `{setting}` for this file (it says `{found}`)")]
    Refused {
        /// The setting.
        setting: &'static str,
        /// What `SQLite` answered.
        found: String,
    },
    /// `SQLite` failed.
    #[error("SQLite failed while {doing}")]
    Sqlite {
        /// What it was asked to do.
        doing: &'static str,
        /// What went wrong.
        #[source]
        cause: rusqlite::Error,
    },
    /// The file system failed.
    #[error("cannot open {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        #[source]
        cause: std::io::Error,
    },
}

impl OpenError {
    /// For `map_err`: keeps the cause and says what was being done.
    pub(super) fn while_doing(doing: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |cause| Self::Sqlite { doing, cause }
    }
}

/// Says no to a `SQLite` that can destroy the log; `number` as `sqlite3_libversion_number` counts.
///
/// # Errors
/// [`OpenError::OldSqlite`] if it is older than [`OLDEST_SQLITE`].
pub fn refuse_old_sqlite(number: i32) -> Result<(), OpenError> {
    if OLDEST_SQLITE <= number {
        return Ok(());
    }
    let found = format!(
        "{}.{}.{}",
        number / 1_000_000,
        number / 1_000 % 1_000,
        number % 1_000
    );
    Err(OpenError::OldSqlite { found })
}

/// Opens the log for writing, or begins one; says whose it is.
pub(super) fn open_log(path: &Path, options: &Options) -> Result<(Connection, String), OpenError> {
    let mut connection = connect(path, options)?;
    let doing = OpenError::while_doing("beginning the log");
    let begin = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(&doing)?;
    if is_blank(&begin).map_err(&doing)? {
        for sql in [
            include_str!("sql/meta.sql"),
            include_str!("sql/streams.sql"),
            include_str!("sql/events.sql"),
            include_str!("sql/refusals.sql"),
            include_str!("sql/readable_events.sql"),
        ] {
            begin.execute_batch(sql).map_err(&doing)?;
        }
        let programme = options
            .programme
            .clone()
            .unwrap_or_else(|| Uuid::new_v4().to_string());
        let meta = [("format", FORMAT.to_string()), ("programme", programme)];
        for (name, value) in meta {
            begin
                .execute("INSERT INTO meta VALUES (?1, ?2)", (name, value))
                .map_err(&doing)?;
        }
    }
    begin.commit().map_err(&doing)?;
    let programme = programme_of(&connection, path)?;
    if let Some(expected) = options.programme.as_ref().filter(|&it| *it != programme) {
        return Err(OpenError::OtherProgramme {
            found: programme,
            expected: expected.clone(),
        });
    }
    Ok((connection, programme))
}

/// Opens the key file, or begins one.
pub(super) fn open_keys(path: &Path) -> Result<Connection, OpenError> {
    // Where the file cannot be made, opening it says why.
    let _made = only_for_the_owner(path);
    let mut connection = connect(path, &Options::default())?;
    let doing = OpenError::while_doing("beginning the keys");
    // What is deleted is overwritten: a destroyed key must not be left in a free page.
    connection
        .pragma_update(None, "secure_delete", true)
        .map_err(&doing)?;
    let begin = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(&doing)?;
    if is_blank(&begin).map_err(&doing)? {
        begin
            .execute_batch(include_str!("sql/meta.sql"))
            .map_err(&doing)?;
        begin
            .execute_batch(include_str!("sql/keys.sql"))
            .map_err(&doing)?;
        begin
            .execute(
                "INSERT INTO meta VALUES ('format', ?1)",
                [FORMAT.to_string()],
            )
            .map_err(&doing)?;
    }
    begin.commit().map_err(&doing)?;
    check_format(&connection, path)?;
    Ok(connection)
}

/// A connection that only reads a log that exists already.
pub(crate) fn connect_read_only(path: &Path) -> Result<Connection, OpenError> {
    let doing = OpenError::while_doing("opening the log to read");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&doing)?;
    connection.busy_timeout(PATIENCE).map_err(&doing)?;
    connection
        .pragma_update(None, "mmap_size", 0)
        .map_err(&doing)?;
    // As for writing.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(&doing)?;
    check_format(&connection, path)?;
    Ok(connection)
}

/// Whose log it is, once it is known to be one this program can read.
pub(crate) fn programme_of(connection: &Connection, path: &Path) -> Result<String, OpenError> {
    check_format(connection, path)?;
    connection
        .query_one(
            "SELECT value FROM meta WHERE name = 'programme'",
            [],
            |row| row.get(0),
        )
        .map_err(OpenError::while_doing("reading whose log it is"))
}

fn check_format(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let doing = OpenError::while_doing("reading the file's format");
    let known = "SELECT count(*) FROM sqlite_schema WHERE name = 'meta'";
    let found: Option<String> = match connection.query_one(known, [], |row| row.get(0)) {
        Ok(0) => None,
        Ok(_) => connection
            .query_one("SELECT value FROM meta WHERE name = 'format'", [], |row| {
                row.get(0)
            })
            .optional()
            .map_err(&doing)?,
        Err(error) => return Err(doing(error)),
    };
    match found {
        None => Err(OpenError::SomethingElse {
            path: path.to_owned(),
        }),
        Some(found) if found.parse::<u32>().is_ok_and(|it| it <= FORMAT) => Ok(()),
        Some(found) => Err(OpenError::NewerFormat { found }),
    }
}

/// A connection for writing, set up so that an acknowledgement means durable.
fn connect(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    refuse_old_sqlite(rusqlite::version_number())?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let io = |cause| OpenError::Io {
        path: folder.to_owned(),
        cause,
    };
    if let Some(kind) = network_file_system(folder).map_err(io)? {
        return Err(OpenError::NetworkFileSystem {
            path: path.to_owned(),
            kind,
        });
    }
    let connection = Connection::open(path).map_err(OpenError::while_doing("opening the file"))?;
    connection
        .busy_timeout(PATIENCE)
        .map_err(OpenError::while_doing("opening the file"))?;
    patiently(|| {
        require(&connection, "journal_mode", "WAL", "wal")?;
        let (value, number) = match options.synchronous {
            Synchronous::Full => ("FULL", "2"),
            Synchronous::Normal => ("NORMAL", "1"),
            Synchronous::Off => ("OFF", "0"),
        };
        require(&connection, "synchronous", value, number)?;
        require(&connection, "foreign_keys", "ON", "1")?;
        // Reads through a memory map have turned I/O errors into crashes and corruption.
        require(&connection, "mmap_size", "0", "0")?;
        // What a savepoint may have to take back waits in memory, not in a file.
        require(&connection, "temp_store", "MEMORY", "2")?;
        require(&connection, "cache_size", CACHE, CACHE)?;
        let pages = options.checkpoint_pages.to_string();
        require(&connection, "wal_autocheckpoint", &pages, &pages)
    })?;
    // A plan made once holds: else every bound value makes `SQLite` plan the statement anew.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(OpenError::while_doing("setting up the connection"))?;
    // SQLite syncs the folder for its journals, but not for a new database file.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io)?;
    Ok(connection)
}

/// Sets and reads back: `SQLite` ignores what it does not know or cannot do.
fn require(
    connection: &Connection,
    setting: &'static str,
    value: &str,
    answer: &str,
) -> Result<(), OpenError> {
    let doing = OpenError::while_doing("setting up the connection");
    connection
        .pragma_update(None, setting, value)
        .map_err(&doing)?;
    // Some settings answer with a word, some with a number.
    let found = connection
        .pragma_query_value(None, setting, |row| {
            let value = row.get_ref(0)?;
            let number = value.as_i64().map(|it| it.to_string());
            Ok(number.or_else(|_| value.as_str().map(str::to_owned))?)
        })
        .map_err(&doing)?;
    if found == answer {
        Ok(())
    } else {
        Err(OpenError::Refused { setting, found })
    }
}

/// Tries again while the file is busy: a change of the journal mode does not ask the busy timeout.
fn patiently(mut attempt: impl FnMut() -> Result<(), OpenError>) -> Result<(), OpenError> {
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(OpenError::Sqlite { cause, .. })
                if matches!(
                    cause.sqlite_error_code(),
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                ) && begun.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            other => return other,
        }
    }
}

fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_one("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })
}

/// Makes the file, if it is not there, so that nobody but its owner reads it. SQLite gives the files
/// beside it the same mode.
#[cfg(unix)]
pub(crate) fn only_for_the_owner(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    options.open(path).map(drop)
}

/// Elsewhere the folder's own rights decide.
#[cfg(not(unix))]
pub(crate) fn only_for_the_owner(_: &Path) -> std::io::Result<()> {
    Ok(())
}
