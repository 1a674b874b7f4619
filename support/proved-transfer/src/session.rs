//! One run: its id, its lease, its recorded effects, its voice; and the place that runs share.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use globus_transfer::{Client, TaskWatcher};
use rest_core::Clock;
use run_store::{Effect, Opened, Run, RunStore};
use serde_json::Value;

use crate::control::ExportControl;
use crate::failure::Failure;
use crate::progress::{Event, Progress};

/// A run id that nobody has used: a random uuid.
pub fn new_run_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// What runs share: the transfer service, the record of runs, the clock. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Workplace {
    /// The transfer service.
    pub service: Service,
    /// What runs meant to do and did.
    pub store: Arc<dyn RunStore>,
    /// The folder of the audit log.
    pub state_dir: PathBuf,
    /// Tells how old a proof is.
    pub clock: Arc<dyn Clock>,
    /// What the configuration keeps on site.
    pub export_control: ExportControl,
}

/// The transfer service as this crate alone uses it: nothing outside gets the client out again, so that nothing
/// outside deletes or renames with it.
#[derive(Debug, Clone)]
pub struct Service {
    pub(crate) transfer: Client,
    pub(crate) watcher: TaskWatcher,
}

impl Service {
    /// The service that `transfer` talks to; `watcher` waits for its tasks.
    pub fn new(transfer: Client, watcher: TaskWatcher) -> Self {
        Self { transfer, watcher }
    }

    /// Whether the service takes the credentials: one token request at most for all runs of the process.
    ///
    /// # Errors
    /// It does not, or the token could not be had.
    pub async fn authenticate(&self) -> rest_core::Result<()> {
        self.transfer.rest().authenticate().await
    }
}

impl Workplace {
    /// The time by this process's clock.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The record of runs.
    pub fn store(&self) -> &dyn RunStore {
        &*self.store
    }

    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }
}

/// One run that this process holds.
#[derive(Debug, Clone)]
pub struct Session {
    workplace: Workplace,
    run: Run,
    progress: Progress,
}

/// A run that was opened.
#[derive(Debug)]
pub enum Begun {
    /// There is work to do; effects that a session before this one finished are not done again.
    Open(Session),
    /// The run ended well before; its report.
    Finished(Value),
}

impl Session {
    /// Opens a run, takes its lease, or finds that it ended well before.
    ///
    /// # Errors
    /// The id belongs to a run with other parameters, another process works on it (the failure names
    /// it), or the run store cannot be used.
    pub async fn open(
        workplace: Workplace,
        flow: &str,
        run_id: &str,
        parameters: &Value,
        progress: Progress,
    ) -> Result<Begun, Failure> {
        let opened = workplace
            .store
            .open(run_id, flow, &parameters.to_string())
            .await
            .map_err(|error| Failure::store("preflight", &error))?;
        let run = match opened {
            Opened::Finished(report) => return Ok(Begun::Finished(report)),
            Opened::Fresh(run) | Opened::Resumed(run) => run,
        };
        let session = Self {
            workplace,
            run,
            progress,
        };
        session.say(&Event::Started {
            flow: flow.to_owned(),
        });
        Ok(Begun::Open(session))
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        self.run.run_id()
    }

    /// How often the run was opened, this session included.
    pub fn opened(&self) -> u32 {
        self.run.opened()
    }

    /// What this run shares with others.
    pub fn workplace(&self) -> &Workplace {
        &self.workplace
    }

    /// Ends the run and keeps its report. A run that ended well is never done again.
    ///
    /// # Errors
    /// Another process has the run, or the run store cannot be written.
    pub async fn finish(&self, report: &Value, ok: bool) -> Result<(), Failure> {
        self.run
            .finish(report, ok)
            .await
            .map_err(|error| Failure::store("finish", &error))
    }

    /// Tells what happened.
    pub fn say(&self, event: &Event) {
        self.progress.send(self.run_id(), event);
    }

    /// How an effect of this run stands.
    ///
    /// # Errors
    /// It failed in this session, another process has the run, or the run store cannot be used.
    pub async fn effect(&self, step: &str, key: &str) -> Result<Effect, Failure> {
        self.run
            .effect(step, key)
            .await
            .map_err(|error| Failure::store(step, &error))
    }

    /// Waits for `work` and keeps the lease meanwhile; a lost lease ends the wait, not the work at the
    /// service: whoever took the run over waits for it now.
    ///
    /// # Errors
    /// Another process has the run.
    pub async fn holding<F: Future>(&self, step: &str, work: F) -> Result<F::Output, Failure> {
        self.run
            .keep(work)
            .await
            .map_err(|error| Failure::store(step, &error))
    }
}
