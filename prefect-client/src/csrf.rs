//! The token by which a server with that protection knows a client's own requests from forged ones.

use std::sync::{Mutex, PoisonError};

use http::Method;
use rest_core::{RequestParts, RestClient};
use serde::Deserialize;
use uuid::Uuid;

use crate::{Error, Result};

/// The token, got when the server first asks for one.
#[derive(Debug)]
pub(crate) struct Csrf {
    client: String,
    token: Mutex<Option<String>>,
}

impl Default for Csrf {
    fn default() -> Self {
        Self {
            client: Uuid::new_v4().to_string(),
            token: Mutex::new(None),
        }
    }
}

#[derive(Deserialize)]
struct Document {
    token: String,
}

/// Whether the server refused the request for want of a good token. It then did nothing.
pub(crate) fn is_wanted(error: &Error) -> bool {
    let message = error.service_message().unwrap_or_default();
    error.status() == Some(403) && (message.contains("CSRF") || message == "Missing client identifier.")
}

impl Csrf {
    /// The request with the token, if there is one and the method wants it.
    pub(crate) fn attach(&self, parts: RequestParts) -> RequestParts {
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS];
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match token {
            Some(token) if !reads.contains(parts.method()) => parts
                .header("prefect-csrf-token", token)
                .header("prefect-csrf-client", self.client.clone()),
            _ => parts,
        }
    }

    /// Gets another token; one lasts for an hour.
    pub(crate) async fn renew(&self, rest: &RestClient) -> Result<()> {
        let parts = RequestParts::new("prefect.csrf_token", Method::GET, "/csrf-token")
            .query("client", self.client.clone())
            .sensitive();
        let document: Document = rest.json(parts).await?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(document.token);
        Ok(())
    }
}
