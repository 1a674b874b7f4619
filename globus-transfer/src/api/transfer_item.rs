//! What a transfer takes along.

use serde::{Serialize, Serializer};

use super::check_path;
use crate::{Error, Result};

/// Which files a transfer leaves alone because the destination already has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SyncLevel {
    /// Copies what the destination lacks.
    Exists,
    /// Copies what differs in size.
    Size,
    /// Copies what is newer at the source.
    Mtime,
    /// Copies what differs in checksum.
    Checksum,
}

impl SyncLevel {
    fn wire(self) -> u8 {
        match self {
            Self::Exists => 0,
            Self::Size => 1,
            Self::Mtime => 2,
            Self::Checksum => 3,
        }
    }
}

impl Serialize for SyncLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.wire())
    }
}

/// One file or folder of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransferItem {
    #[serde(rename = "DATA_TYPE")]
    data_type: &'static str,
    source_path: String,
    destination_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recursive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_checksum: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum_algorithm: Option<String>,
}

impl TransferItem {
    /// Both paths in full: for a file the destination names the file, not its folder.
    pub fn new(source_path: impl Into<String>, destination_path: impl Into<String>) -> Self {
        Self {
            data_type: "transfer_item",
            source_path: source_path.into(),
            destination_path: destination_path.into(),
            recursive: None,
            external_checksum: None,
            checksum_algorithm: None,
        }
    }

    /// Says that the item is a folder (or is not); left unset, the service finds out.
    pub fn recursive(mut self, recursive: bool) -> Self {
        self.recursive = Some(recursive);
        self
    }

    /// The file's checksum as known beforehand, MD5 unless an algorithm is named. A mismatch fails the whole
    /// task. Not for folders.
    pub fn external_checksum(mut self, checksum: impl Into<String>) -> Self {
        self.external_checksum = Some(checksum.into());
        self
    }

    /// The algorithm of [`external_checksum`](Self::external_checksum), in the service's spelling.
    pub fn checksum_algorithm(mut self, algorithm: impl Into<String>) -> Self {
        self.checksum_algorithm = Some(algorithm.into());
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_path("the source path", &self.source_path)?;
        check_path("the destination path", &self.destination_path)?;
        if self.recursive == Some(true) && self.external_checksum.is_some() {
            return Err(Error::config(format!(
                "{:?}: a folder has no checksum",
                self.source_path
            )));
        }
        Ok(())
    }
}

/// A rule for what a recursive item takes along. The first rule that matches a name decides; a name that
/// none matches is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilterRule {
    #[serde(rename = "DATA_TYPE")]
    data_type: &'static str,
    method: &'static str,
    name: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
}

impl FilterRule {
    fn new(method: &'static str, name: impl Into<String>) -> Self {
        Self {
            data_type: "filter_rule",
            method,
            name: name.into(),
            kind: None,
        }
    }

    /// Takes names that match the pattern (`*`, `?`).
    pub fn include(name: impl Into<String>) -> Self {
        Self::new("include", name)
    }

    /// Leaves out names that match the pattern.
    pub fn exclude(name: impl Into<String>) -> Self {
        Self::new("exclude", name)
    }

    /// Holds for files only.
    pub fn files_only(mut self) -> Self {
        self.kind = Some("file");
        self
    }

    /// Holds for folders only.
    pub fn folders_only(mut self) -> Self {
        self.kind = Some("dir");
        self
    }
}
