//! Ending what a run has begun and will not wait for.

use globus_transfer::{SubmissionDocument, TaskId};
use run_store::Intent;

use crate::copy::STEP;
use crate::failure::Failure;
use crate::session::Workplace;

const SERVICE: &str = "globus_transfer";

impl Workplace {
    /// Cancels the transfers of a run that are under way, and answers their tasks. Of a transfer whose task is not
    /// known, for its answer was lost, the same request asks for the task first.
    ///
    /// # Errors
    /// The run store or the service cannot be asked; the other transfers are cancelled all the same.
    pub async fn cancel_pending(&self, run_id: &str) -> Result<Vec<String>, Failure> {
        let pending = self.store().pending(run_id).await;
        let pending = pending.map_err(|error| Failure::store(STEP, &error))?;
        let (mut cancelled, mut problem) = (Vec::new(), None);
        for (_, intent) in pending.into_iter().filter(|(place, _)| place.step == STEP) {
            match self.cancel(intent).await {
                Ok(task) => cancelled.push(task.to_string()),
                Err(error) => {
                    problem.get_or_insert(Failure::service(STEP, SERVICE, &error));
                }
            }
        }
        problem.map_or(Ok(cancelled), Err)
    }

    async fn cancel(&self, intent: Intent) -> rest_core::Result<TaskId> {
        let task = self.task_of(intent).await?;
        self.service.transfer.task(task.clone()).cancel().send().await?;
        Ok(task)
    }

    async fn task_of(&self, intent: Intent) -> rest_core::Result<TaskId> {
        let noted = intent
            .receipt
            .as_ref()
            .and_then(|receipt| receipt["task_id"].as_str());
        if let Some(task) = noted {
            return Ok(TaskId::new(task));
        }
        let document = SubmissionDocument::from_bytes(intent.document)?;
        Ok(self.service.transfer.submit(&document).send().await?.task_id)
    }
}
