//! What a copy or a deletion is about: one file, or a folder with every file in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::observe::Observation;
use crate::endpoint::StorageEndpoint;

/// A file or folder on an endpoint; the path is relative to the endpoint's root.
#[derive(Debug, Clone, Copy)]
pub struct Located<'a> {
    /// The endpoint.
    pub endpoint: &'a StorageEndpoint,
    /// The path below its root.
    pub path: &'a str,
}

/// One file of a folder, as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderFile {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) modified: DateTime<Utc>,
}

impl FolderFile {
    /// The path below the folder.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When the file was last written, by that endpoint's clock.
    pub fn modified(&self) -> DateTime<Utc> {
        self.modified
    }
}

/// A folder with every file below it, in the order of their paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub(crate) endpoint: String,
    pub(crate) collection: String,
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) files: Vec<FolderFile>,
}

impl Manifest {
    /// The files, in the order of their paths.
    pub fn files(&self) -> &[FolderFile] {
        &self.files
    }
}

/// One file, or a folder with every file in it, as listings show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Extent {
    /// A folder.
    Folder(Manifest),
    /// A file.
    File(Observation),
}

impl Extent {
    /// The key of the endpoint.
    pub fn endpoint(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.endpoint,
            Self::File(file) => &file.endpoint,
        }
    }

    /// The path on the endpoint's collection.
    pub fn path(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.path,
            Self::File(file) => &file.path,
        }
    }

    /// Its bytes, those of all files.
    pub fn size(&self) -> u64 {
        match self {
            Self::Folder(folder) => folder.size,
            Self::File(file) => file.size,
        }
    }

    /// How many files it is.
    pub fn count(&self) -> u64 {
        match self {
            Self::Folder(folder) => folder.files.len() as u64,
            Self::File(_) => 1,
        }
    }

    /// When any of it was last written, by that endpoint's clock; nothing for an empty folder.
    pub fn newest(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Folder(folder) => folder.files.iter().map(|file| file.modified).max(),
            Self::File(file) => Some(file.modified),
        }
    }

    /// The file, if it is one.
    pub fn as_file(&self) -> Option<&Observation> {
        match self {
            Self::File(file) => Some(file),
            Self::Folder(_) => None,
        }
    }

    pub(crate) fn collection(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.collection,
            Self::File(file) => &file.collection,
        }
    }

    pub(crate) fn is_folder(&self) -> bool {
        matches!(self, Self::Folder(_))
    }

    /// Size and time of each file by its path below the folder; a file's own is empty.
    pub(crate) fn contents(&self) -> BTreeMap<&str, (u64, DateTime<Utc>)> {
        match self {
            Self::File(file) => BTreeMap::from([("", (file.size, file.modified))]),
            Self::Folder(folder) => folder
                .files
                .iter()
                .map(|file| (file.path.as_str(), (file.size, file.modified)))
                .collect(),
        }
    }

    /// Whether it holds the same files of the same sizes and times, wherever it lies.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        self.is_folder() == other.is_folder() && self.contents() == other.contents()
    }
}
