//! Gauges pushed to a Prometheus Pushgateway, for programs that end before anyone scrapes them.
//!
//! [`Exposition`] is the text, [`Gateway`] the place: a group of one job and one instance. A push takes the place
//! of all that the group held. It is sent once, within a time limit, and never retried: a figure that is late or
//! lost must not hold up the work that it is about.
//!
//! ```no_run
//! # async fn push() -> pushgateway::Result<()> {
//! use pushgateway::{Exposition, Gateway};
//!
//! let gateway = Gateway::new("http://localhost:9091", "backup", "server-7")?;
//! let mut figures = Exposition::default();
//! figures.gauge("backup_bytes", "Bytes of the last backup").sample("volume", "data", 5_000_000_u32);
//! gateway.push(&figures).send().await?;
//! # Ok(()) }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod exposition;
mod gateway;

pub use exposition::{Exposition, Gauge};
pub use gateway::{Gateway, Push};
pub use rest_core::{Error, ErrorKind, Result};
