//! Calling off what a run has begun and will not wait for.

use std::time::Duration;

use proved_transfer::failure::Failure;
use run_store::RunStore;
use sfapi::{Job, JobId, TaskId};

use super::{Facts, Jobs, Receipt, SERVICE, look, recalled};

/// For how long a cancelled job may take to end.
const CANCELLING: Duration = Duration::from_secs(120);
const STEP: &str = "cancel";

/// A job of a run that is on record and has not been judged.
#[derive(Debug)]
pub struct PendingJob {
    step: String,
    facts: Facts,
    receipt: Receipt,
}

/// The jobs that a run has submitted, or was about to submit, and whose end it has not seen. Nobody needs to hold the run.
///
/// # Errors
/// The run store cannot be read.
pub async fn pending(store: &dyn RunStore, run_id: &str) -> Result<Vec<PendingJob>, Failure> {
    let all = store.pending(run_id).await;
    let all = all.map_err(|error| Failure::store(STEP, &error))?;
    let mut found = Vec::new();
    for (place, intent) in all {
        // Other steps have other facts.
        let Ok(facts) = serde_json::from_value::<Facts>(intent.facts) else {
            continue;
        };
        let receipt = intent.receipt.map(|receipt| recalled(&place.step, receipt));
        found.push(PendingJob {
            facts,
            receipt: receipt.transpose()?.unwrap_or_default(),
            step: place.step,
        });
    }
    Ok(found)
}

impl PendingJob {
    /// The step of the run.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// The machine that the job is on.
    pub fn machine(&self) -> &str {
        &self.facts.machine
    }

    /// Calls the job off and waits until Slurm shows its end, for two minutes; so too for a second one that a submission
    /// delivered twice has made. A job whose submission nobody answered is looked for until it would have been found;
    /// nothing if there is none.
    ///
    /// # Errors
    /// The service could not be asked or did not cancel: the job may still run.
    pub async fn cancel(&self, jobs: &Jobs) -> Result<Vec<Job>, Failure> {
        let failed = |error: sfapi::Error| {
            let text = format!("scancel --name={} on {}", self.facts.name, self.facts.machine);
            Failure::service(&self.step, SERVICE, &error).remedy(format!("the job may still run: {text}"))
        };
        let mut ids: Vec<JobId> = self.job(jobs).await.map_err(failed)?.into_iter().collect();
        for other in look::living(jobs, &self.facts).await.map_err(failed)? {
            if !ids.contains(&other) {
                ids.push(other);
            }
        }
        let mut ended = Vec::new();
        for id in ids {
            let cancel = jobs.compute.job(&id).cancel();
            ended.push(cancel.confirmed(CANCELLING).await.map_err(failed)?);
        }
        Ok(ended)
    }

    async fn job(&self, jobs: &Jobs) -> sfapi::Result<Option<JobId>> {
        if let Some(id) = &self.receipt.job_id {
            return Ok(Some(id.clone()));
        }
        if let Some(task) = self.receipt.task_id.clone().map(TaskId::new) {
            // A task that cannot be asked for any more says nothing about the job.
            if let Ok(id) = jobs.compute.submit("").job_of(&task).await {
                return Ok(Some(id));
            }
        }
        look::until_settled(jobs, &self.facts).await
    }
}
