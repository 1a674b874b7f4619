//! Waiting for the end, and believing it only if it is the right job's and COMPLETED.

use std::future::IntoFuture;
use std::sync::Mutex;

use proved_transfer::failure::Failure;
use proved_transfer::progress::Event;
use proved_transfer::session::Session;
use run_store::Slot;
use sfapi::slurm::OutputPaths;
use sfapi::{Job, JobId, JobState, Tails, WaitError};

use super::{Facts, JobReport, Jobs, Order, Receipt, SERVICE, look};

/// How many bytes of each output file a failure shows.
const TAIL: usize = 2_000;
/// How often a job that came second is followed to the one that came first.
const FOLLOWED: u32 = 3;

/// Waits for the job, or for the one that passed the fence before it.
pub(super) async fn waited(
    run: &Session,
    jobs: &Jobs,
    order: &Order<'_>,
    (slot, facts): (Slot, &Facts),
    mut id: JobId,
) -> Result<JobReport, Failure> {
    let step = order.step;
    let seen: Mutex<Option<JobState>> = Mutex::new(None);
    let told = |job: &Job| {
        (order.on_update)(job);
        let Ok(mut seen) = seen.lock() else { return };
        if seen.as_ref() != Some(&job.state) {
            run.say(&Event::Notice {
                text: format!("{step}: {job}"),
            });
            *seen = Some(job.state.clone());
        }
    };
    for _ in 0..FOLLOWED {
        let wait = jobs.watcher.wait(&id).on_update(told).into_future();
        let ended = match run.holding(step, wait).await? {
            Err(WaitError::Failed { job }) if order.time_is_its_end && job.state == JobState::Timeout => {
                Ok(*job)
            }
            ended => ended,
        };
        // A submission may have made two jobs: what became of this one does not tell what the other does.
        let other = match &ended {
            Ok(_) => look::owner(jobs, facts).await,
            Err(error) if error.may_still_run() => Ok(None),
            Err(_) => look::another(jobs, facts, &id).await,
        };
        let other = other.map_err(|error| Failure::service(step, SERVICE, &error).remedy(AGAIN))?;
        match (other.filter(|other| *other != id), ended) {
            (Some(other), _) => id = followed(step, &slot, other).await?,
            (None, Ok(job)) => return completed(step, slot, facts, &job).await,
            (None, Err(error)) => return Err(unfinished(jobs, step, slot, (facts, &id), &error).await),
        }
    }
    let text = format!("the fence of {} names another job each time", facts.name);
    Err(Failure::new(step, "in_doubt", text).of(SERVICE))
}

/// Puts the other job on record in the place of the one that was waited for.
async fn followed(step: &str, slot: &Slot, other: JobId) -> Result<JobId, Failure> {
    let receipt = Receipt {
        task_id: None,
        job_id: Some(other.clone()),
    };
    slot.note(&serde_json::json!(receipt))
        .await
        .map_err(|error| Failure::store(step, &error))?;
    Ok(other)
}

async fn completed(step: &str, slot: Slot, facts: &Facts, job: &Job) -> Result<JobReport, Failure> {
    let report = JobReport {
        step: step.to_owned(),
        job_id: job.id.to_string(),
        name: facts.name.clone(),
        state: job.state.as_str().to_owned(),
        seconds: job.elapsed.map(|elapsed| elapsed.as_secs()),
    };
    slot.done(&serde_json::json!(report))
        .await
        .map_err(|error| Failure::store(step, &error))?;
    Ok(report)
}

const AGAIN: &str = "run again with the same --run-id: it waits for the same job";
const NEVER: &str =
    "cancel it with `splash-flows jobs cancel ID`, correct what its reason names, and run again";

/// The failure with all that is known of the job. The attempt is over unless the job may still run.
async fn unfinished(
    jobs: &Jobs,
    step: &str,
    slot: Slot,
    (facts, id): (&Facts, &JobId),
    error: &WaitError,
) -> Failure {
    let mut text = format!("job {id} ({}): {error}", facts.name);
    if error.job().is_some_and(Job::is_done) {
        let (output, errors) = (facts.output.as_deref(), facts.error.as_deref());
        let paths = OutputPaths::of(output, errors, id, &facts.name, Some(&jobs.user));
        let tails = Tails::read(&jobs.files, &paths, TAIL).await.shown();
        if !tails.is_empty() {
            text = format!("{text}\n{tails}");
        }
    }
    let failure = Failure::new(step, error.code(), text)
        .of(SERVICE)
        .task(id, error.code());
    if error.may_still_run() {
        let never = matches!(error, WaitError::NeverBegins { .. });
        return failure.remedy(if never { NEVER } else { AGAIN });
    }
    match slot.failed(&serde_json::json!({ "error": failure })).await {
        Ok(()) => failure,
        Err(error) => Failure::store(step, &error),
    }
}
