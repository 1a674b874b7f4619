//! Resources of the facility, their outages, and the service about itself. Dates are as the service writes them.

use serde::{Deserialize, Serialize};

rest_core::open_enum! {
    /// How a resource stands.
    pub enum ResourceStatus {
        /// In order.
        Active = "active",
        /// Not to be used.
        Unavailable = "unavailable",
        /// To be used with losses.
        Degraded = "degraded",
        /// Something else; the description says what.
        Other = "other",
    }
}

rest_core::open_enum! {
    /// How an outage stands.
    pub enum OutageStatus {
        /// Now.
        Active = "Active",
        /// Called off.
        Cancelled = "Cancelled",
        /// Over.
        Completed = "Completed",
        /// Now, longer than planned.
        Extended = "Extended",
        /// To come.
        Planned = "Planned",
    }
}

/// A resource: a machine, a file system, a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resource {
    /// Its name, as machines are named in requests.
    pub name: String,
    /// Its name for people.
    #[serde(default)]
    pub full_name: Option<String>,
    /// How it stands, in words.
    #[serde(default)]
    pub description: Option<String>,
    /// What it is: `compute`, `filesystem`, `service`.
    #[serde(default)]
    pub system_type: Option<String>,
    /// What users should know.
    #[serde(default)]
    pub notes: Option<Vec<String>>,
    /// How it stands.
    pub status: ResourceStatus,
    /// Since when.
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// What users of a resource should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Note {
    /// The resource.
    pub name: String,
    /// The text.
    #[serde(default)]
    pub notes: Option<String>,
    /// Whether it holds.
    #[serde(default)]
    pub active: Option<bool>,
    /// When it was written.
    #[serde(default)]
    pub timestamp: Option<String>,
}

/// A time in which a resource was, is or will be away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outage {
    /// The resource.
    pub name: String,
    /// Its beginning.
    #[serde(default)]
    pub start_at: Option<String>,
    /// Its end.
    #[serde(default)]
    pub end_at: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What users should know.
    #[serde(default)]
    pub notes: Option<String>,
    /// How it stands.
    #[serde(default)]
    pub status: Option<OutageStatus>,
    /// The kind of outage.
    #[serde(default)]
    pub swo: Option<String>,
    /// When this was written.
    #[serde(default)]
    pub update_at: Option<String>,
}

/// A change of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// When.
    #[serde(default)]
    pub date: Option<String>,
    /// What.
    #[serde(default)]
    pub change: Option<String>,
}

/// A setting of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConfigEntry {
    /// Its name.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: Option<String>,
}
