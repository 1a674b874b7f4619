//! Asking for tokens in the client's own name.

use http::Method;
use oauth2::StandardTokenResponse;
use oauth2::basic::BasicTokenType;
use rest_core::RequestParts;

use crate::tokens::{Extra, Tokens};
use crate::{Client, Error, Result};

/// The name in errors, logs and counts.
const OPERATION: &str = "globus_auth.client_credentials";

/// Asks for tokens by client credentials. Made by [`Client::client_credentials`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct RequestTokens {
    client: Client,
    scopes: Vec<String>,
}

impl RequestTokens {
    pub(crate) fn new(client: Client, scopes: Vec<String>) -> Self {
        Self { client, scopes }
    }

    /// `POST /v2/oauth2/token`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) without a scope.
    pub fn into_parts(&self) -> Result<RequestParts> {
        if self.scopes.is_empty() {
            return Err(Error::config("tokens were asked for without a scope").with_operation(OPERATION));
        }
        let form = vec![
            ("grant_type".to_owned(), "client_credentials".to_owned()),
            ("scope".to_owned(), self.scopes.join(" ")),
        ];
        Ok(RequestParts::new(OPERATION, Method::POST, "/v2/oauth2/token")
            .form(form)
            .sensitive()
            .idempotent(true))
    }

    /// The tokens, one for each resource server that the scopes belong to.
    ///
    /// # Errors
    /// Those of any request. When the service refuses, its code is the OAuth error (`invalid_client`,
    /// `invalid_scope`). Retried: another token does no harm.
    pub async fn send(&self) -> Result<Tokens> {
        let answer: StandardTokenResponse<Extra, BasicTokenType> =
            self.client.request(self.into_parts()?).await?;
        Ok(Tokens::new(&answer, self.client.clock().now()))
    }
}
