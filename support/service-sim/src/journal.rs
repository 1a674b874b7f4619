//! The record of every request that a simulator was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// One request and what became of it. Holds no token, no secret and no header.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Position in the journal, from 0.
    pub n: usize,
    /// When the reply was about to be sent, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// `globus_auth`, `globus_transfer`, `scicat` or `prefect`.
    pub service: String,
    /// The operation's name, for example `transfer.submit`; `<service>.unknown` for a path nobody serves.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path as it stood on the wire, percent-encoded.
    pub path: String,
    /// Query string as it stood on the wire.
    pub query: Option<String>,
    /// Status of the reply; `None` where the reply was kept or the connection cut. A request that is held before it
    /// is acted on has `None` until then, and for good if it never was.
    pub status: Option<u16>,
    /// The fault that was applied, for example `status=503`.
    pub fault: Option<String>,
    /// The client's port: requests with the same port used one connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_port: Option<u16>,
    /// The Globus task that the request was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The Globus submission id that the request carried or was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission_id: Option<String>,
}

/// A handle to the journal of one simulator; clones see the same entries.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Mutex<Vec<Entry>>,
    added: Condvar,
}

/// What [`Journal::wait_for`] waited for did not come about in time.
#[derive(Debug, thiserror::Error)]
#[error("the journal did not reach the awaited state within {waited:?} ({entries} entries)")]
#[non_exhaustive]
pub struct JournalTimeout {
    /// How long the wait was.
    pub waited: Duration,
    /// How many entries stood in the journal at the end.
    pub entries: usize,
}

impl Journal {
    /// All entries so far, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// How many entries satisfy `which`.
    pub fn count(&self, which: impl Fn(&Entry) -> bool) -> usize {
        self.lock().iter().filter(|entry| which(entry)).count()
    }

    /// Blocks until `done` holds for the entries, at most for `timeout`. `done` is asked now and again after each
    /// new entry; it must not call the journal itself.
    ///
    /// # Errors
    ///
    /// [`JournalTimeout`] when `timeout` has passed.
    pub fn wait_for(&self, timeout: Duration, done: impl Fn(&[Entry]) -> bool) -> Result<(), JournalTimeout> {
        let start = Instant::now();
        let mut entries = self.lock();
        while !done(&entries) {
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(JournalTimeout {
                    waited: timeout,
                    entries: entries.len(),
                });
            }
            let woken = self.inner.added.wait_timeout(entries, left);
            entries = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// How many requests each service was sent; services without any are absent.
    pub fn counts_by_service(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in self.lock().iter() {
            *counts.entry(entry.service.clone()).or_insert(0) += 1;
        }
        counts
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The entries from number `n` on.
    pub fn since(&self, n: usize) -> Vec<Entry> {
        self.lock().get(n..).unwrap_or_default().to_vec()
    }

    /// Appends an entry, numbers it and gives the number.
    pub(crate) fn push(&self, mut entry: Entry) -> usize {
        let mut entries = self.lock();
        let n = entries.len();
        entry.n = n;
        entries.push(entry);
        self.inner.added.notify_all();
        n
    }

    /// Changes an entry of which more has become known.
    pub(crate) fn amend(&self, n: usize, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.lock().get_mut(n) {
            change(entry);
        }
        self.inner.added.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.inner.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
