//! Flow runs and their states.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{DeploymentId, FlowId, FlowRunId};

rest_core::open_enum! {
    /// The type of a state. Its name (`Late`, `AwaitingRetry`…) says more and is free text.
    pub enum StateType {
        /// Waits for its time.
        Scheduled = "SCHEDULED",
        /// Taken by a worker.
        Pending = "PENDING",
        /// Runs.
        Running = "RUNNING",
        /// Waits for someone to resume it.
        Paused = "PAUSED",
        /// Is being cancelled.
        Cancelling = "CANCELLING",
        /// Ended well.
        Completed = "COMPLETED",
        /// Ended with an error of its own.
        Failed = "FAILED",
        /// Ended because its process did.
        Crashed = "CRASHED",
        /// Ended because someone wished so.
        Cancelled = "CANCELLED",
    }
}

impl StateType {
    /// Whether the run has ended. An unknown type counts as not ended.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Crashed | Self::Cancelled
        )
    }
}

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
    /// Its tags, the deployment's included.
    pub tags: Option<Vec<String>>,
    /// When it should start, or should have.
    pub expected_start_time: Option<DateTime<Utc>>,
    /// When it is next to start, while it is scheduled.
    pub next_scheduled_start_time: Option<DateTime<Utc>>,
    /// When it started.
    pub start_time: Option<DateTime<Utc>>,
    /// When it ended.
    pub end_time: Option<DateTime<Utc>>,
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

/// The state of a flow run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: StateType,
    /// Its name.
    pub name: Option<String>,
    /// When it was entered.
    pub timestamp: Option<DateTime<Utc>>,
    /// What was said about it.
    pub message: Option<String>,
    /// Its details, such as `scheduled_time`, as the server sends them.
    pub state_details: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::StateType;

    #[test]
    fn an_unknown_state_is_kept_and_not_an_end() {
        let kind: StateType = serde_json::from_str("\"RESTING\"").unwrap();
        assert!(!kind.is_terminal());
        assert_eq!(serde_json::to_string(&kind).unwrap(), "\"RESTING\"");
        assert!(StateType::from("CRASHED").is_terminal());
        assert!(!StateType::Cancelling.is_terminal());
    }
}
