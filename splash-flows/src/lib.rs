//! The data pipelines of the Advanced Light Source: move new scans, prove every copy, catalogue them,
//! prune old copies safely.
//!
//! A flow is an async function of a [`run::RunContext`] and its parameters. Every effect it makes happens
//! once, whatever happens to the process; every outcome is believed only when the service says so; and
//! nothing is deleted that is not proved to stand elsewhere.
//!
//! [`flows::run`] runs a flow by its name. [`facility::Facility`] holds what all runs share.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod flows;
pub mod hpc;
pub mod scan_path;
mod site;

pub use pipeline::{config, facility, ingest, notify, prune, report, run, scheduler, span};
pub use proved_transfer::{copy, endpoint, failure, progress};
pub use settings::dotenv;
pub use site::{SITE_RULES, alcf_settings};
