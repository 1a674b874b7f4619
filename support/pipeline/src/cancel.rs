//! Ending what a cancelled run has begun: its transfers and jobs; functions go on until they end by themselves.

use crate::facility::Facility;
use crate::failure::Failure;

impl Facility {
    /// Cancels the transfers of a run, and its jobs until Slurm shows their end; answers what was cancelled, each in
    /// words. Nobody needs to hold the run.
    ///
    /// # Errors
    /// The first that may still go on, as every function on a compute endpoint does; everything else is cancelled all the
    /// same.
    pub async fn cancel_pending(&self, run_id: &str) -> Result<Vec<String>, Failure> {
        let (mut cancelled, mut problem) = (Vec::new(), None);
        match self.workplace().cancel_pending(run_id).await {
            Ok(tasks) => cancelled.extend(tasks.into_iter().map(|task| format!("transfer {task}"))),
            Err(failure) => problem = Some(failure),
        }
        let jobs = judged_jobs::pending(self.store(), run_id).await?;
        for job in &jobs {
            let called_off = async {
                let jobs = self.superfacility()?.jobs(job.machine()).await?;
                job.cancel(&jobs).await
            };
            match called_off.await {
                Ok(ended) => {
                    let each = ended.iter();
                    cancelled.extend(each.map(|ended| format!("job {} ({})", ended.id, job.step())));
                }
                Err(failure) => problem = problem.or(Some(failure)),
            }
        }
        let calls = judged_functions::pending(self.store(), run_id).await?;
        let problem = problem.or_else(|| calls.first().map(judged_functions::PendingCall::goes_on));
        problem.map_or(Ok(cancelled), Err)
    }
}
