//! Tasks.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::TaskId;
use crate::lenient;

rest_core::open_enum! {
    /// The state of a task.
    pub enum TaskStatus {
        /// Being worked on, queued, or paused.
        Active = "ACTIVE",
        /// Suspended until someone renews credentials. A paused task is not inactive.
        Inactive = "INACTIVE",
        /// Ended; whether files were skipped because of errors must be looked at.
        Succeeded = "SUCCEEDED",
        /// Ended without success: failed, cancelled or expired.
        Failed = "FAILED",
    }
}

impl TaskStatus {
    /// Whether the task has come to its end. Not so for `INACTIVE` and values this version does not know.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

rest_core::open_enum! {
    /// What a task does.
    pub enum TaskKind {
        /// Copies files.
        Transfer = "TRANSFER",
        /// Deletes files.
        Delete = "DELETE",
    }
}

rest_core::open_enum! {
    /// How an active task fares: `OK` and `Queued` are fine, anything else is the code of its latest error.
    ///
    /// The code stands for 15 minutes after the error; it does not prove that the task is being worked on.
    pub enum NiceStatus {
        /// In order.
        Ok = "OK",
        /// Waits for one of the user's places, in order.
        Queued = "Queued",
        /// A path does not exist; the service retries it until the task's deadline.
        FileNotFound = "FILE_NOT_FOUND",
        /// A path may not be read or written; the service retries it until the task's deadline.
        PermissionDenied = "PERMISSION_DENIED",
        /// A connection could not be made.
        ConnectFailed = "CONNECT_FAILED",
        /// A connection broke.
        ConnectionBroken = "CONNECTION_BROKEN",
        /// A connection was reset.
        ConnectionReset = "CONNECTION_RESET",
        /// The storage answered with an error.
        EndpointError = "ENDPOINT_ERROR",
        /// The storage takes no more connections.
        EndpointTooBusy = "ENDPOINT_TOO_BUSY",
        /// The file changed while it was read.
        FileSizeChanged = "FILE_SIZE_CHANGED",
        /// The copy's checksum differs; the file is sent again.
        VerifyChecksum = "VERIFY_CHECKSUM",
        /// The caller's own checksum does not fit the file.
        ExternalChecksumMismatch = "EXTERNAL_CHECKSUM_MISMATCH",
        /// The destination's quota is used up.
        QuotaExceeded = "QUOTA_EXCEEDED",
        /// The destination has no room left.
        NoSpaceLeft = "NO_SPACE_LEFT",
        /// A step took too long.
        Timeout = "TIMEOUT",
        /// Credentials are missing or have expired.
        Auth = "AUTH",
        /// A personal endpoint is offline.
        GcNotConnected = "GC_NOT_CONNECTED",
        /// A personal endpoint is paused.
        GcPaused = "GC_PAUSED",
        /// Paused.
        Paused = "PAUSED",
        /// Paused by an administrator of a collection.
        PausedByAdmin = "PAUSED_BY_ADMIN",
    }
}

/// Why a task failed for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct FatalError {
    /// An event code, for instance `FILE_NOT_FOUND`.
    pub code: Option<String>,
    /// The same in words.
    pub description: Option<String>,
}

/// A transfer or delete task.
///
/// Sizes are bytes, rates bytes per second. Entries of a list may lack any field, hence the many `Option`s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Task {
    /// The task's id.
    pub task_id: TaskId,
    /// Its state.
    pub status: TaskStatus,
    /// Transfer or delete.
    #[serde(default, rename = "type")]
    pub kind: Option<TaskKind>,
    /// The submitter's label.
    #[serde(default)]
    pub label: Option<String>,
    /// The latest condition of an active task, null once it has ended.
    #[serde(default)]
    pub nice_status: Option<NiceStatus>,
    /// What is behind `nice_status`, in the words of the storage.
    #[serde(default)]
    pub nice_status_details: Option<String>,
    /// One line on `nice_status`.
    #[serde(default)]
    pub nice_status_short_description: Option<String>,
    /// Seconds until `nice_status` lapses; -1 where that does not apply.
    #[serde(default, deserialize_with = "lenient::number")]
    pub nice_status_expires_in: Option<i64>,
    /// Whether an active task is without error; null once it has ended.
    #[serde(default)]
    pub is_ok: Option<bool>,
    /// Whether somebody has paused the task. It stays `ACTIVE` and may go on.
    #[serde(default)]
    pub is_paused: Option<bool>,
    /// Why it failed, on failed tasks only.
    #[serde(default)]
    pub fatal_error: Option<FatalError>,
    /// Whether an administrator ended it, and of which side (`SOURCE`, `DESTINATION`, `BOTH`).
    #[serde(default)]
    pub canceled_by_admin: Option<String>,
    /// The administrator's words.
    #[serde(default)]
    pub canceled_by_admin_message: Option<String>,
    /// When it was submitted.
    #[serde(default, deserialize_with = "lenient::date")]
    pub request_time: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default, deserialize_with = "lenient::date")]
    pub completion_time: Option<DateTime<Utc>>,
    /// When the service would give up. The service moves it: only the latest reading counts.
    #[serde(default, deserialize_with = "lenient::date")]
    pub deadline: Option<DateTime<Utc>>,
    /// Whose task it is.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// The collection read from.
    #[serde(default)]
    pub source_endpoint_id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub source_endpoint_display_name: Option<String>,
    /// The collection written to, null on delete tasks.
    #[serde(default)]
    pub destination_endpoint_id: Option<String>,
    /// Its name.
    #[serde(default)]
    pub destination_endpoint_display_name: Option<String>,
    /// Bytes moved so far, repeats after faults included.
    #[serde(default, deserialize_with = "lenient::number")]
    pub bytes_transferred: Option<u64>,
    /// Bytes read for checksums so far.
    #[serde(default, deserialize_with = "lenient::number")]
    pub bytes_checksummed: Option<u64>,
    /// The task's mean rate.
    #[serde(default, deserialize_with = "lenient::number")]
    pub effective_bytes_per_second: Option<u64>,
    /// Files found so far.
    #[serde(default, deserialize_with = "lenient::number")]
    pub files: Option<u64>,
    /// Files copied so far.
    #[serde(default, deserialize_with = "lenient::number")]
    pub files_transferred: Option<u64>,
    /// Files left alone because the sync level found them equal.
    #[serde(default, deserialize_with = "lenient::number")]
    pub files_skipped: Option<u64>,
    /// Folders found so far.
    #[serde(default, deserialize_with = "lenient::number")]
    pub directories: Option<u64>,
    /// Errors met so far, most of them overcome by the service.
    #[serde(default, deserialize_with = "lenient::number")]
    pub faults: Option<u64>,
    /// The sync level asked for, null for "copy all".
    #[serde(default, deserialize_with = "lenient::number")]
    pub sync_level: Option<u8>,
    /// Whether each copy is checked against its source.
    #[serde(default)]
    pub verify_checksum: Option<bool>,
    /// Whether copies get the source's time.
    #[serde(default)]
    pub preserve_timestamp: Option<bool>,
    /// Whether the data is encrypted on its way.
    #[serde(default)]
    pub encrypt_data: Option<bool>,
    /// Whether files that cannot be read are passed over.
    #[serde(default)]
    pub skip_source_errors: Option<bool>,
    /// Whether a full quota ends the task.
    #[serde(default)]
    pub fail_on_quota_errors: Option<bool>,
    /// Whether what only the destination has is deleted.
    #[serde(default)]
    pub delete_destination_extra: Option<bool>,
    /// Whether the per-file records are gone (after about 30 days).
    #[serde(default)]
    pub history_deleted: Option<bool>,
    /// Subtasks in all.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_total: Option<u64>,
    /// Subtasks not yet done.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_pending: Option<u64>,
    /// Subtasks being tried again.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_retrying: Option<u64>,
    /// Subtasks done.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_succeeded: Option<u64>,
    /// Subtasks failed.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_failed: Option<u64>,
    /// Subtasks cancelled.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_canceled: Option<u64>,
    /// Subtasks that met the deadline.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_expired: Option<u64>,
    /// Files passed over because of errors (`skip_source_errors`): they were **not** delivered.
    #[serde(default, deserialize_with = "lenient::number")]
    pub subtasks_skipped_errors: Option<u64>,
}

impl Task {
    /// Whether the task has come to its end, well or not.
    pub fn is_done(&self) -> bool {
        self.status.is_terminal()
    }

    /// Whether the task is active but waits for one of the user's places.
    pub fn is_queued(&self) -> bool {
        self.status == TaskStatus::Active && self.nice_status == Some(NiceStatus::Queued)
    }

    /// Files passed over because of errors; 0 when the service says nothing.
    pub fn skipped_errors(&self) -> u64 {
        self.subtasks_skipped_errors.unwrap_or(0)
    }
}

impl fmt::Display for Task {
    /// `task <id> "<label>" <status>`, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.task_id)?;
        if let Some(label) = &self.label {
            write!(f, " {label:?}")?;
        }
        write!(f, " {}", self.status)
    }
}

/// A list the service pages by offset.
#[derive(Debug, Deserialize)]
pub(crate) struct OffsetList<T> {
    #[serde(rename = "DATA")]
    pub(crate) data: Vec<T>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub(crate) total: Option<u64>,
}
