//! Scopes as they are registered.

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::{ClientId, ScopeId};

/// A scope as it is registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredScope {
    /// Its id.
    pub id: ScopeId,
    /// What tokens are asked for with.
    #[serde(default)]
    pub scope_string: Option<String>,
    /// Its name, as the page of consents shows it.
    #[serde(default)]
    pub name: Option<String>,
    /// What it allows, as the page of consents shows it.
    #[serde(default)]
    pub description: Option<String>,
    /// The client that it belongs to.
    #[serde(default)]
    pub client: Option<ClientId>,
    /// Whether others find it when they search.
    #[serde(default)]
    pub advertised: Option<bool>,
    /// Whether refresh tokens are given for it.
    #[serde(default)]
    pub allows_refresh_token: Option<bool>,
    /// Only identities of these domains may use it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub required_domains: Vec<String>,
    /// The scopes that it depends on always.
    #[serde(default, deserialize_with = "lenient::list")]
    pub dependent_scopes: Vec<DependentScope>,
}

/// A scope that another depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DependentScope {
    /// Its id.
    pub scope: ScopeId,
    /// Whether its consent can be taken back without the rest.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub optional: bool,
    /// Whether the service needs a refresh token for it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub requires_refresh_token: bool,
}

impl DependentScope {
    /// A dependency on `scope`, required, without a refresh token.
    pub fn new(scope: ScopeId) -> Self {
        Self {
            scope,
            optional: false,
            requires_refresh_token: false,
        }
    }

    /// Whether its consent can be taken back without the rest.
    #[must_use]
    pub fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    /// Whether the service needs a refresh token for it.
    #[must_use]
    pub fn requires_refresh_token(mut self, required: bool) -> Self {
        self.requires_refresh_token = required;
        self
    }
}
