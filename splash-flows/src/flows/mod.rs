//! The flows, by name: what a command, a worker or an example runs.

pub mod bl832;
mod registry;

pub use registry::{FLOWS, FlowInfo, Outcome, run};
