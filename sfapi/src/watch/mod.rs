//! Waiting for jobs: many waiters, few requests.

mod error;
mod judge;
mod source;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use rest_core::{Pace, WatchGroup};

use crate::api::Compute;
use crate::{Client, JobId, Machine};
use source::JobSource;

pub use error::WaitError;
pub use wait::JobWait;

/// Waits for jobs of one machine; all waiters of a watcher and its clones share their requests.
///
/// Nothing runs in the background. One of the waiters holds the lead: it asks the queue for all of them in one request
/// (500 ids at a time), and the accounting only for those that are no longer in the queue; when it is done or
/// dropped, another takes over. A waiter that is dropped costs nothing more, and its job goes on.
///
/// ```no_run
/// # async fn run(client: sfapi::Client, id: sfapi::JobId) {
/// use sfapi::{JobWatcher, Machine};
/// let watcher = JobWatcher::new(&client, &Machine::perlmutter());
/// match watcher.wait(&id).on_update(|job| println!("{job}")).await {
///     Ok(job) => println!("{job}"),
///     Err(error) => eprintln!("{error}"),
/// }
/// # }
/// ```
///
/// The settings are those of the clone they are made on; make one watcher per machine and process, and clone it.
#[derive(Clone, Debug)]
pub struct JobWatcher {
    group: Arc<WatchGroup<JobSource>>,
    settings: Settings,
}

/// A second at first, a tenth of the wait's age, 10 s at most.
const PACE: Pace = Pace {
    first: Duration::from_secs(1),
    growth: 0.1,
    max: Duration::from_secs(10),
};

#[derive(Clone, Debug)]
struct Settings {
    pace: Pace,
    unknown_for: Duration,
    accounting_lag: Duration,
}

impl JobWatcher {
    /// A watcher of the jobs of `machine` that asks through `client`.
    pub fn new(client: &Client, machine: &Machine) -> Self {
        Self::of(client.compute(machine))
    }

    fn of(compute: Compute) -> Self {
        Self {
            group: WatchGroup::new(JobSource::new(compute)),
            settings: Settings {
                pace: PACE,
                unknown_for: Duration::from_secs(120),
                accounting_lag: Duration::from_secs(120),
            },
        }
    }

    /// How often to ask, by the age of the wait. The shortest wish among the waiters sets the pace for all.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.settings.pace = pace;
        self
    }

    /// For how long neither queue nor accounting may know a job before it counts as lost; default two minutes. A job
    /// that was just submitted is not known at once.
    pub fn unknown_for(mut self, time: Duration) -> Self {
        self.settings.unknown_for = time;
        self
    }

    /// How long after a job has left the queue the accounting may lag behind before what the queue said last is
    /// believed; default two minutes.
    pub fn accounting_lag(mut self, time: Duration) -> Self {
        self.settings.accounting_lag = time;
        self
    }

    /// Waits for a job to end, also one that was submitted by an earlier process. There is no time limit while it
    /// waits or runs; drop the future to stop waiting, which leaves the job alone.
    pub fn wait(&self, id: &JobId) -> JobWait<'static> {
        JobWait::new(self.group.clone(), self.settings.clone(), id.clone())
    }
}
