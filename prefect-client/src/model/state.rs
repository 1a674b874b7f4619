//! States of flow runs and task runs, and what the server says to a proposed one.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{FlowRunId, LeaseId, StateId, TaskRunId};

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

/// The state of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// Its identifier.
    pub id: Option<StateId>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: StateType,
    /// Its name.
    pub name: Option<String>,
    /// When it was entered.
    pub timestamp: Option<DateTime<Utc>>,
    /// What was said about it.
    pub message: Option<String>,
    /// Its details. A poll of a work pool leaves them out.
    pub state_details: Option<StateDetails>,
}

/// Details of a state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StateDetails {
    /// The flow run.
    pub flow_run_id: Option<FlowRunId>,
    /// The task run.
    pub task_run_id: Option<TaskRunId>,
    /// The flow run that a task run stands for.
    pub child_flow_run_id: Option<FlowRunId>,
    /// When the run is to start, for a scheduled state.
    pub scheduled_time: Option<DateTime<Utc>>,
    /// The identifier that the proposer gave to the transition.
    pub transition_id: Option<Uuid>,
    /// Until when a pause lasts.
    pub pause_timeout: Option<DateTime<Utc>>,
    /// Whether a paused run gives up its process, to be scheduled again when it is resumed.
    pub pause_reschedule: Option<bool>,
    /// The lease of the deployment's concurrency slot.
    pub deployment_concurrency_lease_id: Option<LeaseId>,
}

/// A state to be proposed to the server.
///
/// The server decides what becomes of it: see [`Transition`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewState {
    #[serde(rename = "type")]
    kind: StateType,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    state_details: NewDetails,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct NewDetails {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time")]
    scheduled_time: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time")]
    pause_timeout: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_reschedule: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transition_id: Option<Uuid>,
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn time<S: serde::Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_str(&crate::api::time_text(*time)),
        None => serializer.serialize_none(),
    }
}

impl NewState {
    /// A state of this type, whose name is the type's usual one.
    pub fn new(kind: StateType) -> Self {
        let name = match kind.as_str().split_at_checked(1) {
            Some((first, rest)) => format!("{}{}", first.to_uppercase(), rest.to_lowercase()),
            None => String::new(),
        };
        Self {
            kind,
            name,
            message: None,
            data: None,
            state_details: NewDetails::default(),
        }
    }

    /// Is to start at this time.
    pub fn scheduled(at: DateTime<Utc>) -> Self {
        let mut state = Self::new(StateType::Scheduled);
        state.state_details.scheduled_time = Some(at);
        state
    }

    /// Is to be tried again at this time, by whichever worker takes it then.
    pub fn awaiting_retry(at: DateTime<Utc>) -> Self {
        Self::scheduled(at).name("AwaitingRetry")
    }

    /// Is taken by a worker. Of all transitions only this one is exclusive: of several who propose it, one is
    /// accepted.
    pub fn pending() -> Self {
        Self::new(StateType::Pending)
    }

    /// Runs. Not exclusive: propose [`pending`](Self::pending) first.
    pub fn running() -> Self {
        Self::new(StateType::Running)
    }

    /// Ended well.
    pub fn completed() -> Self {
        Self::new(StateType::Completed)
    }

    /// Ended with an error of its own.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(StateType::Failed).message(message)
    }

    /// Ended because its process did. Accepted once only, from any state that is not an end.
    pub fn crashed(message: impl Into<String>) -> Self {
        Self::new(StateType::Crashed).message(message)
    }

    /// Is to be cancelled by whoever runs it.
    pub fn cancelling() -> Self {
        Self::new(StateType::Cancelling)
    }

    /// Ended because someone wished so.
    pub fn cancelled() -> Self {
        Self::new(StateType::Cancelled)
    }

    /// Waits until this time for someone to resume it, and keeps its process meanwhile.
    pub fn paused_until(timeout: DateTime<Utc>) -> Self {
        let mut state = Self::new(StateType::Paused);
        state.state_details.pause_timeout = Some(timeout);
        state.state_details.pause_reschedule = Some(false);
        state
    }

    /// Waits until this time for someone to resume it, and is scheduled again then.
    pub fn suspended_until(timeout: DateTime<Utc>) -> Self {
        let mut state = Self::paused_until(timeout).name("Suspended");
        state.state_details.pause_reschedule = Some(true);
        state
    }

    /// Another name than the type's usual one.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What people are to read about it.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The run's result, for those who know how to read it.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// The identifier of the transition, by which the server knows a repeated proposal. Set by itself unless said.
    pub fn transition_id(mut self, id: Uuid) -> Self {
        self.state_details.transition_id = Some(id);
        self
    }

    /// The type.
    pub fn kind(&self) -> &StateType {
        &self.kind
    }

    /// The name, the type's usual one unless said.
    pub(crate) fn state_name(&self) -> &str {
        &self.name
    }

    /// The identifier of the transition, made up if there was none.
    pub(crate) fn identify(&mut self) -> Uuid {
        *self.state_details.transition_id.get_or_insert_with(Uuid::new_v4)
    }
}

/// What the server did with a proposed state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Transition {
    /// The run is in the proposed state, by this request or by an earlier one of the same transition identifier.
    Accepted(State),
    /// The server put or left the run in another state.
    Rejected {
        /// The state that the run is in now.
        state: Option<State>,
        /// Why.
        reason: Option<String>,
    },
    /// Too early: propose it again after the delay.
    Wait {
        /// How long to wait.
        delay: Duration,
        /// Why.
        reason: Option<String>,
    },
    /// Not to be done, and nothing else either: whoever asked has nothing to say here.
    Aborted {
        /// The state that the run is in.
        state: Option<State>,
        /// Why.
        reason: Option<String>,
    },
}

impl Transition {
    /// Whether the run is in the proposed state.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// The state that the run is in, as far as the server said.
    pub fn state(&self) -> Option<&State> {
        match self {
            Self::Accepted(state) => Some(state),
            Self::Rejected { state, .. } | Self::Aborted { state, .. } => state.as_ref(),
            Self::Wait { .. } => None,
        }
    }

    /// Why the state was not accepted, as far as the server said.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Accepted(_) => None,
            Self::Rejected { reason, .. } | Self::Wait { reason, .. } | Self::Aborted { reason, .. } => {
                reason.as_deref()
            }
        }
    }
}

rest_core::open_enum! {
    /// The server's word on a proposed state.
    pub enum TransitionStatus {
        /// Taken.
        Accept = "ACCEPT",
        /// Not taken; the run is in the state that comes with it.
        Reject = "REJECT",
        /// Too early.
        Wait = "WAIT",
        /// Not to be done.
        Abort = "ABORT",
    }
}

/// The answer to a proposed state, as it stands on the wire.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OrchestrationResult {
    pub(crate) state: Option<State>,
    status: TransitionStatus,
    #[serde(default)]
    details: Details,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Details {
    reason: Option<String>,
    delay_seconds: Option<f64>,
}

impl OrchestrationResult {
    /// What became of the proposal of this type and identifier. An unknown word of the server's is `None`.
    pub(crate) fn transition(self, kind: &StateType, id: Uuid) -> Option<Transition> {
        let Self {
            state,
            status,
            details,
        } = self;
        let reason = details.reason;
        // A repeated request is rejected with the state that the first one made.
        let ours = state.as_ref().is_some_and(|state| {
            let details = state.state_details.as_ref();
            state.kind == *kind && details.and_then(|details| details.transition_id) == Some(id)
        });
        Some(match (status, state) {
            (TransitionStatus::Accept, Some(state)) => Transition::Accepted(state),
            (TransitionStatus::Reject | TransitionStatus::Abort, Some(state)) if ours => {
                Transition::Accepted(state)
            }
            (TransitionStatus::Reject, state) => Transition::Rejected { state, reason },
            (TransitionStatus::Abort, state) => Transition::Aborted { state, reason },
            (TransitionStatus::Wait, _) => Transition::Wait {
                delay: delay(details.delay_seconds),
                reason,
            },
            (TransitionStatus::Accept | TransitionStatus::Unknown(_), _) => return None,
        })
    }
}

/// A delay that can be slept: at least a moment, at most a day.
fn delay(seconds: Option<f64>) -> Duration {
    let seconds = seconds.filter(|seconds| seconds.is_finite()).unwrap_or(1.0);
    Duration::from_secs_f64(seconds.clamp(0.1, 86_400.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_state_is_kept_and_not_an_end() {
        let kind: StateType = serde_json::from_str("\"RESTING\"").unwrap();
        assert!(!kind.is_terminal());
        assert_eq!(serde_json::to_string(&kind).unwrap(), "\"RESTING\"");
        assert!(StateType::from("CRASHED").is_terminal());
        assert!(!StateType::Cancelling.is_terminal());
    }

    fn answer(status: &str, state: &str, id: Uuid) -> Option<Transition> {
        let answer = json!({"status": status, "details": {"reason": "why", "delay_seconds": 2},
            "state": {"type": state, "name": "x", "state_details": {"transition_id": id}}});
        let answer: OrchestrationResult = serde_json::from_value(answer).unwrap();
        answer.transition(&StateType::Pending, Uuid::from_u128(7))
    }

    #[test]
    fn an_answer_says_what_became_of_the_proposal() {
        let (ours, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        assert!(answer("ACCEPT", "PENDING", ours).unwrap().is_accepted());
        // A repeated proposal.
        assert!(answer("REJECT", "PENDING", ours).unwrap().is_accepted());
        let lost = answer("ABORT", "PENDING", other).unwrap();
        assert!(matches!(lost, Transition::Aborted { .. }));
        assert_eq!(lost.reason(), Some("why"));
        let slot = answer("REJECT", "SCHEDULED", ours).unwrap();
        assert_eq!(slot.state().unwrap().kind, StateType::Scheduled);
        assert!(!slot.is_accepted());
        let wait = answer("WAIT", "PENDING", ours).unwrap();
        assert!(matches!(wait, Transition::Wait { delay, .. } if delay == Duration::from_secs(2)));
        assert!(answer("MAYBE", "PENDING", ours).is_none());
    }

    #[test]
    fn a_delay_can_always_be_slept() {
        for (given, seconds) in [
            (None, 1.0),
            (Some(-3.0), 0.1),
            (Some(f64::INFINITY), 1.0),
            (Some(1e12), 86_400.0),
        ] {
            assert_eq!(delay(given), Duration::from_secs_f64(seconds));
        }
    }

    #[test]
    fn a_state_has_its_usual_name() {
        let state = serde_json::to_value(NewState::failed("boom")).unwrap();
        assert_eq!(
            state,
            json!({"type": "FAILED", "name": "Failed", "message": "boom", "state_details": {}})
        );
        assert_eq!(NewState::new(StateType::Unknown(String::new())).name, "");
    }
}
