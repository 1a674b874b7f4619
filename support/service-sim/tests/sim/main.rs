//! The simulator as its users meet it: over HTTP, with plain requests and raw sockets.
#![cfg(feature = "transfer")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod auth;
#[cfg(feature = "bin")]
mod binary;
mod clocks;
#[cfg(feature = "compute")]
mod compute;
mod control;
mod delivery;
mod faults;
mod files;
#[cfg(any(feature = "scicat", feature = "prefect"))]
mod http;
mod lifecycle;
mod limits;
#[cfg(feature = "prefect")]
mod prefect;
#[cfg(feature = "scicat")]
mod scicat;
#[cfg(feature = "scicat")]
mod scicat_traps;
mod speed;
mod support;
mod task_faults;
mod tasks;
mod transfers;
