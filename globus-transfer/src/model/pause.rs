//! Rules by which administrators pause tasks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::lenient;

/// A rule that pauses tasks and operations on an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct PauseRule {
    /// Its id.
    pub id: Option<String>,
    /// What users are told.
    pub message: Option<String>,
    /// The endpoint.
    pub endpoint_id: Option<String>,
    /// Its name.
    pub endpoint_display_name: Option<String>,
    /// Whose tasks are paused; null for all.
    pub identity_id: Option<String>,
    /// Since when tasks are paused.
    #[serde(deserialize_with = "lenient::date")]
    pub start_time: Option<DateTime<Utc>>,
    /// Who changed it last.
    pub modified_by: Option<String>,
    /// Whether that was an administrator of the host.
    pub modified_by_host_manager: Option<bool>,
    /// Whether an administrator of the host made it.
    pub created_by_host_manager: Option<bool>,
    /// Whether the caller may change it.
    pub editable: Option<bool>,
    /// Whether listings are refused.
    pub pause_ls: Option<bool>,
    /// Whether folders cannot be made.
    pub pause_mkdir: Option<bool>,
    /// Whether nothing can be renamed.
    pub pause_rename: Option<bool>,
    /// Whether links cannot be made.
    pub pause_symlink: Option<bool>,
    /// Whether deletions are paused.
    pub pause_task_delete: Option<bool>,
    /// Whether transfers to it are paused.
    pub pause_task_transfer_write: Option<bool>,
    /// Whether transfers from it are paused.
    pub pause_task_transfer_read: Option<bool>,
}

/// Why a task is paused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct PauseInfo {
    /// The rules that pause it. Only administrators see every field of them.
    #[serde(deserialize_with = "lenient::list")]
    pub pause_rules: Vec<PauseRule>,
    /// The words of the source's administrator, who paused this task.
    pub source_pause_message: Option<String>,
    /// The same of the source's host.
    pub source_pause_message_share: Option<String>,
    /// The words of the destination's administrator, who paused this task.
    pub destination_pause_message: Option<String>,
    /// The same of the destination's host.
    pub destination_pause_message_share: Option<String>,
}
