//! The client and how it is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rest_core::{
    CachedToken, Clock, Error, OnRequest, RawResponse, RequestParts, RestClient, Result, RetryPolicy,
    SecretString, TokenProvider, parse_http_hosts,
};

use crate::api::datasets::{Datasets, SingleDataset};
use crate::api::login::Login;
use crate::api::origdatablocks::OrigDatablocks;
use crate::{DatasetPid, error};

/// Where the backend is looked for when nothing else is said.
pub const DEFAULT_URL: &str = "http://localhost:3000/api/v3";

/// The name under which requests are counted and logged.
const SERVICE: &str = "scicat";

/// A client of one SciCat backend. Cheap to clone; clones share connections and the token.
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

    /// A client made from variables: `SCICAT_INGEST_URL` (older name `SCICAT_API_URL`; default [`DEFAULT_URL`]),
    /// `SCICAT_INGEST_USERNAME` (older `SCICAT_INGEST_USER`), `SCICAT_INGEST_PASSWORD` and, for plain http beyond
    /// this machine, `ALLOW_HTTP_HOSTS`. An empty variable counts as not set.
    ///
    /// # Errors
    /// [`rest_core::ErrorKind::Config`] naming the variable that is missing or wrong.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let either = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| lookup(name).filter(|value| !value.is_empty()))
        };
        let required = |names: &[&str]| {
            either(names).ok_or_else(|| Error::config(format!("{} is not set", names.join(" or "))))
        };
        let url = either(&["SCICAT_INGEST_URL", "SCICAT_API_URL"]).unwrap_or_else(|| DEFAULT_URL.to_owned());
        let username = required(&["SCICAT_INGEST_USERNAME", "SCICAT_INGEST_USER"])?;
        let password = required(&["SCICAT_INGEST_PASSWORD"])?;
        let hosts = either(&["ALLOW_HTTP_HOSTS"]).unwrap_or_default();
        Self::builder()
            .base_url(url)
            .login(username, password)
            .insecure_http_hosts(parse_http_hosts(&hosts))
            .build()
    }

    /// A client of the backend at `base_url` (which ends in `/api/v3`) with tokens from elsewhere.
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

    /// The datasets: create and find.
    pub fn datasets(&self) -> Datasets {
        Datasets { client: self.clone() }
    }

    /// One dataset.
    pub fn dataset(&self, pid: &DatasetPid) -> SingleDataset {
        SingleDataset {
            client: self.clone(),
            pid: pid.clone(),
        }
    }

    /// The original datablocks of one dataset.
    pub fn origdatablocks(&self, pid: &DatasetPid) -> OrigDatablocks {
        OrigDatablocks {
            client: self.clone(),
            pid: pid.clone(),
        }
    }

    /// Sends a request that this crate has no method for, with the same token, retries and errors.
    ///
    /// Its body is sent as it is: a null directly in `scientificMetadata` ends the backend's process.
    ///
    /// # Errors
    /// As every call.
    pub async fn request(&self, parts: RequestParts) -> Result<RawResponse> {
        self.rest.full(parts).await
    }

    pub(crate) fn rest(&self) -> &RestClient {
        &self.rest
    }
}

/// Makes a [`Client`]. Needs no async runtime.
#[derive(Clone, Default)]
#[must_use = "a builder makes a client only with `build`"]
pub struct ClientBuilder {
    base_url: Option<String>,
    http: Option<reqwest::Client>,
    auth: Auth,
    retry: Option<RetryPolicy>,
    timeout: Option<Duration>,
    user_agent: Option<String>,
    clock: Option<Arc<dyn Clock>>,
    insecure_http_hosts: Vec<String>,
    on_request: Option<OnRequest>,
}

#[derive(Clone, Default)]
enum Auth {
    #[default]
    Anonymous,
    Login {
        username: String,
        password: SecretString,
    },
    Tokens(Arc<dyn TokenProvider>),
}

impl ClientBuilder {
    /// Sets the URL, which ends in `/api/v3` (a slash may follow). Without it [`DEFAULT_URL`] is taken.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Logs in with a name and a password when a token is first needed, and again before it ends.
    pub fn login(mut self, username: impl Into<String>, password: impl Into<SecretString>) -> Self {
        self.auth = Auth::Login {
            username: username.into(),
            password: password.into(),
        };
        self
    }

    /// Takes tokens from elsewhere; replaces [`Self::login`]. Without either the client is anonymous.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.auth = Auth::Tokens(tokens);
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

    /// Names hosts beyond this machine to which passwords and tokens may go over plain http.
    pub fn insecure_http_hosts<T: Into<String>>(mut self, hosts: impl IntoIterator<Item = T>) -> Self {
        self.insecure_http_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// Calls this after each attempt, logins included, to count requests.
    pub fn on_request(mut self, hook: OnRequest) -> Self {
        self.on_request = Some(hook);
        self
    }

    /// Makes the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`rest_core::ErrorKind::Config`] if the URL is none.
    pub fn build(self) -> Result<Client> {
        let tokens: Option<Arc<dyn TokenProvider>> = match &self.auth {
            Auth::Anonymous => None,
            Auth::Tokens(tokens) => Some(tokens.clone()),
            Auth::Login { username, password } => {
                let rest = self.rest(None)?;
                let clock = rest.clock().clone();
                let login = Login {
                    rest,
                    username: username.clone(),
                    password: password.clone(),
                };
                Some(Arc::new(CachedToken::new(login).clock(clock)))
            }
        };
        Ok(Client {
            rest: self.rest(tokens)?,
        })
    }

    fn rest(&self, tokens: Option<Arc<dyn TokenProvider>>) -> Result<RestClient> {
        let url = self.base_url.as_deref().unwrap_or(DEFAULT_URL);
        let mut rest = RestClient::builder(SERVICE, url)
            .error_parser(error::parse)
            .insecure_http_hosts(self.insecure_http_hosts.clone());
        if let Some(tokens) = tokens {
            rest = rest.tokens(tokens);
        }
        if let Some(http) = &self.http {
            rest = rest.http(http.clone());
        }
        if let Some(policy) = &self.retry {
            rest = rest.retry(policy.clone());
        }
        if let Some(timeout) = self.timeout {
            rest = rest.timeout(timeout);
        }
        if let Some(name) = &self.user_agent {
            rest = rest.user_agent(name.clone());
        }
        if let Some(clock) = &self.clock {
            rest = rest.clock(clock.clone());
        }
        if let Some(hook) = &self.on_request {
            rest = rest.on_request(hook.clone());
        }
        rest.build()
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}
