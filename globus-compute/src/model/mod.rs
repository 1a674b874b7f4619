//! What the service answers, in its own field names.
//!
//! Fields are `Option` unless the service guarantees them, unknown fields are ignored, and statuses keep values this
//! version does not know.

mod endpoint;
mod function;
mod task;

pub use endpoint::{
    AllowedFunctions, Endpoint, EndpointListed, EndpointLock, EndpointRegistered, EndpointState,
    EndpointStatus, EndpointWork, QueueInfo,
};
pub use function::{Deleted, FunctionInfo, FunctionMeta, FunctionRegistered, Version};
pub use task::{
    ResultQueue, Submitted, SubmittedV2, Task, TaskBatch, TaskGroup, TaskInGroup, TaskStatus, V2Result,
};
