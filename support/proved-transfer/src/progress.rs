//! What a run says while it works.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::failure::Failure;

/// Something that happened in a run, in the order in which it happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The run has its id and its lease.
    Started {
        /// The flow's name.
        flow: String,
    },
    /// A remark that needs no action.
    Notice {
        /// The remark.
        text: String,
    },
    /// A transfer was submitted, or an earlier one was found again.
    Submitted {
        /// The hop, such as `disk -> server`.
        hop: String,
        /// The Globus task.
        task_id: String,
    },
    /// A transfer moves.
    Moving {
        /// The hop.
        hop: String,
        /// Bytes moved so far.
        bytes: u64,
        /// Bytes of the file.
        total: u64,
        /// The service's short status, such as `OK` or `Queued`.
        status: String,
    },
    /// A copy is proved.
    Verified {
        /// The hop.
        hop: String,
        /// Bytes of the copy.
        bytes: u64,
    },
    /// The data is in the catalogue.
    Catalogued {
        /// The dataset's identifier.
        pid: String,
    },
    /// A prune stands in the schedule.
    PruneScheduled {
        /// The endpoint's key.
        endpoint: String,
        /// When it is due, RFC 3339.
        at: String,
    },
    /// A step failed.
    Failed {
        /// What, and what to do.
        failure: Failure,
    },
}

/// Where a run's events go. Cheap to clone; the default drops them.
#[derive(Clone)]
pub struct Progress(Arc<Sink>);

type Sink = dyn Fn(&str, &Event) + Send + Sync;

impl Progress {
    /// Sends every event, with the run's id, to `sink`, which must not block.
    pub fn new(sink: impl Fn(&str, &Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    pub(crate) fn send(&self, run_id: &str, event: &Event) {
        if let Event::Failed { failure } = event {
            tracing::warn!(run_id, %failure, "step failed");
        } else {
            tracing::debug!(run_id, ?event, "progress");
        }
        (self.0)(run_id, event);
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new(|_, _| {})
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}
