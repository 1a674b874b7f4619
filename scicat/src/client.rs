//! The client and how it is set up.

use std::sync::Arc;

use rest_core::{CachedToken, RestClient, RestClientBuilder, SecretString, Token, TokenProvider, Vars};
use serde::de::DeserializeOwned;

use crate::api::login::Login;
use crate::token::Unexpired;
use crate::{ApiVersion, RequestParts, Result};

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "http://localhost:3000/api/v3";

/// A client of one SciCat backend, API v3 or v4.
///
/// Cheap to clone; clones share connections and token, so however many callers use it at once, there is one login.
/// Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
    version: ApiVersion,
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

    /// A client of the service at `base_url` (which ends in `/api/v3` or `/api/v4`) with tokens from `tokens`.
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

    /// The version of the API that it speaks where there are two.
    pub fn version(&self) -> ApiVersion {
        self.version
    }

    /// Sends any request to the service and decodes its answer: for what this crate does not cover. The path begins
    /// with the version, as in `/v3/history`.
    ///
    /// # Errors
    /// Those of any request, and [`ErrorKind::Config`](crate::ErrorKind::Config) for a null directly in
    /// `scientificMetadata`, which would end the backend's process. Retried as the parts allow.
    pub async fn request<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        crate::guard::check(&parts)?;
        self.rest.json(parts).await
    }

    /// As [`request`](Self::request), with 404 as `None`.
    ///
    /// # Errors
    /// As for [`request`](Self::request), but 404 is no error. Retried as the parts allow.
    pub async fn request_opt<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<Option<T>> {
        crate::guard::check(&parts)?;
        self.rest.json_opt(parts).await
    }

    /// As [`request`](Self::request), without reading the answer's body.
    ///
    /// # Errors
    /// As for [`request`](Self::request). Retried as the parts allow.
    pub async fn request_empty(&self, parts: RequestParts) -> Result<()> {
        crate::guard::check(&parts)?;
        self.rest.empty(parts).await
    }

    /// The plain HTTP side of the client. Its base URL is the one given, without the version.
    pub fn rest(&self) -> &RestClient {
        &self.rest
    }
}

/// Sets up a [`Client`]. What is wrong comes out at [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    rest: RestClientBuilder,
    base_url: String,
    version: Option<ApiVersion>,
    tokens: Option<Arc<dyn TokenProvider>>,
    login: Option<(String, SecretString)>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let rest = RestClient::builder("scicat", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            .forbidden_ends_token(crate::error::is_stranger)
            .user_agent(concat!("scicat-rs/", env!("CARGO_PKG_VERSION")));
        Self {
            rest,
            base_url: DEFAULT_BASE_URL.to_owned(),
            version: None,
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

    /// Where the service is; default [`DEFAULT_BASE_URL`]. Its last segment, `v3` or `v4`, says which version of the
    /// API is spoken; without one it is v3. A slash may follow.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        url.as_ref().clone_into(&mut self.base_url);
        self
    }

    /// The version of the API, whatever the base URL ends with.
    pub fn version(mut self, version: ApiVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// Logs in with a name and a password when a token is first needed, and again before it ends.
    pub fn login(mut self, username: impl Into<String>, password: impl Into<SecretString>) -> Self {
        self.login = Some((username.into(), password.into()));
        self
    }

    /// A token that somebody else got, instead of a login. When it has ended nothing is sent any more: the backend
    /// would answer as to a stranger.
    pub fn token(self, token: impl Into<SecretString>) -> Self {
        self.tokens(Arc::new(rest_core::StaticToken(Token::bearer(token))))
    }

    /// Where tokens come from, instead of a login. Without either the client is anonymous. A token that has ended is
    /// not sent; of a JWT the end is read from its claims.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is wrong.
    pub fn build(self) -> Result<Client> {
        let (root, named) = ApiVersion::of_url(&self.base_url);
        let version = self.version.or(named).unwrap_or_default();
        let rest = self.rest.base_url(root);
        let plain = rest.clone().build()?;
        let clock = plain.clock().clone();
        let tokens: Option<Arc<dyn TokenProvider>> = match (self.tokens, self.login) {
            (Some(tokens), _) => Some(Arc::new(Unexpired { tokens, clock })),
            (None, Some((username, password))) => {
                let login = Login {
                    rest: plain,
                    username,
                    password,
                };
                Some(Arc::new(CachedToken::new(login).clock(clock)))
            }
            (None, None) => None,
        };
        let rest = match tokens {
            Some(tokens) => rest.tokens(tokens),
            None => rest,
        };
        Ok(Client {
            rest: rest.build()?,
            version,
        })
    }
}
