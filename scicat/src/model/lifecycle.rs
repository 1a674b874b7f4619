//! Where a dataset stands between disk and archive.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where a dataset stands between disk and archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lifecycle {
    /// Whether it may be archived.
    #[serde(default)]
    pub archivable: Option<bool>,
    /// Whether it may be brought back.
    #[serde(default)]
    pub retrievable: Option<bool>,
    /// Whether it may be published.
    #[serde(default)]
    pub publishable: Option<bool>,
    /// When it goes from disk.
    #[serde(default)]
    pub date_of_disk_purging: Option<DateTime<Utc>>,
    /// Until when the archive keeps it.
    #[serde(default)]
    pub archive_retention_time: Option<DateTime<Utc>>,
    /// When it will be published.
    #[serde(default)]
    pub date_of_publishing: Option<DateTime<Utc>>,
    /// When it was published.
    #[serde(default)]
    pub published_on: Option<DateTime<Utc>>,
    /// Whether it is on disk.
    #[serde(default)]
    pub is_on_central_disk: Option<bool>,
    /// How far archiving got.
    #[serde(default)]
    pub archive_status_message: Option<String>,
    /// How far retrieving got.
    #[serde(default)]
    pub retrieve_status_message: Option<String>,
    /// Whether what came back was checked.
    #[serde(default)]
    pub retrieve_integrity_check: Option<bool>,
    /// Where it is stored.
    #[serde(default)]
    pub storage_location: Option<String>,
}
