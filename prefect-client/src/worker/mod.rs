//! A worker: serves flows that are written in Rust from the work pools of a Prefect server.
//!
//! ```no_run
//! use prefect_client::Client;
//! use prefect_client::worker::{Flow, FlowContext, RunLogs, Worker};
//! use tracing_subscriber::prelude::*;
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Parameters {
//!     file_path: String,
//! }
//!
//! async fn copy(context: FlowContext, parameters: Parameters) -> Result<u64, std::io::Error> {
//!     tracing::info!(file = parameters.file_path, attempt = context.attempt(), "copying");
//!     Ok(42)
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let logs = RunLogs::default();
//! tracing_subscriber::registry().with(logs.layer()).init();
//! Worker::builder(Client::from_env()?)
//!     .pool("new_file_pool")
//!     .limit(10)
//!     .flow(Flow::new("copy", copy).version("1").retries(2, std::time::Duration::from_secs(60)))
//!     .logs(logs)
//!     .run(async {
//!         let _ = tokio::signal::ctrl_c().await;
//!     })
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! # What holds
//!
//! - A run is taken by the state Pending, which the server gives to one worker only. Its message names the worker, so
//!   that every worker sees whose a run is.
//! - A worker that missed its heartbeats is dead to the others: one of them marks its runs as Crashed, which the
//!   server accepts once, and schedules them again. The attempt that follows has the same run identifier.
//! - A worker that was stopped for that long begins nothing more for its runs before it has found that they are still
//!   its own: [`FlowContext::ensure_owner`].
//! - A failed run that may be retried is scheduled again, never kept in the process.
//! - Who asks for cancellation gets the flow's cleanup ([`Flow::on_cancel`]) within seconds.
//! - A panic ends its run as Crashed, and no other.

mod builder;
mod claim;
mod context;
mod execute;
mod finish;
mod flow;
mod http;
mod layer;
mod lease;
mod logs;
mod orphans;
mod poll;
mod registry;
mod run_state;
mod schema;
mod server_clock;
mod shared;
mod tend;
mod unhandled;
mod work;

pub use builder::{UnknownFlows, WorkerBuilder};
pub use context::{FlowContext, Stopped};
pub use flow::Flow;
pub use layer::RunLogLayer;
pub use logs::RunLogs;
pub use unhandled::UnhandledFailure;
pub use work::{Summary, Worker};
