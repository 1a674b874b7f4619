//! Recording what is about to be sent.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use super::item::QueueItem;
use crate::{SubmissionDocument, TaskId};

/// Why a journal could not record, or would not.
pub type JournalError = Arc<dyn StdError + Send + Sync>;

/// What a journal made of a submission.
#[derive(Debug)]
pub enum Intended {
    /// It is recorded: send it.
    Recorded,
    /// Nothing is recorded, because of these items (by their position among those given). They fail, and the rest is
    /// recorded and sent without them, under the same submission id.
    Without(Vec<(usize, JournalError)>),
}

/// Where submissions are recorded before they are sent, so that a process that dies in between can send the same
/// bytes again with [`TransferQueue::resume`](super::TransferQueue::resume) and make no second task.
#[async_trait]
pub trait Journal<T>: Debug + Send + Sync {
    /// Records the complete document with its items, all or nothing. Nothing is sent before this has returned.
    ///
    /// # Errors
    /// It could not be recorded: nothing is sent, and all items fail.
    async fn intend(
        &self,
        document: &SubmissionDocument,
        items: &[&QueueItem<T>],
    ) -> Result<Intended, JournalError>;

    /// Records the task that the service made of the document.
    ///
    /// # Errors
    /// It could not be recorded. That is logged and the task waited for: sending the document again would find it.
    async fn submitted(
        &self,
        document: &SubmissionDocument,
        items: &[&QueueItem<T>],
        task_id: &TaskId,
    ) -> Result<(), JournalError>;
}
