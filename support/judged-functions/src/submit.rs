//! Submitting, once in effect.

use globus_compute::{Error, Sent, TaskId};
use proved_transfer::failure::Failure;
use proved_transfer::progress::Event;
use proved_transfer::session::Session;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Facts, Functions, Receipt, Recorded, SERVICE};

/// How often a call is sent whose task is found nowhere.
const TRIES: u32 = 3;
/// Between two looks into the group.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(2);
pub(super) const AGAIN: &str = "run again with the same --run-id: it looks for the task before it sends the call again, and nothing runs twice";

/// The task of the call: the one on record, the one that an unanswered submission made, or a new one.
pub(super) async fn submitted(
    run: &Session,
    functions: &Functions,
    step: &str,
    recorded: Recorded,
    receipt: Option<Receipt>,
) -> Result<(Recorded, TaskId), Failure> {
    // Without a receipt nothing was sent; with an empty one nobody knows.
    let mut in_doubt = receipt.is_some();
    if let Some(task) = receipt.and_then(|receipt| receipt.compute_task) {
        return Ok((recorded, task));
    }
    let mut last = None;
    for _ in 0..TRIES {
        if in_doubt {
            let found = run
                .holding(step, until_settled(functions, &recorded.facts))
                .await?;
            match found {
                Ok(Some(task)) => return noted(run, step, recorded, task).await,
                Ok(None) => {}
                Err(error) => return Err(Failure::service(step, SERVICE, &error).remedy(AGAIN)),
            }
        }
        match run.holding(step, send(functions, &recorded)).await? {
            Ok(task) => return noted(run, step, recorded, task).await,
            Err(error)
                if error.was_sent() == Sent::Maybe || error.status().is_some_and(|status| status >= 500) =>
            {
                in_doubt = true;
                last = Some(error);
            }
            Err(error) => return Err(refused(recorded, step, &error).await),
        }
    }
    let cause = last.map(|error| format!(": {error}")).unwrap_or_default();
    let text = format!("the call was sent {TRIES} times and no task of it is found{cause}");
    Err(Failure::new(step, "in_doubt", text).of(SERVICE).remedy(AGAIN))
}

/// Sends the same call again, whose claim keeps it from running twice, and puts its task on record.
pub(super) async fn again(
    run: &Session,
    functions: &Functions,
    step: &str,
    recorded: Recorded,
) -> Result<(Recorded, TaskId), Failure> {
    match run.holding(step, send(functions, &recorded)).await? {
        Ok(task) => noted(run, step, recorded, task).await,
        Err(error) => Err(Failure::service(step, SERVICE, &error).remedy(AGAIN)),
    }
}

async fn send(functions: &Functions, recorded: &Recorded) -> Result<TaskId, Error> {
    let endpoint = functions.client.endpoint(recorded.facts.compute_endpoint.clone());
    let submitted = endpoint.submit_document(&recorded.document).send().await?;
    let task = submitted.tasks.into_values().flatten().next();
    task.ok_or_else(|| Error::decode("globus_compute.submit", "the service made no task"))
}

/// Looks for a task until there is one or the settle time is over.
async fn until_settled(functions: &Functions, facts: &Facts) -> Result<Option<TaskId>, Error> {
    let end = Instant::now() + functions.settle;
    loop {
        let group = functions.client.task_group(&facts.task_group).send_opt().await;
        let found =
            group.map(|group| group.and_then(|group| group.tasks.into_iter().next().map(|task| task.id)));
        if matches!(found, Ok(Some(_))) || Instant::now() >= end {
            return found;
        }
        sleep(PAUSE.min(functions.settle)).await;
    }
}

pub(super) async fn noted(
    run: &Session,
    step: &str,
    recorded: Recorded,
    task: TaskId,
) -> Result<(Recorded, TaskId), Failure> {
    let receipt = Receipt {
        compute_task: Some(task.clone()),
    };
    let noted = recorded.slot.note(&json!(receipt)).await;
    noted.map_err(|error| Failure::store(step, &error))?;
    run.say(&Event::Notice {
        text: format!("{step}: compute task {task}"),
    });
    Ok((recorded, task))
}

/// A refusal is final: no task was made.
async fn refused(recorded: Recorded, step: &str, error: &Error) -> Failure {
    super::judge::over(recorded, Failure::service(step, SERVICE, error)).await
}
