//! The client and how it is set up.

use std::sync::Arc;

use rest_core::{CachedToken, RestClient, RestClientBuilder, SecretString, TokenProvider, Vars};
use serde::de::DeserializeOwned;

use crate::api::login::Login;
use crate::api::{DatasetHandle, DatasetsHandle, OrigDatablocksHandle};
use crate::{DatasetPid, RequestParts, Result};

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "http://localhost:3000/api/v3";

/// A client of one SciCat backend (API v3).
///
/// Cheap to clone; clones share connections and token. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
}

impl Client {
    /// A client set up by the environment: `SCICAT_INGEST_URL` (older name `SCICAT_API_URL`; default
    /// [`DEFAULT_BASE_URL`]), `SCICAT_INGEST_USERNAME` (older `SCICAT_INGEST_USER`), `SCICAT_INGEST_PASSWORD`, and
    /// if set `ALLOW_HTTP_HOSTS`. An empty variable counts as unset.
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

    /// A client of the service at `base_url` (which ends in `/api/v3`) with tokens from `tokens`.
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

    /// The datasets: create and find.
    pub fn datasets(&self) -> DatasetsHandle {
        DatasetsHandle::new(self.clone())
    }

    /// One dataset.
    pub fn dataset(&self, pid: DatasetPid) -> DatasetHandle {
        DatasetHandle::new(self.clone(), pid)
    }

    /// The original datablocks of one dataset.
    pub fn origdatablocks(&self, pid: DatasetPid) -> OrigDatablocksHandle {
        OrigDatablocksHandle::new(self.clone(), pid)
    }

    /// Sends any request to the service and decodes its answer: for what this crate does not cover.
    ///
    /// A body goes as it is: a null directly in `scientificMetadata` ends the backend's process.
    ///
    /// # Errors
    /// Those of any request. Retried as the parts allow.
    pub async fn request<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        self.rest.json(parts).await
    }

    /// As [`request`](Self::request), with 404 as `None`.
    ///
    /// # Errors
    /// Those of any request but 404. Retried as the parts allow.
    pub async fn request_opt<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<Option<T>> {
        self.rest.json_opt(parts).await
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
    login: Option<(String, SecretString)>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let rest = RestClient::builder("scicat", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            .forbidden_ends_token()
            .user_agent(concat!("scicat-rs/", env!("CARGO_PKG_VERSION")));
        Self {
            rest,
            tokens: None,
            login: None,
        }
    }
}

rest_core::client_setters!(ClientBuilder);

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let username = vars.require(&["SCICAT_INGEST_USERNAME", "SCICAT_INGEST_USER"])?;
        let password = vars.require(&["SCICAT_INGEST_PASSWORD"])?;
        let builder = Self::default()
            .login(username, password)
            .insecure_http_hosts(vars.http_hosts());
        Ok(match vars.get(&["SCICAT_INGEST_URL", "SCICAT_API_URL"]) {
            Some(url) => builder.base_url(url),
            None => builder,
        })
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`]. It ends in `/api/v3`; a slash may follow.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// Logs in with a name and a password when a token is first needed, and again before it ends.
    pub fn login(mut self, username: impl Into<String>, password: impl Into<SecretString>) -> Self {
        self.login = Some((username.into(), password.into()));
        self
    }

    /// Where tokens come from, instead of a login. Without either the client is anonymous.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is wrong.
    pub fn build(self) -> Result<Client> {
        let tokens: Option<Arc<dyn TokenProvider>> = match (self.tokens, self.login) {
            (Some(tokens), _) => Some(tokens),
            (None, Some((username, password))) => {
                let rest = self.rest.clone().build()?;
                let clock = rest.clock().clone();
                let login = Login {
                    rest,
                    username,
                    password,
                };
                Some(Arc::new(CachedToken::new(login).clock(clock)))
            }
            (None, None) => None,
        };
        let rest = match tokens {
            Some(tokens) => self.rest.tokens(tokens),
            None => self.rest,
        };
        Ok(Client { rest: rest.build()? })
    }
}
