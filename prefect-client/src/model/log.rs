//! Lines of logs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::{FlowRunId, TaskRunId};

/// A line that the server keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Log {
    /// Who wrote it.
    pub name: Option<String>,
    /// Its level: 10 debug, 20 info, 30 warning, 40 error.
    pub level: Option<i64>,
    /// What it says.
    pub message: String,
    /// When it was written.
    pub timestamp: Option<DateTime<Utc>>,
    /// The flow run.
    pub flow_run_id: Option<FlowRunId>,
    /// The task run.
    pub task_run_id: Option<TaskRunId>,
}

/// A line to be written.
#[derive(Clone, Debug, Serialize)]
pub struct NewLog {
    name: String,
    level: i64,
    message: String,
    #[serde(serialize_with = "time")]
    timestamp: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_run_id: Option<FlowRunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_run_id: Option<TaskRunId>,
}

pub(crate) fn time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::api::time_text(*time))
}

impl NewLog {
    /// A line by `name` (a logger) of this level: 10 debug, 20 info, 30 warning, 40 error.
    pub fn new(
        name: impl Into<String>,
        level: i64,
        message: impl Into<String>,
        timestamp: DateTime<Utc>,
    ) -> Self {
        Self {
            name: name.into(),
            level,
            message: message.into(),
            timestamp,
            flow_run_id: None,
            task_run_id: None,
        }
    }

    /// The flow run that it belongs to.
    pub fn flow_run(mut self, id: FlowRunId) -> Self {
        self.flow_run_id = Some(id);
        self
    }

    /// The task run that it belongs to.
    pub fn task_run(mut self, id: TaskRunId) -> Self {
        self.task_run_id = Some(id);
        self
    }

    /// What it says.
    pub fn message(&self) -> &str {
        &self.message
    }
}
