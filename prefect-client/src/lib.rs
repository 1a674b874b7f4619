#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod client;
mod error;
mod ids;
pub mod model;

pub use client::{API_VERSION, Client, ClientBuilder, DEFAULT_BASE_URL};
pub use ids::{DeploymentId, FlowId, FlowRunId};
pub use model::{Deployment, DeploymentStatus, FlowRun, State, StateType, Variable};
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, RequestParts, Result, RetryPolicy, Sent};
