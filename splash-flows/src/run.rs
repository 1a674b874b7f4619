//! One run of a flow: its id, its lease, its recorded effects, its voice.

use std::future::Future;
use std::sync::Arc;

use run_store::{Effect, Opened, Run};
use serde_json::Value;

use crate::facility::Facility;
use crate::failure::Failure;
use crate::progress::{Event, Progress};

/// A run id that nobody has used: a random uuid.
pub fn new_run_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// What a flow works with.
#[derive(Debug, Clone)]
pub struct RunContext {
    facility: Arc<Facility>,
    run: Run,
    progress: Progress,
}

/// A run that was opened.
#[derive(Debug)]
pub enum Begun {
    /// There is work to do; effects that a run before this one finished are not done again.
    Open(RunContext),
    /// The run ended well before; its report.
    Finished(Value),
}

impl RunContext {
    /// Opens a run, takes its lease, or finds that it ended well before.
    ///
    /// # Errors
    /// The id belongs to a run with other parameters, another process works on it (the failure names
    /// it), or the run store cannot be used.
    pub async fn open(
        facility: Arc<Facility>,
        flow: &str,
        run_id: &str,
        parameters: &Value,
        progress: Progress,
    ) -> Result<Begun, Failure> {
        let opened = facility
            .store()
            .open(run_id, flow, &parameters.to_string())
            .await
            .map_err(|error| Failure::store("preflight", &error))?;
        let run = match opened {
            Opened::Finished(report) => return Ok(Begun::Finished(report)),
            Opened::Fresh(run) | Opened::Resumed(run) => run,
        };
        let context = Self {
            facility,
            run,
            progress,
        };
        context.say(&Event::Started {
            flow: flow.to_owned(),
        });
        Ok(Begun::Open(context))
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        self.run.run_id()
    }

    /// The services and places that the run works with.
    pub fn facility(&self) -> &Facility {
        &self.facility
    }

    /// Ends the run and keeps its report. A run that ended well is never done again.
    pub(crate) async fn finish(&self, report: &Value, ok: bool) -> Result<(), Failure> {
        self.run
            .finish(report, ok)
            .await
            .map_err(|error| Failure::store("finish", &error))
    }

    pub(crate) fn say(&self, event: &Event) {
        self.progress.send(self.run_id(), event);
    }

    pub(crate) async fn effect(&self, step: &str, key: &str) -> Result<Effect, Failure> {
        self.run
            .effect(step, key)
            .await
            .map_err(|error| Failure::store(step, &error))
    }

    /// Waits for `work` and keeps the lease meanwhile; a lost lease ends the wait, not the work at the
    /// service: whoever took the run over waits for it now.
    pub(crate) async fn holding<F: Future>(&self, step: &str, work: F) -> Result<F::Output, Failure> {
        self.run
            .keep(work)
            .await
            .map_err(|error| Failure::store(step, &error))
    }
}
