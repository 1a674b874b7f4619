//! Tokens for other clients.

use std::sync::Arc;

use async_trait::async_trait;
use rest_core::{CachedToken, FetchToken, Token, TokenProvider};

use crate::{Client, Error, Result, scopes};

/// The Transfer API's name as a resource server.
pub const TRANSFER_RESOURCE_SERVER: &str = "transfer.api.globus.org";

/// Fetches a client's own token for one resource server.
#[derive(Clone, Debug)]
pub struct ClientCredentialsToken {
    client: Client,
    scopes: Vec<String>,
    resource_server: String,
}

impl ClientCredentialsToken {
    /// For the token that `resource_server` accepts, with this scope.
    pub fn new(client: Client, scope: impl Into<String>, resource_server: impl Into<String>) -> Self {
        Self {
            client,
            scopes: vec![scope.into()],
            resource_server: resource_server.into(),
        }
    }
}

#[async_trait]
impl FetchToken for ClientCredentialsToken {
    async fn fetch(&self) -> Result<Token> {
        let tokens = self.client.client_credentials(self.scopes.clone()).send().await?;
        if let Some(token) = tokens.by_resource_server(&self.resource_server) {
            return Ok(token.to_token());
        }
        let servers: Vec<&str> = tokens
            .iter()
            .map(|token| token.resource_server.as_deref().unwrap_or("(unnamed)"))
            .collect();
        Err(Error::auth(format!(
            "Globus Auth gave no token for {}, only for {}",
            self.resource_server,
            servers.join(", ")
        )))
    }
}

/// A client's own tokens for one resource server, fetched once and kept until shortly before they expire.
pub fn cached_tokens(
    client: Client,
    scope: impl Into<String>,
    resource_server: impl Into<String>,
) -> Arc<dyn TokenProvider> {
    let clock = client.rest().clock().clone();
    Arc::new(CachedToken::new(ClientCredentialsToken::new(client, scope, resource_server)).clock(clock))
}

/// A client's own tokens for the Transfer API.
pub fn transfer_tokens(client: Client) -> Arc<dyn TokenProvider> {
    cached_tokens(client, scopes::TRANSFER_ALL, TRANSFER_RESOURCE_SERVER)
}
