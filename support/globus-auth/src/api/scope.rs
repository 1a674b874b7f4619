//! Scopes as they are registered.

use rest_core::Method;
use rest_core::{RequestParts, RestClient};
use serde::Serialize;

use super::handle::ApiClient;
use super::request::{Request, sends};
use crate::model::{DependentScope, RegisteredScope};
use crate::{ClientId, Result, ScopeId};

const SCOPES: &str = "/v2/api/scopes";
const SCOPE: &str = "/v2/api/scopes/{scope_id}";

impl ApiClient {
    /// The scopes of the clients that the caller administers: `GET /v2/api/scopes`. Needs the scope
    /// `manage_projects`.
    pub fn scopes(&self) -> Request<Vec<RegisteredScope>> {
        self.get("globus_auth.get_scopes", SCOPES)
    }

    /// Scopes by id: `GET /v2/api/scopes?ids=`.
    pub fn scopes_by_id(&self, ids: impl IntoIterator<Item = ScopeId>) -> Request<Vec<RegisteredScope>> {
        let ids: Vec<String> = ids.into_iter().map(ScopeId::into_string).collect();
        let parts = RequestParts::new("globus_auth.get_scopes", Method::GET, SCOPES);
        self.call(parts.query("ids", ids.join(",")))
    }

    /// Scopes by what tokens are asked for with: `GET /v2/api/scopes?scope_strings=`.
    pub fn scopes_by_string<S: Into<String>>(
        &self,
        scope_strings: impl IntoIterator<Item = S>,
    ) -> Request<Vec<RegisteredScope>> {
        let strings: Vec<String> = scope_strings.into_iter().map(Into::into).collect();
        let parts = RequestParts::new("globus_auth.get_scopes", Method::GET, SCOPES);
        self.call(parts.query("scope_strings", strings.join(",")))
    }

    /// One scope: `GET /v2/api/scopes/{scope_id}`.
    pub fn scope(&self, id: ScopeId) -> Request<RegisteredScope> {
        self.call(parts("globus_auth.get_scope", Method::GET, id))
    }

    /// Makes a scope of a client: `POST /v2/api/clients/{client_id}/scopes`. Needs the scope `manage_projects`.
    ///
    /// `suffix` is the end of what tokens will be asked for with: `https://auth.globus.org/scopes/<client>/<suffix>`.
    pub fn create_scope(
        &self,
        client: ClientId,
        name: impl Into<String>,
        description: impl Into<String>,
        suffix: impl Into<String>,
    ) -> CreateScope {
        let scope = Fields {
            name: Some(name.into()),
            description: Some(description.into()),
            scope_suffix: Some(suffix.into()),
            ..Fields::default()
        };
        CreateScope {
            rest: self.rest.clone(),
            client,
            scope,
        }
    }

    /// Changes a scope: `PUT /v2/api/scopes/{scope_id}`. Needs the scope `manage_projects`.
    pub fn update_scope(&self, id: ScopeId) -> UpdateScope {
        UpdateScope {
            rest: self.rest.clone(),
            id,
            scope: Fields::default(),
        }
    }

    /// Deletes a scope: `DELETE /v2/api/scopes/{scope_id}`. Needs the scope `manage_projects`.
    pub fn delete_scope(&self, id: ScopeId) -> Request<RegisteredScope> {
        self.call(parts("globus_auth.delete_scope", Method::DELETE, id))
    }
}

fn parts(operation: &'static str, method: Method, id: ScopeId) -> RequestParts {
    RequestParts::new(operation, method, SCOPE).path_param("scope_id", id)
}

#[derive(Clone, Debug, Default, Serialize)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_suffix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advertised: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allows_refresh_token: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_domains: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependent_scopes: Option<Vec<DependentScope>>,
}

#[derive(Serialize)]
struct Body<'a> {
    scope: &'a Fields,
}

/// The setters that making and changing a scope have in common.
macro_rules! scope_fields {
    ($builder:ident) => {
        impl $builder {
            /// Whether others find it when they search.
            pub fn advertised(mut self, wanted: bool) -> Self {
                self.scope.advertised = Some(wanted);
                self
            }

            /// Whether refresh tokens are given for it.
            pub fn allows_refresh_token(mut self, wanted: bool) -> Self {
                self.scope.allows_refresh_token = Some(wanted);
                self
            }

            /// Only identities of these domains may use it; none = all.
            pub fn required_domains<S: Into<String>>(mut self, domains: impl IntoIterator<Item = S>) -> Self {
                self.scope.required_domains = Some(domains.into_iter().map(Into::into).collect());
                self
            }

            /// All scopes that it depends on.
            pub fn dependent_scopes(mut self, scopes: impl IntoIterator<Item = DependentScope>) -> Self {
                self.scope.dependent_scopes = Some(scopes.into_iter().collect());
                self
            }
        }
    };
}

/// Makes a scope of a client. Made by [`ApiClient::create_scope`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateScope {
    rest: RestClient,
    client: ClientId,
    scope: Fields,
}

impl CreateScope {
    /// `POST /v2/api/clients/{client_id}/scopes`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let scope = &self.scope;
        let path = "/v2/api/clients/{client_id}/scopes";
        RequestParts::new("globus_auth.create_scope", Method::POST, path)
            .path_param("client_id", self.client.as_str())
            .json(&Body { scope })
    }
}

scope_fields!(CreateScope);
sends!(CreateScope => RegisteredScope, "Not retried once the service may have acted: there would be two.");

/// Changes a scope; what is not set stays. Made by [`ApiClient::update_scope`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateScope {
    rest: RestClient,
    id: ScopeId,
    scope: Fields,
}

impl UpdateScope {
    /// Its name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.scope.name = Some(name.into());
        self
    }

    /// What it allows.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.scope.description = Some(description.into());
        self
    }

    /// The end of what tokens are asked for with.
    pub fn scope_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.scope.scope_suffix = Some(suffix.into());
        self
    }

    /// `PUT /v2/api/scopes/{scope_id}`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let scope = &self.scope;
        parts("globus_auth.update_scope", Method::PUT, self.id.clone()).json(&Body { scope })
    }
}

scope_fields!(UpdateScope);
sends!(UpdateScope => RegisteredScope, "Retried.");
