//! Why a wait did not end in success.

use std::error::Error as StdError;
use std::fmt;

use crate::{Error, Job, JobId};

/// Why a wait did not end in success. One variant each for what needs another answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// The job ended in another state than COMPLETED: FAILED, TIMEOUT, OUT_OF_MEMORY, NODE_FAIL…
    Failed {
        /// The job at its end.
        job: Box<Job>,
    },
    /// Somebody cancelled the job.
    Cancelled {
        /// The job at its end.
        job: Box<Job>,
    },
    /// The job waits for what will not come, such as a time limit beyond its qos. It was left as it is.
    NeverBegins {
        /// The job as read; its reason says why.
        job: Box<Job>,
    },
    /// Neither queue nor accounting know the job, and that for too long.
    Lost {
        /// The job asked for.
        job_id: JobId,
    },
    /// The service could not be asked. Nothing is known of the job; waiting for it again is safe.
    Service(Error),
}

impl WaitError {
    /// The job as last read.
    pub fn job(&self) -> Option<&Job> {
        match self {
            Self::Failed { job } | Self::Cancelled { job } | Self::NeverBegins { job } => Some(job),
            Self::Lost { .. } | Self::Service(_) => None,
        }
    }

    /// A code for reports: the job's state (`FAILED`, `TIMEOUT`), its reason where it never begins, `LOST`, or the
    /// service's code.
    pub fn code(&self) -> &str {
        match self {
            Self::Failed { job } | Self::Cancelled { job } => job.state.as_str(),
            Self::NeverBegins { job } => job.reason.as_deref().unwrap_or("NEVER_BEGINS"),
            Self::Lost { .. } => "LOST",
            Self::Service(error) => error.service_code().unwrap_or("SERVICE"),
        }
    }

    /// Whether the job may still run or begin: nothing should be submitted in its place.
    pub fn may_still_run(&self) -> bool {
        matches!(
            self,
            Self::NeverBegins { .. } | Self::Lost { .. } | Self::Service(_)
        )
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { job } | Self::Cancelled { job } => write!(f, "{job}"),
            Self::NeverBegins { job } => write!(f, "{job}: it will never begin"),
            Self::Lost { job_id } => write!(f, "job {job_id}: unknown to queue and accounting"),
            Self::Service(error) => write!(f, "{error}"),
        }
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
