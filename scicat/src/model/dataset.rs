//! A dataset as the catalogue returns it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Attachment, Datablock, OrigDatablock};
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

/// A dataset as the catalogue returns it. Only the PID is certain to be there. Some fields have one name in v3 and
/// another in v4; [`proposals`](Self::proposals) and its like read either.
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
    /// The host on which that folder is.
    pub source_folder_host: Option<String>,
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
    /// Who leads the experiment, in v4.
    pub principal_investigators: Option<Vec<String>>,
    /// Who computed a derived dataset.
    pub investigator: Option<String>,
    /// Where it was measured.
    pub creation_location: Option<String>,
    /// When it was measured.
    pub creation_time: Option<DateTime<Utc>>,
    /// Bytes of all its original datablocks; the backend adds them up.
    pub size: Option<u64>,
    /// Files of all its original datablocks; the backend adds them up.
    pub number_of_files: Option<u64>,
    /// Bytes of all its datablocks, that is of the copies.
    pub packed_size: Option<u64>,
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
    /// The proposals, in v4.
    pub proposal_ids: Option<Vec<String>>,
    /// The samples, in v4.
    pub sample_ids: Option<Vec<String>>,
    /// The instruments, in v4.
    pub instrument_ids: Option<Vec<String>>,
    /// The datasets a derived one was computed from.
    pub input_datasets: Option<Vec<DatasetPid>>,
    /// The programs that computed a derived dataset.
    pub used_software: Option<Vec<String>>,
    /// The parameters with which a derived dataset was computed.
    pub job_parameters: Option<Map<String, Value>>,
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
    /// The version of the API by which it was made, `3` or `4`.
    pub version: Option<String>,
    /// Its attachments, if they were asked for.
    pub attachments: Option<Vec<Attachment>>,
    /// Its original datablocks, if they were asked for.
    pub origdatablocks: Option<Vec<OrigDatablock>>,
    /// Its datablocks, if they were asked for.
    pub datablocks: Option<Vec<Datablock>>,
}

impl Dataset {
    /// The proposals, whatever the version.
    pub fn proposals(&self) -> Vec<&str> {
        either(self.proposal_ids.as_ref(), self.proposal_id.as_ref())
    }

    /// The samples, whatever the version.
    pub fn samples(&self) -> Vec<&str> {
        either(self.sample_ids.as_ref(), self.sample_id.as_ref())
    }

    /// The instruments, whatever the version.
    pub fn instruments(&self) -> Vec<&str> {
        either(self.instrument_ids.as_ref(), self.instrument_id.as_ref())
    }

    /// Who leads the experiment or computed the data, whatever the version.
    pub fn investigators(&self) -> Vec<&str> {
        match &self.investigator {
            Some(one) if self.principal_investigator.is_none() => vec![one],
            _ => either(
                self.principal_investigators.as_ref(),
                self.principal_investigator.as_ref(),
            ),
        }
    }
}

/// The list of v4, else the single text of v3.
fn either<'a>(many: Option<&'a Vec<String>>, one: Option<&'a String>) -> Vec<&'a str> {
    match (many, one) {
        (Some(many), _) => many.iter().map(String::as_str).collect(),
        (None, Some(one)) => vec![one],
        (None, None) => Vec::new(),
    }
}
