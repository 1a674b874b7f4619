//! A task: what was asked for, how far it is, and what happened to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use super::rules::Rule;

/// How long a task without a deadline of its own has at first, and again after each file that arrived.
const FIRST_DEADLINE: TimeDelta = TimeDelta::hours(24);
const AFTER_PROGRESS: TimeDelta = TimeDelta::hours(72);

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Transfer,
    Delete,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "TRANSFER",
            Self::Delete => "DELETE",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Inactive,
    Succeeded,
    Failed,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
        }
    }
}

/// What is copied or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) source: String,
    /// Empty for a delete.
    pub(crate) destination: String,
    /// `None`: as the source turns out to be.
    pub(crate) recursive: Option<bool>,
}

/// A valid submission.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) owner: String,
    pub(crate) submission_id: String,
    pub(crate) label: Option<String>,
    /// Uuid of the source, for a delete of its endpoint.
    pub(crate) source: String,
    /// Uuid; `None` for a delete.
    pub(crate) destination: Option<String>,
    pub(crate) items: Vec<Item>,
    pub(crate) deadline: Option<DateTime<Utc>>,
    pub(crate) options: Options,
}

#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // They are the fields of the submission document.
pub(crate) struct Options {
    pub(crate) sync_level: Option<u8>,
    pub(crate) verify_checksum: bool,
    pub(crate) preserve_timestamp: bool,
    pub(crate) encrypt_data: bool,
    pub(crate) skip_source_errors: bool,
    pub(crate) fail_on_quota_errors: bool,
    pub(crate) filter_rules: Vec<Rule>,
    /// Of deletes.
    pub(crate) recursive: bool,
    /// Of deletes.
    pub(crate) ignore_missing: bool,
}

/// The counters of a task document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) files: u64,
    pub(crate) directories: u64,
    pub(crate) files_transferred: u64,
    pub(crate) files_skipped: u64,
    pub(crate) bytes_transferred: u64,
    pub(crate) bytes_checksummed: u64,
    pub(crate) faults: u64,
    /// Items done.
    pub(crate) succeeded: u64,
    pub(crate) skipped_errors: u64,
    pub(crate) failed: u64,
    pub(crate) canceled: u64,
    pub(crate) expired: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) code: String,
    pub(crate) description: String,
    pub(crate) details: String,
    pub(crate) is_error: bool,
    pub(crate) time: DateTime<Utc>,
}

/// A file that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) size: u64,
    /// SHA-256 in hexadecimal, if the task took checksums.
    pub(crate) checksum: Option<String>,
}

/// A path that was left out because of an error.
#[derive(Clone, Debug)]
pub(crate) struct Skipped {
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) code: &'static str,
    pub(crate) details: String,
    pub(crate) time: DateTime<Utc>,
}

/// What stands in the way of a task, or ended it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// An event code such as `FILE_NOT_FOUND`.
    pub(crate) code: String,
    pub(crate) description: String,
    pub(crate) details: String,
}

/// How a task ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Succeeded,
    Failed(Trouble),
    Canceled,
    Expired,
}

/// What reaches a running task from outside.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) ended: bool,
    pub(crate) paused: bool,
    pub(crate) deadline: DateTime<Utc>,
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) status: Status,
    pub(crate) nice_status: Option<String>,
    pub(crate) trouble: Option<Trouble>,
    /// What the administrator who paused it had to say.
    pub(crate) paused: Option<String>,
    pub(crate) fatal_error: Option<Trouble>,
    pub(crate) request_time: DateTime<Utc>,
    pub(crate) completion_time: Option<DateTime<Utc>>,
    pub(crate) counts: Counts,
    pub(crate) events: Vec<Event>,
    pub(crate) delivered: Vec<Delivered>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) control: watch::Sender<Control>,
    /// Whether the deadline stays where it is: that of a delete does, and one that the user has set.
    pub(crate) deadline_is_fixed: bool,
    /// Tells copying threads to stop.
    pub(crate) stop: Arc<AtomicBool>,
}

impl Task {
    pub(crate) fn new(plan: Plan, now: DateTime<Utc>) -> Self {
        let deadline = plan.deadline.unwrap_or(now + FIRST_DEADLINE);
        Self {
            deadline_is_fixed: plan.deadline.is_some() || plan.kind == Kind::Delete,
            id: uuid::Uuid::new_v4().to_string(),
            plan: Arc::new(plan),
            status: Status::Active,
            nice_status: Some("OK".to_owned()),
            trouble: None,
            paused: None,
            fatal_error: None,
            request_time: now,
            completion_time: None,
            counts: Counts::default(),
            events: Vec::new(),
            delivered: Vec::new(),
            skipped: Vec::new(),
            control: watch::Sender::new(Control {
                ended: false,
                paused: false,
                deadline,
            }),
            stop: Arc::new(AtomicBool::new(false)),
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.status, Status::Succeeded | Status::Failed)
    }

    pub(crate) fn deadline(&self) -> DateTime<Utc> {
        self.control.borrow().deadline
    }

    /// Something arrived, which gives the task more time.
    pub(crate) fn progressed(&mut self, now: DateTime<Utc>) {
        if !self.deadline_is_fixed {
            self.control
                .send_modify(|control| control.deadline = now + AFTER_PROGRESS);
        }
    }

    /// Whether the task has time left. If its deadline has passed while it was queued and without errors, it is given
    /// another day.
    pub(crate) fn outlives_its_deadline(&mut self, now: DateTime<Utc>) -> bool {
        if now < self.deadline() {
            return true;
        }
        let queued = self.nice_status.as_deref() == Some("Queued") && self.counts.faults == 0;
        let outlives = queued && !self.deadline_is_fixed;
        if outlives {
            self.control
                .send_modify(|control| control.deadline = now + FIRST_DEADLINE);
        }
        outlives
    }

    pub(crate) fn event(
        &mut self,
        code: &str,
        description: &str,
        details: String,
        is_error: bool,
        time: DateTime<Utc>,
    ) {
        let (code, description) = (code.to_owned(), description.to_owned());
        self.events.push(Event {
            code,
            description,
            details,
            is_error,
            time,
        });
    }

    /// The task goes on well: `OK`, or `Queued`.
    pub(crate) fn well(&mut self, nice_status: &str) {
        if !self.is_done() && self.paused.is_none() {
            self.nice_status = Some(nice_status.to_owned());
            self.trouble = None;
        }
    }

    /// The task met an error that it will meet again or get over.
    pub(crate) fn troubled(&mut self, trouble: Trouble, now: DateTime<Utc>) {
        if self.is_done() {
            return;
        }
        self.counts.faults += 1;
        self.nice_status = Some(trouble.code.clone());
        self.event(
            &trouble.code,
            &trouble.description,
            trouble.details.clone(),
            true,
            now,
        );
        self.trouble = Some(trouble);
    }

    /// Ends the task, once; a second end changes nothing and gives `false`.
    pub(crate) fn finish(&mut self, end: End, now: DateTime<Utc>) -> bool {
        if self.is_done() {
            return false;
        }
        self.stop.store(true, Ordering::Relaxed);
        self.completion_time = Some(now);
        self.nice_status = None;
        self.trouble = None;
        self.paused = None;
        self.status = if end == End::Succeeded {
            Status::Succeeded
        } else {
            Status::Failed
        };
        let left = self
            .total()
            .saturating_sub(self.counts.succeeded + self.counts.skipped_errors);
        match end {
            End::Succeeded => self.event("SUCCEEDED", "succeeded", String::new(), false, now),
            End::Failed(trouble) => {
                self.counts.failed = left.min(1);
                self.counts.canceled = left.saturating_sub(1);
                self.event(
                    &trouble.code,
                    &trouble.description,
                    trouble.details.clone(),
                    true,
                    now,
                );
                self.fatal_error = Some(trouble);
            }
            End::Canceled => {
                self.counts.canceled = left;
                self.ended_by("CANCELED", "canceled", now);
            }
            End::Expired => {
                self.counts.expired = left;
                self.ended_by("EXPIRED", "expired", now);
            }
        }
        self.control.send_modify(|control| control.ended = true);
        true
    }

    fn ended_by(&mut self, code: &str, description: &str, now: DateTime<Utc>) {
        let (code, description) = (code.to_owned(), description.to_owned());
        self.event(&code, &description, String::new(), true, now);
        self.fatal_error = Some(Trouble {
            code,
            description,
            details: String::new(),
        });
    }

    /// The number of subtasks: one an item.
    pub(crate) fn total(&self) -> u64 {
        self.plan.items.len() as u64
    }
}
