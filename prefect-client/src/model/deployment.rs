//! Deployments: a flow with its queue and default parameters.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    /// Its tags; each run gets them too.
    pub tags: Option<Vec<String>>,
    /// Its version, as its author named it.
    pub version: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}
