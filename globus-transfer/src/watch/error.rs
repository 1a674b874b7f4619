//! Why a wait did not end in success.

use std::error::Error as StdError;
use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{Error, NiceStatus, Task, TaskId};

/// Why a wait did not end in success. One variant each for what needs another answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The task failed.
    Failed {
        /// The task at its end; `fatal_error` says why.
        task: Box<Task>,
    },
    /// Somebody cancelled the task.
    Cancelled {
        /// The task at its end.
        task: Box<Task>,
    },
    /// The task met its deadline.
    Expired {
        /// The task at its end, with the deadline that the service held at last.
        task: Box<Task>,
    },
    /// The task is suspended until someone renews credentials. It was left as it is.
    Inactive {
        /// The task as read.
        task: Box<Task>,
    },
    /// The task met a condition that does not mend itself, and was cancelled; perhaps before this wait began, as its
    /// events tell then.
    #[non_exhaustive]
    Fatal {
        /// The task as last read; before it was cancelled, if this wait did that.
        task: Box<Task>,
        /// The condition.
        nice_status: NiceStatus,
        /// The file concerned, where the service names it.
        file: Option<String>,
        /// The collection concerned, where the service names it.
        endpoint: Option<String>,
        /// Whether the task was seen to have ended. If not, it may still be copying.
        cancelled: bool,
    },
    /// The task stood still for too long, and was cancelled.
    #[non_exhaustive]
    Stalled {
        /// The task as read before it was cancelled.
        task: Box<Task>,
        /// When it last moved, as far as was observed.
        since: DateTime<Utc>,
        /// Whether the task was seen to have ended. If not, it may still be copying.
        cancelled: bool,
    },
    /// The task ended well but passed over files because of errors: not everything was delivered.
    Skipped {
        /// The task at its end.
        task: Box<Task>,
        /// How many were passed over; [`TaskHandle::skipped_errors`](crate::api::TaskHandle::skipped_errors)
        /// names them.
        skipped: u64,
    },
    /// The service does not know the task, or does not show it to this identity.
    Lost {
        /// The task asked for.
        task_id: TaskId,
    },
    /// The service could not be asked. Nothing is known of the task; waiting for it again is safe.
    Service(Error),
}

impl WaitError {
    /// The task as last read.
    pub fn task(&self) -> Option<&Task> {
        match self {
            Self::Failed { task }
            | Self::Cancelled { task }
            | Self::Expired { task }
            | Self::Inactive { task }
            | Self::Fatal { task, .. }
            | Self::Stalled { task, .. }
            | Self::Skipped { task, .. } => Some(task),
            Self::Lost { .. } | Self::Service(_) => None,
        }
    }

    /// A code for reports: the service's where it gives one (`FILE_NOT_FOUND`, `QUOTA_EXCEEDED`), else one
    /// word for the case (`FAILED`, `CANCELED`, `EXPIRED`, `INACTIVE`, `STALLED`, `SKIPPED_ERRORS`, `LOST`,
    /// `SERVICE`).
    pub fn code(&self) -> &str {
        match self {
            Self::Failed { task } => task
                .fatal_error
                .as_ref()
                .and_then(|error| error.code.as_deref())
                .unwrap_or("FAILED"),
            Self::Cancelled { .. } => "CANCELED",
            Self::Expired { .. } => "EXPIRED",
            Self::Inactive { .. } => "INACTIVE",
            Self::Fatal { nice_status, .. } => nice_status.as_str(),
            Self::Stalled { .. } => "STALLED",
            Self::Skipped { .. } => "SKIPPED_ERRORS",
            Self::Lost { .. } => "LOST",
            Self::Service(error) => error.service_code().unwrap_or("SERVICE"),
        }
    }

    /// Whether the task may still be running: it may yet write, so nothing should be submitted in its place.
    pub fn may_still_run(&self) -> bool {
        match self {
            Self::Inactive { .. } | Self::Lost { .. } | Self::Service(_) => true,
            Self::Fatal { cancelled, .. } | Self::Stalled { cancelled, .. } => !cancelled,
            _ => false,
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { task } => {
                write!(f, "{task}")?;
                let Some(error) = &task.fatal_error else {
                    return Ok(());
                };
                for part in [&error.code, &error.description].into_iter().flatten() {
                    write!(f, ": {part}")?;
                }
                Ok(())
            }
            Self::Cancelled { task } => match &task.canceled_by_admin_message {
                Some(message) => write!(f, "{task}: cancelled by an administrator: {message}"),
                None => write!(f, "{task}: cancelled"),
            },
            Self::Expired { task } => write!(f, "{task}: met its deadline{}", At(task.deadline)),
            Self::Inactive { task } => write!(f, "{task}: credentials must be renewed"),
            Self::Fatal {
                task,
                nice_status,
                file,
                endpoint,
                cancelled,
            } => {
                write!(f, "{task}: {nice_status}")?;
                if let Some(file) = file {
                    write!(f, " on {file:?}")?;
                }
                if let Some(endpoint) = endpoint {
                    write!(f, " at {endpoint}")?;
                }
                f.write_str(ended(*cancelled))
            }
            Self::Stalled {
                task,
                since,
                cancelled,
            } => {
                write!(
                    f,
                    "{task}: has not moved since{}{}",
                    At(Some(*since)),
                    ended(*cancelled)
                )
            }
            Self::Skipped { task, skipped } => write!(f, "{task}: {skipped} not delivered because of errors"),
            Self::Lost { task_id } => write!(f, "task {task_id}: unknown to the service"),
            Self::Service(error) => write!(f, "{error}"),
        }
    }
}

fn ended(cancelled: bool) -> &'static str {
    if cancelled {
        "; cancelled"
    } else {
        "; could not be cancelled and may still run"
    }
}

/// ` 2026-04-04T18:30:26Z`, or nothing.
struct At(Option<DateTime<Utc>>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |date| {
            write!(f, " {}", date.to_rfc3339_opts(SecondsFormat::Secs, true))
        })
    }
}

impl StdError for WaitError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // Its line is already this one's: go on with its cause.
            Self::Service(error) => error.source(),
            _ => None,
        }
    }
}

impl From<Error> for WaitError {
    fn from(error: Error) -> Self {
        Self::Service(error)
    }
}
