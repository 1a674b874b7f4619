//! Clients.

use rest_core::Method;
use rest_core::{RequestParts, RestClient};
use serde::Serialize;

use super::handle::ApiClient;
use super::request::{Request, sends};
use crate::model::{ClientInstance, ClientKind, ClientLinks, RegisteredClient, Visibility};
use crate::{ClientId, IdentityProviderId, ProjectId, Result};

const CLIENTS: &str = "/v2/api/clients";
const CLIENT: &str = "/v2/api/clients/{client_id}";

impl ApiClient {
    /// The clients that the caller administers: `GET /v2/api/clients`. Needs the scope `manage_projects`.
    pub fn clients(&self) -> Request<Vec<RegisteredClient>> {
        self.get("globus_auth.get_clients", CLIENTS)
    }

    /// One client: `GET /v2/api/clients/{client_id}`. Needs the scope `manage_projects`, unless the client is public.
    pub fn client(&self, id: ClientId) -> Request<RegisteredClient> {
        self.call(parts("globus_auth.get_client", Method::GET, id))
    }

    /// The client that a domain name was proved to belong to: `GET /v2/api/clients?fqdn=`. Needs the scope
    /// `manage_projects`, unless the client is public.
    pub fn client_by_fqdn(&self, fqdn: impl Into<String>) -> Request<RegisteredClient> {
        let parts = RequestParts::new("globus_auth.get_client", Method::GET, CLIENTS);
        self.call(parts.query("fqdn", fqdn))
    }

    /// Makes a client in a project: `POST /v2/api/clients`. Needs the scope `manage_projects`.
    pub fn create_client(
        &self,
        name: impl Into<String>,
        project: ProjectId,
        kind: ClientKind,
    ) -> CreateClient {
        let rest = self.rest.clone();
        CreateClient::new(
            rest,
            "globus_auth.create_client",
            name.into(),
            Some(project),
            kind,
        )
    }

    /// Changes a client: `PUT /v2/api/clients/{client_id}`. Needs the scope `manage_projects`.
    pub fn update_client(&self, id: ClientId) -> UpdateClient {
        UpdateClient {
            rest: self.rest.clone(),
            id,
            client: Fields::default(),
        }
    }

    /// Deletes a client: `DELETE /v2/api/clients/{client_id}`. Needs the scope `manage_projects`.
    pub fn delete_client(&self, id: ClientId) -> Request<RegisteredClient> {
        self.call(parts("globus_auth.delete_client", Method::DELETE, id))
    }
}

fn parts(operation: &'static str, method: Method, id: ClientId) -> RequestParts {
    RequestParts::new(operation, method, CLIENT).path_param("client_id", id)
}

/// `Some(None)` is sent as `null`.
type Nullable<T> = Option<Option<T>>;

#[derive(Clone, Debug, Default, Serialize)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ProjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<Visibility>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uris: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_idp: Nullable<IdentityProviderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preselect_idp: Nullable<IdentityProviderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_client: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<ClientLinks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    client: &'a Fields,
}

/// The setters that making and changing a client have in common.
macro_rules! client_fields {
    ($builder:ident) => {
        impl $builder {
            /// Who can see it.
            pub fn visibility(mut self, visibility: Visibility) -> Self {
                self.client.visibility = Some(visibility);
                self
            }

            /// All URIs that its logins may come back to.
            pub fn redirect_uris<S: Into<String>>(mut self, uris: impl IntoIterator<Item = S>) -> Self {
                self.client.redirect_uris = Some(uris.into_iter().map(Into::into).collect());
                self
            }

            /// Whom people must log in with; `None` = whomever they like.
            pub fn required_idp(mut self, provider: impl Into<Option<IdentityProviderId>>) -> Self {
                self.client.required_idp = Some(provider.into());
                self
            }

            /// Whom the login page offers first; `None` = nobody.
            pub fn preselect_idp(mut self, provider: impl Into<Option<IdentityProviderId>>) -> Self {
                self.client.preselect_idp = Some(provider.into());
                self
            }

            /// The URLs of its terms and its privacy policy; the service wants both or none.
            pub fn links(
                mut self,
                terms_and_conditions: impl Into<String>,
                privacy_policy: impl Into<String>,
            ) -> Self {
                self.client.links = Some(ClientLinks {
                    terms_and_conditions: Some(terms_and_conditions.into()),
                    privacy_policy: Some(privacy_policy.into()),
                });
                self
            }
        }
    };
}

/// Makes a client. Made by [`ApiClient::create_client`] and
/// [`Client::create_child_client`](crate::Client::create_child_client).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateClient {
    rest: RestClient,
    operation: &'static str,
    client: Fields,
}

impl CreateClient {
    pub(crate) fn new(
        rest: RestClient,
        operation: &'static str,
        name: String,
        project: Option<ProjectId>,
        kind: ClientKind,
    ) -> Self {
        let mut client = Fields {
            name: Some(name),
            project,
            ..Fields::default()
        };
        match kind {
            ClientKind::PublicClient(public) => client.public_client = Some(public),
            ClientKind::Type(kind) => client.client_type = Some(kind.as_str().to_owned()),
        }
        Self {
            rest,
            operation,
            client,
        }
    }

    /// `POST /v2/api/clients`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let client = &self.client;
        RequestParts::new(self.operation, Method::POST, CLIENTS).json(&Body { client })
    }
}

client_fields!(CreateClient);
sends!(CreateClient => RegisteredClient, "Not retried once the service may have acted: there would be two.");

/// Changes a client; what is not set stays. Made by [`ApiClient::update_client`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct UpdateClient {
    rest: RestClient,
    id: ClientId,
    client: Fields,
}

impl UpdateClient {
    /// Its name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.client.name = Some(name.into());
        self
    }

    /// `PUT /v2/api/clients/{client_id}`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let client = &self.client;
        parts("globus_auth.update_client", Method::PUT, self.id.clone()).json(&Body { client })
    }
}

client_fields!(UpdateClient);
sends!(UpdateClient => RegisteredClient, "Retried.");

/// Registers an installation of a native app as a confidential client of its own. Made by
/// [`NativeClient::create_instance`](crate::NativeClient::create_instance).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateInstance {
    rest: RestClient,
    client: Fields,
}

impl CreateInstance {
    pub(crate) fn new(rest: RestClient, template_id: String, name: String) -> Self {
        let client = Fields {
            name: Some(name),
            template_id: Some(template_id),
            ..Fields::default()
        };
        Self { rest, client }
    }

    /// `POST /v2/api/clients`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let client = &self.client;
        let parts = RequestParts::new("globus_auth.create_native_app_instance", Method::POST, CLIENTS);
        // The answer holds the new client's secret.
        Ok(parts.json(&Body { client })?.sensitive())
    }
}

sends!(CreateInstance => ClientInstance, "Not retried once the service may have acted: there would be two.");
