//! Tasks.

use std::collections::{BTreeMap, HashMap};

use rest_core::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::endpoint::secret;
use crate::serial::{Undecodable, Value, decode_value};
use crate::{EndpointId, FunctionId, TaskGroupId, TaskId};

rest_core::open_enum! {
    /// The state of a task.
    pub enum TaskStatus {
        /// The service has it.
        Received = "received",
        /// The endpoint has not taken it yet.
        WaitingForEndpoint = "waiting-for-ep",
        /// No node yet.
        WaitingForNodes = "waiting-for-nodes",
        /// No worker yet.
        WaitingForLaunch = "waiting-for-launch",
        /// It begins.
        ExecutionStart = "execution-start",
        /// It runs.
        Running = "running",
        /// It has run.
        ExecutionEnd = "execution-end",
        /// The service has its result.
        ResultReceived = "result-received",
        /// Its result is on the queue.
        ResultEnqueued = "result-enqueued",
        /// It ended and there is a result. A command that failed is among them: look at its return code.
        Success = "success",
        /// It ended with an exception or was lost.
        Failed = "failed",
    }
}

impl TaskStatus {
    /// Whether the task has come to its end. Not so for values that this version does not know.
    pub fn is_terminal(&self) -> bool {
        self.is_success() || self.as_str().eq_ignore_ascii_case("failed")
    }

    /// Whether it ended with a result.
    pub fn is_success(&self) -> bool {
        self.as_str().eq_ignore_ascii_case("success")
    }
}

/// A task. When it has ended it has a result, an exception, or neither and a reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Task {
    /// Its id.
    pub task_id: TaskId,
    /// Its state.
    pub status: TaskStatus,
    /// When it ended, in seconds since 1970, as text.
    #[serde(default)]
    pub completion_t: Option<Json>,
    /// What the function returned, serialized; see [`value`](Self::value).
    #[serde(default)]
    pub result: Option<String>,
    /// What the function raised, as Python prints it.
    #[serde(default)]
    pub exception: Option<String>,
    /// Why the service gave up on it.
    #[serde(default)]
    pub reason: Option<String>,
    /// Where and when it ran.
    #[serde(default)]
    pub details: Option<Json>,
}

impl Task {
    /// Whether it has come to its end, well or not.
    pub fn is_done(&self) -> bool {
        self.status.is_terminal()
    }

    /// What the function returned.
    ///
    /// # Errors
    /// [`Undecodable`] with the reason; also if there is no result.
    pub fn value(&self) -> Result<Value, Undecodable> {
        match &self.result {
            Some(result) => decode_value(result),
            None => Err(Undecodable::new("the task has no result")),
        }
    }
}

/// Many tasks. One that was asked for may be missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct TaskBatch {
    /// The tasks by their ids.
    pub results: HashMap<TaskId, Task>,
}

/// What was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Submitted {
    /// The id of the request.
    #[serde(default)]
    pub request_id: Option<String>,
    /// The group that the tasks are in.
    pub task_group_id: TaskGroupId,
    /// The endpoint.
    #[serde(default)]
    pub endpoint_id: Option<EndpointId>,
    /// For each function the tasks in the order of their arguments.
    pub tasks: BTreeMap<FunctionId, Vec<TaskId>>,
}

/// What version 2 of the API answers to a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct SubmittedV2 {
    /// The group that the tasks are in.
    pub task_group_id: Option<TaskGroupId>,
    /// The tasks in their order.
    pub results: Vec<V2Result>,
}

/// One task of a submission by version 2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct V2Result {
    /// Its id.
    pub task_uuid: Option<TaskId>,
    /// How it was taken.
    pub status: Option<String>,
    /// The same as a number.
    pub http_status_code: Option<i64>,
    /// Why it was not taken.
    pub reason: Option<String>,
}

/// The tasks of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskGroup {
    /// The group.
    #[serde(alias = "task_group_id")]
    pub taskgroup_id: TaskGroupId,
    /// Whether results are put on a queue.
    #[serde(default)]
    pub create_websockets_queue: Option<bool>,
    /// Its tasks.
    #[serde(default)]
    pub tasks: Vec<TaskInGroup>,
}

/// A task of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskInGroup {
    /// Its id.
    pub id: TaskId,
    /// When it was submitted.
    #[serde(default)]
    pub created_at: Option<String>,
}

/// Where results are pushed, with credentials that are good for one connection.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct ResultQueue {
    /// What stands before a group's id in the name of its queue.
    pub queue_prefix: String,
    /// Where the queues are; holds a password.
    #[serde(deserialize_with = "secret")]
    pub connection_url: SecretString,
}
