//! What the service answers, in its own field names.
//!
//! Fields are `Option` unless the service guarantees them, unknown fields are ignored, and statuses keep
//! values this version does not know.

mod access;
mod bookmark;
mod endpoint;
mod event;
mod file;
mod managed;
mod pause;
mod submission;
mod task;
mod tunnel;

pub use access::{AccessRule, AccessRuleCreated, Permissions, PrincipalType, Role};
pub use bookmark::Bookmark;
pub use endpoint::{Endpoint, EndpointCreated, EntityType, SearchScope, Server};
pub use event::{SkippedError, SuccessfulTransfer, TaskEvent};
pub use file::{Entry, EntryKind, Listing};
pub use managed::{AdminCancel, EndpointUse, ManagedTask};
pub use pause::{PauseInfo, PauseRule};
pub use submission::{OperationCode, OperationResult, SubmitCode, SubmitResult};
pub use task::{FatalError, NiceStatus, Task, TaskKind, TaskStatus};
pub use tunnel::{
    Deleted, Meta, RelatedId, Relationship, Resource, StreamAccessPoint, StreamAccessPointAttributes,
    StreamAccessPointId, Tunnel, TunnelAttributes, TunnelEvent, TunnelEventAttributes, TunnelId, TunnelState,
};

pub(crate) use event::MarkedList;
pub(crate) use submission::Value;
pub(crate) use task::OffsetList;
pub(crate) use tunnel::Enveloped;
