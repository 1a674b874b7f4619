#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod client;
pub mod definition;
mod error;
mod follow;
mod ids;
pub mod model;
mod once;

pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL, FlowTokens, flow_scope};
pub use definition::{Action, Choice, Definition, State};
pub use error::ErrorExt;
pub use follow::{RunError, WaitForRun};
pub use ids::{FlowId, RegisteredApiId, RunId, WebInputId};
pub use model::{Flow, LogEntry, Run, RunStatus};
pub use once::{RunOnce, Started};
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, Pace, RequestParts, Result, RetryPolicy, Sent};
