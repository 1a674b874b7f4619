//! The client and how it is set up.

use std::sync::Arc;
use std::time::Duration;

use rest_core::{RawResponse, RestClient, RestClientBuilder, StaticToken, Token, TokenProvider, Vars};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::csrf::{self, Csrf};
use crate::{Error, RequestParts, Result, RetryPolicy};

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "http://127.0.0.1:4200/api";

/// The version of the server's API that this crate speaks, sent as `x-prefect-api-version`.
pub const API_VERSION: &str = "0.8.4";

/// A client of one Prefect server.
///
/// Cheap to clone; clones share connections and token. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
    csrf: Arc<Csrf>,
    /// How many more requests may be on their way at a time.
    places: Option<Arc<Semaphore>>,
    /// For lines that are no requests.
    #[cfg(feature = "events")]
    tokens: Option<Arc<dyn TokenProvider>>,
}

impl Client {
    /// A client set up by the environment: `PREFECT_API_URL` (with its `/api`), and if set `PREFECT_API_KEY` (sent
    /// as a bearer token) or else `PREFECT_API_AUTH_STRING` (`user:password`, sent as basic authentication), and
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

    /// A client of the service at `base_url` (with its `/api`) with tokens from `tokens`.
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

    /// Sends any request to the service and decodes its answer: for what this crate does not cover.
    ///
    /// As for every call, an error keeps no body: the server's 422 repeats the request in it.
    ///
    /// # Errors
    /// Those of any request. Retried as the parts allow.
    pub async fn request<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<T> {
        self.full(parts).await?.json()
    }

    /// As [`request`](Self::request), with 404 as `None`.
    ///
    /// # Errors
    /// Those of any request but 404. Retried as the parts allow.
    pub async fn request_opt<T: DeserializeOwned>(&self, parts: RequestParts) -> Result<Option<T>> {
        match self.full(parts).await {
            Ok(answer) => answer.json().map(Some),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As [`request`](Self::request), for an answer that has nothing in it.
    pub(crate) async fn act(&self, parts: RequestParts) -> Result<()> {
        self.full(parts).await.map(drop)
    }

    /// Sends, with the token against forged requests where the server wants one.
    pub(crate) async fn full(&self, parts: RequestParts) -> Result<RawResponse> {
        let _place = match &self.places {
            Some(places) => places.acquire().await.ok(),
            None => None,
        };
        let parts = parts.sensitive();
        match self.rest.full(self.csrf.attach(parts.clone())).await {
            Err(refused) if csrf::is_wanted(&refused) => {
                if self.csrf.renew(&self.rest).await.is_err() {
                    return Err(refused);
                }
                self.rest.full(self.csrf.attach(parts)).await
            }
            answer => answer,
        }
    }

    /// This client, for at most so many requests at a time, its clones' included; 0 counts as 1. A request that waits
    /// for its turn, and one that waits to be repeated, count against no time limit of others.
    ///
    /// A server on SQLite writes one thing at a time: what is asked at once only waits for each other, up to its time
    /// limit.
    pub fn at_most(mut self, requests: usize) -> Self {
        self.places = Some(Arc::new(Semaphore::new(
            requests.clamp(1, Semaphore::MAX_PERMITS),
        )));
        self
    }

    /// This client without such a limit: for what must not wait.
    pub fn without_limit(mut self) -> Self {
        self.places = None;
        self
    }

    /// The token that requests carry, if they carry any.
    #[cfg(feature = "events")]
    pub(crate) async fn token(&self) -> Result<Option<Token>> {
        match &self.tokens {
            Some(tokens) => tokens.token().await.map(Some),
            None => Ok(None),
        }
    }

    /// The plain HTTP side of the client. What is sent through it directly should be
    /// [`sensitive`](RequestParts::sensitive), as the server's 422 repeats the request.
    pub fn rest(&self) -> &RestClient {
        &self.rest
    }
}

/// A server on SQLite answers 503 for many seconds when much is asked of it: tries go on for a minute or so.
fn patient() -> RetryPolicy {
    RetryPolicy::default()
        .attempts(10)
        .max_delay(Duration::from_secs(10))
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

/// Sets up a [`Client`]. What is wrong comes out at [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    rest: RestClientBuilder,
    #[cfg(feature = "events")]
    tokens: Option<Arc<dyn TokenProvider>>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let rest = RestClient::builder("prefect", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            .default_header("x-prefect-api-version", API_VERSION)
            .retry(patient())
            .user_agent(concat!("prefect-client-rs/", env!("CARGO_PKG_VERSION")));
        Self {
            rest,
            #[cfg(feature = "events")]
            tokens: None,
        }
    }
}

rest_core::client_setters!(ClientBuilder);

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing or wrong.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let url = vars.require(&["PREFECT_API_URL"])?;
        check_api_path(&url)?;
        let builder = Self::default()
            .base_url(url)
            .insecure_http_hosts(vars.http_hosts());
        let auth = (
            vars.get(&["PREFECT_API_KEY"]),
            vars.get(&["PREFECT_API_AUTH_STRING"]),
        );
        let token = match auth {
            (Some(key), _) => Token::bearer(key),
            (None, Some(text)) => basic(&text)?,
            (None, None) => return Ok(builder),
        };
        Ok(builder.tokens(Arc::new(StaticToken(token))))
    }

    /// Where the service is, with its `/api` (a slash may follow); default [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// Where tokens come from. Without them requests carry none.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        #[cfg(feature = "events")]
        {
            self.tokens = Some(Arc::clone(&tokens));
        }
        self.rest = self.rest.tokens(tokens);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is wrong.
    pub fn build(self) -> Result<Client> {
        Ok(Client {
            rest: self.rest.build()?,
            csrf: Arc::default(),
            places: None,
            #[cfg(feature = "events")]
            tokens: self.tokens,
        })
    }
}

/// The token of a `user:password`, which the message of a wrong one does not repeat.
fn basic(text: &str) -> Result<Token> {
    let (user, password) = text
        .split_once(':')
        .ok_or_else(|| Error::config("PREFECT_API_AUTH_STRING must be user:password"))?;
    Ok(Token::basic(user, &password.into()))
}
