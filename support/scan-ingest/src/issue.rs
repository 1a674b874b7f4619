//! What a scan lacks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that a scan lacks or that could not be read. The scan is catalogued all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in one sentence that names the place.
    #[serde(rename = "msg")]
    pub message: String,
}

/// How bad an [`Issue`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Something is missing.
    Warning,
    /// Something is there and is wrong.
    Error,
}

impl Issue {
    /// Nothing is at this path.
    pub(crate) fn missing(path: &str) -> Self {
        Self::warning(format!("dataset not found {path}"))
    }

    /// A remark.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            message: message.into(),
        }
    }

    pub(crate) fn error(message: impl fmt::Display) -> Self {
        Self {
            severity: Severity::Error,
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Issues, each once: a path that is read for two purposes is missing once.
#[derive(Debug, Default)]
pub(crate) struct Issues(Vec<Issue>);

impl Issues {
    pub(crate) fn add(&mut self, issue: Issue) {
        if !self.0.contains(&issue) {
            self.0.push(issue);
        }
    }

    pub(crate) fn into_list(self) -> Vec<Issue> {
        self.0
    }
}
