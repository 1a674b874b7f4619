//! Requests, one builder each, in the order of the service's documentation.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod endpoint;
mod ls;
mod submission;
mod submission_setters;
mod submit_delete;
mod submit_transfer;
mod task;
mod task_lists;
mod tasks;
mod transfer_item;

pub use endpoint::{EndpointHandle, Mkdir, Rename, Stat};
pub use ls::Ls;
pub use submission::{GetSubmissionId, SubmissionDocument, SubmissionKind, Submit};
pub use submit_delete::SubmitDelete;
pub use submit_transfer::SubmitTransfer;
pub use task::{CancelTask, GetTask, TaskHandle};
pub use task_lists::{ListEvents, ListSkippedErrors, ListSuccessfulTransfers};
pub use tasks::ListTasks;
pub use transfer_item::{FilterRule, SyncLevel, TransferItem};

use crate::{Error, Result};

/// Refuses a path no storage can hold, before any request is made.
pub(crate) fn check_path(what: &str, path: &str) -> Result<()> {
    if path.is_empty() {
        return Err(Error::config(format!("{what} is empty")));
    }
    if path.contains('\0') {
        return Err(Error::config(format!("{what} {path:?} contains a NUL character")));
    }
    Ok(())
}
