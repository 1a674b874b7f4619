//! What is copied, and from where to where.

use std::fmt;

use super::extent::Located;
use crate::endpoint::StorageEndpoint;

/// From one endpoint to another, at the same path below both roots.
#[derive(Debug, Clone, Copy)]
pub struct Hop<'a> {
    /// Where the file stands.
    pub source: &'a StorageEndpoint,
    /// Where it goes.
    pub destination: &'a StorageEndpoint,
}

impl fmt::Display for Hop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.source.key(), self.destination.key())
    }
}

/// What is copied.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The path below the roots of both endpoints.
    pub path: &'a str,
    /// What the task's label begins with; the run's id follows.
    pub label: &'a str,
    /// What must stand there: anything else is refused.
    pub kind: Kind,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder, copied with everything below it.
    Folder,
}

impl<'a> Hop<'a> {
    /// Where the item stands and where it goes.
    pub(super) fn both(self, item: Item<'a>) -> (Located<'a>, Located<'a>) {
        let at = |endpoint| Located {
            endpoint,
            path: item.path,
        };
        (at(self.source), at(self.destination))
    }
}

/// The effect's key.
pub(super) fn key(hop: Hop<'_>, item: Item<'_>) -> String {
    format!("{hop}:{}", item.path)
}
