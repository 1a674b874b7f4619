//! Requests, one builder each, in the order of the service's documentation.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod endpoints;
mod functions;
mod submission;
mod tasks;
mod v2;

pub use endpoints::{
    DeleteEndpoint, EndpointHandle, GetAllowedFunctions, GetEndpoint, GetEndpointStatus, ListEndpoints,
    LockEndpoint, RegisterEndpoint, UpdateEndpoint,
};
pub use functions::{DeleteFunction, GetFunction, GetVersion, RegisterFunction};
pub(crate) use submission::TASKS_PER_SUBMISSION;
pub use submission::{SubmissionDocument, Submit, SubmitDocument};
pub(crate) use tasks::IDS_PER_REQUEST;
pub use tasks::{GetResultQueue, GetTask, GetTaskGroup, GetTasks};
pub use v2::{LockEndpointV2, RegisterEndpointV2, RegisterFunctionV2, SubmitV2, TaskV2, V2};
