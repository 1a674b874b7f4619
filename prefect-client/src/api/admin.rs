//! `health` and `admin/version`.

use http::Method;

use crate::{Client, RequestParts, Result};

/// Asks whether the server is up. Made by [`Client::health`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetHealth {
    client: Client,
}

impl GetHealth {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// `GET /health`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(RequestParts::new("prefect.health", Method::GET, "/health"))
    }

    /// Asks. Retried. The server answers without a token too, so `true` does not say that the token is good.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<bool> {
        self.client.request(self.into_parts()?).await
    }
}

/// Reads the server's version. Made by [`Client::version`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetVersion {
    client: Client,
}

impl GetVersion {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// `GET /admin/version`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(RequestParts::new(
            "prefect.version",
            Method::GET,
            "/admin/version",
        ))
    }

    /// Reads the version of the server's program, such as `3.8.8` (not that of its API). Retried.
    ///
    /// # Errors
    /// 401 if the server wants a password and got none or a wrong one.
    pub async fn send(&self) -> Result<String> {
        self.client.request(self.into_parts()?).await
    }
}
