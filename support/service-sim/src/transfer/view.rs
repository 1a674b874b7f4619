//! A task as a test looks at it.

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
        }
    }
}
