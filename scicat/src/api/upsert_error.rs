//! Why a dataset is not complete.

use std::fmt;

use crate::{DatasetPid, Error};

/// What an upsert was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Checking what is to be sent.
    Check,
    /// Looking for the dataset.
    Find,
    /// Creating the dataset.
    Dataset,
    /// Writing down its files.
    Files,
    /// Attaching its picture.
    Attachment,
    /// Comparing its size.
    Size,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Check => "checking what is to be sent",
            Self::Find => "looking for the dataset",
            Self::Dataset => "creating the dataset",
            Self::Files => "writing down its files",
            Self::Attachment => "attaching its picture",
            Self::Size => "comparing its size",
        })
    }
}

/// Why a dataset is not complete in the catalogue: which one and its files, at which step, the backend's answer, and what to do.
#[derive(Clone, Debug)]
pub struct UpsertError {
    pub(super) step: Step,
    pub(super) name: String,
    pub(super) pid: Option<DatasetPid>,
    pub(super) error: Error,
}

impl UpsertError {
    /// What was being done.
    pub fn step(&self) -> Step {
        self.step
    }

    /// The dataset, if it is in the catalogue by now.
    pub fn pid(&self) -> Option<&DatasetPid> {
        self.pid.as_ref()
    }

    /// The request's error.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        crate::remedy(&self.error)
    }
}

impl fmt::Display for UpsertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.step)?;
        if let Some(pid) = &self.pid {
            write!(f, " {pid}")?;
        }
        write!(f, ": {}; {}", self.error, self.remedy())
    }
}

impl std::error::Error for UpsertError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}
