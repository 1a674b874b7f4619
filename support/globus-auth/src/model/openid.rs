//! What OpenID Connect tells.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Identity, lenient};
use crate::{IdentityId, IdentityProviderId};

/// Who the person behind a token is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserInfo {
    /// The identity's id.
    pub sub: IdentityId,
    /// The person's name; with the scope `profile`.
    #[serde(default)]
    pub name: Option<String>,
    /// The identity's user name; with the scope `profile`.
    #[serde(default)]
    pub preferred_username: Option<String>,
    /// The person's mail address; with the scope `email`.
    #[serde(default)]
    pub email: Option<String>,
    /// The person's organisation.
    #[serde(default)]
    pub organization: Option<String>,
    /// Whom the person logged in with.
    #[serde(default)]
    pub identity_provider: Option<IdentityProviderId>,
    /// That organisation's name.
    #[serde(default)]
    pub identity_provider_display_name: Option<String>,
    /// All identities of the person; with the scope `view_identity_set`. Their ids stand in `sub`.
    #[serde(default, deserialize_with = "identities")]
    pub identity_set: Vec<Identity>,
    /// All else that the service told.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Identities whose id is called `sub` and whose provider's name stands beside.
fn identities<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Identity>, D::Error> {
    let mut items: Vec<Value> = lenient::list(deserializer)?;
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        if !item.contains_key("id")
            && let Some(sub) = item.remove("sub")
        {
            item.insert("id".to_owned(), sub);
        }
    }
    // One that cannot be read says nothing about the person.
    Ok(items
        .into_iter()
        .filter_map(|item| serde_json::from_value(item).ok())
        .collect())
}

/// Where the service's parts are and what they can do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenIdConfiguration {
    /// Who issues tokens.
    pub issuer: String,
    /// Where logins begin.
    #[serde(default)]
    pub authorization_endpoint: Option<String>,
    /// Where tokens are given.
    #[serde(default)]
    pub token_endpoint: Option<String>,
    /// Where tokens are revoked.
    #[serde(default)]
    pub revocation_endpoint: Option<String>,
    /// Where the person behind a token is told.
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    /// Where the keys are that id tokens are signed with.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// The scopes of OpenID Connect that it knows.
    #[serde(default, deserialize_with = "lenient::list")]
    pub scopes_supported: Vec<String>,
    /// All else that the service told.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The keys that id tokens are signed with (RFC 7517).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JwkSet {
    /// The keys as they came, for a library that verifies signatures.
    #[serde(deserialize_with = "lenient::list")]
    pub keys: Vec<Value>,
}
