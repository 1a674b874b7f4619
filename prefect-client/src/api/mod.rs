//! Requests, one builder each.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod admin;
mod deployments;
mod flow_runs;
mod variables;

pub use admin::{GetHealth, GetVersion};
pub use deployments::{CreateFlowRun, DeploymentHandle, GetDeployment};
pub use flow_runs::{FlowRunHandle, GetFlowRun};
pub use variables::{GetVariable, VariableHandle};
