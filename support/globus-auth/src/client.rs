//! The client and how it is set up.

use std::sync::Arc;
use std::time::Duration;

use rest_core::{
    ALLOW_HTTP_HOSTS, Clock, OnRequest, RequestParts, RestClient, RestClientBuilder, RetryPolicy,
    SecretString, StaticToken, Token, parse_http_hosts,
};
use serde::de::DeserializeOwned;

use crate::credentials::RequestTokens;
use crate::{Error, Result};

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "https://auth.globus.org/";

/// A confidential client of Globus Auth: it acts in its own name, with an id and a secret.
///
/// Cheap to clone; clones share connections. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
}

impl Client {
    /// A client set up by the environment: `GLOBUS_CLIENT_ID`, `GLOBUS_CLIENT_SECRET`, and if set
    /// `GLOBUS_SDK_SERVICE_URL_AUTH` and `ALLOW_HTTP_HOSTS`. An empty variable counts as unset.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing or wrong.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with the variables looked up by a function.
    ///
    /// # Errors
    /// As for [`from_env`](Self::from_env).
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        ClientBuilder::from_vars(lookup)?.build()
    }

    /// A client with this id and secret, at the public service.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the id is empty.
    pub fn new(client_id: impl Into<String>, secret: impl Into<SecretString>) -> Result<Self> {
        Self::builder(client_id, secret).build()
    }

    /// A client set up piece by piece.
    pub fn builder(client_id: impl Into<String>, secret: impl Into<SecretString>) -> ClientBuilder {
        ClientBuilder {
            client_id: client_id.into(),
            secret: secret.into(),
            rest: RestClient::builder("globus_auth", DEFAULT_BASE_URL)
                .user_agent(concat!("globus-auth-rs/", env!("CARGO_PKG_VERSION"))),
        }
    }

    /// Asks for tokens with these scopes, in the client's own name.
    pub fn client_credentials<S: Into<String>>(&self, scopes: impl IntoIterator<Item = S>) -> RequestTokens {
        RequestTokens::new(self.clone(), scopes.into_iter().map(Into::into).collect())
    }

    /// Sends any request to the service and decodes its answer: for what this crate does not cover.
    ///
    /// # Errors
    /// Those of any request. Retried as the parts allow.
    pub async fn request<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        self.rest.json(parts).await
    }

    /// The plain HTTP side of the client.
    pub fn rest(&self) -> &RestClient {
        &self.rest
    }
}

/// Sets up a [`Client`]. What is wrong comes out at [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    client_id: String,
    secret: SecretString,
    rest: RestClientBuilder,
}

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let set = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let required =
            |name: &str| set(name).ok_or_else(|| Error::config(format!("the variable {name} is not set")));
        let builder = Client::builder(
            required("GLOBUS_CLIENT_ID")?.trim(),
            required("GLOBUS_CLIENT_SECRET")?,
        );
        let hosts = set(ALLOW_HTTP_HOSTS)
            .map(|list| parse_http_hosts(&list))
            .unwrap_or_default();
        let builder = builder.insecure_http_hosts(hosts);
        Ok(match set("GLOBUS_SDK_SERVICE_URL_AUTH") {
            Some(url) => builder.base_url(url),
            None => builder,
        })
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// The connections to use, for proxies and certificates of one's own. Its redirect policy should be `none`.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.rest = self.rest.http(http);
        self
    }

    /// When and how often a request is sent again.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.rest = self.rest.retry(retry);
        self
    }

    /// How long one attempt may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.rest = self.rest.timeout(timeout);
        self
    }

    /// The `User-Agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.rest = self.rest.user_agent(user_agent);
        self
    }

    /// Where time comes from, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.rest = self.rest.clock(clock);
        self
    }

    /// Hosts that may be sent the secret over plain http, besides loopback.
    pub fn insecure_http_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.rest = self.rest.insecure_http_hosts(hosts);
        self
    }

    /// Called after each attempt: counts requests.
    pub fn on_request(mut self, hook: OnRequest) -> Self {
        self.rest = self.rest.on_request(hook);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the id is empty or the URL cannot be used, or is
    /// plain http to a host that was not allowed it.
    pub fn build(self) -> Result<Client> {
        if self.client_id.is_empty() {
            return Err(Error::config("the Globus client id is empty"));
        }
        // Sent as they are: the percent-encoding that RFC 6749 prescribes would alter secrets, which end in `=`,
        // and the service does not undo it.
        let credentials = Token::basic(&self.client_id, &self.secret);
        Ok(Client {
            rest: self.rest.tokens(Arc::new(StaticToken(credentials))).build()?,
        })
    }
}
