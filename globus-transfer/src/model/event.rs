//! What happened to a task and to each of its files.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::lenient;

/// Something that happened to a task.
///
/// `is_error` is true for a cancellation as well: it alone does not tell a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskEvent {
    /// What, for instance `STARTED`, `PROGRESS`, `FILE_NOT_FOUND`; the service adds codes at any time.
    pub code: String,
    /// The same in words.
    #[serde(default)]
    pub description: Option<String>,
    /// Plain text or a JSON document written as text.
    #[serde(default)]
    pub details: Option<String>,
    /// Whether it counts as an error.
    #[serde(default)]
    pub is_error: Option<bool>,
    /// When.
    #[serde(default, deserialize_with = "lenient::date")]
    pub time: Option<DateTime<Utc>>,
}

/// A file that a task copied. Folders, and files that were skipped, are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct SuccessfulTransfer {
    /// Where it was read; null without a role on that side.
    pub source_path: Option<String>,
    /// Where it was written; null without a role on that side.
    pub destination_path: Option<String>,
    /// Its size in bytes.
    #[serde(deserialize_with = "lenient::number")]
    pub size: Option<u64>,
    /// Its checksum, when the service recorded one.
    pub checksum: Option<String>,
    /// How that was computed.
    pub checksum_algorithm: Option<String>,
}

/// A file that a task passed over because of an error: it was not delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct SkippedError {
    /// The event code, for instance `FILE_NOT_FOUND`.
    pub error_code: Option<String>,
    /// What the storage said.
    pub error_details: Option<String>,
    /// When.
    #[serde(deserialize_with = "lenient::date")]
    pub error_time: Option<DateTime<Utc>>,
    /// Where it was to be read.
    pub source_path: Option<String>,
    /// Where it was to be written.
    pub destination_path: Option<String>,
    /// Whether it is a folder.
    pub is_directory: Option<bool>,
    /// Whether it is a symbolic link.
    pub is_symlink: Option<bool>,
    /// Whether it was to be deleted at the destination (mirroring).
    pub is_delete_destination_extra: Option<bool>,
}

/// A list the service pages by marker: `next_marker` of one page is `marker` of the next request, and its
/// absence ends the list.
#[derive(Debug, Deserialize)]
pub(crate) struct MarkedList<T> {
    #[serde(rename = "DATA")]
    pub(crate) data: Vec<T>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) next_marker: Option<String>,
}
