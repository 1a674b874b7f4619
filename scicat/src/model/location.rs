//! Where a further copy of a dataset is.

use std::fmt;

use crate::{Error, Result};

/// Where a further copy of a dataset is: a host, or any name by which people know the storage, and a path there.
///
/// The catalogue keeps it as a datablock whose archive id is `host:path`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    host: String,
    path: String,
}

impl Location {
    /// The copy at `path` on `host`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] if either is blank, holds a control character, or the host holds a colon.
    pub fn new(host: impl Into<String>, path: impl Into<String>) -> Result<Self> {
        let (host, path) = (host.into(), path.into());
        let blank = |text: &str| text.trim().is_empty() || text.contains(char::is_control);
        if blank(&host) || blank(&path) || host.contains(':') {
            return Err(Error::config(format!(
                "{host:?} and {path:?} are no location: give the name of a host, without a colon, and a path"
            )));
        }
        Ok(Self { host, path })
    }

    /// The host, or the storage's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path on that host.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is `other`, or lies in that folder.
    pub fn is_within(&self, other: &Self) -> bool {
        let rest = self.path.strip_prefix(other.path.trim_end_matches('/'));
        self.host == other.host && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Reads what [`Display`](fmt::Display) wrote; `None` for archive ids of others.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (host, path) = text.split_once(':')?;
        Self::new(host, path).ok()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.path)
    }
}
