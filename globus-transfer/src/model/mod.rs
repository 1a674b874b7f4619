//! What the service answers, in its own field names.
//!
//! Fields are `Option` unless the service guarantees them, unknown fields are ignored, and statuses keep
//! values this version does not know.

mod event;
mod file;
mod submission;
mod task;

pub use event::{SkippedError, SuccessfulTransfer, TaskEvent};
pub use file::{Entry, EntryKind, Listing};
pub use submission::{OperationCode, OperationResult, SubmitCode, SubmitResult};
pub use task::{FatalError, NiceStatus, Task, TaskKind, TaskStatus};

pub(crate) use event::MarkedList;
pub(crate) use submission::Value;
pub(crate) use task::OffsetList;
