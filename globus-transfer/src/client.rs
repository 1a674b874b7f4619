//! The client and how it is set up.

use std::sync::Arc;
use std::time::Duration;

use rest_core::{
    ALLOW_HTTP_HOSTS, Clock, OnRequest, RequestParts, RestClient, RestClientBuilder, RetryPolicy,
    TokenProvider, parse_http_hosts,
};
use serde::de::DeserializeOwned;

use crate::api::{
    EndpointHandle, GetSubmissionId, ListTasks, SubmissionDocument, Submit, SubmitDelete, SubmitTransfer,
    TaskHandle,
};
use crate::{EndpointId, Error, Result, TaskId};

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "https://transfer.api.globus.org/";

/// A client of the Globus Transfer API (v0.10).
///
/// Cheap to clone; clones share connections and token. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
}

impl Client {
    /// A client set up by the environment: `GLOBUS_CLIENT_ID` and `GLOBUS_CLIENT_SECRET` of a confidential
    /// client, and if set `GLOBUS_SDK_SERVICE_URL_TRANSFER`, `GLOBUS_SDK_SERVICE_URL_AUTH` and
    /// `ALLOW_HTTP_HOSTS`. An empty variable counts as unset.
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

    /// A client of the service at `base_url` with tokens from `tokens`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL cannot be used, or is plain http to a host
    /// that was not allowed (`ALLOW_HTTP_HOSTS`).
    pub fn new(base_url: impl AsRef<str>, tokens: Arc<dyn TokenProvider>) -> Result<Self> {
        Self::builder().base_url(base_url).tokens(tokens).build()
    }

    /// A client set up piece by piece.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Asks for a submission id.
    pub fn submission_id(&self) -> GetSubmissionId {
        GetSubmissionId::new(self.clone())
    }

    /// Submits a transfer from one collection to another.
    pub fn submit_transfer(&self, source: EndpointId, destination: EndpointId) -> SubmitTransfer {
        SubmitTransfer::new(self.clone(), source, destination)
    }

    /// Submits a deletion on one collection.
    pub fn submit_delete(&self, endpoint: EndpointId) -> SubmitDelete {
        SubmitDelete::new(self.clone(), endpoint)
    }

    /// Sends a document as it is: one that [`SubmitTransfer::document`] or [`SubmitDelete::document`] made,
    /// or one that was recorded. Sending it twice makes one task.
    pub fn submit(&self, document: &SubmissionDocument) -> Submit {
        Submit::new(self.clone(), document.clone())
    }

    /// One task.
    pub fn task(&self, id: TaskId) -> TaskHandle {
        TaskHandle::new(self.clone(), id)
    }

    /// The caller's tasks.
    pub fn tasks(&self) -> ListTasks {
        ListTasks::new(self.clone())
    }

    /// The files of one collection.
    pub fn endpoint(&self, id: EndpointId) -> EndpointHandle {
        EndpointHandle::new(self.clone(), id)
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
    rest: RestClientBuilder,
    tokens: Option<Arc<dyn TokenProvider>>,
    auth: Option<globus_auth::ClientBuilder>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let rest = RestClient::builder("globus_transfer", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            .user_agent(concat!("globus-transfer-rs/", env!("CARGO_PKG_VERSION")));
        Self {
            rest,
            tokens: None,
            auth: None,
        }
    }
}

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads. What is set on the builder afterwards also
    /// holds for the client that fetches the tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let set = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let builder = Self {
            auth: Some(globus_auth::ClientBuilder::from_vars(&lookup)?),
            ..Self::default()
        };
        let hosts = set(ALLOW_HTTP_HOSTS)
            .map(|list| parse_http_hosts(&list))
            .unwrap_or_default();
        let builder = builder.insecure_http_hosts(hosts);
        Ok(match set("GLOBUS_SDK_SERVICE_URL_TRANSFER") {
            Some(url) => builder.base_url(url),
            None => builder,
        })
    }

    /// Applies a setting to this client and to the one that fetches its tokens.
    fn both(
        mut self,
        rest: impl FnOnce(RestClientBuilder) -> RestClientBuilder,
        auth: impl FnOnce(globus_auth::ClientBuilder) -> globus_auth::ClientBuilder,
    ) -> Self {
        self.rest = rest(self.rest);
        self.auth = self.auth.map(auth);
        self
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`]. Paths below it carry the API's version.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// Where tokens come from, instead of the credentials that the builder may have begun with.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// The connections to use, for proxies and certificates of one's own. Its redirect policy should be `none`.
    pub fn http(self, http: reqwest::Client) -> Self {
        let other = http.clone();
        self.both(|rest| rest.http(http), |auth| auth.http(other))
    }

    /// When and how often a request is sent again.
    pub fn retry(self, retry: RetryPolicy) -> Self {
        let other = retry.clone();
        self.both(|rest| rest.retry(retry), |auth| auth.retry(other))
    }

    /// How long one attempt may take.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.both(|rest| rest.timeout(timeout), |auth| auth.timeout(timeout))
    }

    /// The `User-Agent` header.
    pub fn user_agent(self, user_agent: impl Into<String>) -> Self {
        let user_agent = user_agent.into();
        let other = user_agent.clone();
        self.both(|rest| rest.user_agent(user_agent), |auth| auth.user_agent(other))
    }

    /// Where time comes from, for tests.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        let other = clock.clone();
        self.both(|rest| rest.clock(clock), |auth| auth.clock(other))
    }

    /// Hosts that may be sent tokens over plain http, besides loopback.
    pub fn insecure_http_hosts(self, hosts: impl IntoIterator<Item = String>) -> Self {
        let hosts: Vec<String> = hosts.into_iter().collect();
        let other = hosts.clone();
        self.both(
            |rest| rest.insecure_http_hosts(hosts),
            |auth| auth.insecure_http_hosts(other),
        )
    }

    /// Called after each attempt, requests for tokens included: counts requests.
    pub fn on_request(self, hook: OnRequest) -> Self {
        let other = hook.clone();
        self.both(|rest| rest.on_request(hook), |auth| auth.on_request(other))
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is missing or wrong.
    pub fn build(self) -> Result<Client> {
        let tokens = match (self.tokens, self.auth) {
            (Some(tokens), _) => tokens,
            (None, Some(auth)) => globus_auth::transfer_tokens(auth.build()?),
            (None, None) => return Err(Error::config("a Globus Transfer client needs a source of tokens")),
        };
        Ok(Client {
            rest: self.rest.tokens(tokens).build()?,
        })
    }
}
