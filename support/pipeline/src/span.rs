//! Every line that is logged within a run tells the run, its file and its step.
//!
//! The spans are at the level of errors, so that whoever logs anything has them; their target is [`TARGET`].

use serde_json::Value;
use tracing::{Span, error_span};

/// The target of the spans. A filter that leaves it out loses the fields.
pub const TARGET: &str = "splash_flows::span";

/// The span of a run: `run_id`, `flow`, `file` and, outside of its steps, the step `run`.
pub fn run(flow: &str, parameters: &Value, run_id: &str) -> Span {
    let file = ["file_path", "relative_path"]
        .iter()
        .find_map(|name| parameters[name].as_str())
        .unwrap_or_default();
    error_span!(target: TARGET, "run", run_id, flow, file, step = "run")
}

/// The span of a step within a run.
pub fn step(name: &'static str) -> Span {
    error_span!(target: TARGET, "step", step = name)
}
