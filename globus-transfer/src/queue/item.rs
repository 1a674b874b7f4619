//! What is copied, and what becomes of it.

use std::fmt;

use super::error::ItemError;
use crate::TaskId;

/// A file that is to be copied, with a mark of the caller's for the [`Journal`](super::Journal).
#[derive(Clone, PartialEq, Eq)]
pub struct QueueItem<T = ()> {
    pub(super) source_path: String,
    pub(super) destination_path: String,
    pub(super) bytes: u64,
    pub(super) mark: T,
}

impl QueueItem {
    /// A file: both paths in full, as the collections show them; `bytes` is its size, by which tasks are filled and,
    /// where the service does not tell, the copy is known.
    pub fn new(source_path: impl Into<String>, destination_path: impl Into<String>, bytes: u64) -> Self {
        Self {
            source_path: source_path.into(),
            destination_path: destination_path.into(),
            bytes,
            mark: (),
        }
    }
}

impl<T> QueueItem<T> {
    /// The same with another mark.
    pub fn marked<U>(self, mark: U) -> QueueItem<U> {
        QueueItem {
            source_path: self.source_path,
            destination_path: self.destination_path,
            bytes: self.bytes,
            mark,
        }
    }

    /// Where it is read.
    pub fn source_path(&self) -> &str {
        &self.source_path
    }

    /// Where it is written.
    pub fn destination_path(&self) -> &str {
        &self.destination_path
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The caller's mark.
    pub fn mark(&self) -> &T {
        &self.mark
    }
}

/// Without the mark, which need not be showable.
impl<T> fmt::Debug for QueueItem<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueItem")
            .field("source_path", &self.source_path)
            .field("destination_path", &self.destination_path)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// By what an item is known to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// It was the task's only file, and the task delivered one.
    OnlyFile,
    /// It is on the task's list of successful transfers.
    SuccessfulTransfers,
    /// The task ended well, and a listing of the destination made after it shows the file in its size: it stood there
    /// already, equal to its source.
    Listing,
}

/// An item that stands at its destination.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// The task that delivered it.
    pub task_id: TaskId,
    /// By what that is known.
    pub evidence: Evidence,
}

/// What became of one item.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settled {
    /// Which item, from 0, in the order in which they were given.
    pub position: usize,
    /// Whether it was delivered.
    pub result: Result<Delivered, ItemError>,
}
