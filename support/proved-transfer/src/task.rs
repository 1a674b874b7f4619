//! What the end of a Globus task means for a run.

use globus_transfer::{TaskId, WaitError};

use crate::failure::Failure;

/// A task that did not succeed, in words: its id, its status, what to do.
pub(crate) fn task_failure(step: &str, task_id: &TaskId, error: &WaitError) -> Failure {
    let failure = match error {
        WaitError::Service(error) => Failure::service(step, "globus_transfer", error),
        other => Failure::new(step, other.code(), other.to_string()).of("globus_transfer"),
    };
    let status = error
        .task()
        .map_or_else(|| "unknown".to_owned(), |task| task.status.to_string());
    let remedy = match error {
        WaitError::Inactive { .. } => {
            "renew the credentials of the two collections at Globus, then run again with the same --run-id"
        }
        WaitError::Service(_) => "run again with the same --run-id: it goes on with the same task",
        _ => "mend the cause, then run again with the same --run-id",
    };
    failure.task(task_id, status).remedy(remedy)
}
