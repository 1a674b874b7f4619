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
    /// The transfer of this session is done, and its copy proved: what the service says of it.
    Delivered {
        /// The hop.
        hop: String,
        /// The destination's name.
        machine: String,
        /// Bytes moved; 0 if the file stood there already.
        bytes: u64,
        /// Bytes per second.
        bytes_per_second: Option<u64>,
        /// Seconds from the request to the end of the task.
        seconds: Option<f64>,
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

    /// Hands an event on, for a sink that stands before this one.
    pub fn pass(&self, run_id: &str, event: &Event) {
        (self.0)(run_id, event);
    }

    pub(crate) fn send(&self, run_id: &str, event: &Event) {
        log(event);
        self.pass(run_id, event);
    }
}

/// A line of the log. The run, its file and its step are in the span that the caller is in.
fn log(event: &Event) {
    match event {
        Event::Started { flow } => tracing::info!(flow, "run begins"),
        Event::Notice { text } => tracing::info!("{text}"),
        Event::Submitted { hop, task_id } => tracing::info!(hop, task_id, "transfer submitted"),
        Event::Delivered {
            hop,
            bytes,
            bytes_per_second,
            ..
        } => tracing::info!(hop, bytes, bytes_per_second, "transfer done"),
        Event::Moving {
            hop,
            bytes,
            total,
            status,
        } => tracing::debug!(hop, bytes, total, status, "transfer moves"),
        Event::Verified { hop, bytes } => tracing::info!(hop, bytes, "copy verified"),
        Event::Catalogued { pid } => tracing::info!(pid, "catalogued"),
        Event::PruneScheduled { endpoint, at } => tracing::info!(endpoint, at, "prune scheduled"),
        Event::Failed { failure } => tracing::warn!(code = failure.code, %failure, "step failed"),
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
