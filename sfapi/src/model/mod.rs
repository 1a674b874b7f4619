//! What the service sends. Unknown fields are ignored; what it does not guarantee is an `Option`.

mod account;
mod files;
mod job;
mod state;
mod status;
mod storage;
mod task;

pub use account::{ApiClient, Group, GroupUser, Groups, Project, Role, StorageUse, User};
pub use files::{CommandResult, Download, FileEntry, FileKind};
pub use job::{ExitCode, Job, Source};
pub use state::JobState;
pub use status::{Change, ConfigEntry, Note, Outage, OutageStatus, Resource, ResourceStatus};
pub use storage::{GlobusStatus, StartedTransfer, TransferResult};
pub use task::{Task, TaskStatus};

pub(crate) use files::{Directory, UploadReply};
pub(crate) use job::QueueReply;
pub(crate) use task::{Accepted, SubmitResult, Tasks};
