//! Real peers as processes, for tests.
//!
//! [`PrefectServer`] is an unchanged Prefect server on a port of this machine, with a database and a home of its own.
//! `cargo xtask peers` installs the pinned versions and names their folders in the environment.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod compute_endpoint;
mod postgres;
mod prefect;
mod process;
mod rabbitmq;

pub use compute_endpoint::{ComputeEndpoint, ComputeServices};
pub use prefect::{PrefectDatabase, PrefectServer, PrefectVersion, StartError};
pub use process::Group;
pub use rabbitmq::RabbitMq;
