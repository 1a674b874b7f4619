//! Logbooks.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A logbook as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Logbook {
    /// The name, usually the proposal.
    #[serde(default)]
    pub name: Option<String>,
    /// The chat room behind it.
    #[serde(default)]
    pub room_id: Option<String>,
    /// Its messages as they were written.
    #[serde(default)]
    pub messages: Option<Vec<Value>>,
}
