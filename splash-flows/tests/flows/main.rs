//! The flows of beamline 8.3.2 against the simulated facility: real directories, real requests, faults.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod export_control;
mod failures;
mod faults;
mod incumbent;
mod moves;
mod names;
mod prunes;
