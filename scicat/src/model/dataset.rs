//! A dataset as the catalogue returns it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::DatasetPid;

rest_core::open_enum! {
    /// The kind of a dataset.
    pub enum DatasetType {
        /// Measured data.
        Raw = "raw",
        /// Data computed from other datasets.
        Derived = "derived",
    }
}

/// A dataset as the catalogue returns it (v3 names). Only the PID is certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Dataset {
    /// The persistent identifier.
    pub pid: DatasetPid,
    /// Raw or derived.
    #[serde(rename = "type")]
    pub kind: Option<DatasetType>,
    /// The name by which people know it.
    pub dataset_name: Option<String>,
    /// The folder that holds its files.
    pub source_folder: Option<String>,
    /// The group that owns it.
    pub owner_group: Option<String>,
    /// The groups that may read it.
    pub access_groups: Option<Vec<String>>,
    /// The owner's name.
    pub owner: Option<String>,
    /// One email address, or several parted by semicolons.
    pub contact_email: Option<String>,
    /// Who leads the experiment.
    pub principal_investigator: Option<String>,
    /// Where it was measured.
    pub creation_location: Option<String>,
    /// When it was measured.
    pub creation_time: Option<DateTime<Utc>>,
    /// Bytes of all its datablocks; the backend adds them up.
    pub size: Option<u64>,
    /// Files of all its datablocks; the backend adds them up.
    pub number_of_files: Option<u64>,
    /// Free text.
    pub description: Option<String>,
    /// Words to find it by.
    pub keywords: Option<Vec<String>>,
    /// The proposal under which it was measured.
    pub proposal_id: Option<String>,
    /// The sample.
    pub sample_id: Option<String>,
    /// The instrument.
    pub instrument_id: Option<String>,
    /// The format of its files.
    pub data_format: Option<String>,
    /// Whether everyone may read it.
    pub is_published: Option<bool>,
    /// Metadata by key, as the ingestor wrote it.
    pub scientific_metadata: Option<Map<String, Value>>,
    /// When the entry was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When the entry was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// The account that made the entry.
    pub created_by: Option<String>,
}
