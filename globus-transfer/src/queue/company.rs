//! Who shares a task.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::state::Entry;
use super::transfers::Group;

/// Those who wait for these items, each once.
pub(super) fn groups<T>(entries: &[Entry<T>]) -> Vec<Arc<Group>> {
    let mut groups: Vec<Arc<Group>> = Vec::new();
    for entry in entries {
        add(&mut groups, &entry.group);
    }
    groups
}

/// Whether it was none of them.
fn add(groups: &mut Vec<Arc<Group>>, group: &Arc<Group>) -> bool {
    // Items of a group stand beside each other, but for those that were queued again.
    let is_new = !groups.last().is_some_and(|last| Arc::ptr_eq(last, group))
        && !groups.iter().any(|known| Arc::ptr_eq(known, group));
    if is_new {
        groups.push(Arc::clone(group));
    }
    is_new
}

/// Those who share a task: it is cancelled only when all of them want it.
pub(super) struct Company {
    groups: Mutex<Vec<Arc<Group>>>,
    /// Whether the document has items of others, whom this process does not know.
    open: AtomicBool,
    changed: Notify,
}

impl Company {
    pub(super) fn new(groups: Vec<Arc<Group>>) -> Self {
        Self {
            groups: Mutex::new(groups),
            open: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// Nothing below panics while the lock is held.
    fn groups(&self) -> MutexGuard<'_, Vec<Arc<Group>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it was not of the company before.
    pub(super) fn join(&self, group: &Arc<Group>) -> bool {
        add(&mut self.groups(), group)
    }

    /// Only those whose items go on.
    pub(super) fn keep(&self, groups: Vec<Arc<Group>>) {
        *self.groups() = groups;
    }

    /// The document has items of others, whom this process does not know.
    pub(super) fn has_others(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    /// Looks again whether all want to cancel.
    pub(super) fn changed(&self) {
        self.changed.notify_one();
    }

    /// Whether everybody who shares the task has cancelled.
    pub(super) fn has_cancelled(&self) -> bool {
        !self.open.load(Ordering::Relaxed) && self.groups().iter().all(|group| group.is_cancelled())
    }

    pub(super) async fn cancelled(&self) {
        while !self.has_cancelled() {
            self.changed.notified().await;
        }
    }

    pub(super) fn each(&self, tell: impl Fn(&Group)) {
        // The callers' own functions are called without the lock.
        let groups = self.groups().clone();
        for group in &groups {
            tell(group);
        }
    }
}
