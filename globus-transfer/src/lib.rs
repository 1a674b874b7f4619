#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod client;
mod error;
mod ids;
mod label;
mod lenient;
mod look;
pub mod model;
mod queue;
mod watch;

pub use api::{
    FilterRule, FolderSize, Found, LsFilter, SubmissionDocument, SubmissionKind, SyncLevel, TransferItem,
};
pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL};
pub use error::{ErrorExt, has_code};
pub use ids::{EndpointId, SubmissionId, TaskId};
pub use label::Label;
pub use look::Lookout;
pub use model::{Entry, EntryKind, Listing, NiceStatus, SubmitCode, SubmitResult, Task, TaskStatus};
pub use queue::{
    Delivered, Evidence, Intended, ItemError, Journal, JournalError, QueueItem, Settled, Transfer,
    TransferQueue, Transfers,
};
/// What all clients share: sources of tokens, clocks, request parts, pagers.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, Pace, RequestParts, Result, RetryPolicy, Sent};
pub use watch::{TaskProgress, TaskWatcher, Wait, WaitError};
