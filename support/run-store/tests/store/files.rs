//! The state folder and the database file.

use std::fs;

use run_store::{Batch, BatchIntended, Effect, Error, RunStore, SqliteStore};
use serde_json::json;

use super::{fresh, new, pending, resumed};

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

/// A database as the program of the time left it, with a step that is pending and one that is done.
#[tokio::test]
async fn a_database_of_schema_2_is_brought_up_to_date_with_all_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    {
        let run = fresh(&SqliteStore::open(dir.path()).unwrap(), "r").await;
        let slot = new(run.effect("copy", "a").await.unwrap());
        let slot = slot.intend(b"bytes", &json!({"n": 1})).await.unwrap();
        slot.note(&json!({"task_id": "t"})).await.unwrap();
        new(run.effect("copy", "b").await.unwrap())
            .done(&json!("done"))
            .await
            .unwrap();
    }
    let connection = rusqlite::Connection::open(dir.path().join("runs.sqlite3")).unwrap();
    let back = "DROP INDEX effects_pending; ALTER TABLE effects DROP COLUMN batch; DROP TABLE batches;
                PRAGMA user_version = 2;";
    connection.execute_batch(back).unwrap();
    drop(connection);

    let store = SqliteStore::open(dir.path()).unwrap();
    let run = resumed(&store, "r").await;
    let (_, intent) = pending(run.effect("copy", "a").await.unwrap());
    assert_eq!(
        (intent.document.as_slice(), intent.batch),
        (b"bytes".as_slice(), None)
    );
    assert_eq!(intent.receipt, Some(json!({"task_id": "t"})));
    assert!(matches!(run.effect("copy", "b").await.unwrap(), Effect::Done(_)));
    let item = new(run.effect("copy", "c").await.unwrap()).batch_item(json!(null));
    let batch = Batch {
        id: "s".to_owned(),
        document: b"d".to_vec(),
        items: vec![item],
    };
    assert!(matches!(
        store.intend_batch(batch).await.unwrap(),
        BatchIntended::Recorded
    ));
}
