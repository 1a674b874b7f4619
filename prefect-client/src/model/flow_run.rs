//! Flow runs and task runs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::State;
use crate::{DeploymentId, FlowId, FlowRunId, StateType, TaskRunId};

/// A flow run. Only its identifier and its flow are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FlowRun {
    /// The identifier.
    pub id: FlowRunId,
    /// The flow it runs.
    pub flow_id: FlowId,
    /// The deployment it was created from.
    pub deployment_id: Option<DeploymentId>,
    /// Its name; made up by the server if none was given.
    pub name: Option<String>,
    /// The type of its state.
    pub state_type: Option<StateType>,
    /// The name of its state.
    pub state_name: Option<String>,
    /// Its state. Null where the server leaves it out, as in the polls of work pools.
    pub state: Option<State>,
    /// Its parameters, the deployment's included.
    pub parameters: Option<Map<String, Value>>,
    /// The key under which it was created.
    pub idempotency_key: Option<String>,
    /// How it is retried.
    pub empirical_policy: Option<RunPolicy>,
    /// Its tags, the deployment's included.
    pub tags: Option<Vec<String>>,
    /// Its labels.
    pub labels: Option<Map<String, Value>>,
    /// Its job variables, over those of the deployment.
    pub job_variables: Option<Value>,
    /// The task run that stands for it in its parent.
    pub parent_task_run_id: Option<TaskRunId>,
    /// The version of its flow.
    pub flow_version: Option<String>,
    /// What runs it, as its worker wrote it.
    pub infrastructure_pid: Option<String>,
    /// Whether a schedule made it.
    pub auto_scheduled: Option<bool>,
    /// When it should start, or should have.
    pub expected_start_time: Option<DateTime<Utc>>,
    /// When it is next to start, while it is scheduled.
    pub next_scheduled_start_time: Option<DateTime<Utc>>,
    /// When it started.
    pub start_time: Option<DateTime<Utc>>,
    /// When it ended.
    pub end_time: Option<DateTime<Utc>>,
    /// How long it has run, in seconds.
    pub total_run_time: Option<f64>,
    /// How often it has been set running.
    pub run_count: Option<u64>,
    /// The work pool that runs it.
    pub work_pool_name: Option<String>,
    /// The queue it waits in.
    pub work_queue_name: Option<String>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}

/// How a flow run is retried.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunPolicy {
    /// How often it is tried again after a failure.
    pub retries: Option<u32>,
    /// The pause before it is tried again, in seconds.
    pub retry_delay: Option<f64>,
    /// How the next try comes about: `in_process` by the process that has it, `reschedule` by any worker.
    pub retry_type: Option<String>,
}

/// A run as a poll of its work pool gives it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduledRun {
    /// The pool's identifier.
    pub work_pool_id: Option<String>,
    /// The queue's identifier.
    pub work_queue_id: Option<String>,
    /// The run. Its `state` is left out; its type and name are there.
    pub flow_run: FlowRun,
}

/// A task run. Only its identifier is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskRun {
    /// The identifier.
    pub id: TaskRunId,
    /// The flow run it belongs to.
    pub flow_run_id: Option<FlowRunId>,
    /// Its name.
    pub name: Option<String>,
    /// What it does, the same for all task runs of a task.
    pub task_key: Option<String>,
    /// What tells it from other runs of its task in the flow run.
    pub dynamic_key: Option<String>,
    /// The version of the task.
    pub task_version: Option<String>,
    /// The type of its state.
    pub state_type: Option<StateType>,
    /// The name of its state.
    pub state_name: Option<String>,
    /// Its state.
    pub state: Option<State>,
    /// Its inputs, by name.
    pub task_inputs: Option<Map<String, Value>>,
    /// Its tags.
    pub tags: Option<Vec<String>>,
    /// Its labels.
    pub labels: Option<Map<String, Value>>,
    /// How often it has been set running.
    pub run_count: Option<u64>,
    /// When it started.
    pub start_time: Option<DateTime<Utc>>,
    /// When it ended.
    pub end_time: Option<DateTime<Utc>>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}
