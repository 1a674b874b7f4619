#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod api;
mod client;
mod error;
mod ids;
mod model;

pub use api::admin::{GetHealth, GetVersion};
pub use api::deployments::{CreateFlowRun, GetDeployment, NamedDeployment};
pub use api::flow_runs::{GetFlowRun, SingleFlowRun};
pub use api::variables::{GetVariable, NamedVariable};
pub use client::{API_VERSION, Client, ClientBuilder};
pub use ids::{DeploymentId, FlowId, FlowRunId};
pub use model::deployment::{Deployment, DeploymentStatus};
pub use model::flow_run::{FlowRun, State, StateType};
pub use model::variable::Variable;
pub use rest_core::{Error, RawResponse, RequestParts, Result};
