//! The real binary, as a child process, against a simulated facility that this process hosts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod check;
mod child;
mod compute;
mod container;
mod env;
mod export_control;
mod golden;
mod ingest;
mod jobs;
mod kills;
mod login;
mod logs;
mod prune;
mod try_out;
mod usage;
