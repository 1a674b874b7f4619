//! Who may do what on a collection.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::lenient;

rest_core::open_enum! {
    /// Whom a rule or role is about.
    pub enum PrincipalType {
        /// One identity.
        Identity = "identity",
        /// A group.
        Group = "group",
        /// Everybody with any identity.
        AllAuthenticatedUsers = "all_authenticated_users",
        /// Everybody.
        Anonymous = "anonymous",
    }
}

rest_core::open_enum! {
    /// What an access rule allows.
    pub enum Permissions {
        /// Reading.
        Read = "r",
        /// Reading and writing.
        ReadWrite = "rw",
    }
}

/// A rule that lets somebody at a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct AccessRule {
    /// Its id; null on what follows from a role.
    pub id: Option<String>,
    /// Whom it is about.
    pub principal_type: Option<PrincipalType>,
    /// Which identity or group; empty for everybody.
    pub principal: Option<String>,
    /// The folder, with a slash at its end.
    pub path: Option<String>,
    /// What it allows.
    pub permissions: Option<Permissions>,
    /// The role it follows from.
    pub role_id: Option<String>,
    /// What that role is.
    pub role_type: Option<String>,
    /// When it was made.
    #[serde(deserialize_with = "lenient::date")]
    pub create_time: Option<DateTime<Utc>>,
    /// When it ends; null for never.
    #[serde(deserialize_with = "lenient::date")]
    pub expiration_date: Option<DateTime<Utc>>,
}

/// The answer to adding an access rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct AccessRuleCreated {
    /// What was done: `Created`, or `Exists`.
    pub code: Option<String>,
    /// The new rule.
    pub access_id: Option<String>,
    /// The service's words.
    pub message: Option<String>,
    /// What to quote to the service's support.
    pub request_id: Option<String>,
}

/// What somebody is on an endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Role {
    /// Its id.
    pub id: Option<String>,
    /// Whom it is about.
    pub principal_type: Option<PrincipalType>,
    /// Which identity or group.
    pub principal: Option<String>,
    /// For instance `administrator`, `access_manager`, `activity_manager`, `activity_monitor`.
    pub role: Option<String>,
}
