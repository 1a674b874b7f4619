//! Credentials of clients.

use rest_core::Method;
use rest_core::{RequestParts, RestClient};
use serde_json::json;

use super::handle::ApiClient;
use super::request::{Request, sends};
use crate::model::Credential;
use crate::{ClientId, CredentialId, Result};

const CREDENTIALS: &str = "/v2/api/clients/{client_id}/credentials";

impl ApiClient {
    /// A client's credentials, without their secrets: `GET /v2/api/clients/{client_id}/credentials`. Needs the scope
    /// `manage_projects`.
    pub fn client_credentials(&self, client: ClientId) -> Request<Vec<Credential>> {
        let parts = RequestParts::new("globus_auth.get_client_credentials", Method::GET, CREDENTIALS);
        self.call(parts.path_param("client_id", client).sensitive())
    }

    /// Makes a credential for a client: `POST /v2/api/clients/{client_id}/credentials`. Needs the scope
    /// `manage_projects`.
    pub fn create_client_credential(&self, client: ClientId, name: impl Into<String>) -> CreateCredential {
        CreateCredential {
            rest: self.rest.clone(),
            client,
            name: name.into(),
        }
    }

    /// Deletes a client's credential: `DELETE /v2/api/clients/{client_id}/credentials/{credential_id}`. Needs the
    /// scope `manage_projects`.
    pub fn delete_client_credential(&self, client: ClientId, id: CredentialId) -> Request<Credential> {
        let path = "/v2/api/clients/{client_id}/credentials/{credential_id}";
        let parts = RequestParts::new("globus_auth.delete_client_credential", Method::DELETE, path);
        let parts = parts
            .path_param("client_id", client)
            .path_param("credential_id", id);
        self.call(parts.sensitive())
    }
}

/// Makes a credential for a client. Made by [`ApiClient::create_client_credential`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateCredential {
    rest: RestClient,
    client: ClientId,
    name: String,
}

impl CreateCredential {
    /// `POST /v2/api/clients/{client_id}/credentials`, without sending it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let body = json!({ "credential": { "name": self.name } });
        let parts = RequestParts::new("globus_auth.create_client_credential", Method::POST, CREDENTIALS);
        Ok(parts
            .path_param("client_id", self.client.as_str())
            .json(&body)?
            .sensitive())
    }
}

sends!(
    CreateCredential => Credential,
    "The answer is the only one that has the secret. Not retried once the service may have acted: there would be two."
);
