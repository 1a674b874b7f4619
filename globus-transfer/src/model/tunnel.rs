//! Tunnels and stream access points, which the service writes as JSON:API.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::lenient;

rest_core::newtype_id! {
    /// The id of a tunnel.
    pub struct TunnelId;
}

rest_core::newtype_id! {
    /// The id of a stream access point, where a tunnel ends.
    pub struct StreamAccessPointId;
}

rest_core::open_enum! {
    /// The state of a tunnel.
    pub enum TunnelState {
        /// It waits for the listening side.
        AwaitingListener = "AWAITING_LISTENER",
        /// It waits for the side that connects.
        AwaitingInitiator = "AWAITING_INITIATOR",
        /// It is being set up.
        Starting = "STARTING",
        /// Data can flow.
        Running = "RUNNING",
        /// It is being taken down.
        Stopping = "STOPPING",
        /// It has ended.
        Stopped = "STOPPED",
    }
}

/// A document of JSON:API: an id, its attributes, and the ids of what it is related to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resource<A> {
    /// Its id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Its type, for instance `Tunnel`.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// What is told of it.
    pub attributes: A,
    /// What it is related to, by the relation's name.
    #[serde(default, deserialize_with = "relations")]
    pub relationships: BTreeMap<String, Relationship>,
}

impl<A> Resource<A> {
    /// The id of what it is related to under this name, for instance `listener`.
    pub fn related(&self, name: &str) -> Option<&str> {
        self.relationships.get(name)?.data.as_ref()?.id.as_deref()
    }
}

/// What a document is related to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Relationship {
    /// The other document.
    pub data: Option<RelatedId>,
}

/// The type and id of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct RelatedId {
    /// Its type, for instance `StreamAccessPoint`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
}

/// Relations that cannot be read (to several documents, say) are left out.
fn relations<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Relationship>, D::Error> {
    let written = Option::<BTreeMap<String, serde_json::Value>>::deserialize(deserializer)?;
    let read = |(name, value)| Some((name, serde_json::from_value(value).ok()?));
    Ok(written.unwrap_or_default().into_iter().filter_map(read).collect())
}

/// A tunnel; related to its `listener`, its `initiator` and its `owner`.
pub type Tunnel = Resource<TunnelAttributes>;

/// Something that happened to a tunnel.
pub type TunnelEvent = Resource<TunnelEventAttributes>;

/// Where a tunnel ends; related to its `host_endpoint`.
pub type StreamAccessPoint = Resource<StreamAccessPointAttributes>;

/// What is told of a tunnel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct TunnelAttributes {
    /// The maker's label.
    pub label: Option<String>,
    /// Its state.
    pub state: Option<TunnelState>,
    /// The same in words.
    pub status: Option<String>,
    /// When it was made.
    #[serde(deserialize_with = "lenient::date")]
    pub created_time: Option<DateTime<Utc>>,
    /// How long it lasts, in minutes.
    #[serde(deserialize_with = "lenient::number")]
    pub lifetime_mins: Option<u64>,
    /// Whether it can be started again.
    pub restartable: Option<bool>,
    /// The id under which it was made.
    pub submission_id: Option<String>,
    /// The address of the side that connects.
    pub initiator_ip_address: Option<String>,
    /// Its port.
    #[serde(deserialize_with = "lenient::number")]
    pub initiator_port: Option<u64>,
    /// The address of the side that listens.
    pub listener_ip_address: Option<String>,
    /// Its port.
    #[serde(deserialize_with = "lenient::number")]
    pub listener_port: Option<u64>,
}

/// What is told of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct TunnelEventAttributes {
    /// What, for instance `TUNNEL_ACTIVE`; the service adds codes at any time.
    pub code: Option<String>,
    /// The same in words.
    pub description: Option<String>,
    /// More words.
    pub details: Option<String>,
    /// Whether it counts as an error.
    pub is_error: Option<bool>,
    /// When.
    #[serde(deserialize_with = "lenient::date")]
    pub time: Option<DateTime<Utc>>,
}

/// What is told of a stream access point.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct StreamAccessPointAttributes {
    /// Its name.
    pub display_name: Option<String>,
    /// Whose it is.
    pub advertised_owner: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Of which organization.
    pub organization: Option<String>,
    /// Of which department.
    pub department: Option<String>,
    /// Words to find it by.
    pub keywords: Option<serde_json::Value>,
    /// Whom to write to.
    pub contact_email: Option<String>,
    /// Whom to ask, in other ways.
    pub contact_info: Option<String>,
    /// Where to read more.
    pub info_link: Option<String>,
    /// Where it is reached.
    pub tlsftp_server: Option<String>,
}

/// The envelope of one document.
#[derive(Debug, Deserialize)]
pub(crate) struct Enveloped<T> {
    pub(crate) data: T,
}

/// What is left of a document that was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Deleted {
    /// About the answer.
    pub meta: Option<Meta>,
}

/// What an answer says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Meta {
    /// What to quote to the service's support.
    pub request_id: Option<String>,
}
