//! Collections and endpoints, and the servers behind them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{EndpointId, lenient};

rest_core::open_enum! {
    /// What kind of collection or endpoint it is.
    pub enum EntityType {
        /// An endpoint of Globus Connect Server, version 5.
        GcsV5Endpoint = "GCSv5_endpoint",
        /// A collection whose users are mapped to local accounts.
        GcsV5MappedCollection = "GCSv5_mapped_collection",
        /// A collection shared by a user of a mapped one.
        GcsV5GuestCollection = "GCSv5_guest_collection",
        /// A personal endpoint.
        GcpMappedCollection = "GCP_mapped_collection",
        /// A collection shared from a personal endpoint.
        GcpGuestCollection = "GCP_guest_collection",
        /// A host endpoint of the former version.
        GcsV4Host = "GCSv4_host",
        /// A share of the former version.
        GcsV4Share = "GCSv4_share",
    }
}

rest_core::open_enum! {
    /// Among which collections to search.
    pub enum SearchScope {
        /// All that the caller may see.
        All = "all",
        /// Those the caller owns.
        MyEndpoints = "my-endpoints",
        /// The caller's personal endpoints.
        MyGcpEndpoints = "my-gcp-endpoints",
        /// Those the caller used of late.
        RecentlyUsed = "recently-used",
        /// Those with running tasks of the caller.
        InUse = "in-use",
        /// Those the caller shares.
        SharedByMe = "shared-by-me",
        /// Those shared with the caller.
        SharedWithMe = "shared-with-me",
        /// Those the caller administers.
        AdministeredByMe = "administered-by-me",
    }
}

/// A collection or endpoint. Entries of a list lack many of the fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// What kind it is.
    #[serde(default)]
    pub entity_type: Option<EntityType>,
    /// The identity that owns it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// Its owner in words.
    #[serde(default)]
    pub owner_string: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Whose it is.
    #[serde(default)]
    pub organization: Option<String>,
    /// Of which department.
    #[serde(default)]
    pub department: Option<String>,
    /// Words to find it by, separated by commas.
    #[serde(default)]
    pub keywords: Option<String>,
    /// Whom to write to.
    #[serde(default)]
    pub contact_email: Option<String>,
    /// Whom to ask, in other ways.
    #[serde(default)]
    pub contact_info: Option<String>,
    /// Where to read more.
    #[serde(default)]
    pub info_link: Option<String>,
    /// What its users are told.
    #[serde(default)]
    pub user_message: Option<String>,
    /// Where they can read more.
    #[serde(default)]
    pub user_message_link: Option<String>,
    /// Where a listing begins when no path is given.
    #[serde(default)]
    pub default_directory: Option<String>,
    /// Whether everybody can find it.
    #[serde(default)]
    pub public: Option<bool>,
    /// The subscription that manages it.
    #[serde(default)]
    pub subscription_id: Option<String>,
    /// Whether an administrator of the subscription has verified it.
    #[serde(default)]
    pub subscription_admin_verified: Option<bool>,
    /// Whether it asks for a fresh login.
    #[serde(default)]
    pub high_assurance: Option<bool>,
    /// How fresh that login must be, in minutes.
    #[serde(default, deserialize_with = "lenient::number")]
    pub authentication_timeout_mins: Option<u64>,
    /// Whether it asks for a second factor.
    #[serde(default)]
    pub mfa_required: Option<bool>,
    /// The endpoint that hosts it.
    #[serde(default)]
    pub host_endpoint_id: Option<String>,
    /// The name of that.
    #[serde(default)]
    pub host_endpoint_display_name: Option<String>,
    /// Which folder of the host it shows.
    #[serde(default)]
    pub host_path: Option<String>,
    /// The mapped collection a guest collection is shared from.
    #[serde(default)]
    pub mapped_collection_id: Option<String>,
    /// The name of that.
    #[serde(default)]
    pub mapped_collection_display_name: Option<String>,
    /// Whether it holds no files itself (an endpoint with collections on it).
    #[serde(default)]
    pub non_functional: Option<bool>,
    /// Whether it has access rules.
    #[serde(default)]
    pub acl_available: Option<bool>,
    /// Whether the caller may change them.
    #[serde(default)]
    pub acl_editable: Option<bool>,
    /// The longest that an access rule may last, in minutes.
    #[serde(default, deserialize_with = "lenient::number")]
    pub acl_max_expiration_period_mins: Option<u64>,
    /// What the caller is on it, for instance `administrator`.
    #[serde(default, deserialize_with = "lenient::list")]
    pub my_effective_roles: Vec<String>,
    /// Whether tasks of the caller use it.
    #[serde(default)]
    pub in_use: Option<bool>,
    /// Whether the caller may share from it.
    #[serde(default)]
    pub shareable: Option<bool>,
    /// Whether guest collections may be made on it.
    #[serde(default)]
    pub allow_guest_collections: Option<bool>,
    /// Whether checksums are not verified on it.
    #[serde(default)]
    pub disable_verify: Option<bool>,
    /// Whether checksums are verified even if a task does not ask for it.
    #[serde(default)]
    pub force_verify: Option<bool>,
    /// Whether data is encrypted even if a task does not ask for it.
    #[serde(default)]
    pub force_encryption: Option<bool>,
    /// Whether what is shared with everybody can only be read.
    #[serde(default)]
    pub disable_anonymous_writes: Option<bool>,
    /// Whether a personal endpoint is connected.
    #[serde(default)]
    pub gcp_connected: Option<bool>,
    /// Whether a personal endpoint is paused.
    #[serde(default)]
    pub gcp_paused: Option<bool>,
    /// Whether it is a personal endpoint.
    #[serde(default)]
    pub is_globus_connect: Option<bool>,
    /// The version of its Globus Connect Server.
    #[serde(default)]
    pub gcs_version: Option<String>,
    /// Where that is managed.
    #[serde(default)]
    pub gcs_manager_url: Option<String>,
    /// Where its files are reached by HTTPS.
    #[serde(default)]
    pub https_server: Option<String>,
    /// Where its files are reached by other clients of its protocol.
    #[serde(default)]
    pub tlsftp_server: Option<String>,
    /// What kind of storage is behind it.
    #[serde(default)]
    pub storage_type: Option<String>,
    /// How much of its network tasks may use: `normal`, `minimal`, `aggressive`, `custom`.
    #[serde(default)]
    pub network_use: Option<String>,
    /// Where it is: `automatic`, or latitude and longitude.
    #[serde(default)]
    pub location: Option<String>,
    /// The most files at a time.
    #[serde(default, deserialize_with = "lenient::number")]
    pub max_concurrency: Option<u64>,
    /// The usual number of files at a time.
    #[serde(default, deserialize_with = "lenient::number")]
    pub preferred_concurrency: Option<u64>,
    /// The most streams a file.
    #[serde(default, deserialize_with = "lenient::number")]
    pub max_parallelism: Option<u64>,
    /// The usual number of streams a file.
    #[serde(default, deserialize_with = "lenient::number")]
    pub preferred_parallelism: Option<u64>,
    /// When the caller's access to it ends.
    #[serde(default, deserialize_with = "lenient::date")]
    pub expire_time: Option<DateTime<Utc>>,
    /// Its servers, on endpoints of the former version.
    #[serde(rename = "DATA", default, deserialize_with = "lenient::list")]
    pub servers: Vec<Server>,
}

impl Endpoint {
    /// Whether a task on it needs the caller's consent to its `data_access` scope: mapped collections do, unless
    /// they ask for a fresh login instead.
    pub fn needs_data_access(&self) -> bool {
        self.entity_type == Some(EntityType::GcsV5MappedCollection) && self.high_assurance == Some(false)
    }
}

/// A server behind an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Server {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Its host.
    pub hostname: Option<String>,
    /// Its port.
    #[serde(deserialize_with = "lenient::number")]
    pub port: Option<u64>,
    /// Its protocol.
    pub scheme: Option<String>,
    /// Where it is.
    pub uri: Option<String>,
    /// The subject of its certificate.
    pub subject: Option<String>,
    /// Whether it is connected.
    pub is_connected: Option<bool>,
    /// Whether it is paused.
    pub is_paused: Option<bool>,
    /// The first port for data that comes in.
    #[serde(deserialize_with = "lenient::number")]
    pub incoming_data_port_start: Option<u64>,
    /// The last of them.
    #[serde(deserialize_with = "lenient::number")]
    pub incoming_data_port_end: Option<u64>,
    /// The first port for data that goes out.
    #[serde(deserialize_with = "lenient::number")]
    pub outgoing_data_port_start: Option<u64>,
    /// The last of them.
    #[serde(deserialize_with = "lenient::number")]
    pub outgoing_data_port_end: Option<u64>,
}

/// The answer to making a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct EndpointCreated {
    /// What was done: `Created`.
    pub code: Option<String>,
    /// The new collection.
    pub id: Option<EndpointId>,
    /// The service's words.
    pub message: Option<String>,
    /// What to quote to the service's support.
    pub request_id: Option<String>,
}
