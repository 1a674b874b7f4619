//! Flows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::FlowId;

/// A flow. Its identifier and name are certain to be there.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Flow {
    /// The identifier.
    pub id: FlowId,
    /// The name.
    pub name: String,
    /// Its tags.
    pub tags: Option<Vec<String>>,
    /// Its labels.
    pub labels: Option<Map<String, Value>>,
    /// When it was made known.
    pub created: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated: Option<DateTime<Utc>>,
}
