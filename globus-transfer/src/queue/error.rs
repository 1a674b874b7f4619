//! Why an item was not delivered.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::journal::JournalError;
use crate::{Error, Sent, TaskId, WaitError};

/// Why an item was not delivered, or is not known to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ItemError {
    /// It cannot be sent as it is: a path is empty or contains NUL. Nothing was sent.
    Refused(Error),
    /// The journal did not record it. Nothing was sent.
    Journal(JournalError),
    /// The submission failed. Unless the service refused it for good, it may have been acted on.
    Submission(Error),
    /// The task could not read the file, and passed it over.
    Skipped {
        /// The task.
        task_id: TaskId,
        /// The service's code, such as `FILE_NOT_FOUND`.
        code: String,
        /// What the storage said.
        details: Option<String>,
    },
    /// The task ended well, but the file is on none of its lists, and not at the destination in its size.
    Missing {
        /// The task.
        task_id: TaskId,
        /// The size of what stands there, if anything does.
        found: Option<u64>,
    },
    /// The task did not end well before it delivered the file.
    Task {
        /// The task.
        task_id: TaskId,
        /// How it ended, or why that is not known.
        error: Arc<WaitError>,
    },
    /// The task ended, but what it delivered could not be asked for.
    Unknown {
        /// The task.
        task_id: TaskId,
        /// Why.
        error: Error,
    },
}

impl ItemError {
    /// The task, if there was one.
    pub fn task_id(&self) -> Option<&TaskId> {
        match self {
            Self::Refused(_) | Self::Journal(_) | Self::Submission(_) => None,
            Self::Skipped { task_id, .. }
            | Self::Missing { task_id, .. }
            | Self::Task { task_id, .. }
            | Self::Unknown { task_id, .. } => Some(task_id),
        }
    }

    /// A code for reports: the service's where it gives one, else one word for the case (`REFUSED`, `JOURNAL`,
    /// `SERVICE`, `NOT_DELIVERED`, and those of [`WaitError::code`]).
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(_) => "REFUSED",
            Self::Journal(_) => "JOURNAL",
            Self::Submission(error) | Self::Unknown { error, .. } => {
                error.service_code().unwrap_or("SERVICE")
            }
            Self::Skipped { code, .. } => code,
            Self::Missing { .. } => "NOT_DELIVERED",
            Self::Task { error, .. } => error.code(),
        }
    }

    /// Whether the file may be delivered all the same, or may yet be: the recorded submission should be resumed
    /// rather than another one made.
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Journal(_) | Self::Skipped { .. } | Self::Missing { .. } => false,
            Self::Submission(error) => error.was_sent() != Sent::Yes || error.is_transient(),
            Self::Task { error, .. } => error.may_still_run(),
            Self::Unknown { .. } => true,
        }
    }
}

impl fmt::Display for ItemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) | Self::Submission(error) => write!(f, "{error}"),
            Self::Journal(error) => write!(f, "could not be recorded: {error}"),
            Self::Skipped {
                task_id,
                code,
                details,
            } => {
                write!(f, "task {task_id} passed the file over: {code}")?;
                // The first line says what; the rest is the storage's own trace.
                match details.as_deref().and_then(|details| details.lines().next()) {
                    Some(line) if !line.is_empty() => write!(f, ": {line}"),
                    _ => Ok(()),
                }
            }
            Self::Missing { task_id, found: None } => {
                write!(
                    f,
                    "task {task_id} ended well, but the file is not at the destination"
                )
            }
            Self::Missing {
                task_id,
                found: Some(bytes),
            } => write!(
                f,
                "task {task_id} ended well, but the file at the destination has {bytes} bytes"
            ),
            Self::Task { error, .. } => write!(f, "{error}"),
            Self::Unknown { task_id, error } => {
                write!(f, "what task {task_id} delivered could not be asked for: {error}")
            }
        }
    }
}

impl StdError for ItemError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // Their line is this one's already: go on with the cause.
            Self::Refused(error) | Self::Submission(error) => error.source(),
            Self::Task { error, .. } => error.source(),
            Self::Journal(error) => Some(error.as_ref()),
            Self::Unknown { error, .. } => Some(error),
            Self::Skipped { .. } | Self::Missing { .. } => None,
        }
    }
}
