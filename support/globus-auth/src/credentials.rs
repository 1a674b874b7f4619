//! Asking for tokens in the client's own name.

use rest_core::RequestParts;
use rest_core::client_credentials::ClientCredentials;

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

    fn grant(&self) -> Result<ClientCredentials> {
        if self.scopes.is_empty() {
            return Err(Error::config("tokens were asked for without a scope").with_operation(OPERATION));
        }
        let rest = self.client.rest().clone();
        Ok(ClientCredentials::new(
            rest,
            OPERATION,
            "/v2/oauth2/token",
            &self.scopes,
        ))
    }

    /// `POST /v2/oauth2/token`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) without a scope.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(self.grant()?.into_parts())
    }

    /// Asks for the tokens, one for each resource server that the scopes belong to. Retried: another token does no
    /// harm. Credentials that were refused are not sent again.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request. A refusal is
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) with the OAuth error (`invalid_client`, `invalid_scope`) as the
    /// service's code.
    pub async fn send(&self) -> Result<Tokens> {
        let answer = self.grant()?.request::<Extra>().await?;
        Ok(Tokens::new(&answer, self.client.rest().clock().now()))
    }
}
