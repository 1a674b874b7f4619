//! Finding a job whose answer was lost.

use std::time::Duration;

use sfapi::slurm::Fence;
use sfapi::{ErrorExt, JobId, Result};
use tokio::time::{Instant, sleep};

use super::{Facts, Jobs};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(3);

/// Looks for the job until it is found or the settle time is over.
///
/// # Errors
/// The service could not be asked at the last look: nothing is known.
pub(super) async fn until_settled(jobs: &Jobs, facts: &Facts) -> Result<Option<JobId>> {
    let end = Instant::now() + jobs.settle;
    loop {
        let found = for_job(jobs, facts).await;
        if matches!(found, Ok(Some(_))) || Instant::now() >= end {
            return found;
        }
        sleep(PAUSE.min(jobs.settle)).await;
    }
}

/// One look: the fence names the job that passed it; else one of our user's jobs has the name. Slurm's own filters are
/// not relied upon.
pub(super) async fn for_job(jobs: &Jobs, facts: &Facts) -> Result<Option<JobId>> {
    if let Some(owner) = owner(jobs, facts).await? {
        return Ok(Some(owner));
    }
    for list in [jobs.compute.jobs(), jobs.compute.jobs().accounting()] {
        let ours = list.user(&jobs.user).send().await?;
        let ours = ours
            .into_iter()
            .find(|job| job.name.as_deref() == Some(facts.name.as_str()));
        if let Some(job) = ours {
            return Ok(Some(job.id));
        }
    }
    Ok(None)
}

/// Another job than `id` that does the step's work, or may yet: the one that passed the fence, or while none did, one of
/// the same name that waits or runs.
pub(super) async fn another(jobs: &Jobs, facts: &Facts, id: &JobId) -> Result<Option<JobId>> {
    // In this order: a job that is not in the queue any more has left its id at the fence.
    let living = living(jobs, facts).await?;
    match owner(jobs, facts).await? {
        Some(owner) => Ok((owner != *id).then_some(owner)),
        None => Ok(living.into_iter().find(|other| other != id)),
    }
}

/// Our user's jobs of the name that wait or run.
pub(super) async fn living(jobs: &Jobs, facts: &Facts) -> Result<Vec<JobId>> {
    let queued = jobs.compute.jobs().user(&jobs.user).send().await?;
    let ours = queued
        .into_iter()
        .filter(|job| job.name.as_deref() == Some(facts.name.as_str()) && !job.is_done());
    Ok(ours.map(|job| job.id).collect())
}

/// The job that passed the fence, if one did.
pub(super) async fn owner(jobs: &Jobs, facts: &Facts) -> Result<Option<JobId>> {
    match jobs.files.download(&*facts.owner_file).send_opt().await {
        Ok(bytes) => Ok(bytes.as_deref().and_then(Fence::owner)),
        Err(error) if error.is_no_such_file() => Ok(None),
        Err(error) => Err(error),
    }
}
