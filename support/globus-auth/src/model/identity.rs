//! Identities and the organisations that they come from.

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::{IdentityId, IdentityProviderId};

rest_core::open_enum! {
    /// Whether an identity was ever used.
    pub enum IdentityStatus {
        /// Nobody has logged in with it yet.
        Unused = "unused",
        /// Somebody has logged in with it.
        Used = "used",
        /// It belongs to a client or is otherwise not for people.
        Private = "private",
        /// It can no longer be used.
        Closed = "closed",
    }
}

/// A person's account with one organisation, or a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// Its user name, which looks like a mail address.
    #[serde(default)]
    pub username: Option<String>,
    /// The person's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The person's mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// The person's organisation.
    #[serde(default)]
    pub organization: Option<String>,
    /// Whom the person logs in with.
    #[serde(default)]
    pub identity_provider: Option<IdentityProviderId>,
    /// What kind it is, `login` for instance.
    #[serde(default)]
    pub identity_type: Option<String>,
    /// Whether it was ever used.
    #[serde(default)]
    pub status: Option<IdentityStatus>,
}

/// An organisation that people log in with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IdentityProvider {
    /// Its id.
    pub id: IdentityProviderId,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its name in short.
    #[serde(default)]
    pub short_name: Option<String>,
    /// Other names.
    #[serde(default, deserialize_with = "lenient::list")]
    pub alternative_names: Vec<String>,
    /// The domains of its user names.
    #[serde(default, deserialize_with = "lenient::list")]
    pub domains: Vec<String>,
}
