//! One run: its id, its lease, its recorded effects, its voice; and the place that runs share.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use globus_transfer::{Client, Lookout, TaskWatcher};
use rest_core::Clock;
use run_store::{Claim, Effect, Opened, Run, RunStore, Slot};
use serde_json::Value;

use crate::control::ExportControl;
use crate::copy::{Queue, shared_queue};
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
    pub(crate) lookout: Lookout,
    /// How many tasks of one queue may be active at once.
    pub(crate) room: usize,
    /// The queue of all runs, if they may share tasks.
    pub(crate) shared: Option<Queue>,
}

/// How often another run's effect is looked at, in the run store.
const LOOK: Duration = Duration::from_millis(500);

/// How many of a user's transfers the service works on at once.
const ROOM: usize = 3;

impl Service {
    /// The service that `transfer` talks to; `watcher` waits for its tasks.
    pub fn new(transfer: Client, watcher: TaskWatcher) -> Self {
        Self {
            lookout: Lookout::new(transfer.clone()),
            transfer,
            watcher,
            room: ROOM,
            shared: None,
        }
    }

    /// This process is one of so many that share the user: it takes its part of the places for active tasks.
    pub fn one_of(mut self, processes: u32) -> Self {
        let processes = usize::try_from(processes).unwrap_or(usize::MAX);
        self.room = (ROOM / processes.max(1)).max(1);
        self
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
    /// Lets the runs of this process share tasks: files that wait for a place go together, whoever moves them. Call it
    /// once, before the first run.
    pub fn batch_across_runs(mut self) -> Self {
        if self.store.keeps_batches() {
            self.service.shared = Some(shared_queue(&self));
        }
        self
    }

    /// How many files wait for a task that runs share; none where they share none.
    pub fn queued(&self) -> usize {
        self.service.shared.as_ref().map_or(0, Queue::waiting)
    }

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

    pub(crate) fn record(&self) -> &Run {
        &self.run
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

    /// Records what is about to be sent for an effect of which only one may be under way anywhere; while another run
    /// that lives has the same step and key under way, waits for that to end. Look again afterwards at what there is.
    ///
    /// # Errors
    /// As for [`effect`](Self::effect).
    pub async fn claim(
        &self,
        (step, key): (&str, &str),
        mut slot: Slot,
        document: &[u8],
        facts: &Value,
    ) -> Result<Slot, Failure> {
        loop {
            let claim = slot.intend_alone(document, facts).await;
            match claim.map_err(|error| Failure::store(step, &error))? {
                Claim::Mine(slot) => return Ok(slot),
                Claim::Elsewhere { slot: back, .. } => slot = back,
            }
            self.wait_for_other(step, key).await?;
        }
    }

    /// Does `work` while no other run that lives has this step under way for this key; waits for such a run before. Work
    /// that a session before this one began, or did, is done again: it must find out itself what there is.
    ///
    /// # Errors
    /// Those of `work`, and as for [`effect`](Self::effect).
    pub async fn alone<T>(
        &self,
        (step, key): (&str, &str),
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let slot = match self.effect(step, key).await? {
            Effect::Done(_) => return work.await,
            Effect::New(slot) | Effect::Failed { slot, .. } => slot,
            // Another run may have been at it since.
            Effect::Pending(slot, _) => {
                let ended = slot.settlement(false, serde_json::json!({ "cut_off": true }));
                let settled = self.run.settle_all(vec![ended]).await;
                settled.map_err(|error| Failure::store(step, &error))?;
                slot.following()
            }
        };
        let slot = self.claim((step, key), slot, b"", &Value::Null).await?;
        let done = work.await;
        let settled = match &done {
            Ok(_) => slot.done(&Value::Null).await,
            Err(failure) => slot.failed(&serde_json::json!({ "error": failure })).await,
        };
        settled.map_err(|error| Failure::store(step, &error))?;
        done
    }

    /// Waits while another run that lives has this step under way for this key.
    pub(crate) async fn wait_for_other(&self, step: &str, key: &str) -> Result<(), Failure> {
        let mut waited = false;
        loop {
            // Each look renews the lease of this run.
            let other = self.run.elsewhere(step, key).await;
            let Some(other) = other.map_err(|error| Failure::store(step, &error))? else {
                return Ok(());
            };
            if !waited {
                self.say(&Event::Notice {
                    text: format!("{step}: run {other} is at {key} already, waiting for that"),
                });
                waited = true;
            }
            tokio::time::sleep(LOOK).await;
        }
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
