//! Tasks: what the service does after it has answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TaskId;

rest_core::open_enum! {
    /// How a task stands. `completed` says nothing of what it did: that stands in its result.
    pub enum TaskStatus {
        /// Waiting or being worked on.
        New = "new",
        /// Done.
        Completed = "completed",
        /// Called off.
        Cancelled = "cancelled",
        /// The service itself failed.
        Failed = "failed",
    }
}

impl TaskStatus {
    /// Whether it has come to its end.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// How it stands.
    #[serde(default)]
    pub status: Option<TaskStatus>,
    /// What it did, JSON within text; see [`Task::result`].
    #[serde(default, rename = "result")]
    pub result_text: Option<String>,
}

impl Task {
    /// What it did. Text that is no JSON is given as it is.
    pub fn result(&self) -> Option<Value> {
        let text = self.result_text.as_deref()?;
        Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
    }

    /// Whether it has come to its end.
    pub fn is_done(&self) -> bool {
        self.status.as_ref().is_some_and(TaskStatus::is_terminal)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Tasks {
    #[serde(default)]
    pub(crate) tasks: Option<Vec<Task>>,
}

/// The first answer to what becomes a task.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    #[serde(default)]
    pub(crate) task_id: Option<TaskId>,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

/// What a submission's task did. `status` is in lower case here.
#[derive(Debug, Deserialize)]
pub(crate) struct SubmitResult {
    #[serde(default)]
    pub(crate) status: Option<String>,
    #[serde(default)]
    pub(crate) jobid: Option<crate::JobId>,
    #[serde(default)]
    pub(crate) error: Option<String>,
}
