//! A task as a test looks at it.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::task::Task;

/// A transfer or delete task, as a test looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaskView {
    /// The task's id.
    pub task_id: String,
    /// Its label.
    pub label: Option<String>,
    /// `TRANSFER` or `DELETE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `ACTIVE`, `INACTIVE`, `SUCCEEDED` or `FAILED`.
    pub status: String,
    /// What it is doing or suffering from; `None` once it is done.
    pub nice_status: Option<String>,
    /// The uuid of the source, for a delete that of its endpoint.
    pub source: String,
    /// The uuid of the destination; empty for a delete.
    pub destination: String,
    /// Source and destination path of each item; for a delete the second is empty.
    pub items: Vec<(String, String)>,
    /// The submission id under which it was submitted.
    pub submission_id: String,
    /// When it was submitted.
    pub request_time: DateTime<Utc>,
    /// When it ended; `None` while it has not.
    pub completion_time: Option<DateTime<Utc>>,
    /// When it ends at the latest, as things stand.
    pub deadline: DateTime<Utc>,
    /// Bytes written at the destination so far.
    pub bytes_transferred: u64,
    /// Files found so far, or of a delete removed so far.
    pub files: u64,
    /// Files that arrived.
    pub files_transferred: u64,
    /// Files that a sync level found in place.
    pub files_skipped: u64,
    /// Paths that were left out because of an error.
    pub skipped_errors: u64,
    /// Errors met so far.
    pub faults: u64,
    /// The code of the error that ended it.
    pub fatal_error: Option<String>,
}

impl TaskView {
    pub(crate) fn of(task: &Task) -> Self {
        let plan = &task.plan;
        Self {
            task_id: task.id.clone(),
            label: plan.label.clone(),
            kind: plan.kind.as_str().to_owned(),
            status: task.status.as_str().to_owned(),
            nice_status: task.nice_status.clone(),
            source: plan.source.clone(),
            destination: plan.destination.clone().unwrap_or_default(),
            items: plan
                .items
                .iter()
                .map(|item| (item.source.clone(), item.destination.clone()))
                .collect(),
            submission_id: plan.submission_id.clone(),
            request_time: task.request_time,
            completion_time: task.completion_time,
            deadline: task.deadline(),
            bytes_transferred: task.counts.bytes_transferred,
            files: task.counts.files,
            files_transferred: task.counts.files_transferred,
            files_skipped: task.counts.files_skipped,
            skipped_errors: task.counts.skipped_errors,
            faults: task.counts.faults,
            fatal_error: task.fatal_error.as_ref().map(|error| error.code.clone()),
        }
    }
}
