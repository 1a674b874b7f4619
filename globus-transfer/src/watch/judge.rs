//! What a reading of a task means. No I/O.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::Settings;
use crate::{NiceStatus, Task, TaskStatus};

/// The meaning of a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Pending,
    Succeeded,
    Skipped(u64),
    Failed,
    Cancelled,
    Expired,
    Inactive,
    Fatal(NiceStatus),
    Stalled(DateTime<Utc>),
}

/// What must change for a task to count as moving.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signs {
    status: TaskStatus,
    at_rest: bool,
    counts: [Option<u64>; 7],
}

impl Signs {
    fn of(task: &Task) -> Self {
        Self {
            status: task.status.clone(),
            at_rest: is_at_rest(task),
            counts: [
                task.bytes_transferred,
                task.bytes_checksummed,
                task.files,
                task.files_transferred,
                task.files_skipped,
                task.directories,
                task.subtasks_succeeded,
            ],
        }
    }
}

/// Queued or paused: standing still is no fault then.
fn is_at_rest(task: &Task) -> bool {
    task.is_queued() || task.is_paused == Some(true)
}

/// Judges the readings of one task in turn; it remembers when the task last moved.
#[derive(Debug)]
pub(super) struct Judge {
    stall: Duration,
    fatal: Vec<NiceStatus>,
    moved: Option<(Signs, Instant, DateTime<Utc>)>,
}

impl Judge {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            stall: settings.stall,
            fatal: settings.fatal.clone(),
            moved: None,
        }
    }

    pub(super) fn look(&mut self, task: &Task, at: Instant, now: DateTime<Utc>) -> Verdict {
        match task.status {
            TaskStatus::Succeeded | TaskStatus::Failed => ended(task),
            TaskStatus::Inactive => Verdict::Inactive,
            _ => match &task.nice_status {
                Some(status) if self.fatal.contains(status) => Verdict::Fatal(status.clone()),
                _ => self.movement(task, at, now),
            },
        }
    }

    fn movement(&mut self, task: &Task, at: Instant, now: DateTime<Utc>) -> Verdict {
        let signs = Signs::of(task);
        match &self.moved {
            Some((before, since, date)) if *before == signs && !signs.at_rest => {
                if at.saturating_duration_since(*since) >= self.stall {
                    return Verdict::Stalled(*date);
                }
            }
            _ => self.moved = Some((signs, at, now)),
        }
        Verdict::Pending
    }
}

/// What the end of a task means.
pub(super) fn ended(task: &Task) -> Verdict {
    match task.status {
        TaskStatus::Succeeded if task.skipped_errors() == 0 => Verdict::Succeeded,
        TaskStatus::Succeeded => Verdict::Skipped(task.skipped_errors()),
        _ => failure(task),
    }
}

/// The service ends failed, cancelled and expired tasks with one status; what tells them apart is the error's
/// code and, where there is none, the subtasks and the deadline of this very reading.
fn failure(task: &Task) -> Verdict {
    let some = |count: Option<u64>| count.is_some_and(|count| count > 0);
    let code = task.fatal_error.as_ref().and_then(|error| error.code.as_deref());
    match code {
        Some("CANCELED") => return Verdict::Cancelled,
        Some("EXPIRED") => return Verdict::Expired,
        Some(_) => return Verdict::Failed,
        None => {}
    }
    let past_deadline = task
        .completion_time
        .zip(task.deadline)
        .is_some_and(|(end, deadline)| end >= deadline);
    if task.canceled_by_admin.is_some() {
        Verdict::Cancelled
    } else if some(task.subtasks_expired) || past_deadline {
        Verdict::Expired
    } else if some(task.subtasks_canceled) && !some(task.subtasks_failed) {
        Verdict::Cancelled
    } else {
        Verdict::Failed
    }
}
