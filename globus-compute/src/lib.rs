#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod arguments;
mod client;
mod command;
mod error;
mod executor;
mod function;
mod ids;
pub mod model;
pub mod serial;
mod source;

pub use api::SubmissionDocument;
pub use arguments::Arguments;
pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL, MAX_PAYLOAD, RESOURCE_SERVER};
pub use command::{Command, CommandOutput};
pub use error::{ErrorExt, code_name};
pub use executor::{CommandHandle, Executor, TaskError, TaskHandle};
pub use function::Function;
pub use ids::{EndpointId, FunctionId, TaskGroupId, TaskId};
pub use model::{Endpoint, EndpointStatus, Task, TaskStatus};
/// What all clients share: sources of tokens, clocks, request parts.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, Pace, RequestParts, Result, RetryPolicy, Sent};
pub use serial::{Dialect, Value};
