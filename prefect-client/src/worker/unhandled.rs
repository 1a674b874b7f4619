//! Runs that end badly and whose handler cannot say so.

use std::fmt;
use std::sync::Arc;

use crate::FlowRunId;

/// A run that failed or crashed for good without its handler having returned: its parameters do not fit, it panicked or
/// took too long, its flow is not served or its deployment is gone, or its workers die.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnhandledFailure {
    /// The run.
    pub flow_run_id: FlowRunId,
    /// The name of its flow, as far as the server knows it.
    pub flow: Option<String>,
    /// What went wrong, without secrets.
    pub problem: String,
}

/// Who is told.
#[derive(Clone, Default)]
pub(crate) struct OnUnhandled(Option<Arc<dyn Fn(UnhandledFailure) + Send + Sync>>);

impl OnUnhandled {
    pub(crate) fn new(hook: impl Fn(UnhandledFailure) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    pub(crate) fn tell(&self, flow_run_id: &FlowRunId, flow: Option<&str>, problem: String) {
        if let Some(hook) = &self.0 {
            hook(UnhandledFailure {
                flow_run_id: flow_run_id.clone(),
                flow: flow.map(str::to_owned),
                problem,
            });
        }
    }
}

impl fmt::Debug for OnUnhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnUnhandled").field(&self.0.is_some()).finish()
    }
}
