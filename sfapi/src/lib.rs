#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod api;
mod client;
mod error;
mod evidence;
mod ids;
pub mod key_file;
pub mod model;
pub mod slurm;
mod watch;

pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL, DEFAULT_TOKEN_URL};
pub use error::{ErrorExt, code_of};
pub use evidence::Tails;
pub use ids::{JobId, Machine, TaskId, TransferId};
pub use model::{ExitCode, Job, JobState};
/// What all clients share: sources of tokens, clocks, request parts.
pub use rest_core;
pub use rest_core::{Error, ErrorKind, Pace, RequestParts, Result, RetryPolicy, Sent};
pub use watch::{JobWait, JobWatcher, WaitError};
