//! Who holds runs, and whether it still lives.
//!
//! Every open store is an owner. For as long as it lives it keeps an operating-system lock on a file named after
//! it; the system drops that lock when the process ends, however it ends. Who can take the lock of another owner
//! therefore knows that it is dead, without waiting for a lease to run out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::schema::private_file;
use crate::{Error, Result};

/// One open store.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) id: Uuid,
    pub(super) host: String,
    pub(super) pid: u32,
    folder: PathBuf,
    /// Never read: the lock is held as long as the file is open.
    _lock: File,
}

impl Owner {
    /// Makes the file and locks it.
    pub(super) fn register(folder: &Path) -> Result<Self> {
        let id = Uuid::new_v4();
        let path = lock_path(folder, id);
        // Locked under another name first: nobody can find the file unlocked and take its owner for dead.
        let unfinished = path.with_extension("new");
        let lock = private_file(&unfinished)?;
        let locked = lock
            .try_lock()
            .map_err(std::io::Error::from)
            .and_then(|()| fs::rename(&unfinished, &path));
        locked.map_err(|source| Error::StateDir { path, source })?;
        Ok(Self {
            id,
            host: host_name(),
            pid: std::process::id(),
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    /// Whether this owner is surely dead. Call it, as [`Self::sweep`], only within a write transaction: both take
    /// locks for a moment, and must not take each other for the living.
    ///
    /// An owner on another host is never called dead: a shared file system need not pass locks on.
    pub(super) fn is_dead(&self, id: &str, host: &str) -> bool {
        match Uuid::try_parse(id) {
            Ok(id) if host == self.host && id != self.id => remove_if_dead(&lock_path(&self.folder, id)),
            _ => false,
        }
    }

    /// Removes the files of dead owners. Best effort: what stays is removed another time.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let id = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .and_then(|stem| Uuid::try_parse(stem).ok());
            let is_lock = path.extension().is_some_and(|extension| extension == "lock");
            if is_lock && id.is_some_and(|id| id != self.id) {
                remove_if_dead(&path);
            }
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A file that stays is harmless: its lock is free.
        let _ = fs::remove_file(lock_path(&self.folder, self.id));
    }
}

fn lock_path(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.lock"))
}

/// A file that is not there was removed by its owner or by a sweep.
fn remove_if_dead(path: &Path) -> bool {
    let file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) => return error.kind() == ErrorKind::NotFound,
    };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(path);
            true
        }
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

/// The name of this host, as far as it can be had without a system call of our own.
fn host_name() -> String {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}
