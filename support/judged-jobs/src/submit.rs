//! Submitting, once in effect.

use proved_transfer::failure::Failure;
use proved_transfer::progress::Event;
use proved_transfer::session::Session;
use run_store::Slot;
use sfapi::{ErrorExt, ErrorKind, JobId, TaskId};

use super::{Facts, Jobs, Receipt, SERVICE, look};

/// How often a script is sent whose job is found nowhere.
const TRIES: u32 = 3;

/// The job of the step: the one on record, the one that an unanswered submission made, or a new one.
pub(super) async fn submitted(
    run: &Session,
    jobs: &Jobs,
    step: &str,
    (slot, facts): (Slot, &Facts),
    (script, receipt): (&str, Option<Receipt>),
) -> Result<(Slot, JobId), Failure> {
    // Without a receipt nothing was sent; with an empty one nobody knows.
    let mut in_doubt = receipt.is_some();
    let receipt = receipt.unwrap_or_default();
    if let Some(id) = receipt.job_id {
        return Ok((slot, id));
    }
    let mut task = receipt.task_id.map(TaskId::new);
    for _ in 0..TRIES {
        let recorded = task.take();
        let by_task = recorded.is_some();
        let outcome = match recorded {
            Some(task) => jobs.compute.submit(script).job_of(&task).await,
            None if in_doubt => {
                let found = run.holding(step, look::until_settled(jobs, facts)).await?;
                match found.map_err(|error| open(step, &error))? {
                    Some(id) => Ok(id),
                    None => run.holding(step, send(jobs, script, &slot, step)).await??,
                }
            }
            None => run.holding(step, send(jobs, script, &slot, step)).await??,
        };
        match outcome {
            Ok(id) => {
                noted(
                    &slot,
                    step,
                    &Receipt {
                        task_id: None,
                        job_id: Some(id.clone()),
                    },
                )
                .await?;
                run.say(&Event::Notice {
                    text: format!("{step}: job {id} ({})", facts.name),
                });
                return Ok((slot, id));
            }
            // A task that cannot be asked for any more says nothing about the job.
            Err(error) if error.is_in_doubt() || (by_task && error.kind() != ErrorKind::OperationFailed) => {
                in_doubt = true;
            }
            Err(error) => return Err(refused(slot, step, &error).await),
        }
    }
    let text = format!(
        "the job {} was submitted {TRIES} times and is found nowhere",
        facts.name
    );
    Err(Failure::new(step, "in_doubt", text).of(SERVICE).remedy(AGAIN))
}

const AGAIN: &str = "run again with the same --run-id: it looks for the job before it submits another";

/// Sends the script, and notes the task before the job is asked for.
async fn send(jobs: &Jobs, script: &str, slot: &Slot, step: &str) -> Result<sfapi::Result<JobId>, Failure> {
    let submission = jobs.compute.submit(script);
    let task = match submission.start().await {
        Ok(task) => task,
        Err(error) => return Ok(Err(error)),
    };
    let receipt = Receipt {
        task_id: Some(task.to_string()),
        job_id: None,
    };
    noted(slot, step, &receipt).await?;
    Ok(submission.job_of(&task).await)
}

async fn noted(slot: &Slot, step: &str, receipt: &Receipt) -> Result<(), Failure> {
    slot.note(&serde_json::json!(receipt))
        .await
        .map_err(|error| Failure::store(step, &error))
}

/// A refusal is final: no job was made.
async fn refused(slot: Slot, step: &str, error: &sfapi::Error) -> Failure {
    let failure = Failure::service(step, SERVICE, error);
    match slot.failed(&serde_json::json!({ "error": failure })).await {
        Ok(()) => failure,
        Err(error) => Failure::store(step, &error),
    }
}

fn open(step: &str, error: &sfapi::Error) -> Failure {
    Failure::service(step, SERVICE, error).remedy(AGAIN)
}
