//! Answers to submissions and operations.

use serde::{Deserialize, Serialize};

use crate::{SubmissionId, TaskId};

rest_core::open_enum! {
    /// What the service did with a submission.
    pub enum SubmitCode {
        /// A task was made.
        Accepted = "Accepted",
        /// The submission id had been used: this is the task made then. A success.
        Duplicate = "Duplicate",
    }
}

/// The answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubmitResult {
    /// Whether a task was made now or before.
    pub code: SubmitCode,
    /// The task.
    pub task_id: TaskId,
    /// The submission it belongs to.
    #[serde(default)]
    pub submission_id: Option<SubmissionId>,
    /// The service's words.
    #[serde(default)]
    pub message: Option<String>,
    /// What to quote to the service's support.
    #[serde(default)]
    pub request_id: Option<String>,
}

impl SubmitResult {
    /// Whether the submission had been made before.
    pub fn is_duplicate(&self) -> bool {
        self.code == SubmitCode::Duplicate
    }
}

rest_core::open_enum! {
    /// What the service did for an operation.
    pub enum OperationCode {
        /// The task was cancelled.
        Canceled = "Canceled",
        /// The task is going to be cancelled.
        CancelAccepted = "CancelAccepted",
        /// The task had ended before. Not an error.
        TaskComplete = "TaskComplete",
        /// The folder was made.
        DirectoryCreated = "DirectoryCreated",
        /// The file or folder was renamed.
        FileRenamed = "FileRenamed",
        /// It was made.
        Created = "Created",
        /// It was changed.
        Updated = "Updated",
        /// It was deleted.
        Deleted = "Deleted",
    }
}

/// The answer to an operation: cancel, rename, mkdir.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperationResult {
    /// What was done.
    pub code: OperationCode,
    /// The service's words.
    #[serde(default)]
    pub message: Option<String>,
    /// What to quote to the service's support.
    #[serde(default)]
    pub request_id: Option<String>,
    /// What it was done to.
    #[serde(default)]
    pub resource: Option<String>,
}

/// The answer that carries a new submission id.
#[derive(Debug, Deserialize)]
pub(crate) struct Value {
    pub(crate) value: SubmissionId,
}
