//! The waiters of a watcher and the rounds that serve them all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rest_core::{ErrorKind, Pace};
use tokio::sync::{Notify, OnceCell, watch};
use tokio::time::Instant;
use tracing::debug;

use super::abort::Aborted;
use super::service::Service;
use crate::{Error, Result, Task, TaskId};

/// Ids of one request: about 3.7 kB of URL.
const IDS_PER_REQUEST: usize = 100;
/// Polls that may fail in a row, by causes that pass, before the waits fail.
const TRANSIENT_FAILURES: u32 = 10;
/// The pause after the first failed poll; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A waiter that hears nothing for so long asks itself: whoever holds the lead is not being polled.
const SILENCE: Duration = Duration::from_secs(120);

/// What a poll tells a waiter.
#[derive(Clone, Debug)]
pub(super) enum Reading {
    /// The task as it is.
    Task(Arc<Task>),
    /// The service did not know the task, so many times in a row.
    Missing(u32),
    /// Polling has failed for good.
    Failed(Error),
}

#[derive(Debug)]
pub(super) struct Group {
    service: Arc<dyn Service>,
    /// Held by the waiter that polls. It is fair, and given back when its holder is dropped.
    lead: tokio::sync::Mutex<()>,
    /// Wakes the leader for a newcomer who may want to ask earlier.
    joined: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last_seat: u64,
    seats: BTreeMap<u64, SeatState>,
    failures: u32,
    not_before: Option<Instant>,
    aborts: HashMap<TaskId, Arc<OnceCell<Aborted>>>,
}

#[derive(Debug)]
struct SeatState {
    task_id: TaskId,
    pace: Pace,
    since: Instant,
    asked: Option<Instant>,
    misses: u32,
    mail: watch::Sender<Option<Reading>>,
}

impl SeatState {
    /// When this waiter wants to ask next.
    fn due(&self) -> Instant {
        let last = self.asked.unwrap_or(self.since);
        last + self.pace.next(last.saturating_duration_since(self.since))
    }
}

/// A waiter's place in the group, given up when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    group: Arc<Group>,
    number: u64,
    task_id: TaskId,
    inbox: watch::Receiver<Option<Reading>>,
}

impl Group {
    pub(super) fn new(service: Arc<dyn Service>) -> Self {
        Self {
            service,
            lead: tokio::sync::Mutex::default(),
            joined: Notify::new(),
            state: Mutex::default(),
        }
    }

    pub(super) fn service(&self) -> &Arc<dyn Service> {
        &self.service
    }

    pub(super) fn join(self: &Arc<Self>, task_id: TaskId, pace: Pace) -> Seat {
        let (mail, inbox) = watch::channel(None);
        let mut state = self.state();
        state.last_seat += 1;
        let number = state.last_seat;
        let since = self.now();
        let seat = SeatState {
            task_id: task_id.clone(),
            pace,
            since,
            asked: None,
            misses: 0,
            mail,
        };
        state.seats.insert(number, seat);
        drop(state);
        self.joined.notify_one();
        Seat {
            group: self.clone(),
            number,
            task_id,
            inbox,
        }
    }

    /// The one cancellation of a task, however many waiters want it.
    pub(super) fn abort_of(&self, task_id: &TaskId) -> Arc<OnceCell<Aborted>> {
        self.state().aborts.entry(task_id.clone()).or_default().clone()
    }

    /// Nothing below panics while the lock is held, and the state is whole between any two statements.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        self.service.clock().instant()
    }

    /// Polls for everybody until there is something for `inbox`.
    async fn lead(&self, inbox: &watch::Receiver<Option<Reading>>) {
        while !inbox.has_changed().unwrap_or(true) {
            let Some(due) = self.state().due() else { return };
            let pause = due.saturating_duration_since(self.now());
            if pause.is_zero() {
                self.round().await;
            } else {
                tokio::select! {
                    () = self.service.clock().sleep(pause) => {}
                    () = self.joined.notified() => {}
                }
            }
        }
    }

    /// One tick: asks for the tasks of all waiters.
    async fn round(&self) {
        let ids: BTreeSet<TaskId> = self
            .state()
            .seats
            .values()
            .map(|seat| seat.task_id.clone())
            .collect();
        let ids: Vec<TaskId> = ids.into_iter().collect();
        for chunk in ids.chunks(IDS_PER_REQUEST) {
            let answer = self.ask(chunk).await;
            let now = self.now();
            match answer {
                Ok(readings) => self.state().deliver(readings, now),
                Err(error) => {
                    self.state().failed(&error, now);
                    return;
                }
            }
        }
    }

    /// The tasks of up to a hundred ids; those that the list leaves out are looked up one by one.
    async fn ask(&self, ids: &[TaskId]) -> Result<Vec<(TaskId, Option<Arc<Task>>)>> {
        let mut listed: HashMap<TaskId, Arc<Task>> = self
            .service
            .tasks(ids)
            .await?
            .into_iter()
            .map(|task| (task.task_id.clone(), Arc::new(task)))
            .collect();
        let mut readings = Vec::with_capacity(ids.len());
        for id in ids {
            let task = match listed.remove(id) {
                Some(task) => Some(task),
                None => self.service.task(id).await?.map(Arc::new),
            };
            readings.push((id.clone(), task));
        }
        Ok(readings)
    }
}

impl State {
    /// When to ask next: the earliest wish of any waiter, but not within the pause after a failure.
    fn due(&self) -> Option<Instant> {
        let earliest = self.seats.values().map(SeatState::due).min()?;
        Some(self.not_before.map_or(earliest, |pause| earliest.max(pause)))
    }

    fn deliver(&mut self, readings: Vec<(TaskId, Option<Arc<Task>>)>, now: Instant) {
        self.failures = 0;
        self.not_before = None;
        let readings: HashMap<TaskId, Option<Arc<Task>>> = readings.into_iter().collect();
        for seat in self.seats.values_mut() {
            let Some(reading) = readings.get(&seat.task_id) else {
                continue;
            };
            seat.asked = Some(now);
            let reading = if let Some(task) = reading {
                seat.misses = 0;
                Reading::Task(task.clone())
            } else {
                seat.misses += 1;
                Reading::Missing(seat.misses)
            };
            seat.mail.send_replace(Some(reading));
        }
    }

    fn failed(&mut self, error: &Error, now: Instant) {
        self.failures += 1;
        // An exhausted error is one of fetching a token, which retries by itself.
        let passing = error.is_transient() || error.is_exhausted() || error.kind() == ErrorKind::Decode;
        if passing && self.failures < TRANSIENT_FAILURES {
            let doubled = FIRST_PAUSE
                .saturating_mul(1 << (self.failures - 1))
                .min(LONGEST_PAUSE);
            let pause = doubled.max(error.retry_after().unwrap_or_default());
            debug!(failures = self.failures, pause_ms = pause.as_millis(), %error, "poll failed, asking again");
            self.not_before = Some(now + pause);
            return;
        }
        self.failures = 0;
        self.not_before = None;
        for seat in self.seats.values_mut() {
            seat.asked = Some(now);
            seat.mail.send_replace(Some(Reading::Failed(error.clone())));
        }
    }
}

impl Seat {
    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    /// The next reading: brought by whoever has the lead, or by taking it.
    pub(super) async fn next(&mut self) -> Reading {
        loop {
            if let Some(reading) = self.mail() {
                return reading;
            }
            let Self { group, inbox, .. } = self;
            let mut silence = inbox.clone();
            tokio::select! {
                biased;
                _ = silence.changed() => {}
                lead = group.lead.lock() => {
                    group.lead(inbox).await;
                    drop(lead);
                }
                () = group.service.clock().sleep(SILENCE) => group.round().await,
            }
        }
    }

    fn mail(&mut self) -> Option<Reading> {
        // The sender lives in the group as long as this seat does, so an error cannot occur.
        if !self.inbox.has_changed().unwrap_or(false) {
            return None;
        }
        self.inbox.borrow_and_update().clone()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.group.state();
        state.seats.remove(&self.number);
        if state.seats.values().all(|seat| seat.task_id != self.task_id) {
            state.aborts.remove(&self.task_id);
        }
    }
}
