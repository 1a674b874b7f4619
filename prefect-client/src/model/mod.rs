//! The documents that come back from the server.

mod deployment;
mod flow_run;
mod variable;

pub use deployment::{Deployment, DeploymentStatus};
pub use flow_run::{FlowRun, State, StateType};
pub use variable::Variable;
