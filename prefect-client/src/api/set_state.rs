//! Proposing a state for a run.

use uuid::Uuid;

use super::call::builder;
use crate::model::{NewState, OrchestrationResult, StateType, Transition};
use crate::{Client, Error, Result};

macro_rules! set_state {
    ($(#[$doc:meta])* $name:ident: $operation:literal, $path:literal) => {
        builder! {
            $(#[$doc])*
            $name: $operation, POST(repeatable) $path;
        }

        impl $name {
            pub(crate) fn of(client: &Client, id: &str, mut state: NewState) -> Self {
                state.identify();
                let mut set = Self::new(client, &[("id", id)]);
                match serde_json::to_value(&state) {
                    Ok(state) => set.call.set("state", state),
                    Err(problem) => set.call.refuse(format!("the state cannot be written: {problem}")),
                }
                set
            }

            /// Passes the server's rules by: the state is taken as it is. For people who mend things.
            pub fn force(mut self, force: bool) -> Self {
                self.call.set("force", force);
                self
            }

            /// Proposes the state. Retried: by its transition identifier the server knows a repeated proposal.
            ///
            /// # Errors
            /// 404 if there is no such run; those of any request; [`ErrorKind::Decode`](crate::ErrorKind::Decode)
            /// for an answer that this version does not know. That the server refuses the state is no error, see
            /// [`Transition`].
            pub async fn send(&self) -> Result<Transition> {
                let (kind, id) = self.proposed();
                let answer: OrchestrationResult = self.call.client.request(self.into_parts()?).await?;
                answer
                    .transition(&kind, id)
                    .ok_or_else(|| Error::decode($operation, "the server's word on the state is unknown"))
            }

            /// The type and the transition identifier that go out.
            fn proposed(&self) -> (StateType, Uuid) {
                let state = self.call.field("state").cloned().unwrap_or_default();
                let id = state["state_details"]["transition_id"].as_str();
                (
                    StateType::from(state["type"].as_str().unwrap_or_default()),
                    id.and_then(|id| id.parse().ok()).unwrap_or_default(),
                )
            }
        }
    };
}

set_state! {
    /// Proposes a state for a flow run. Made by [`FlowRunHandle::set_state`](super::FlowRunHandle::set_state).
    SetFlowRunState: "prefect.flow_run_set_state", "/flow_runs/{id}/set_state"
}

set_state! {
    /// Proposes a state for a task run. Made by [`TaskRunHandle::set_state`](super::TaskRunHandle::set_state).
    SetTaskRunState: "prefect.task_run_set_state", "/task_runs/{id}/set_state"
}
