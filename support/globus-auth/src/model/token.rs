//! What a token is, and that it no longer is one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lenient;
use crate::IdentityId;

/// What the service knows about a token.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether the token is good now; if not, all else is missing.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
    /// What it allows, with blanks between.
    #[serde(default)]
    pub scope: Option<String>,
    /// The client that it was given to.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Whose it is: an identity.
    #[serde(default)]
    pub sub: Option<IdentityId>,
    /// That identity's user name.
    #[serde(default)]
    pub username: Option<String>,
    /// That identity's name.
    #[serde(default)]
    pub name: Option<String>,
    /// That identity's mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Who accepts it.
    #[serde(default, deserialize_with = "lenient::one_or_many")]
    pub aud: Vec<String>,
    /// Who issued it.
    #[serde(default)]
    pub iss: Option<String>,
    /// When it expires.
    #[serde(default, deserialize_with = "lenient::epoch")]
    pub exp: Option<DateTime<Utc>>,
    /// When it was issued.
    #[serde(default, deserialize_with = "lenient::epoch")]
    pub iat: Option<DateTime<Utc>>,
    /// From when it is good.
    #[serde(default, deserialize_with = "lenient::epoch")]
    pub nbf: Option<DateTime<Utc>>,
    /// All identities of the person, if [`include`](crate::Introspect::include) asked or the token allows it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub identity_set: Vec<IdentityId>,
}

/// The answer to a revocation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Revoked {
    /// Whether the token is still good: `false`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub active: bool,
}
