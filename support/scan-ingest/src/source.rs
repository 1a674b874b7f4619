//! The files of a dataset: where this machine sees them, and how the catalogue names them.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::{Error, Result};

/// Most files of one dataset.
const MAX_FILES: usize = 100_000;
/// Deepest folder below the dataset's own.
const MAX_DEPTH: usize = 32;

/// One file of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFile {
    /// Where this machine sees it.
    pub local: PathBuf,
    /// Its path in the catalogue.
    pub path: String,
    /// Its bytes.
    pub size: u64,
    /// When it was last changed.
    pub modified: DateTime<Utc>,
}

/// The files of one dataset, looked at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    folder: String,
    name: String,
    files: Vec<SourceFile>,
}

impl Source {
    /// A file, or a folder with all files in it and below it, which this machine sees at `local` and the catalogue
    /// knows as `path`. A symbolic link counts as what it leads to; one to a folder within a folder is left out.
    ///
    /// # Errors
    /// [`Error::Io`] for what cannot be looked at, [`Error::Nothing`] for a folder without files, or with more than
    /// 100,000.
    pub fn look(local: &Path, path: &str) -> Result<Self> {
        let path = path.trim_end_matches('/');
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let facts = fs::metadata(local).map_err(|source| io(local, source))?;
        let mut source = Self {
            folder: if facts.is_dir() { path } else { parent }.to_owned(),
            name: name.to_owned(),
            files: Vec::new(),
        };
        if facts.is_dir() {
            source.walk(local, path, 0)?;
            source.files.sort_by(|one, other| one.path.cmp(&other.path));
        } else {
            source.files.push(file(local, path, &facts)?);
        }
        source.not_empty(local)
    }

    /// Several files or folders as one dataset; its folder is the one that holds them all.
    ///
    /// # Errors
    /// As for [`look`](Self::look); [`Error::Nothing`] for none.
    pub fn look_at_all<'a>(paths: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Result<Self> {
        let mut all: Option<Self> = None;
        for (local, path) in paths {
            let one = Self::look(local, path)?;
            all = Some(match all {
                None => one,
                Some(mut all) => {
                    all.folder = common(&all.folder, &one.folder);
                    all.files.extend(one.files);
                    all
                }
            });
        }
        let all = all.ok_or_else(|| Error::Nothing {
            what: "there is no file to be catalogued".to_owned(),
        })?;
        all.not_empty(Path::new(""))
    }

    /// The folder that holds its files, as the catalogue knows it.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The same files in a dataset of another folder.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<String>) -> Self {
        self.folder = folder.into();
        self
    }

    /// The last part of its path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its files, at least one.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The last part of its path without an extension: what it is called where nothing else says.
    pub fn stem(&self) -> &str {
        match self.name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && !extension.is_empty() => stem,
            _ => &self.name,
        }
    }

    /// When the last of its files was changed.
    pub fn modified(&self) -> DateTime<Utc> {
        let times = self.files.iter().map(|file| file.modified);
        times.max().unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Whether its files are still as they were.
    ///
    /// # Errors
    /// [`Error::Changed`] with the first that is not, [`Error::Io`] for one that is gone.
    pub fn unchanged(&self) -> Result<()> {
        for seen in &self.files {
            let facts = fs::metadata(&seen.local).map_err(|source| io(&seen.local, source))?;
            if file(&seen.local, &seen.path, &facts)? != *seen {
                let file = seen.local.clone();
                return Err(Error::Changed { file });
            }
        }
        Ok(())
    }

    fn walk(&mut self, local: &Path, path: &str, depth: usize) -> Result<()> {
        for entry in fs::read_dir(local).map_err(|source| io(local, source))? {
            let entry = entry.map_err(|source| io(local, source))?;
            let (local, name) = (entry.path(), entry.file_name());
            let path = format!("{path}/{}", name.to_string_lossy());
            let kind = entry.file_type().map_err(|source| io(&local, source))?;
            if kind.is_dir() && depth < MAX_DEPTH {
                self.walk(&local, &path, depth + 1)?;
                continue;
            }
            let facts = fs::metadata(&local).map_err(|source| io(&local, source))?;
            if facts.is_file() {
                self.files.push(file(&local, &path, &facts)?);
            }
            if self.files.len() > MAX_FILES {
                let what = format!("{} holds more than {MAX_FILES} files", local.display());
                return Err(Error::Nothing { what });
            }
        }
        Ok(())
    }

    fn not_empty(self, local: &Path) -> Result<Self> {
        if self.files.is_empty() {
            let what = format!("{} holds no file", local.display());
            return Err(Error::Nothing { what });
        }
        Ok(self)
    }
}

fn file(local: &Path, path: &str, facts: &fs::Metadata) -> Result<SourceFile> {
    let modified = facts.modified().map_err(|source| io(local, source))?;
    Ok(SourceFile {
        local: local.to_owned(),
        path: path.to_owned(),
        size: facts.len(),
        modified: modified.into(),
    })
}

fn io(file: &Path, source: std::io::Error) -> Error {
    Error::Io {
        file: file.to_owned(),
        source,
    }
}

/// The folder above both.
fn common(one: &str, other: &str) -> String {
    let parts = one.split('/').zip(other.split('/'));
    let shared: Vec<&str> = parts.take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    shared.join("/")
}
