//! Instruments.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::InstrumentId;

/// An instrument as the catalogue returns it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Instrument {
    /// The persistent identifier.
    #[serde(default)]
    pub pid: Option<InstrumentId>,
    /// The name that no other instrument has.
    #[serde(default)]
    pub unique_name: Option<String>,
    /// The name by which people know it.
    #[serde(default)]
    pub name: Option<String>,
    /// Whatever the facility wrote down of it.
    #[serde(default)]
    pub custom_metadata: Option<Map<String, Value>>,
    /// When the entry was made.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
}
