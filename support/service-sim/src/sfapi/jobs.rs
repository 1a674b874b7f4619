//! The jobs that bash runs: their states and what is told of them, when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio::sync::{Notify, Semaphore};

use super::script::Wishes;
use crate::clock::Clock;

/// A simulated job, as a test sees it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JobView {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its state now, as Slurm names it.
    pub state: String,
    /// The exit code of its script, once it has ended.
    pub exit_code: i32,
    /// Its script, with the host's own paths.
    pub script: String,
    /// What it wrote, as far as its output file can be read.
    pub output: String,
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) wishes: Wishes,
    pub(super) script: String,
    pub(super) user: String,
    pub(super) work_dir: String,
    pub(super) output: Option<std::path::PathBuf>,
    /// The states it has been in, with the time of each.
    pub(super) states: Vec<(DateTime<Utc>, String)>,
    pub(super) reason: String,
    pub(super) exit: (i32, i32),
    pub(super) cancelled: Arc<Notify>,
}

impl Job {
    pub(super) fn state(&self) -> &str {
        self.states.last().map_or("PENDING", |(_, state)| state)
    }

    /// The state that was true at `time`, if the job was there.
    pub(super) fn state_at(&self, time: DateTime<Utc>) -> Option<&str> {
        let before = self.states.iter().take_while(|(at, _)| *at <= time);
        before.last().map(|(_, state)| state.as_str())
    }

    pub(super) fn since(&self, state: &str) -> Option<DateTime<Utc>> {
        let found = self.states.iter().rev().find(|(_, known)| known == state);
        found.map(|(at, _)| *at)
    }

    pub(super) fn ended(&self) -> Option<DateTime<Utc>> {
        let (at, state) = self.states.last()?;
        (!is_alive(state)).then_some(*at)
    }
}

pub(super) fn is_alive(state: &str) -> bool {
    matches!(state, "PENDING" | "CONFIGURING" | "RUNNING" | "COMPLETING")
}

/// The jobs by id.
#[derive(Debug)]
pub(super) struct Jobs {
    inner: Mutex<BTreeMap<u64, Job>>,
    pub(super) clock: Clock,
    pub(super) lag: TimeDelta,
    pub(super) slots: Arc<Semaphore>,
}

impl Jobs {
    pub(super) fn new(clock: Clock, lag: Duration, slots: usize) -> Self {
        Self {
            inner: Mutex::default(),
            clock,
            lag: TimeDelta::from_std(lag).unwrap_or_default(),
            slots: Arc::new(Semaphore::new(slots.max(1))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Job>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a job and gives its id.
    pub(super) fn queue(&self, wishes: Wishes, script: String, user: String, work_dir: String) -> u64 {
        let mut jobs = self.lock();
        let id = 1000 + jobs.len() as u64;
        let reason = if wishes.too_long() {
            "QOSMaxWallDurationPerJobLimit"
        } else {
            "None"
        };
        jobs.insert(
            id,
            Job {
                id,
                wishes,
                script,
                user,
                work_dir,
                output: None,
                states: vec![(self.clock.now(), "PENDING".to_owned())],
                reason: reason.to_owned(),
                exit: (0, 0),
                cancelled: Arc::new(Notify::new()),
            },
        );
        id
    }

    /// Looks at a job, or changes it.
    pub(super) fn with<T>(&self, id: u64, act: impl FnOnce(&mut Job) -> T) -> Option<T> {
        self.lock().get_mut(&id).map(act)
    }

    pub(super) fn enter(&self, id: u64, state: &str) {
        let now = self.clock.now();
        self.with(id, |job| {
            if is_alive(job.state()) && job.state() != state {
                job.states.push((now, state.to_owned()));
            }
        });
    }

    /// Calls a job off. `false` if there is none that could be.
    pub(super) fn cancel(&self, id: u64) -> bool {
        let now = self.clock.now();
        let cancelled = self.with(id, |job| {
            if !is_alive(job.state()) {
                return None;
            }
            job.states.push((now, "CANCELLED by 1000".to_owned()));
            job.exit = (0, 15);
            Some(Arc::clone(&job.cancelled))
        });
        let Some(Some(cancelled)) = cancelled else {
            return false;
        };
        cancelled.notify_one();
        true
    }

    /// What `tell` makes of each job.
    pub(super) fn each<T>(&self, tell: impl Fn(&Job) -> Option<T>) -> Vec<T> {
        self.lock().values().filter_map(tell).collect()
    }

    pub(super) fn views(&self) -> Vec<JobView> {
        self.each(|job| {
            let output = job.output.as_ref().and_then(|path| std::fs::read(path).ok());
            Some(JobView {
                id: job.id,
                name: job.wishes.name.clone(),
                state: job.state().to_owned(),
                exit_code: job.exit.0,
                script: job.script.clone(),
                output: String::from_utf8_lossy(&output.unwrap_or_default()).into_owned(),
            })
        })
    }
}
