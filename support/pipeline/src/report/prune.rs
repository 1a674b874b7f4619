//! What a prune did, and what stands in the schedule: documents that `--json` prints and the run store keeps.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A prune that stands in the schedule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduledPrune {
    /// The key of the endpoint whose copy goes.
    pub endpoint: String,
    /// The path relative to that endpoint's root.
    pub path: String,
    /// The key of the endpoint whose copy proves it; none where a retention rule lets the last copy go.
    pub check_endpoint: Option<String>,
    /// When it is due.
    pub at: DateTime<Utc>,
    /// The scheduler's id: a Prefect flow run, or a row of the local schedule.
    pub id: String,
}

/// The outcome of one prune.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PruneReport {
    /// The run's id.
    pub run_id: String,
    /// Whether the prune did what it may do under `deletion`.
    pub ok: bool,
    /// What happened to the file.
    pub outcome: Option<PruneOutcome>,
    /// The key of the endpoint whose copy goes.
    pub endpoint: String,
    /// The path on that endpoint's collection.
    pub path: Option<String>,
    /// The key of the endpoint whose copy proves it.
    pub check_endpoint: Option<String>,
    /// Its bytes, once they were seen.
    pub bytes: Option<u64>,
    /// Its files, once they were seen: 1 unless it is a folder.
    pub files: Option<u64>,
    /// Where it lies now under `deletion: quarantine`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trash: Option<InTrash>,
    /// The next try of a prune that failed, was refused, or only reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<PruneAgain>,
    /// The failure, if any.
    pub error: Option<Failure>,
}

impl PruneReport {
    pub(crate) fn new(run_id: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            ok: false,
            outcome: None,
            endpoint: String::new(),
            path: None,
            check_endpoint: None,
            bytes: None,
            files: None,
            trash: None,
            again: None,
            error: None,
        }
    }
}

/// Something in the trash.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InTrash {
    /// Its path relative to the endpoint's root.
    pub path: String,
    /// When its deletion is due; its witness must stand then.
    pub until: DateTime<Utc>,
    /// The scheduler's id of that deletion.
    pub id: String,
}

/// The next try of a prune.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PruneAgain {
    /// When it is due.
    pub at: DateTime<Utc>,
    /// Its id in the list of open prunes.
    pub id: String,
}

/// What a prune did with the file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PruneOutcome {
    /// It is proved and was deleted; the audit log holds the evidence.
    Deleted,
    /// It is proved and lies in the trash; the audit log holds the evidence.
    Quarantined,
    /// It is proved; `deletion: report` or a dry run leaves it where it is.
    WouldDelete,
    /// It is gone, and our own record says that we deleted it or moved it into the trash.
    AlreadyPruned,
}
