#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod client;
mod csrf;
mod error;
#[cfg(feature = "events")]
mod event_stream;
mod ids;
pub mod model;
#[cfg(feature = "worker")]
pub mod worker;

pub use client::{API_VERSION, Client, ClientBuilder, DEFAULT_BASE_URL};
#[cfg(feature = "events")]
pub use event_stream::{EventFilter, EventSink, EventStream};
pub use ids::{
    ArtifactId, AutomationId, BlockDocumentId, BlockSchemaId, BlockTypeId, DeploymentId, FlowId, FlowRunId,
    LeaseId, ScheduleId, StateId, TaskRunId,
};
pub use model::{
    Deployment, DeploymentStatus, FlowRun, NewState, Schedule, State, StateType, TaskRun, Transition,
    Variable,
};
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, RequestParts, Result, RetryPolicy, Sent};
