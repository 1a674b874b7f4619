//! Bookmarks.

use serde::{Deserialize, Serialize};

/// A named place on a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Bookmark {
    /// Its id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The collection.
    pub endpoint_id: Option<String>,
    /// The folder.
    pub path: Option<String>,
    /// Whether it stands on top.
    pub pinned: Option<bool>,
}
