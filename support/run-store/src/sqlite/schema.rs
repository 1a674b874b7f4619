//! The database file: its folder, its settings, its tables.

use std::fs::{DirBuilder, File, OpenOptions};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::sqlite_error;
use crate::{Error, Result};

/// One script per schema version. Released scripts never change: a new version is a new script at the end.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
];

/// How long to wait for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Makes a folder, and those above it, for this user only.
pub(super) fn create_folder(path: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| Error::StateDir {
        path: path.to_owned(),
        source,
    })
}

/// Opens a file for writing, for this user only, and makes it when it is not there.
pub(super) fn private_file(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| Error::StateDir {
        path: path.to_owned(),
        source,
    })
}

/// Opens the database and brings its schema up to date.
pub(super) fn open(state_dir: &Path, path: &Path) -> Result<Connection> {
    // Switching to WAL does not wait for others as transactions do, so openers take turns.
    let turn_path = state_dir.join("runs.lock");
    let turn = private_file(&turn_path)?;
    turn.lock().map_err(|source| Error::StateDir {
        path: turn_path,
        source,
    })?;
    // SQLite gives its journal files the mode of the database, which it would make world-readable itself.
    drop(private_file(path)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connect = || -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    };
    let mut connection = connect().map_err(|source| sqlite_error(path, source))?;
    let found = migrate(&mut connection).map_err(|source| sqlite_error(path, source))?;
    let known = known_version();
    if found > known {
        return Err(Error::NewerSchema {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(connection)
}

fn known_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Runs the scripts that the database lacks, each in a transaction of its own. Returns the version after that.
fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    for (version, script) in (1_i64..).zip(MIGRATIONS) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let present: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if present < version {
            transaction.execute_batch(script)?;
            transaction.pragma_update(None, "user_version", version)?;
            transaction.commit()?;
        }
    }
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}
