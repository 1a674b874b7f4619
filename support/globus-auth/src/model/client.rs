//! Clients.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Credential, lenient};
use crate::{ClientId, IdentityProviderId, ProjectId, ScopeId};

rest_core::open_enum! {
    /// Who can see a client.
    pub enum Visibility {
        /// Everybody.
        Public = "public",
        /// Its project.
        Private = "private",
    }
}

rest_core::open_enum! {
    /// What a client is for, which decides which grants it may use.
    pub enum ClientType {
        /// An application with a secret, that people log in to.
        ConfidentialClient = "confidential_client",
        /// An application without a secret, on a person's machine.
        PublicInstalledClient = "public_installed_client",
        /// A service that acts in its own name.
        ClientIdentity = "client_identity",
        /// A service that others call with tokens.
        ResourceServer = "resource_server",
        /// A Globus Connect Server endpoint.
        GlobusConnectServer = "globus_connect_server",
        /// An application and service in one.
        HybridConfidentialClientResourceServer = "hybrid_confidential_client_resource_server",
        /// An application in a browser, without a secret.
        PublicWebappClient = "public_webapp_client",
    }
}

/// What a new client is to be; the service wants one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// Whether it goes without a secret; the service chooses the type.
    PublicClient(bool),
    /// Its type.
    Type(ClientType),
}

/// A client as it is registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredClient {
    /// Its id; missing in some answers to a creation.
    #[serde(default)]
    pub id: Option<ClientId>,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its type.
    #[serde(default)]
    pub client_type: Option<ClientType>,
    /// Whether it goes without a secret.
    #[serde(default)]
    pub public_client: Option<bool>,
    /// Who can see it.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// The project that it belongs to.
    #[serde(default)]
    pub project: Option<ProjectId>,
    /// The client that it was made by.
    #[serde(default)]
    pub parent_client: Option<ClientId>,
    /// The grants that it may use.
    #[serde(default, deserialize_with = "lenient::list")]
    pub grant_types: Vec<String>,
    /// Where its logins may come back to.
    #[serde(default, deserialize_with = "lenient::list")]
    pub redirect_uris: Vec<String>,
    /// Domain names that were proved to be its own.
    #[serde(default, deserialize_with = "lenient::list")]
    pub fqdns: Vec<String>,
    /// Its scopes.
    #[serde(default, deserialize_with = "lenient::list")]
    pub scopes: Vec<ScopeId>,
    /// Whom people must log in with.
    #[serde(default)]
    pub required_idp: Option<IdentityProviderId>,
    /// Whom the login page offers first.
    #[serde(default)]
    pub preselect_idp: Option<IdentityProviderId>,
    /// Whether people are asked to name their consent.
    #[serde(default)]
    pub prompt_for_named_grant: Option<bool>,
    /// Whether user information is that of the identity logged in with.
    #[serde(default)]
    pub userinfo_from_effective_identity: Option<bool>,
    /// Its documents.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub links: ClientLinks,
}

/// The documents that a login page shows for a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ClientLinks {
    /// The URL of its terms and conditions.
    #[serde(default)]
    pub terms_and_conditions: Option<String>,
    /// The URL of its privacy policy.
    #[serde(default)]
    pub privacy_policy: Option<String>,
}

/// An installation of a native app that became a confidential client of its own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientInstance {
    /// The new client.
    pub client: RegisteredClient,
    /// Its id and secret, which is told this once only.
    pub credential: Credential,
}

impl<'de> Deserialize<'de> for ClientInstance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let field = |value: &Value, key: &str| value.get(key).cloned().unwrap_or_default();
        let document = Value::deserialize(deserializer)?;
        // `{client, included}`, which some releases of the service put into another `client`.
        let document = match document.get("included") {
            Some(_) => document,
            None => field(&document, "client"),
        };
        let credential = field(&field(&document, "included"), "client_credential");
        // serde's own words would quote what stands there, the secret perhaps.
        let wrong =
            |what: &str| serde::de::Error::custom(format!("`{what}` is missing or not what it should be"));
        Ok(Self {
            client: serde_json::from_value(field(&document, "client")).map_err(|_| wrong("client"))?,
            credential: serde_json::from_value(credential).map_err(|_| wrong("client_credential"))?,
        })
    }
}
