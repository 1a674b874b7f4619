//! Published data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::DatasetPid;

/// A publication of datasets with its DOI.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PublishedData {
    /// The DOI.
    #[serde(default)]
    pub doi: Option<String>,
    /// The title.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is about.
    #[serde(rename = "abstract", default)]
    pub abstract_text: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub creator: Option<Vec<String>>,
    /// Who published it.
    #[serde(default)]
    pub publisher: Option<String>,
    /// When.
    #[serde(default)]
    pub publication_year: Option<u64>,
    /// Its datasets.
    #[serde(default)]
    pub pid_array: Option<Vec<DatasetPid>>,
    /// What kind of data it is.
    #[serde(default)]
    pub resource_type: Option<String>,
    /// How far its registration got.
    #[serde(default)]
    pub status: Option<String>,
    /// Where it can be read about.
    #[serde(default)]
    pub url: Option<String>,
    /// When the entry was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}
