//! The queues that files go through: of one call, and of all runs of the process.

use std::sync::Arc;
use std::time::Duration;

use globus_transfer::TransferQueue;

use super::ride::{Record, Ride};
use crate::session::Workplace;

/// A queue whose items are on record.
pub(crate) type Queue = TransferQueue<Arc<Ride>>;

/// Runs that began together come to their copies within this time of each other.
const MOMENT: Duration = Duration::from_millis(100);

/// A queue that records every batch in the run store before it is sent.
pub(super) fn queue(place: &Workplace) -> Queue {
    let service = &place.service;
    let record = Arc::new(Record::new(Arc::clone(&place.store)));
    TransferQueue::with_journal(service.watcher.clone(), service.transfer.clone(), record).room(service.room)
}

/// The same for all runs of the process.
pub(crate) fn shared_queue(place: &Workplace) -> Queue {
    let service = &place.service;
    let record = Arc::new(Record::new(Arc::clone(&place.store)));
    let (watcher, transfer) = (service.watcher.clone(), service.transfer.clone());
    TransferQueue::gathering(watcher, transfer, record, MOMENT).room(service.room)
}
