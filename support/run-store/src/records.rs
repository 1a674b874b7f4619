//! What a store keeps beyond one run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// From where to where something was delivered.
///
/// Endpoints and paths are the caller's terms; the store compares them byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DeliveryKey {
    /// The source endpoint.
    pub source_endpoint: String,
    /// The path on the source endpoint.
    pub source_path: String,
    /// The destination endpoint.
    pub destination_endpoint: String,
    /// The path on the destination endpoint.
    pub destination_path: String,
}

/// One file of a delivery's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredFile {
    /// The path below the delivered folder; empty when the delivery is a single file.
    pub path: String,
    /// Size of the source at submission, in bytes.
    pub size: u64,
    /// When the source was last changed, as listed at submission.
    pub source_mtime: DateTime<Utc>,
    /// When the copy was last changed, as listed after delivery. Never compare it with the source's time.
    pub copy_mtime: Option<DateTime<Utc>>,
}

/// A proved delivery: what stood at the source when it was submitted, and what arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// From where to where.
    pub key: DeliveryKey,
    /// The run that delivered.
    pub run_id: String,
    /// The transfer task that delivered.
    pub task_id: String,
    /// When the task was found to have ended well.
    pub delivered_at: DateTime<Utc>,
    /// The manifest.
    pub files: Vec<DeliveredFile>,
}

/// A path under export control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlledPath {
    /// The path; everything below it is covered too.
    pub path: String,
    /// Why.
    pub reason: String,
    /// The run that said so, if a run did.
    pub run_id: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The id of a row in the local schedule.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScheduledId(String);

impl ScheduledId {
    /// Takes an id as it was printed or reported.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ScheduledId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A prune to be run later by the local scheduler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduledPrune {
    /// Idempotency key: scheduling the same key again gives the same row.
    pub key: String,
    /// The run that schedules it.
    pub run_id: String,
    /// The flow to run.
    pub flow: String,
    /// The flow's parameters.
    pub parameters: Value,
    /// When it is due.
    pub due: DateTime<Utc>,
}

/// A row of the local schedule that is not finished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScheduledRow {
    /// The row's id.
    pub id: ScheduledId,
    /// What is to be run; `due` is the present date, which [`ScheduledOutcome::Again`] moves.
    pub prune: ScheduledPrune,
    /// How often it was tried.
    pub tries: u32,
    /// Why the last try did not finish it.
    pub last_reason: Option<String>,
    /// The id under which another scheduler runs it; none for a row that is run from here.
    pub elsewhere: Option<String>,
}

/// How a try of a scheduled row ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ScheduledOutcome {
    /// It ran; its report. The row is finished.
    Done(Value),
    /// It was refused or failed, and is to be tried again.
    Again {
        /// When.
        due: DateTime<Utc>,
        /// Why it did not finish.
        reason: String,
    },
    /// It will not be tried again. The row is finished.
    Dropped {
        /// Why.
        reason: String,
    },
}

/// What was deleted, when, and on what evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeletionRecord {
    /// The endpoint that it was deleted from.
    pub endpoint: String,
    /// The path on that endpoint.
    pub path: String,
    /// The run that deleted it.
    pub run_id: String,
    /// When the deletion was found to have ended well.
    pub deleted_at: DateTime<Utc>,
    /// The proof that stood when it was deleted.
    pub evidence: Value,
}

/// One spelling for a path: from the root, no double slashes, no `.`, no slash at the end. A path without its
/// first slash is the same path: here it is better to forbid too much.
pub fn normal_path(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    format!("/{}", parts.join("/"))
}
