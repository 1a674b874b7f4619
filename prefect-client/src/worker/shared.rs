//! What all parts of a worker share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use super::builder::Settings;
use super::lease::Lease;
use super::logs::RunLogs;
use super::registry::Registry;
use super::run_state::RunState;
use super::server_clock::ServerClock;
use crate::{Client, FlowRunId};

#[derive(Debug)]
pub(crate) struct Shared {
    /// For runs and all that can wait for its turn.
    pub(crate) client: Client,
    /// For what shows that the worker is alive, and whether its runs are its own.
    pub(crate) urgent: Client,
    pub(crate) settings: Settings,
    pub(crate) flows: Registry,
    pub(crate) logs: RunLogs,
    pub(crate) lease: Lease,
    pub(crate) clock: ServerClock,
    pub(crate) slots: Arc<Semaphore>,
    /// Set when there is reason to ask for runs before the interval is over.
    pub(crate) wake: Notify,
    /// Whether the last poll left runs behind for want of slots.
    pub(crate) backlog: AtomicBool,
    pub(crate) counts: Counts,
    runs: Mutex<HashMap<FlowRunId, Option<Arc<RunState>>>>,
}

/// What happened so far, for the metrics and the summary.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) completed: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) crashed: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) handed_over: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) taken_over: AtomicU64,
    pub(crate) unknown: AtomicU64,
    pub(crate) polls_failed: AtomicU64,
    /// When every pool was last asked with success.
    pub(crate) polled: Mutex<Option<Instant>>,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Shared {
    pub(crate) fn new(client: Client, settings: Settings, flows: Registry, logs: RunLogs) -> Self {
        Self {
            lease: Lease::new(settings.heartbeat_interval),
            slots: Arc::new(Semaphore::new(settings.limit.min(Semaphore::MAX_PERMITS))),
            urgent: client.clone().without_limit(),
            client: client.at_most(settings.requests),
            settings,
            flows,
            logs,
            clock: ServerClock::default(),
            wake: Notify::new(),
            backlog: AtomicBool::new(false),
            counts: Counts::default(),
            runs: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<FlowRunId, Option<Arc<RunState>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves the place of a run that is about to be taken; `false` if it is here already.
    pub(crate) fn reserve(&self, id: &FlowRunId) -> bool {
        let mut runs = self.lock();
        if runs.contains_key(id) {
            return false;
        }
        runs.insert(id.clone(), None);
        true
    }

    pub(crate) fn enter(&self, run: &Arc<RunState>) {
        self.lock().insert(run.id().clone(), Some(Arc::clone(run)));
    }

    /// A run has ended here, or was not taken after all.
    pub(crate) fn leave(&self, id: &FlowRunId) {
        self.lock().remove(id);
        if self.backlog.swap(false, Ordering::Relaxed) {
            self.wake.notify_one();
        }
    }

    pub(crate) fn has(&self, id: &FlowRunId) -> bool {
        self.lock().contains_key(id)
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn runs(&self) -> Vec<Arc<RunState>> {
        self.lock().values().flatten().cloned().collect()
    }
}
