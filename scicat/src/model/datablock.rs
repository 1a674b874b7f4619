//! Datablocks: copies of a dataset's files elsewhere.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{DataFile, NewDataFile, NewOrigDatablock};
use crate::{DatablockId, DatasetPid, Error, Result};

/// A datablock to be created: a copy of a dataset's files in an archive or on another host.
///
/// Unlike an original datablock it leaves the dataset's size as it is and counts to its packed size.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewDatablock {
    archive_id: String,
    size: u64,
    packed_size: u64,
    version: String,
    data_file_list: Vec<NewDataFile>,
}

impl NewDatablock {
    /// A copy of these files under the name that its archive knows it by. It is not packed.
    pub fn new(archive_id: impl Into<String>, files: &NewOrigDatablock) -> Self {
        Self {
            archive_id: archive_id.into(),
            size: files.size(),
            packed_size: files.size(),
            version: "1".to_owned(),
            data_file_list: files.files().to_vec(),
        }
    }

    /// Sets how many bytes it has in the archive.
    #[must_use]
    pub fn packed_size(mut self, bytes: u64) -> Self {
        self.packed_size = bytes;
        self
    }

    /// Sets the version of the archive's format.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Checks what the backend would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] if it has no archive id or no file.
    pub fn check(&self) -> Result<()> {
        if self.archive_id.trim().is_empty() {
            return Err(Error::config("a datablock needs an archiveId that is not blank"));
        }
        if self.data_file_list.is_empty() {
            return Err(Error::config("a datablock needs at least one file"));
        }
        Ok(())
    }
}

/// A datablock as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Datablock {
    /// The block's own identifier.
    #[serde(rename = "_id")]
    pub id: Option<DatablockId>,
    /// The dataset it belongs to.
    pub dataset_id: Option<DatasetPid>,
    /// The name that its archive knows it by.
    pub archive_id: Option<String>,
    /// Bytes of all its files.
    pub size: Option<u64>,
    /// Bytes in the archive.
    pub packed_size: Option<u64>,
    /// The version of the archive's format.
    pub version: Option<String>,
    /// Its files.
    #[serde(default)]
    pub data_file_list: Vec<DataFile>,
    /// When the entry was made.
    pub created_at: Option<DateTime<Utc>>,
}
