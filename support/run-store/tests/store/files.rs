//! The state folder and the database file.

use std::fs;

use run_store::{Error, SqliteStore};

use super::fresh;

#[cfg(unix)]
#[tokio::test]
async fn only_the_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("a").join("state");
    let store = SqliteStore::open(&state).unwrap();
    let _run = fresh(&store, "r").await;
    let mode = |name: &str| fs::metadata(state.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for file in ["runs.sqlite3", "runs.sqlite3-wal", "runs.sqlite3-shm"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = SqliteStore::open(&file.join("state")).unwrap_err();
    assert!(matches!(&error, Error::StateDir { .. }), "{error}");
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}

/// Not even root can make a folder in /proc.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_refused() {
    let error = SqliteStore::open("/proc/run-store-test".as_ref()).unwrap_err();
    assert!(matches!(error, Error::StateDir { .. }), "{error}");
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(dir.path()).unwrap());
    let connection = rusqlite::Connection::open(dir.path().join("runs.sqlite3")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = SqliteStore::open(dir.path()).unwrap_err();
    assert!(matches!(error, Error::NewerSchema { found: 99, .. }), "{error}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("runs.sqlite3"),
        b"not a database, but long enough to be taken for one".repeat(9),
    )
    .unwrap();
    let error = SqliteStore::open(dir.path()).unwrap_err();
    assert!(matches!(error, Error::Sqlite { .. }), "{error}");
}

#[test]
fn many_openers_at_once_make_one_database() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| SqliteStore::open(dir.path()).unwrap());
        }
    });
}
