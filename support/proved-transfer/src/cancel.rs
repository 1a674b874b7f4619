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
    /// The run store or the service cannot be asked; the transfers before that one are cancelled.
    pub async fn cancel_pending(&self, run_id: &str) -> Result<Vec<String>, Failure> {
        let pending = self.store().pending(run_id).await;
        let pending = pending.map_err(|error| Failure::store(STEP, &error))?;
        let mut cancelled = Vec::new();
        for (_, intent) in pending.into_iter().filter(|(place, _)| place.step == STEP) {
            let failed = |error: rest_core::Error| Failure::service(STEP, SERVICE, &error);
            let task = self.task_of(intent).await.map_err(failed)?;
            self.service
                .transfer
                .task(task.clone())
                .cancel()
                .send()
                .await
                .map_err(failed)?;
            cancelled.push(task.to_string());
        }
        Ok(cancelled)
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
