//! What a run has begun on endpoints and has not seen the end of.

use std::time::Duration;

use globus_compute::TaskId;
use proved_transfer::failure::Failure;
use run_store::RunStore;

use super::{Facts, Receipt, recalled};

/// A call of a run that is on record and has not been judged. Nothing can call it off: the service has no request for
/// that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCall {
    step: String,
    task: Option<TaskId>,
    limit: Duration,
    claim: String,
}

/// The calls that a run has submitted, or was about to submit, and whose end it has not seen. Nobody needs to hold the
/// run.
///
/// # Errors
/// The run store cannot be read.
pub async fn pending(store: &dyn RunStore, run_id: &str) -> Result<Vec<PendingCall>, Failure> {
    let all = store.pending(run_id).await;
    let all = all.map_err(|error| Failure::store("cancel", &error))?;
    let mut found = Vec::new();
    for (place, intent) in all {
        // Other steps have other facts.
        let Ok(facts) = serde_json::from_value::<Facts>(intent.facts) else {
            continue;
        };
        let receipt = intent
            .receipt
            .map(|receipt| recalled::<Receipt>(&place.step, receipt));
        found.push(PendingCall {
            task: receipt.transpose()?.and_then(|receipt| receipt.compute_task),
            limit: Duration::from_secs(facts.limit_seconds),
            claim: facts.claim,
            step: place.step,
        });
    }
    Ok(found)
}

impl PendingCall {
    /// The step of the run.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// The folder on the endpoint's machine that the function makes first, and leaves its outcome in.
    pub fn claim(&self) -> &str {
        &self.claim
    }

    /// That it goes on, and how long at most once it has begun.
    pub fn goes_on(&self) -> Failure {
        let task = self.task.as_ref().map_or("a task", TaskId::as_str);
        let text = format!(
            "compute task {task} of {} cannot be called off: it ends by itself, {} s after its beginning at the latest",
            self.step,
            self.limit.as_secs()
        );
        Failure::new("cancel", "cannot_cancel", text).of(super::SERVICE)
    }
}
