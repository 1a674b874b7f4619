//! One wait.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use rest_core::{BoxFuture, Reading, WatchGroup, WatchSource as _};
use tracing::warn;

use super::Settings;
use super::error::WaitError;
use super::judge::{Judge, Verdict};
use super::source::JobSource;
use crate::{Job, JobId, JobState};

/// Waits for one job. Made by [`JobWatcher::wait`](super::JobWatcher::wait); `.await` it.
#[must_use = "a wait does nothing until it is awaited"]
pub struct JobWait<'a> {
    group: Arc<WatchGroup<JobSource>>,
    settings: Settings,
    id: JobId,
    on_update: Box<dyn FnMut(&Job) + Send + 'a>,
}

impl fmt::Debug for JobWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobWait")
            .field("id", &self.id)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl JobWait<'static> {
    pub(super) fn new(group: Arc<WatchGroup<JobSource>>, settings: Settings, id: JobId) -> Self {
        Self {
            group,
            settings,
            id,
            on_update: Box::new(|_| {}),
        }
    }
}

impl JobWait<'_> {
    /// Called with every reading of the job, the last one included. It must not block.
    pub fn on_update<'b>(self, call: impl FnMut(&Job) + Send + 'b) -> JobWait<'b> {
        JobWait {
            group: self.group,
            settings: self.settings,
            id: self.id,
            on_update: Box::new(call),
        }
    }

    /// Waits until the job has begun, or has ended already; the job as it is then.
    ///
    /// # Errors
    /// As for the wait itself, but an end of any kind is no error here.
    pub async fn until_begun(self) -> Result<Job, WaitError> {
        match self.run(true).await {
            Err(WaitError::Failed { job } | WaitError::Cancelled { job }) => Ok(*job),
            other => other,
        }
    }

    async fn run(mut self, begun_is_enough: bool) -> Result<Job, WaitError> {
        let mut judge = Judge::new(&self.settings);
        let mut seat = self.group.join(self.id.clone(), self.settings.pace);
        let mut warned = false;
        loop {
            let sighting = match seat.next().await {
                Reading::Item(sighting) => Some(sighting),
                Reading::Missing(_) => None,
                Reading::Failed(error) => return Err(WaitError::Service(error)),
            };
            let now = self.group.source().clock().instant();
            match judge.look(sighting.as_deref(), now) {
                Verdict::Pending(job) => {
                    if let (JobState::Unknown(state), false) = (&job.state, warned) {
                        warned = true;
                        warn!(job_id = %self.id, state, "unknown job state, waiting on");
                    }
                    (self.on_update)(&job);
                    let known = !matches!(job.state, JobState::Unknown(_));
                    if begun_is_enough && known && !job.state.is_waiting() {
                        return Ok(job);
                    }
                }
                Verdict::Ended(job) => {
                    (self.on_update)(&job);
                    return outcome(job);
                }
                Verdict::Never(job) => {
                    (self.on_update)(&job);
                    return Err(WaitError::NeverBegins { job: Box::new(job) });
                }
                Verdict::Unknown => {}
                Verdict::Lost => return Err(WaitError::Lost { job_id: self.id }),
            }
        }
    }
}

impl<'a> IntoFuture for JobWait<'a> {
    type Output = Result<Job, WaitError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run(false))
    }
}

fn outcome(job: Job) -> Result<Job, WaitError> {
    let job = Box::new(job);
    match job.state {
        JobState::Completed => Ok(*job),
        JobState::Cancelled => Err(WaitError::Cancelled { job }),
        _ => Err(WaitError::Failed { job }),
    }
}
