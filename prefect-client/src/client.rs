//! The client and how it is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rest_core::{
    Clock, Error, OnRequest, RawResponse, RequestParts, RestClient, Result, RetryPolicy, StaticToken, Token,
    TokenProvider, parse_http_hosts,
};
use serde::de::DeserializeOwned;

use crate::api::admin::{GetHealth, GetVersion};
use crate::api::deployments::{CreateFlowRun, NamedDeployment};
use crate::api::flow_runs::SingleFlowRun;
use crate::api::variables::NamedVariable;
use crate::{DeploymentId, FlowRunId, error};

/// The version of the server's API that this crate speaks, sent as `x-prefect-api-version`.
pub const API_VERSION: &str = "0.8.4";

/// The name under which requests are counted and logged.
const SERVICE: &str = "prefect";

/// A client of one Prefect server. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
}

impl Client {
    /// A client made from the environment; see [`Self::from_vars`].
    ///
    /// # Errors
    /// As [`Self::from_vars`].
    pub fn from_env() -> Result<Self> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// A client made from variables: `PREFECT_API_URL` (with its `/api`), `PREFECT_API_KEY` (sent as a bearer token)
    /// or else `PREFECT_API_AUTH_STRING` (`user:password`, sent as basic authentication) and, for plain http beyond
    /// this machine, `ALLOW_HTTP_HOSTS`. An empty variable counts as not set.
    ///
    /// # Errors
    /// [`rest_core::ErrorKind::Config`] naming the variable that is missing or wrong.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variable = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let url = variable("PREFECT_API_URL").ok_or_else(|| Error::config("PREFECT_API_URL is not set"))?;
        check_api_path(&url)?;
        let hosts = variable("ALLOW_HTTP_HOSTS").unwrap_or_default();
        let mut builder = Self::builder()
            .base_url(url)
            .insecure_http_hosts(parse_http_hosts(&hosts));
        if let Some(key) = variable("PREFECT_API_KEY") {
            builder = builder.tokens(Arc::new(StaticToken(Token::bearer(key))));
        } else if let Some(text) = variable("PREFECT_API_AUTH_STRING") {
            let (user, password) = text
                .split_once(':')
                .ok_or_else(|| Error::config("PREFECT_API_AUTH_STRING must be user:password"))?;
            builder = builder.tokens(Arc::new(StaticToken(Token::basic(user, &password.into()))));
        }
        builder.build()
    }

    /// A client of the server at `base_url` (with its `/api`) with tokens from elsewhere.
    ///
    /// # Errors
    /// [`rest_core::ErrorKind::Config`] if the URL is none.
    pub fn new(base_url: impl Into<String>, tokens: Arc<dyn TokenProvider>) -> Result<Self> {
        Self::builder().base_url(base_url).tokens(tokens).build()
    }

    /// A client with everything set by hand.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Whether the server is up: `GET health`.
    pub fn health(&self) -> GetHealth {
        GetHealth { client: self.clone() }
    }

    /// The version of the server's program: `GET admin/version`.
    pub fn version(&self) -> GetVersion {
        GetVersion { client: self.clone() }
    }

    /// The variable of this name.
    pub fn variable(&self, name: impl Into<String>) -> NamedVariable {
        NamedVariable {
            client: self.clone(),
            name: name.into(),
        }
    }

    /// The deployment `flow/name`.
    pub fn deployment(&self, flow: impl Into<String>, name: impl Into<String>) -> NamedDeployment {
        NamedDeployment {
            client: self.clone(),
            flow: flow.into(),
            name: name.into(),
        }
    }

    /// Prepares a new run of a deployment: `POST deployments/{id}/create_flow_run`.
    pub fn create_flow_run(&self, deployment: &DeploymentId) -> CreateFlowRun {
        CreateFlowRun::new(self.clone(), deployment.clone())
    }

    /// One flow run.
    pub fn flow_run(&self, id: &FlowRunId) -> SingleFlowRun {
        SingleFlowRun {
            client: self.clone(),
            id: id.clone(),
        }
    }

    /// Sends a request that this crate has no method for, with the same token, retries and errors.
    ///
    /// # Errors
    /// As every call.
    pub async fn request(&self, parts: RequestParts) -> Result<RawResponse> {
        self.rest.full(parts.sensitive()).await
    }

    // Every request is `sensitive`: an error keeps no body, as the server's 422 repeats the request in it.

    pub(crate) async fn json<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        self.rest.json(parts.sensitive()).await
    }

    pub(crate) async fn json_opt<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<Option<T>> {
        self.rest.json_opt(parts.sensitive()).await
    }
}

/// Refuses a URL that leaves out `/api`: the server's user interface answers there, so that a deployment would seem
/// to be missing where the address is wrong.
fn check_api_path(url: &str) -> Result<()> {
    if url.split(['/', '?', '#']).skip(3).any(|segment| segment == "api") {
        return Ok(());
    }
    Err(Error::config(
        "PREFECT_API_URL must name the API, as in http://127.0.0.1:4200/api",
    ))
}

/// Makes a [`Client`]. Needs no async runtime.
#[derive(Clone, Default)]
#[must_use = "a builder makes a client only with `build`"]
pub struct ClientBuilder {
    base_url: Option<String>,
    http: Option<reqwest::Client>,
    tokens: Option<Arc<dyn TokenProvider>>,
    retry: Option<RetryPolicy>,
    timeout: Option<Duration>,
    user_agent: Option<String>,
    clock: Option<Arc<dyn Clock>>,
    insecure_http_hosts: Vec<String>,
    on_request: Option<OnRequest>,
}

impl ClientBuilder {
    /// Sets the URL with its `/api` (a slash may follow). It has no default.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets where tokens come from. Without them requests carry none.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// Uses this HTTP client, with its proxies, certificates and pool.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Sets how failed requests are repeated.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Sets the time that one attempt may take.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the `User-Agent`.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Names hosts beyond this machine to which tokens may go over plain http.
    pub fn insecure_http_hosts<T: Into<String>>(mut self, hosts: impl IntoIterator<Item = T>) -> Self {
        self.insecure_http_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Calls this after each attempt, to count requests.
    pub fn on_request(mut self, hook: OnRequest) -> Self {
        self.on_request = Some(hook);
        self
    }

    /// Makes the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`rest_core::ErrorKind::Config`] if the URL is missing or none.
    pub fn build(self) -> Result<Client> {
        let url = self
            .base_url
            .ok_or_else(|| Error::config("the URL of the Prefect API is not set"))?;
        let mut rest = RestClient::builder(SERVICE, &url)
            .error_parser(error::parse)
            .default_header("x-prefect-api-version", API_VERSION)
            .insecure_http_hosts(self.insecure_http_hosts);
        if let Some(tokens) = self.tokens {
            rest = rest.tokens(tokens);
        }
        if let Some(http) = self.http {
            rest = rest.http(http);
        }
        if let Some(policy) = self.retry {
            rest = rest.retry(policy);
        }
        if let Some(timeout) = self.timeout {
            rest = rest.timeout(timeout);
        }
        if let Some(name) = self.user_agent {
            rest = rest.user_agent(name);
        }
        if let Some(clock) = self.clock {
            rest = rest.clock(clock);
        }
        if let Some(hook) = self.on_request {
            rest = rest.on_request(hook);
        }
        Ok(Client { rest: rest.build()? })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}
