//! Files and folders of a collection.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::lenient;

rest_core::open_enum! {
    /// What an entry is. A valid symbolic link shows as what it points to, with `link_target` set.
    pub enum EntryKind {
        /// A file.
        File = "file",
        /// A folder.
        Dir = "dir",
        /// A symbolic link that leads nowhere.
        InvalidSymlink = "invalid_symlink",
        /// A character device.
        CharDevice = "chr",
        /// A block device.
        BlockDevice = "blk",
        /// A named pipe.
        Pipe = "pipe",
        /// Something else.
        Other = "other",
    }
}

/// A file or folder as the storage reports it.
///
/// On symbolic links `size`, `user`, `group` and `last_modified` are the target's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its name, without the folder.
    #[serde(default)]
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EntryKind,
    /// Its size in bytes; on folders whatever the storage says.
    #[serde(default, deserialize_with = "lenient::number")]
    pub size: Option<u64>,
    /// When it was last written. Most storage reports whole seconds.
    #[serde(default, deserialize_with = "lenient::date")]
    pub last_modified: Option<DateTime<Utc>>,
    /// Its mode as octal text, for instance `0644`.
    #[serde(default)]
    pub permissions: Option<String>,
    /// Its owner.
    #[serde(default)]
    pub user: Option<String>,
    /// Its group.
    #[serde(default)]
    pub group: Option<String>,
    /// Where a symbolic link points.
    #[serde(default)]
    pub link_target: Option<String>,
}

impl Entry {
    /// Whether this is a plain file (or a link to one).
    pub fn is_file(&self) -> bool {
        self.kind == EntryKind::File
    }

    /// Whether this is a folder (or a link to one).
    pub fn is_dir(&self) -> bool {
        self.kind == EntryKind::Dir
    }
}

/// The content of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Listing {
    /// The entries, in the order asked for.
    #[serde(rename = "DATA")]
    pub entries: Vec<Entry>,
    /// The collection.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// The folder as asked for.
    #[serde(default)]
    pub path: Option<String>,
    /// The folder's path with `~` resolved.
    #[serde(default)]
    pub absolute_path: Option<String>,
    /// How many entries there are, those cut by a limit included.
    #[serde(default, deserialize_with = "lenient::number")]
    pub total: Option<u64>,
    /// Whether the storage can rename.
    #[serde(default)]
    pub rename_supported: Option<bool>,
    /// Whether the storage knows symbolic links.
    #[serde(default)]
    pub symlink_supported: Option<bool>,
}

impl Listing {
    /// The entry of that name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Whether a limit cut the list short.
    pub fn is_cut(&self) -> bool {
        self.total.is_some_and(|total| total > self.entries.len() as u64)
    }
}
