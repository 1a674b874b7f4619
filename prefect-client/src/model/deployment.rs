//! Deployments: a flow with its queue and default parameters.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::DeploymentSchedule;
use crate::{DeploymentId, FlowId};

rest_core::open_enum! {
    /// Whether a worker listens to the deployment's queue.
    pub enum DeploymentStatus {
        /// A worker polls the queue.
        Ready = "READY",
        /// No worker has polled of late.
        NotReady = "NOT_READY",
    }
}

/// A deployment. Its identifier, name and flow are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deployment {
    /// The identifier.
    pub id: DeploymentId,
    /// The name within its flow.
    pub name: String,
    /// The flow it runs.
    pub flow_id: FlowId,
    /// Whether its schedules stand still. Runs can be created all the same.
    pub paused: Option<bool>,
    /// Whether a worker listens.
    pub status: Option<DeploymentStatus>,
    /// Default parameters of its runs.
    pub parameters: Option<Map<String, Value>>,
    /// The JSON schema of the parameters.
    pub parameter_openapi_schema: Option<Value>,
    /// Whether the server checks a new run's parameters against the schema.
    pub enforce_parameter_schema: Option<bool>,
    /// The work pool of its runs.
    pub work_pool_name: Option<String>,
    /// The queue of its runs.
    pub work_queue_name: Option<String>,
    /// Its schedules.
    pub schedules: Option<Vec<DeploymentSchedule>>,
    /// How many of its runs may be pending or running at a time. Server version 2; 3 has it in
    /// [`global_concurrency_limit`](Self::global_concurrency_limit).
    pub concurrency_limit: Option<u64>,
    /// The limit of its runs at a time, with the slots that are taken.
    pub global_concurrency_limit: Option<super::ConcurrencyLimit>,
    /// What becomes of a run beyond the limit.
    pub concurrency_options: Option<Value>,
    /// Job variables of its runs.
    pub job_variables: Option<Value>,
    /// Where the flow is in its source, as Python's workers read it.
    pub entrypoint: Option<String>,
    /// The folder of the source, as Python's workers read it.
    pub path: Option<String>,
    /// How to get the source, as Python's workers read it.
    pub pull_steps: Option<Value>,
    /// Its tags; each run gets them too.
    pub tags: Option<Vec<String>>,
    /// Its version, as its author named it.
    pub version: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Its labels.
    pub labels: Option<Map<String, Value>>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}
