//! Original datablocks: the files of a dataset.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::rfc3339;
use crate::{DatasetPid, Error, OrigDatablockId, Result};

/// The largest number that the backend's numbers hold exactly.
const MAX_SIZE: u64 = (1 << 53) - 1;

/// A datablock to be created: the files of a dataset with their sizes. Its size is the sum of theirs.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrigDatablock {
    size: u64,
    data_file_list: Vec<NewDataFile>,
    #[serde(rename = "chkAlg", skip_serializing_if = "Option::is_none")]
    checksum_algorithm: Option<String>,
}

/// A file of a datablock to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewDataFile {
    /// The path as readers will know it.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// The time of its last change.
    #[serde(serialize_with = "rfc3339")]
    pub time: DateTime<Utc>,
    /// Its checksum, by the block's algorithm.
    #[serde(rename = "chk", skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

impl NewOrigDatablock {
    /// A datablock without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file: its path as readers will know it, its size in bytes and the time of its last change.
    #[must_use]
    pub fn file(self, path: impl Into<String>, size: u64, time: DateTime<Utc>) -> Self {
        self.data_file(NewDataFile {
            path: path.into(),
            size,
            time,
            checksum: None,
        })
    }

    /// Adds a file with all that is known of it.
    #[must_use]
    pub fn data_file(mut self, file: NewDataFile) -> Self {
        // A sum past the limit stays past it, and `check` refuses it.
        self.size = self.size.saturating_add(file.size);
        self.data_file_list.push(file);
        self
    }

    /// Names the algorithm of the files' checksums, such as `sha256`.
    #[must_use]
    pub fn checksum_algorithm(mut self, name: impl Into<String>) -> Self {
        self.checksum_algorithm = Some(name.into());
        self
    }

    /// Its files.
    pub fn files(&self) -> &[NewDataFile] {
        &self.data_file_list
    }

    /// The size of all files together, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Checks what the backend would refuse or store wrongly, before anything is sent.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] if there is no file, a path is empty or holds a NUL, or the sizes add up to
    /// more than 2^53 - 1 bytes.
    pub fn check(&self) -> Result<()> {
        if self.data_file_list.is_empty() {
            return Err(Error::config("a datablock needs at least one file"));
        }
        if self
            .data_file_list
            .iter()
            .any(|file| file.path.trim().is_empty() || file.path.contains('\0'))
        {
            return Err(Error::config(
                "each file of a datablock needs a path that is not blank",
            ));
        }
        if self.size > MAX_SIZE {
            return Err(Error::config(format!(
                "a datablock's files may add up to {MAX_SIZE} bytes at most"
            )));
        }
        Ok(())
    }
}

/// A datablock as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OrigDatablock {
    /// The block's own identifier.
    #[serde(rename = "_id")]
    pub id: Option<OrigDatablockId>,
    /// The dataset it belongs to.
    pub dataset_id: Option<DatasetPid>,
    /// Bytes of all its files.
    pub size: Option<u64>,
    /// Its files.
    #[serde(default)]
    pub data_file_list: Vec<DataFile>,
    /// The group that owns it, taken from the dataset.
    pub owner_group: Option<String>,
    /// When the entry was made.
    pub created_at: Option<DateTime<Utc>>,
}

/// A file of a datablock.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DataFile {
    /// The path as the ingestor gave it.
    pub path: String,
    /// Bytes.
    pub size: Option<u64>,
    /// The time of its last change.
    pub time: Option<DateTime<Utc>>,
    /// A checksum, if the ingestor gave one.
    pub chk: Option<String>,
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use serde_json::json;

    use super::{MAX_SIZE, NewOrigDatablock};

    #[test]
    fn the_size_is_the_sum_and_nothing_else_is_sent() {
        let time = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        let block = NewOrigDatablock::new()
            .file("/data/a.h5", 5, time)
            .file("/data/b.h5", 7, time);
        block.check().unwrap();
        assert_eq!(
            serde_json::to_value(&block).unwrap(),
            json!({"size": 12, "dataFileList": [
                {"path": "/data/a.h5", "size": 5, "time": "2026-03-01T12:00:00.000Z"},
                {"path": "/data/b.h5", "size": 7, "time": "2026-03-01T12:00:00.000Z"},
            ]})
        );
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        let time = Utc::now();
        assert!(NewOrigDatablock::new().check().is_err());
        assert!(NewOrigDatablock::new().file(" ", 1, time).check().is_err());
        assert!(NewOrigDatablock::new().file("a\0b", 1, time).check().is_err());
        assert!(NewOrigDatablock::new().file("a", MAX_SIZE, time).check().is_ok());
        assert!(
            NewOrigDatablock::new()
                .file("a", MAX_SIZE, time)
                .file("b", 1, time)
                .check()
                .is_err()
        );
        assert!(
            NewOrigDatablock::new()
                .file("a", u64::MAX, time)
                .file("b", 1, time)
                .check()
                .is_err()
        );
    }
}
