//! The flows of beamline 8.3.2 against the simulated facility: real directories, real requests, faults.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alcf;
mod bench;
mod bl7012;
mod both_centres;
mod config;
mod export_control;
mod failures;
mod faults;
mod flight_check;
mod incumbent;
mod ingest;
mod lists;
mod metrics;
mod moves;
mod names;
mod nersc;
mod prunes;
mod prunes_folders;
mod prunes_kills;
mod prunes_modes;
mod prunes_schedule;
