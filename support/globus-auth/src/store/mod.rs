//! Where tokens are kept between logins.

#[cfg(unix)]
mod file;
mod memory;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{Error, IssuedToken, Result};

#[cfg(unix)]
pub use file::FileStore;
pub use memory::MemoryStore;

/// Keeps one token for each resource server, with its refresh token.
#[async_trait]
pub trait TokenStore: Debug + Send + Sync {
    /// All tokens, in the order of their resource servers.
    ///
    /// # Errors
    /// If the store cannot be read. A store that does not exist yet is empty.
    async fn load_all(&self) -> Result<Vec<IssuedToken>>;

    /// Saves all of `tokens` or none, each in place of the one for the same resource server.
    ///
    /// # Errors
    /// If the store cannot be written, or if a token says no resource server.
    async fn save(&self, tokens: &[IssuedToken]) -> Result<()>;

    /// Forgets the token for a resource server; whether there was one. It stays valid at the service until it is
    /// revoked.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    async fn remove(&self, resource_server: &str) -> Result<bool>;

    /// The token for a resource server.
    ///
    /// # Errors
    /// As for [`load_all`](Self::load_all).
    async fn load(&self, resource_server: &str) -> Result<Option<IssuedToken>> {
        let tokens = self.load_all().await?;
        Ok(tokens
            .into_iter()
            .find(|token| token.resource_server.as_deref() == Some(resource_server)))
    }
}

/// The resource server under which a token is kept.
fn key(token: &IssuedToken) -> Result<&str> {
    token
        .resource_server
        .as_deref()
        .ok_or_else(|| Error::config("a token that says no resource server cannot be kept"))
}
