//! The calls, a module per resource.

pub(crate) mod admin;
pub(crate) mod deployments;
pub(crate) mod flow_runs;
pub(crate) mod variables;
