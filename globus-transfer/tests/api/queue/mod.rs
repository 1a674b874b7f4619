//! The queue against the simulated service: many files, few tasks, and every file told of by itself.

mod journal;
mod outcomes;
mod random;
mod sharing;

use std::time::Duration;

use globus_transfer::api::SubmitTransfer;
use globus_transfer::{
    Delivered, ItemError, QueueItem, Settled, SyncLevel, TaskWatcher, TransferQueue, Transfers,
};
use rest_core::Pace;

use crate::sim::{Scene, id, shown};

/// A pace for tests, whose tasks take no time.
const BRISK: Pace = Pace {
    first: Duration::from_millis(20),
    growth: 0.1,
    max: Duration::from_millis(500),
};

impl Scene {
    pub(super) fn watcher(&self) -> TaskWatcher {
        TaskWatcher::new(self.client.clone()).pace(BRISK)
    }

    pub(super) fn queue(&self) -> TransferQueue {
        TransferQueue::new(self.watcher(), self.client.clone())
    }

    pub(super) fn options(&self) -> SubmitTransfer {
        self.client
            .submit_transfer(id(&self.from), id(&self.to))
            .sync_level(SyncLevel::Checksum)
            .verify_checksum(true)
            .notifications(false)
    }

    /// A file of the source, whose content is its name; it is not written unless `write` says so.
    pub(super) fn item(&self, name: &str, write: bool) -> QueueItem {
        if write {
            self.from.write(name, name);
        }
        QueueItem::new(shown(&self.from, name), shown(&self.to, name), name.len() as u64)
    }

    pub(super) fn items(&self, names: &[&str]) -> Vec<QueueItem> {
        names.iter().map(|name| self.item(name, true)).collect()
    }

    /// How many items each task had, in the order of their submission.
    pub(super) fn loads(&self) -> Vec<usize> {
        let mut tasks = self.sim.tasks();
        tasks.sort_by_key(|task| task.request_time);
        tasks.iter().map(|task| task.items.len()).collect()
    }

    pub(super) fn assert_copied(&self, names: &[&str]) {
        for name in names {
            assert!(self.to.read(name) == name.as_bytes(), "{name:?}");
        }
    }
}

/// Waits for something to be so at the service.
pub(super) async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 30 s: {what}");
}

/// What became of each, in the order in which they were given.
pub(super) async fn all<T: Send + Sync + 'static>(
    mut transfers: Transfers<T>,
    count: usize,
) -> Vec<Result<Delivered, ItemError>> {
    let mut ends: Vec<Option<Result<Delivered, ItemError>>> = (0..count).map(|_| None).collect();
    while let Some(settled) = transfers.next().await {
        for Settled { position, result, .. } in settled {
            assert!(
                ends[position].replace(result).is_none(),
                "{position} settled twice"
            );
        }
    }
    let ends: Vec<_> = ends.into_iter().flatten().collect();
    assert_eq!(ends.len(), count, "every item settles");
    ends
}
