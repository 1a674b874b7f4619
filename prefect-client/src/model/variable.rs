//! Variables: named values that the server keeps.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A variable.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value: any JSON on a server of version 3, a string on one of version 2.
    pub value: Value,
    /// Its tags.
    pub tags: Option<Vec<String>>,
    /// The identifier.
    pub id: Option<String>,
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}
