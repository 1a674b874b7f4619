//! Posting JSON documents to a webhook, as chat services have them. Who knows the address may post, so it is a secret: it
//! stands in no error, no log line and no `Debug`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use std::fmt;
use std::time::Duration;

use http::Method;
use rest_core::{ErrorKind, ExposeSecret, RequestParts, RestClient, SecretString, Url};
use serde_json::Value;

const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A webhook. Its path and query are as secret as a password.
#[derive(Clone)]
pub struct Webhook {
    client: RestClient,
    path: SecretString,
    query: Vec<(String, SecretString)>,
}

/// Why nobody was told. It never names the address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address cannot be one.
    #[error(
        "the webhook's address is not https://, or http:// on this machine, without a user and a percent sign in its path"
    )]
    Address,
    /// The webhook answered with this status.
    #[error("the webhook answered {0}")]
    Status(u16),
    /// It did not answer.
    #[error("the webhook: {0}")]
    NoAnswer(ErrorKind),
}

impl Webhook {
    /// The webhook at this address; nothing is sent.
    ///
    /// # Errors
    /// [`WebhookError::Address`].
    pub fn new(address: &SecretString) -> Result<Self, WebhookError> {
        let url = Url::parse(address.expose_secret().trim()).map_err(|_| WebhookError::Address)?;
        let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let may_be = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        // An escape in the path would be escaped once more.
        if !may_be || !url.username().is_empty() || url.password().is_some() || url.path().contains('%') {
            return Err(WebhookError::Address);
        }
        let mut base = url.clone();
        base.set_path("/");
        base.set_query(None);
        base.set_fragment(None);
        let client = RestClient::builder("webhook", base.as_str()).build();
        let pairs = url.query_pairs();
        Ok(Self {
            client: client.map_err(|_| WebhookError::Address)?,
            path: url.path().trim_start_matches('/').into(),
            query: pairs
                .map(|(key, value)| (key.into_owned(), value.into_owned().into()))
                .collect(),
        })
    }

    /// Posts a document, once; 10 s at most.
    ///
    /// # Errors
    /// It was not taken, or nobody knows.
    pub async fn post(&self, document: &Value) -> Result<(), WebhookError> {
        let failed = |error: rest_core::Error| {
            error
                .status()
                .map_or(WebhookError::NoAnswer(error.kind()), WebhookError::Status)
        };
        let parts = RequestParts::new("webhook.post", Method::POST, "/{webhook}")
            .path_tail("webhook", self.path.expose_secret())
            .no_retry()
            .timeout(TIME_LIMIT)
            .sensitive()
            .json(document)
            .map_err(failed)?;
        let query = self.query.iter();
        let parts = query.fold(parts, |parts, (key, value)| {
            parts.query(key, value.expose_secret())
        });
        self.client.full(parts).await.map(drop).map_err(failed)
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_would_show_the_secret_is_refused() {
        for bad in [
            "no url",
            "ftp://x/y",
            "http://example.org/s",
            "https://user@x/y",
            "https://x/a%2Fb",
        ] {
            assert_eq!(
                Webhook::new(&bad.into()).unwrap_err(),
                WebhookError::Address,
                "{bad}"
            );
        }
        for good in [
            "https://hooks.example.org/services/T0/B0?sig=a%2Fb",
            "http://127.0.0.1:1/x",
        ] {
            let webhook = Webhook::new(&good.into()).unwrap();
            assert_eq!(format!("{webhook:?}"), "Webhook(..)");
        }
    }
}
