//! A copy of a log that can be trusted, and back.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    FORMAT, Hash, Head, Position, StoreError, keys_path,
    sqlite::{Reader, only_for_the_owner, programme_of},
    verify::{Flaw, Walk, Wrong},
};

const LOG: &str = "log.db";
const KEYS: &str = "log.db-keys";
const MANIFEST: &str = "manifest.json";
const PAGE: usize = 4_096;

/// What a backup holds; stands beside it as `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the tables.
    pub format: u32,
    /// Whose log it is.
    pub programme: String,
    /// How many events it holds.
    pub count: u64,
    /// The head over them, in hexadecimal digits. Keep it elsewhere too.
    pub head: String,
    /// The SHA-256 of each file, by name.
    pub files: BTreeMap<String, String>,
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is ever overwritten.
    #[error("{} exists already: name a place where nothing is", .0.display())]
    Exists(PathBuf),
    /// The backup is not what was written.
    #[error("{}: {what}; the backup is damaged, use another", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The log itself is not what was written, so no copy of it can be trusted.
    #[error("the log is not what was written")]
    Flawed(#[source] Flaw),
    /// A file could not be read or written.
    #[error("cannot use {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        #[source]
        cause: io::Error,
    },
    /// A database could not be opened or copied.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies the log at `log` and its keys into the new folder `into`, while others go on writing.
///
/// The copy is read back and verified before the manifest is written; without a manifest it is no
/// backup. It holds the keys: whoever erases a text must let its backups expire as well.
///
/// # Errors
/// The folder exists and is not empty, the log has a flaw, or something could not be read or written.
pub fn backup(log: &Path, into: &Path) -> Result<Manifest, BackupError> {
    fs::create_dir_all(into).map_err(io_at(into))?;
    if fs::read_dir(into).map_err(io_at(into))?.next().is_some() {
        return Err(BackupError::Exists(into.to_owned()));
    }
    let copy = into.join(LOG);
    let programme = {
        let source = Reader::open(log).map_err(StoreError::while_doing("opening the log"))?;
        copy_database(source.connection(), &copy)?;
        programme_of(source.connection(), log)
            .map_err(StoreError::while_doing("opening the log"))?
    };
    // After the log: every key its events name is durable before they are.
    let keys = keys_path(log);
    let mut files = vec![LOG];
    if keys.try_exists().map_err(io_at(&keys))? {
        let doing = StoreError::while_doing("opening the keys");
        let source = crate::sqlite::connect_read_only(&keys).map_err(doing)?;
        let keys = into.join(KEYS);
        only_for_the_owner(&keys).map_err(io_at(&keys))?;
        copy_database(&source, &keys)?;
        files.push(KEYS);
    }
    let head = replay(&copy)?;
    let digests = files
        .into_iter()
        .map(|name| Ok((name.to_owned(), digest(&into.join(name))?)));
    let manifest = Manifest {
        format: FORMAT,
        programme,
        count: head.count,
        head: head.hash.to_string(),
        files: digests.collect::<Result<_, BackupError>>()?,
    };
    write_manifest(into, &manifest)?;
    Ok(manifest)
}

/// Puts the backup in `from` where the log `log` shall be. Until everything has been checked and
/// replayed, nothing is there; then all of it is.
///
/// # Errors
/// There is a log (or keys) already, a file of the backup is damaged, its events do not have the
/// manifest's head, or something could not be read or written.
pub fn restore(from: &Path, log: &Path) -> Result<Manifest, BackupError> {
    let manifest = read_manifest(from)?;
    let targets = [(LOG, log.to_owned()), (KEYS, keys_path(log))];
    for (_, target) in &targets {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let path = with_suffix(target, suffix);
            if path.try_exists().map_err(io_at(&path))? {
                return Err(BackupError::Exists(path));
            }
        }
    }
    let mut ready = vec![];
    let restored = prepare(from, &manifest, &targets, &mut ready).and_then(|()| {
        // The keys first: a log without its keys would look erased.
        for (prepared, target) in ready.iter().rev() {
            fs::rename(prepared, target).map_err(io_at(target))?;
        }
        sync_folder(log)
    });
    if restored.is_err() {
        for (prepared, _) in &ready {
            let _absent = fs::remove_file(prepared);
        }
    }
    restored.map(|()| manifest)
}

/// Copies each file beside its target, checks it, and replays the log.
fn prepare(
    from: &Path,
    manifest: &Manifest,
    targets: &[(&str, PathBuf)],
    ready: &mut Vec<(PathBuf, PathBuf)>,
) -> Result<(), BackupError> {
    for (name, target) in targets {
        let Some(expected) = manifest.files.get(*name) else {
            continue;
        };
        let prepared = with_suffix(target, ".restoring");
        ready.push((prepared.clone(), target.clone()));
        fs::copy(from.join(name), &prepared).map_err(io_at(&from.join(name)))?;
        File::open(&prepared)
            .and_then(|file| file.sync_all())
            .map_err(io_at(&prepared))?;
        // The copy is checked, not the original: what was checked is what will be used.
        if digest(&prepared)? != *expected {
            let what = "its SHA-256 is not the one in the manifest".to_owned();
            return Err(BackupError::Damaged {
                file: from.join(name),
                what,
            });
        }
    }
    let Some((log, _)) = ready.first().filter(|_| manifest.files.contains_key(LOG)) else {
        let what = format!("it names no {LOG}");
        return Err(BackupError::Damaged {
            file: from.join(MANIFEST),
            what,
        });
    };
    let head = replay(log)?;
    if (head.count, head.hash.to_string()) != (manifest.count, manifest.head.clone()) {
        let what = format!(
            "its head is {head}, the manifest says {}:{}",
            manifest.count, manifest.head
        );
        return Err(BackupError::Damaged {
            file: from.join(LOG),
            what,
        });
    }
    Ok(())
}

/// Copies a database as it is at one moment into a single file.
fn copy_database(source: &Connection, target: &Path) -> Result<(), BackupError> {
    let doing = StoreError::while_doing("copying the database");
    let mut copy = Connection::open(target).map_err(&doing)?;
    let result = Backup::new(source, &mut copy)
        .map_err(&doing)?
        .step(-1)
        .map_err(&doing)?;
    if result != StepResult::Done {
        let busy = StoreError::new("copying the database", "it is busy: try again");
        return Err(busy.into());
    }
    // One file, without a write-ahead log beside it, so that its hash is the hash of everything.
    copy.pragma_update(None, "journal_mode", "DELETE")
        .map_err(&doing)?;
    copy.close().map_err(|(_, error)| doing(error))?;
    File::open(target)
        .and_then(|file| file.sync_all())
        .map_err(io_at(target))
}

/// Verifies the log in a file and returns its head.
fn replay(log: &Path) -> Result<Head, BackupError> {
    let mut reader = Reader::open(log).map_err(StoreError::while_doing("opening the copy"))?;
    let (mut walk, mut after) = (Walk::new(None), Position::START);
    loop {
        let page = reader
            .page(after, PAGE)
            .map_err(|error| match error.unreadable {
                None => BackupError::Store(error),
                Some(position) => BackupError::Flawed(Flaw {
                    position,
                    wrong: Wrong::Unreadable(error.cause.to_string()),
                }),
            })?;
        let Some(last) = page.last() else { break };
        after = last.position;
        walk.see(&page);
    }
    let verified = walk.finish();
    match verified.flaw {
        Some(flaw) => Err(BackupError::Flawed(flaw)),
        None => Ok(verified.head),
    }
}

fn write_manifest(into: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let (path, draft) = (into.join(MANIFEST), into.join("manifest.draft"));
    let text = serde_json::to_string_pretty(manifest).map_err(io::Error::from);
    text.and_then(|text| fs::write(&draft, text + "\n"))
        .and_then(|()| File::open(&draft)?.sync_all())
        .and_then(|()| fs::rename(&draft, &path))
        .map_err(io_at(&path))?;
    sync_folder(&path)
}

fn read_manifest(from: &Path) -> Result<Manifest, BackupError> {
    let path = from.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(io_at(&path))?;
    let damaged = |what| BackupError::Damaged {
        file: path.clone(),
        what,
    };
    let manifest: Manifest =
        serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
    if FORMAT < manifest.format {
        return Err(damaged(format!(
            "format {} is newer than this program ({FORMAT})",
            manifest.format
        )));
    }
    Ok(manifest)
}

fn digest(path: &Path) -> Result<String, BackupError> {
    let mut hasher = Sha256::new();
    let mut file = File::open(path).map_err(io_at(path))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(io_at(path))?;
        if read == 0 {
            return Ok(Hash(hasher.finalize().into()).to_string());
        }
        hasher.update(&buffer[..read]);
    }
}

/// A renamed or new file is durable when its folder is.
fn sync_folder(file: &Path) -> Result<(), BackupError> {
    let folder = file
        .parent()
        .filter(|it| !it.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io_at(folder))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn io_at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    move |cause| BackupError::Io {
        path: path.to_owned(),
        cause,
    }
}
