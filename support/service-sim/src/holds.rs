//! Named points at which a request, a reply or a task is kept until a test releases it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// Which holds are released, and a signal for those who wait.
#[derive(Debug)]
pub(crate) struct Holds {
    released: Mutex<BTreeSet<String>>,
    armed: Mutex<BTreeSet<String>>,
    changes: watch::Sender<u64>,
}

impl Holds {
    pub(crate) fn new() -> Self {
        Self {
            released: Mutex::new(BTreeSet::new()),
            armed: Mutex::new(BTreeSet::new()),
            changes: watch::Sender::new(0),
        }
    }

    /// Makes `name` hold (again): called when a fault of that name is set.
    pub(crate) fn arm(&self, name: &str) {
        lock(&self.armed).insert(name.to_owned());
        lock(&self.released).remove(name);
    }

    /// Releases one name, now and for later matches; `*` releases every name armed so far.
    pub(crate) fn release(&self, name: &str) {
        if name == "*" {
            let armed = lock(&self.armed).clone();
            lock(&self.released).extend(armed);
        } else {
            lock(&self.released).insert(name.to_owned());
        }
        self.changes.send_modify(|n| *n += 1);
    }

    /// The names at which something is, or would be, kept.
    pub(crate) fn holding(&self) -> Vec<String> {
        let released = lock(&self.released).clone();
        lock(&self.armed).difference(&released).cloned().collect()
    }

    pub(crate) fn is_released(&self, name: &str) -> bool {
        lock(&self.released).contains(name)
    }

    /// Waits until `name` is released.
    pub(crate) async fn released(&self, name: &str) {
        let mut changes = self.changes.subscribe();
        while !self.is_released(name) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
