//! Waiting for tasks: many waiters, few requests.

mod abort;
mod error;
mod judge;
mod progress;
mod service;
mod source;
#[cfg(test)]
mod tests;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use rest_core::{Pace, WatchGroup};

use crate::{Client, NiceStatus};
use source::TaskSource;

pub use error::WaitError;
pub use progress::TaskProgress;
pub use wait::Wait;

/// An hour: queues of the service and tapes behind it may well keep a task still for minutes.
const DEFAULT_STALL: Duration = Duration::from_secs(3600);

/// Waits for tasks; all waiters of a watcher and its clones share their requests.
///
/// Nothing runs in the background. One of the waiters holds the lead: it asks for the tasks of all of them,
/// up to a hundred ids a request, and hands on what it learns; when it is done or dropped, another takes
/// over. A waiter that is dropped costs nothing more, and its task goes on at the service.
///
/// ```no_run
/// # async fn run(client: globus_transfer::Client, id: globus_transfer::TaskId) {
/// use globus_transfer::TaskWatcher;
/// let watcher = TaskWatcher::new(client);
/// match watcher.wait(id).on_update(|task| println!("{task}")).await {
///     Ok(task) => println!("{} bytes", task.bytes_transferred.unwrap_or(0)),
///     Err(error) => eprintln!("{error}"),
/// }
/// # }
/// ```
///
/// The settings are those of the clone they are made on; make one watcher per process and clone it.
#[derive(Clone, Debug)]
pub struct TaskWatcher {
    group: Arc<WatchGroup<TaskSource>>,
    settings: Settings,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pace: Pace,
    stall: Duration,
    fatal: Vec<NiceStatus>,
}

impl TaskWatcher {
    /// A watcher that asks through `client`.
    pub fn new(client: Client) -> Self {
        Self::over(Arc::new(client))
    }

    fn over(service: Arc<dyn service::Service>) -> Self {
        let settings = Settings {
            pace: Pace::default(),
            stall: DEFAULT_STALL,
            fatal: vec![NiceStatus::FileNotFound, NiceStatus::PermissionDenied],
        };
        Self {
            group: WatchGroup::new(TaskSource::new(service)),
            settings,
        }
    }

    /// How often to ask, by the age of the wait. The shortest wish among the waiters sets the pace for all.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.settings.pace = pace;
        self
    }

    /// How long a task may stand still before it is cancelled; default one hour. A task that waits in the
    /// service's queue, or that somebody has paused, does not count as standing still.
    pub fn stall(mut self, stall: Duration) -> Self {
        self.settings.stall = stall;
        self
    }

    /// The conditions in which a task is not left to retry until its deadline but cancelled; default
    /// `FILE_NOT_FOUND` and `PERMISSION_DENIED`.
    pub fn fatal_statuses<S: Into<NiceStatus>>(mut self, statuses: impl IntoIterator<Item = S>) -> Self {
        self.settings.fatal = statuses.into_iter().map(Into::into).collect();
        self
    }

    /// Waits for a task to end, also one that was submitted by an earlier process. There is no time limit
    /// while it moves; drop the future to stop waiting, which leaves the task alone.
    pub fn wait(&self, task_id: crate::TaskId) -> Wait<'static> {
        Wait::new(self.group.clone(), self.settings.clone(), task_id)
    }
}
