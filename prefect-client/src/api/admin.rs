//! `health` and `admin/version`.

use http::Method;
use rest_core::{RequestParts, Result};

use crate::Client;

/// Asks whether the server is up; made by [`Client::health`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct GetHealth {
    pub(crate) client: Client,
}

impl GetHealth {
    /// The request, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(RequestParts::new("prefect.health", Method::GET, "/health"))
    }

    /// Asks. Retried. The server answers without a token too, so `true` does not say that the token is good.
    ///
    /// # Errors
    /// The transport's; and what a server gives that is not up or not Prefect.
    pub async fn send(&self) -> Result<bool> {
        self.client.json(self.into_parts()?).await
    }
}

/// Reads the server's version; made by [`Client::version`].
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct GetVersion {
    pub(crate) client: Client,
}

impl GetVersion {
    /// The request, without sending it.
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
        self.client.json(self.into_parts()?).await
    }
}
