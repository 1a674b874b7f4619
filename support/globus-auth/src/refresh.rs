//! Tokens for other clients that are renewed by a refresh token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::TimeDelta;
use rest_core::{CachedToken, ExposeSecret, FetchToken, SecretString, Token, TokenProvider};

use crate::api::is_dead_grant;
use crate::endpoint::TokenEndpoint;
use crate::store::{MemoryStore, TokenStore};
use crate::{Error, IssuedToken, Result};

/// A token that is kept is given out if it is good for longer than this.
const MARGIN: TimeDelta = TimeDelta::seconds(60);

/// Gives the token that a store keeps for one resource server, and renews it with its refresh token.
///
/// - The store is asked each time: a token that another process renewed is taken instead of renewing it again.
/// - A renewed token is saved before it is given out, with the refresh token that the service gave in place of the
///   old one. If it cannot be saved, it is used none the less, and saved with the next.
/// - A refresh token that the service refuses is looked for in the store once more, for another process may have
///   replaced it in the meantime.
pub struct RefreshedToken {
    endpoint: TokenEndpoint,
    store: Arc<dyn TokenStore>,
    resource_server: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was given out last: asked again, it is no longer wanted.
    given: Option<SecretString>,
    /// What could not be saved.
    unsaved: Option<IssuedToken>,
}

impl std::fmt::Debug for RefreshedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshedToken")
            .field("endpoint", &self.endpoint)
            .field("store", &self.store)
            .field("resource_server", &self.resource_server)
            .finish_non_exhaustive()
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

impl RefreshedToken {
    /// For the token that `store` keeps for `resource_server`, renewed in the name of the client that it was given to.
    pub fn new(
        client: impl Into<TokenEndpoint>,
        store: Arc<dyn TokenStore>,
        resource_server: impl Into<String>,
    ) -> Self {
        Self {
            endpoint: client.into(),
            store,
            resource_server: resource_server.into(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that is kept, or the newer one that could not be saved.
    async fn kept(&self) -> Result<IssuedToken> {
        let unsaved = self.state().unsaved.clone();
        if let Some(token) = unsaved {
            self.save(token.clone()).await;
            return Ok(token);
        }
        self.store.load(&self.resource_server).await?.ok_or_else(|| {
            let server = &self.resource_server;
            Error::auth(format!("no token for {server} is kept: log in first"))
        })
    }

    /// Whether a token can be given out as it is.
    fn is_good(&self, token: &IssuedToken) -> bool {
        let now = self.endpoint.rest().clock().now();
        let given = self.state().given.clone();
        token.expires_at.is_none_or(|end| end - now > MARGIN)
            && !given.is_some_and(|given| same(&given, &token.access_token))
    }

    async fn refresh(&self, token: &IssuedToken) -> Result<IssuedToken> {
        let server = &self.resource_server;
        let Some(refresh_token) = &token.refresh_token else {
            let what =
                format!("the token for {server} is no longer good, and has no refresh token: log in again");
            return Err(Error::auth(what));
        };
        let tokens = self.endpoint.refresh(refresh_token.clone()).send().await?;
        let renewed = tokens.by_resource_server(server).cloned();
        let renewed =
            renewed.ok_or_else(|| Error::auth(format!("the refresh token is not one for {server}")))?;
        self.save(renewed.clone()).await;
        Ok(renewed)
    }

    async fn save(&self, token: IssuedToken) {
        let saved = self.store.save(std::slice::from_ref(&token)).await;
        if let Err(error) = &saved {
            tracing::warn!(%error, resource_server = self.resource_server, "a renewed token could not be saved");
        }
        self.state().unsaved = saved.is_err().then_some(token);
    }

    /// After a refusal: what another process may have saved in the meantime.
    async fn after_refusal(&self, tried: &IssuedToken, refusal: Error) -> Result<IssuedToken> {
        let kept = self.kept().await?;
        let replaced = match (&kept.refresh_token, &tried.refresh_token) {
            (Some(kept), Some(tried)) => !same(kept, tried),
            _ => false,
        };
        if replaced && self.is_good(&kept) {
            return Ok(kept);
        }
        let refusal = if replaced {
            match self.refresh(&kept).await {
                Err(error) if is_dead_grant(&error) => error,
                result => return result,
            }
        } else {
            refusal
        };
        let server = &self.resource_server;
        Err(Error::auth(format!(
            "the refresh token for {server} is no longer good: log in again"
        ))
        .with_source(refusal))
    }
}

#[async_trait]
impl FetchToken for RefreshedToken {
    async fn fetch(&self) -> Result<Token> {
        let kept = self.kept().await?;
        let token = if self.is_good(&kept) {
            kept
        } else {
            match self.refresh(&kept).await {
                Err(error) if is_dead_grant(&error) => self.after_refusal(&kept, error).await?,
                result => result?,
            }
        };
        self.state().given = Some(token.access_token.clone());
        Ok(token.to_token())
    }
}

/// The tokens that a store keeps for one resource server, renewed shortly before they expire.
///
/// The client is the one that the person logged in to, a [`Client`](crate::Client) or
/// [`NativeClient`](crate::NativeClient).
pub fn stored_tokens(
    client: impl Into<TokenEndpoint>,
    store: Arc<dyn TokenStore>,
    resource_server: impl Into<String>,
) -> Arc<dyn TokenProvider> {
    let endpoint = client.into();
    let clock = endpoint.rest().clock().clone();
    Arc::new(CachedToken::new(RefreshedToken::new(endpoint, store, resource_server)).clock(clock))
}

/// The tokens that come from one, renewed by its refresh token and kept in memory.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) if the token says no resource server.
pub async fn refreshed_tokens(
    client: impl Into<TokenEndpoint>,
    token: IssuedToken,
) -> Result<Arc<dyn TokenProvider>> {
    let store = MemoryStore::new();
    let server = token.resource_server.clone().unwrap_or_default();
    store.save(&[token]).await?;
    Ok(stored_tokens(client, Arc::new(store), server))
}
