//! The store.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use prefect_client::Client;
use run_store::{
    Batch, BatchIntended, BatchItem, ControlledPath, DeletionRecord, Delivery, DeliveryKey, Error, Intent,
    Opened, Place, RecordedBatch, Result, Run, RunStore, ScheduledId, ScheduledOutcome, ScheduledPrune,
    ScheduledRow,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::known;
use crate::session::{PrefectSession, RECORD, task_run};
use crate::{control, inputs, records, wire};

/// Runs and what outlives them, on a Prefect server.
#[derive(Debug, Clone)]
pub struct PrefectStore {
    client: Client,
    /// What this host recorded before it used the server, which counts where the server knows nothing, and runs that
    /// are no flow runs.
    local: Option<Local>,
}

#[derive(Debug, Clone)]
struct Local {
    store: Arc<dyn RunStore>,
    keeps_runs: bool,
}

/// What a run id stands for.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Identity {
    flow: String,
    params_hash: String,
}

impl PrefectStore {
    /// The store of a worker: a run is the flow run of its id, which this worker has claimed and set RUNNING.
    pub fn new(client: Client) -> Self {
        Self { client, local: None }
    }

    /// Also heeds what `local` has on record from before there was a server; what is under export control there is put
    /// on the server.
    pub fn beside(mut self, local: Arc<dyn RunStore>) -> Self {
        self.local = Some(Local {
            store: local,
            keeps_runs: false,
        });
        self
    }

    /// Keeps runs in `local`, for what is no worker; what outlives them is shared.
    pub fn with_local_runs(mut self, local: Arc<dyn RunStore>) -> Self {
        self.local = Some(Local {
            store: local,
            keeps_runs: true,
        });
        self
    }

    /// The store that keeps the runs, if it is not the server.
    fn runs(&self) -> Option<&dyn RunStore> {
        let local = self.local.as_ref().filter(|local| local.keeps_runs)?;
        Some(&*local.store)
    }

    async fn open_flow_run(&self, run_id: &str, identity: &Identity) -> Result<Opened> {
        let run = wire::unpaused(&self.client, run_id).await?;
        let lost = || Error::LeaseLost {
            run_id: run_id.to_owned(),
        };
        let run = run.ok_or_else(lost)?;
        if run.state_type.as_deref() != Some("RUNNING") {
            return Err(lost());
        }
        let body = task_run(run_id, RECORD, "0", RECORD, &inputs::write(identity)?);
        let record = wire::create_task_run(&self.client, &body).await?;
        let recorded: Identity = inputs::read(&record.task_inputs)
            .ok_or_else(|| wire::damaged("a run's record", &"it has no inputs"))??;
        if recorded != *identity {
            return Err(Error::OtherParameters {
                run_id: run_id.to_owned(),
                recorded_flow: recorded.flow,
            });
        }
        if let Some(state) = record.state.as_ref().filter(|state| state.kind == "COMPLETED") {
            return Ok(Opened::Finished(state.data["report"].clone()));
        }
        let tasks = wire::task_runs(&self.client, run_id).await?;
        let is_fresh = run.run_count <= 1 && tasks.len() <= 1;
        let session = PrefectSession::new(
            self.client.clone(),
            run_id.to_owned(),
            (run.run_count, run.state.and_then(|state| state.id)),
            record.id,
            tasks,
        )?;
        let run = Run::new(Arc::new(session));
        Ok(if is_fresh {
            Opened::Fresh(run)
        } else {
            Opened::Resumed(run)
        })
    }

    /// What this host has on record, unless it was lifted on the server since; then it is lifted here too.
    async fn controlled_here(&self, path: &str) -> Result<Option<ControlledPath>> {
        let Some(local) = &self.local else {
            return Ok(None);
        };
        while let Some(record) = local.store.controlled(path).await? {
            let lifted = control::lifted_at(&self.client, &record.path).await?;
            if lifted.is_none_or(|lifted| lifted < record.since) {
                control::control(&self.client, &record).await?;
                return Ok(Some(record));
            }
            local
                .store
                .lift_control(&record.path, "lifted on the Prefect server")
                .await?;
        }
        Ok(None)
    }
}

/// The server's rows, and those that this host had before it used the server.
fn first_due_first(mut rows: Vec<ScheduledRow>, here: Vec<ScheduledRow>) -> Vec<ScheduledRow> {
    rows.extend(here);
    rows.sort_by(|a, b| (a.prune.due, &a.id).cmp(&(b.prune.due, &b.id)));
    rows
}

fn no_batches() -> Error {
    Error::Other("a flow run keeps no batches".into())
}

#[async_trait]
impl RunStore for PrefectStore {
    async fn open(&self, run_id: &str, flow: &str, params_hash: &str) -> Result<Opened> {
        if let Some(local) = self.runs() {
            return local.open(run_id, flow, params_hash).await;
        }
        let identity = Identity {
            flow: flow.to_owned(),
            params_hash: params_hash.to_owned(),
        };
        self.open_flow_run(run_id, &identity).await
    }

    async fn pending(&self, run_id: &str) -> Result<Vec<(Place, Intent)>> {
        if let Some(local) = self.runs() {
            return local.pending(run_id).await;
        }
        known::pending(wire::task_runs(&self.client, run_id).await?)
    }

    fn keeps_batches(&self) -> bool {
        self.runs().is_some_and(RunStore::keeps_batches)
    }

    async fn intend_batch(&self, batch: Batch) -> Result<BatchIntended> {
        self.runs().ok_or_else(no_batches)?.intend_batch(batch).await
    }

    async fn note_batch(&self, id: &str, items: &[BatchItem], receipt: &Value) -> Result<()> {
        let local = self.runs().ok_or_else(no_batches)?;
        local.note_batch(id, items, receipt).await
    }

    async fn batch(&self, id: &str) -> Result<Option<RecordedBatch>> {
        match self.runs() {
            Some(local) => local.batch(id).await,
            None => Ok(None),
        }
    }

    async fn delivery(&self, key: &DeliveryKey) -> Result<Option<Delivery>> {
        if let Some(found) = records::delivery(&self.client, key).await? {
            return Ok(Some(found));
        }
        match &self.local {
            Some(local) => local.store.delivery(key).await,
            None => Ok(None),
        }
    }

    async fn record_delivery(&self, delivery: &Delivery) -> Result<()> {
        records::record_delivery(&self.client, delivery).await
    }

    async fn control_path(&self, path: &str, reason: &str, run_id: Option<&str>) -> Result<()> {
        let record = ControlledPath {
            path: path.to_owned(),
            reason: reason.to_owned(),
            run_id: run_id.map(str::to_owned),
            since: Utc::now(),
        };
        if let Some(local) = &self.local {
            local.store.control_path(path, reason, run_id).await?;
        }
        control::control(&self.client, &record).await
    }

    async fn controlled(&self, path: &str) -> Result<Option<ControlledPath>> {
        match control::controlled(&self.client, path).await? {
            Some(record) => Ok(Some(record)),
            None => self.controlled_here(path).await,
        }
    }

    async fn lift_control(&self, path: &str, reason: &str) -> Result<bool> {
        let here = match &self.local {
            Some(local) => local.store.lift_control(path, reason).await?,
            None => false,
        };
        Ok(control::lift(&self.client, path, reason).await? || here)
    }

    async fn controlled_paths(&self) -> Result<Vec<ControlledPath>> {
        let mut paths = control::all(&self.client).await?;
        let Some(local) = &self.local else {
            return Ok(paths);
        };
        for here in local.store.controlled_paths().await? {
            let stands = |paths: &[ControlledPath]| paths.iter().any(|known| known.path == here.path);
            if !stands(&paths)
                && let Some(record) = self.controlled_here(&here.path).await?
                && record.path == here.path
            {
                paths.push(record);
            }
        }
        paths.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(paths)
    }

    async fn schedule(&self, prune: &ScheduledPrune) -> Result<ScheduledId> {
        records::schedule(&self.client, prune).await
    }

    async fn runs_elsewhere(&self, id: &ScheduledId, elsewhere: Option<&str>) -> Result<()> {
        match (
            records::runs_elsewhere(&self.client, id, elsewhere).await,
            &self.local,
        ) {
            (Err(Error::NotScheduled { .. }), Some(local)) => local.store.runs_elsewhere(id, elsewhere).await,
            (outcome, _) => outcome,
        }
    }

    async fn due(&self, now: DateTime<Utc>) -> Result<Vec<ScheduledRow>> {
        let mut rows = self.scheduled().await?;
        rows.retain(|row| row.prune.due <= now && row.elsewhere.is_none());
        Ok(rows)
    }

    async fn scheduled(&self) -> Result<Vec<ScheduledRow>> {
        let rows = records::scheduled(&self.client, None).await?;
        match &self.local {
            Some(local) => Ok(first_due_first(rows, local.store.scheduled().await?)),
            None => Ok(rows),
        }
    }

    async fn scheduled_named(&self, name: &str) -> Result<Vec<ScheduledRow>> {
        let rows = records::scheduled(&self.client, Some(name)).await?;
        match &self.local {
            Some(local) => Ok(first_due_first(rows, local.store.scheduled_named(name).await?)),
            None => Ok(rows),
        }
    }

    async fn dropped(&self, parameters: &Value) -> Result<Option<String>> {
        match (records::dropped(&self.client, parameters).await?, &self.local) {
            (None, Some(local)) => local.store.dropped(parameters).await,
            (reason, _) => Ok(reason),
        }
    }

    async fn finish_scheduled(&self, id: &ScheduledId, outcome: &ScheduledOutcome) -> Result<()> {
        match (
            records::finish_scheduled(&self.client, id, outcome).await,
            &self.local,
        ) {
            (Err(Error::NotScheduled { .. }), Some(local)) => local.store.finish_scheduled(id, outcome).await,
            (outcome, _) => outcome,
        }
    }

    async fn deletion(&self, endpoint: &str, path: &str) -> Result<Option<DeletionRecord>> {
        match (
            records::deletion(&self.client, endpoint, path).await?,
            &self.local,
        ) {
            (None, Some(local)) => local.store.deletion(endpoint, path).await,
            (found, _) => Ok(found),
        }
    }

    async fn record_deletion(&self, record: &DeletionRecord) -> Result<()> {
        records::record_deletion(&self.client, record).await
    }
}
