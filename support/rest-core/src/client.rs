//! The client that sends request parts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use serde::de::DeserializeOwned;
use url::Url;

use crate::client_builder::{OnRequest, RestClientBuilder};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::limiter::Limiter;
use crate::redact::redacted_url;
use crate::request::RequestParts;
use crate::response::RawResponse;
use crate::retry::RetryPolicy;
use crate::send::send;
use crate::service_error::{ResponseFacts, ServiceError};
use crate::token::TokenProvider;
use crate::transport::shared_http_client;

/// Sends requests to one service: token, limits, retries, errors. Cheap to clone; needs no runtime to build.
#[derive(Clone)]
pub struct RestClient(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) service: &'static str,
    pub(crate) base: Url,
    pub(crate) http: Option<reqwest::Client>,
    pub(crate) tokens: Option<Arc<dyn TokenProvider>>,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) max_response_bytes: u64,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http_hosts: Vec<String>,
    pub(crate) error_parser: fn(&ResponseFacts<'_>) -> ServiceError,
    pub(crate) default_headers: HeaderMap,
    pub(crate) on_request: Option<OnRequest>,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) forbidden_ends_token: Option<fn(&Error) -> bool>,
}

impl Shared {
    /// The HTTP client, made when the first request needs it.
    pub(crate) fn http(&self) -> Result<reqwest::Client> {
        match &self.http {
            Some(http) => Ok(http.clone()),
            None => shared_http_client(&self.base),
        }
    }
}

impl fmt::Debug for RestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestClient")
            .field("service", &self.0.service)
            .field("base_url", &redacted_url(&self.0.base))
            .field("tokens", &self.0.tokens)
            .field("retry", &self.0.retry)
            .finish_non_exhaustive()
    }
}

impl RestClient {
    /// Begins a client for `service` (its name in logs and errors) at `base_url`, below which all paths are.
    pub fn builder(service: &'static str, base_url: &str) -> RestClientBuilder {
        RestClientBuilder::new(service, base_url)
    }

    /// The service's name.
    pub fn service(&self) -> &'static str {
        self.0.service
    }

    /// Where the service is.
    pub fn base_url(&self) -> &Url {
        &self.0.base
    }

    /// The clock that delays and expiry times go by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Gets a token, or finds that a cached one still holds, and sends nothing else: for callers that want to
    /// know whether the credentials are good before they begin.
    ///
    /// # Errors
    /// Those of the token provider. A client without one has nothing to get.
    pub async fn authenticate(&self) -> Result<()> {
        match &self.0.tokens {
            Some(tokens) => tokens.token().await.map(drop),
            None => Ok(()),
        }
    }

    /// Sends and decodes the answer as JSON. Unknown fields are ignored.
    ///
    /// # Errors
    /// Any [`Error`](crate::Error); retried as [`decide`](crate::decide) says.
    pub async fn json<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        self.full(parts).await?.json()
    }

    /// As [`RestClient::json`], with status 404 as `None`.
    ///
    /// # Errors
    /// As [`RestClient::json`], but for 404.
    pub async fn json_opt<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<Option<T>> {
        match self.full(parts).await {
            Ok(response) => response.json().map(Some),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends and ignores the body of the answer.
    ///
    /// # Errors
    /// As [`RestClient::full`].
    pub async fn empty(&self, parts: RequestParts) -> Result<()> {
        self.full(parts).await.map(drop)
    }

    /// Sends and gives the answer as it came.
    ///
    /// # Errors
    /// Any [`Error`](crate::Error) but `Decode` of a value; retried as [`decide`](crate::decide) says.
    pub async fn full(&self, parts: RequestParts) -> Result<RawResponse> {
        // Boxed: the futures of all callers would otherwise carry this one's state.
        Box::pin(send(&self.0, &parts)).await
    }
}
