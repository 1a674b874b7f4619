//! A process that is killed gives up its runs at once.
//!
//! The test starts its own binary as a child, which runs only `child_that_is_killed`, with the state folder in an
//! environment variable. Without the variable that test has nothing to do.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use run_store::{Error, RunStore, SqliteStore};
use serde_json::json;

use super::{fresh, new, pending, resumed};

const STATE: &str = "RUN_STORE_TEST_STATE";
const READY: &str = "child is ready";

/// Kills the child whatever happens to the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn child_that_is_killed() {
    let Some(state) = std::env::var_os(STATE) else {
        return;
    };
    let run = fresh(&SqliteStore::open(state.as_ref()).unwrap(), "r").await;
    let _slot = new(run.effect("submit", "k").await.unwrap())
        .intend(b"\0bytes\xff", &json!({"n": 1}))
        .await
        .unwrap();
    println!("{READY}");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_process_gives_its_run_up_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_that_is_killed", "--nocapture"])
        .env(STATE, dir.path())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = Killed(child.unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap().contains(READY)),
        "the child ended before it was ready"
    );

    let store = SqliteStore::open(dir.path()).unwrap();
    let error = store.open("r", "move", "hash").await.unwrap_err();
    assert!(
        matches!(error, Error::Held { pid, .. } if pid == child.0.id()),
        "{error}"
    );

    drop(child);
    let run = resumed(&store, "r").await;
    let (_, intent) = pending(run.effect("submit", "k").await.unwrap());
    assert_eq!(
        (intent.document.as_slice(), intent.facts),
        (&b"\0bytes\xff"[..], json!({"n": 1}))
    );

    let locks = || std::fs::read_dir(dir.path().join("owners")).unwrap().count();
    assert_eq!(locks(), 1, "the dead owner's file is removed, ours stays");
    drop((run, store));
    assert_eq!(locks(), 0);
}
