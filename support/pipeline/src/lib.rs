//! What the pipelines of any beamline stand on: a facility's configuration and services, runs that happen once in
//! effect, prunes that prove before they delete, schedules, metrics.
//!
//! A beamline's module brings its flows, and its [`site::SiteRules`]: which copy proves which, what may not leave the
//! site. Nothing here knows a beamline, an endpoint or a path by name.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cancel;
pub mod compute;
pub mod config;
pub mod days;
pub mod facility;
pub mod ingest;
pub mod metrics;
pub mod notify;
pub mod prune;
pub mod report;
pub mod results;
pub mod run;
pub mod scheduler;
pub mod site;
pub mod span;
pub mod superfacility;

pub use proved_transfer::{copy, endpoint, failure, progress};
pub use settings::dotenv;
