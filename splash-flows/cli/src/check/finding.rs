//! One thing that the check found.

use std::fmt;

use serde::Serialize;
use settings::{Mistake, Place};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A run would be refused, or fail.
    Error,
    /// Nothing that the flows of 8.3.2 need; or something that may be meant.
    Note,
}

/// One thing that the check found: where, which key, what is wrong and what to do. It shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, if it is about one.
    pub file: Option<String>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column in characters, from 1.
    pub column: Option<u64>,
    /// The key, dotted from the top, or the variable; empty if it is about neither.
    pub key: String,
    /// What is wrong and what to do, going on after the key.
    pub message: String,
}

impl Finding {
    /// A run would be refused, or fail.
    pub(super) fn error(place: Option<&Place>, key: &str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            key: key.to_owned(),
            message: message.into(),
        }
    }

    /// Something that need not be wrong.
    pub(super) fn note(place: Option<&Place>, key: &str, message: impl Into<String>) -> Self {
        Self::error(place, key, message).unless(false)
    }

    /// A note, unless it `matters`.
    pub(super) fn unless(mut self, matters: bool) -> Self {
        if !matters {
            self.severity = Severity::Note;
        }
        self
    }

    /// An error of a whole file.
    pub(super) fn of_file(file: &std::path::Path, message: impl Into<String>) -> Self {
        Self {
            file: Some(file.display().to_string()),
            ..Self::error(None, "", message)
        }
    }

    /// Whether a run would be refused, or fail.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The order of a list: by file and place, what belongs to none last.
    pub(super) fn order(&self) -> (bool, Option<String>, Option<u64>, Option<u64>) {
        (self.file.is_none(), self.file.clone(), self.line, self.column)
    }
}

impl From<&Mistake> for Finding {
    fn from(mistake: &Mistake) -> Self {
        Self::error(Some(&mistake.place), &mistake.key, &mistake.problem)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, "{number}:")?;
            }
            f.write_str(" ")?;
        }
        let severity = if self.is_error() { "error" } else { "note" };
        write!(f, "{severity}: ")?;
        if !self.key.is_empty() {
            write!(f, "{} ", self.key)?;
        }
        f.write_str(&self.message)
    }
}
