//! What a handler has of its run.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::run_state::{Order, RunState};
use super::shared::Shared;
use crate::api::{CreateArtifact, CreateTaskRun};
use crate::model::{Deployment, NewEvent};
use crate::{ArtifactId, Client, FlowRun, FlowRunId, Result};

/// How often a wait for ownership looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What a handler has of its run. Cheap to clone; clones are of one run.
#[derive(Clone, Debug)]
pub struct FlowContext {
    pub(crate) shared: Arc<Shared>,
    pub(crate) run: Arc<RunState>,
    /// Whether it is the cleanup's, which goes on though the run is being cancelled.
    pub(crate) cleans_up: bool,
}

/// Why a handler is to go no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stopped {
    /// The run is being cancelled.
    Cancelled,
    /// The worker ends, or the run was suspended: another attempt goes on from here.
    HandedOver,
    /// The run is no longer this worker's: another has it, or someone ended it.
    Lost,
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the run is being cancelled",
            Self::HandedOver => "the run goes on elsewhere",
            Self::Lost => "the run is no longer this worker's",
        })
    }
}

impl std::error::Error for Stopped {}

impl FlowContext {
    /// The client of the worker.
    pub fn client(&self) -> &Client {
        &self.shared.client
    }

    /// The run, as it was when it was taken.
    pub fn run(&self) -> &FlowRun {
        &self.run.run
    }

    /// The run's identifier: the same for all its attempts.
    pub fn run_id(&self) -> &FlowRunId {
        self.run.id()
    }

    /// The deployment that the run was created from, if there is one still.
    pub fn deployment(&self) -> Option<&Deployment> {
        self.run.deployment.as_ref()
    }

    /// The pool that the run was taken from.
    pub fn pool(&self) -> &str {
        &self.run.pool
    }

    /// Which attempt this is, from 1.
    pub fn attempt(&self) -> u64 {
        self.run.attempt()
    }

    /// The name of the worker: no two processes ever have the same.
    pub fn worker(&self) -> &str {
        &self.shared.settings.name
    }

    /// The server's time of day, which counts where this machine's differs.
    pub fn server_now(&self) -> chrono::DateTime<chrono::Utc> {
        self.shared.clock.now()
    }

    /// How long this worker may be silent before others take over.
    pub fn lease(&self) -> Duration {
        self.shared.lease.length()
    }

    /// Cancelled when the handler is to stop: the run is being cancelled, the worker ends, the run is lost. A handler
    /// that does not look is dropped at its next `await`, after the worker's grace.
    pub fn stopping(&self) -> &CancellationToken {
        &self.run.stop
    }

    /// Makes sure that the run is this worker's: to be asked before each effect. It costs nothing while the worker's
    /// heartbeats get through; after they did not, it waits until the server has said whose the run is.
    ///
    /// # Errors
    /// [`Stopped`] if the run is another's, or is to stop.
    pub async fn ensure_owner(&self) -> Result<(), Stopped> {
        loop {
            self.stopped()?;
            if self.shared.lease.covers(self.run.verified()) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// As [`ensure_owner`](Self::ensure_owner), and waits while the run is paused.
    ///
    /// # Errors
    /// As for [`ensure_owner`](Self::ensure_owner).
    pub async fn checkpoint(&self) -> Result<(), Stopped> {
        let mut orders = self.run.orders();
        // The sender lives as long as the run.
        let _ = orders.wait_for(|order| *order != Order::Pause).await;
        self.ensure_owner().await
    }

    fn stopped(&self) -> Result<(), Stopped> {
        match self.run.order() {
            Order::Run | Order::Pause => Ok(()),
            Order::Lose => Err(Stopped::Lost),
            _ if self.cleans_up => Ok(()),
            Order::Cancel => Err(Stopped::Cancelled),
            Order::HandOver | Order::Suspend => Err(Stopped::HandedOver),
        }
    }

    /// Awaits `work` without a slot of the worker's limit: for a flow that waits for others, which need slots
    /// themselves. Afterwards it waits for a slot.
    pub async fn without_slot<F: Future>(&self, work: F) -> F::Output {
        self.run.release_slot();
        self.shared.wake.notify_one();
        let output = work.await;
        if let Ok(slot) = Arc::clone(&self.shared.slots).acquire_owned().await {
            self.run.take_slot(slot);
        }
        output
    }

    /// A task run of this run, or the one that is there: of all attempts of the run, and all workers, the first to
    /// ask for a key creates it. What an effect is going to do can be kept in its inputs before it is done.
    pub fn task_run(&self, task_key: impl Into<String>, dynamic_key: impl Into<String>) -> CreateTaskRun {
        self.client()
            .task_runs()
            .create(self.run_id(), task_key, dynamic_key)
    }

    /// Writes a line to the run's log: 10 debug, 20 info, 30 warning, 40 error. What is traced within the run gets
    /// there by itself, see [`RunLogs::layer`](super::RunLogs::layer).
    pub fn log(&self, level: i64, message: impl AsRef<str>) {
        self.shared
            .logs
            .push(&self.run.origin, "prefect.flow_runs", level, message.as_ref());
    }

    fn artifact(&self, create: CreateArtifact, key: &str) -> CreateArtifact {
        create.key(key).flow_run_id(self.run_id())
    }

    /// A progress bar, from 0 to 100. Send it, then move it with [`set_progress`](Self::set_progress).
    pub fn progress(&self, key: &str, percent: f64) -> CreateArtifact {
        self.artifact(self.client().artifacts().progress(percent), key)
    }

    /// Moves a progress bar. Retried.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn set_progress(&self, bar: &ArtifactId, percent: f64) -> Result<()> {
        let percent = if percent.is_finite() {
            percent.clamp(0.0, 100.0)
        } else {
            0.0
        };
        self.client()
            .artifact(bar.clone())
            .update()
            .data(percent)
            .send()
            .await
    }

    /// A table of these rows, each a JSON object from column to value.
    pub fn table(&self, key: &str, rows: &[Value]) -> CreateArtifact {
        self.artifact(self.client().artifacts().table(rows), key)
    }

    /// A link.
    pub fn link(&self, key: &str, url: impl AsRef<str>, text: impl AsRef<str>) -> CreateArtifact {
        self.artifact(self.client().artifacts().link(url, text), key)
    }

    /// A text in Markdown.
    pub fn markdown(&self, key: &str, text: impl Into<String>) -> CreateArtifact {
        self.artifact(self.client().artifacts().markdown(text), key)
    }

    /// An event of this name about a resource, related to this run. [`emit`](Self::emit) tells the server of it.
    pub fn event(&self, name: impl Into<String>, resource: impl Into<String>) -> NewEvent {
        NewEvent::new(name, resource, self.server_now()).in_flow_run(self.run_id())
    }

    /// Tells the server of an event. Retried.
    ///
    /// # Errors
    /// Those of any request; 404 from a server of version 2, which has none.
    pub async fn emit(&self, event: NewEvent) -> Result<()> {
        self.client().events().emit([event]).send().await
    }
}
