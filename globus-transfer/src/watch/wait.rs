//! One wait.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rest_core::{Reading, WatchGroup};
use tracing::warn;

use super::Settings;
use super::abort::{abort, blame, place};
use super::error::WaitError;
use super::judge::{Judge, Verdict, ended};
use super::service::Service;
use super::source::{Abort, TaskSource};
use crate::{NiceStatus, Task, TaskId, TaskStatus};

/// How often in a row the service may not know a task before it is believed lost. A new task is not always
/// seen at once.
const MISSES: u32 = 3;

/// Waits for one task. Made by [`TaskWatcher::wait`](super::TaskWatcher::wait); `.await` it.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait<'a> {
    group: Arc<WatchGroup<TaskSource>>,
    settings: Settings,
    task_id: TaskId,
    on_update: Box<dyn FnMut(&Task) + Send + 'a>,
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("task_id", &self.task_id)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Wait<'static> {
    pub(super) fn new(group: Arc<WatchGroup<TaskSource>>, settings: Settings, task_id: TaskId) -> Self {
        Self {
            group,
            settings,
            task_id,
            on_update: Box::new(|_| {}),
        }
    }
}

impl Wait<'_> {
    /// Called with every reading of the task, the last one included. It must not block.
    pub fn on_update<'b>(self, call: impl FnMut(&Task) + Send + 'b) -> Wait<'b> {
        let Self {
            group,
            settings,
            task_id,
            on_update: _,
        } = self;
        Wait {
            group,
            settings,
            task_id,
            on_update: Box::new(call),
        }
    }

    async fn run(mut self) -> Result<Task, WaitError> {
        let group = self.group.clone();
        let service = group.source().service();
        // Held to the end, so that nobody else cancels the task a second time.
        let shared = group.source().abort_of(&self.task_id);
        let mut judge = Judge::new(&self.settings);
        let mut seat = group.join(self.task_id.clone(), self.settings.pace);
        let mut warned = false;
        let mut first = true;
        loop {
            let task = match seat.next().await {
                Reading::Item(task) => task,
                Reading::Missing(times) if times < MISSES => continue,
                Reading::Missing(_) => {
                    return Err(WaitError::Lost {
                        task_id: self.task_id,
                    });
                }
                Reading::Failed(error) => return Err(WaitError::Service(error)),
            };
            if let (TaskStatus::Unknown(status), false) = (&task.status, warned) {
                warned = true;
                warn!(task_id = %self.task_id, status, "unknown task status, waiting on");
            }
            (self.on_update)(&task);
            let clock = service.clock();
            match judge.look(&task, clock.instant(), clock.now()) {
                Verdict::Pending => first = false,
                Verdict::Cancelled if first => {
                    return Err(found_cancelled(service, task, &self.settings.fatal).await);
                }
                verdict => return finish(service, &shared, task, verdict).await,
            }
        }
    }
}

impl<'a> IntoFuture for Wait<'a> {
    type Output = Result<Task, WaitError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.run().boxed()
    }
}

/// Why a task is cancelled that nobody here saw running.
async fn found_cancelled(service: &dyn Service, task: Arc<Task>, fatal: &[NiceStatus]) -> WaitError {
    let blamed = blame(service, &task, fatal).await;
    let task = Box::new(Arc::unwrap_or_clone(task));
    match blamed {
        None => WaitError::Cancelled { task },
        Some((nice_status, place)) => WaitError::Fatal {
            task,
            nice_status,
            file: place.file,
            endpoint: place.endpoint,
            cancelled: true,
        },
    }
}

async fn finish(
    service: &dyn Service,
    shared: &Abort,
    task: Arc<Task>,
    verdict: Verdict,
) -> Result<Task, WaitError> {
    let task = Arc::unwrap_or_clone(task);
    match verdict {
        Verdict::Fatal(_) | Verdict::Stalled(_) => give_up(service, shared, task, verdict).await,
        verdict => outcome(task, &verdict),
    }
}

/// Cancels the task. If it turns out to have ended by itself just before, that end counts.
async fn give_up(
    service: &dyn Service,
    shared: &Abort,
    task: Task,
    verdict: Verdict,
) -> Result<Task, WaitError> {
    let end = abort(shared, service, &task.task_id).await.end;
    if let Some(end) = &end
        && end.status == TaskStatus::Succeeded
    {
        return outcome(end.clone(), &ended(end));
    }
    let cancelled = end.is_some();
    Err(match verdict {
        Verdict::Fatal(nice_status) => {
            let place = place(service, &task, &nice_status).await;
            WaitError::Fatal {
                task: Box::new(task),
                nice_status,
                file: place.file,
                endpoint: place.endpoint,
                cancelled,
            }
        }
        Verdict::Stalled(since) => WaitError::Stalled {
            task: Box::new(task),
            since,
            cancelled,
        },
        other => return outcome(task, &other),
    })
}

fn outcome(task: Task, verdict: &Verdict) -> Result<Task, WaitError> {
    let task = Box::new(task);
    Err(match verdict {
        Verdict::Succeeded => return Ok(*task),
        Verdict::Skipped(skipped) => WaitError::Skipped {
            task,
            skipped: *skipped,
        },
        Verdict::Cancelled => WaitError::Cancelled { task },
        Verdict::Expired => WaitError::Expired { task },
        Verdict::Inactive => WaitError::Inactive { task },
        _ => WaitError::Failed { task },
    })
}
