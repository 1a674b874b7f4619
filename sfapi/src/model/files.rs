//! Files and commands on a machine.

use serde::{Deserialize, Serialize};

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A link; see [`FileEntry::link_target`].
    Link,
    /// Something else, or not known.
    Other,
}

/// An entry of a folder, as `ls -l` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileEntry {
    /// Its permissions, such as `-rw-r-----`.
    #[serde(default)]
    pub perms: Option<String>,
    /// How many names it has.
    #[serde(default)]
    pub hardlinks: Option<u64>,
    /// Whose it is.
    #[serde(default)]
    pub user: Option<String>,
    /// Its group.
    #[serde(default)]
    pub group: Option<String>,
    /// Its size in bytes; the service writes it as a number with a point.
    #[serde(default)]
    pub size: Option<f64>,
    /// When it was changed last, by the machine's clock, without a zone.
    #[serde(default)]
    pub date: Option<String>,
    /// Its name; for a single file its whole path, for a link `name -> target`.
    #[serde(default)]
    pub name: Option<String>,
}

impl FileEntry {
    /// What it is.
    pub fn kind(&self) -> FileKind {
        match self.perms.as_deref().and_then(|perms| perms.chars().next()) {
            Some('-') => FileKind::File,
            Some('d') => FileKind::Folder,
            Some('l') => FileKind::Link,
            _ => FileKind::Other,
        }
    }

    /// Its name without folders, and without the target if it is a link.
    pub fn file_name(&self) -> &str {
        let name = self.name.as_deref().unwrap_or_default();
        let own = match self.kind() {
            FileKind::Link => name.split_once(" -> ").map_or(name, |(own, _)| own),
            _ => name,
        };
        own.rsplit('/').next().unwrap_or(own)
    }

    /// What a link leads to.
    pub fn link_target(&self) -> Option<&str> {
        let name = self.name.as_deref()?;
        (self.kind() == FileKind::Link)
            .then(|| name.split_once(" -> ").map(|(_, target)| target))
            .flatten()
    }

    /// Its size in whole bytes.
    pub fn bytes(&self) -> Option<u64> {
        let size = self.size.filter(|size| size.is_finite() && *size >= 0.0)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked; `as` saturates"
        )]
        Some(size.round() as u64)
    }
}

/// What `ls` answers.
#[derive(Debug, Deserialize)]
pub(crate) struct Directory {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) entries: Option<Vec<FileEntry>>,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

/// What a download answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Download {
    /// `OK` or `ERROR`.
    pub status: String,
    /// The text, or the bytes in base64.
    #[serde(default)]
    pub file: Option<String>,
    /// Whether `file` is base64.
    #[serde(default)]
    pub is_binary: Option<bool>,
    /// Why not.
    #[serde(default)]
    pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct UploadReply {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) error: Option<String>,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommandResult {
    /// `ok` or `error`.
    #[serde(default)]
    pub status: Option<String>,
    /// What it wrote.
    #[serde(default)]
    pub output: Option<String>,
    /// What went wrong, or what it wrote as errors.
    #[serde(default)]
    pub error: Option<String>,
    /// How it ended.
    #[serde(default)]
    pub exit_code: Option<i64>,
}
