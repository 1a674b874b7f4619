//! Samples.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::SampleId;

/// A sample as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Sample {
    /// The identifier.
    #[serde(default)]
    pub sample_id: Option<SampleId>,
    /// The owner's name.
    #[serde(default)]
    pub owner: Option<String>,
    /// Free text.
    #[serde(default)]
    pub description: Option<String>,
    /// What kind of sample it is.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// The proposal it belongs to.
    #[serde(default)]
    pub proposal_id: Option<String>,
    /// What is known of it.
    #[serde(default)]
    pub sample_characteristics: Option<Map<String, Value>>,
    /// Whether everyone may see it.
    #[serde(default)]
    pub is_published: Option<bool>,
    /// The group that owns it.
    #[serde(default)]
    pub owner_group: Option<String>,
    /// The groups that may read it.
    #[serde(default)]
    pub access_groups: Option<Vec<String>>,
    /// When the entry was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}
