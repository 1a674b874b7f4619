//! The flows, by name: what a command, a worker or an example runs.

pub mod bl7012;
pub mod bl832;
mod registry;
pub mod scicat;

pub use registry::{FLOWS, FlowInfo, JOB_STEPS, Outcome, cancel, run};
