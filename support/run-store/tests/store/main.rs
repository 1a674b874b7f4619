//! Runs survive crashes, are held by one owner, and are never mixed up.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod batches;
mod effects;
mod files;
mod kill;
mod lease;
mod model;
mod records;

use std::path::Path;
use std::time::Duration;

use run_store::{Effect, Intent, Opened, Options, Run, RunStore, Slot, SqliteStore};

/// A store whose leases end at once, so that takeovers need no waiting.
fn short_lease(dir: &Path) -> SqliteStore {
    SqliteStore::open_with(dir, &Options::default().lease(Duration::ZERO)).unwrap()
}

async fn fresh(store: &SqliteStore, run_id: &str) -> Run {
    match store.open(run_id, "move", "hash").await.unwrap() {
        Opened::Fresh(run) => run,
        other => panic!("{run_id} is not new: {other:?}"),
    }
}

async fn resumed(store: &SqliteStore, run_id: &str) -> Run {
    match store.open(run_id, "move", "hash").await.unwrap() {
        Opened::Resumed(run) => run,
        other => panic!("{run_id} was not begun before: {other:?}"),
    }
}

fn new(effect: Effect) -> Slot {
    match effect {
        Effect::New(slot) => slot,
        other => panic!("not new: {other:?}"),
    }
}

fn pending(effect: Effect) -> (Slot, Intent) {
    match effect {
        Effect::Pending(slot, intent) => (slot, intent),
        other => panic!("not pending: {other:?}"),
    }
}
