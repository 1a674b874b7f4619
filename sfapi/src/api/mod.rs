//! Request builders, one module per resource of the service.

mod account;
mod command;
mod files;
mod jobs;
mod meta;
mod read;
mod status;
mod storage;
mod submit;
mod tasks;
mod upload;

pub use account::{Account, CreateGroup, GroupHandle, UpdateGroup};
pub use command::RunCommand;
pub use files::{DownloadFile, Files, ListFolder};
pub use jobs::{CancelJob, Compute, JobHandle, ListJobs};
pub use meta::Meta;
pub use read::Read;
pub use status::Status;
pub use storage::{OldTransfer, StartTransfer, Storage};
pub use submit::SubmitJob;
pub use tasks::{TaskHandle, Tasks};
pub use upload::UploadFile;
