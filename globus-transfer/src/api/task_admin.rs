//! Changing a task, and why it is paused.

use chrono::{DateTime, SecondsFormat, Utc};

use super::TaskHandle;
use super::call::call;
use crate::Label;
use crate::model::{OperationResult, PauseInfo};

impl TaskHandle {
    /// Changes the label or the deadline of a task that has not ended.
    pub fn update(&self) -> UpdateTask {
        let mut update = UpdateTask::new(&self.client, &[("task_id", self.id.as_str())]);
        update.call = update.call.document("task");
        update
    }

    /// Reads by which rules and whom the task is paused.
    pub fn pause_info(&self) -> GetPauseInfo {
        GetPauseInfo::new(&self.client, &[("task_id", self.id.as_str())])
    }
}

call! {
    /// Changes a task. Made by [`TaskHandle::update`].
    UpdateTask: "globus_transfer.update_task", PUT "/v0.10/task/{task_id}" -> OperationResult;
    /// Changes it. Retried. 409 for a task that has ended.
}

impl UpdateTask {
    /// Its label; cut and cleaned to the service's rules. An empty one takes the label away.
    pub fn label(mut self, label: impl Into<Label>) -> Self {
        let label = label.into();
        self.call
            .set("label", (!label.is_empty()).then(|| label.to_string()));
        self
    }

    /// When the service shall give up. A time that has passed ends the task.
    pub fn deadline(mut self, deadline: DateTime<Utc>) -> Self {
        self.call
            .set("deadline", deadline.to_rfc3339_opts(SecondsFormat::Secs, false));
        self
    }
}

call! {
    /// Reads why a task is paused. Made by [`TaskHandle::pause_info`].
    GetPauseInfo: "globus_transfer.task_pause_info", GET "/v0.10/task/{task_id}/pause_info" -> PauseInfo;
    /// The rules and the administrators' words; empty for a task that is not paused. Retried.
}
