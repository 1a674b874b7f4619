//! The client and how it is set up.

use std::sync::Arc;

use globus_auth::environment::Service;
use rest_core::{Limiter, RequestParts, RestClient, RestClientBuilder, TokenProvider, Vars};
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// Requests a second that the service allows a client, over windows of ten seconds.
const RATE: u32 = 2;
const BURST: u32 = 20;

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "https://compute.api.globus.org/";
/// The service's name as a resource server.
pub const RESOURCE_SERVER: &str = "funcx_service";
/// The bytes that a submission may have. A larger one is refused before it is sent.
pub const MAX_PAYLOAD: usize = 10 * 1024 * 1024;

/// A client of Globus Compute, versions 2 and 3 of its API.
///
/// Cheap to clone; clones share connections, token and the limit of 20 requests in 10 s. Building one needs no runtime
/// and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
}

impl Client {
    /// A client set up by the environment: `GLOBUS_COMPUTE_CLIENT_ID` and `GLOBUS_COMPUTE_CLIENT_SECRET` of a
    /// confidential client, or else `GLOBUS_CLIENT_ID` and `GLOBUS_CLIENT_SECRET`; and if set
    /// `GLOBUS_SDK_SERVICE_URL_COMPUTE`, `GLOBUS_SDK_SERVICE_URL_AUTH`, `GLOBUS_SDK_ENVIRONMENT` and
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL cannot be used, or is plain http to a host that was
    /// not allowed (`ALLOW_HTTP_HOSTS`).
    pub fn new(base_url: impl AsRef<str>, tokens: Arc<dyn TokenProvider>) -> Result<Self> {
        Self::builder().base_url(base_url).tokens(tokens).build()
    }

    /// A client set up piece by piece.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
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
        let rest = RestClient::builder("globus_compute", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            .user_agent(concat!("globus-compute-rs/", env!("CARGO_PKG_VERSION")))
            .limiter(Limiter::new(RATE, BURST));
        Self {
            rest,
            tokens: None,
            auth: None,
        }
    }
}

rest_core::client_setters!(ClientBuilder);

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads. What is set on the builder afterwards also holds for
    /// the client that fetches the tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let own = |name: &str| match name {
            "GLOBUS_CLIENT_ID" => vars.get(&["GLOBUS_COMPUTE_CLIENT_ID", name]),
            "GLOBUS_CLIENT_SECRET" => vars.get(&["GLOBUS_COMPUTE_CLIENT_SECRET", name]),
            name => lookup(name),
        };
        let both = ["GLOBUS_COMPUTE_CLIENT_ID", "GLOBUS_COMPUTE_CLIENT_SECRET"];
        let set: Vec<&str> = both
            .into_iter()
            .filter(|name| vars.get(&[name]).is_some())
            .collect();
        if let [one] = set.as_slice() {
            let missing = if *one == both[0] { both[1] } else { both[0] };
            return Err(Error::config(format!(
                "{one} is set but {missing} is not; set both, or neither and GLOBUS_CLIENT_ID and GLOBUS_CLIENT_SECRET"
            )));
        }
        let builder = Self {
            auth: Some(globus_auth::ClientBuilder::from_vars(own)?),
            ..Self::default()
        };
        let url = Service::Compute.url_from_vars(&vars)?;
        Ok(builder.insecure_http_hosts(vars.http_hosts()).base_url(url))
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

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is missing or wrong.
    pub fn build(self) -> Result<Client> {
        let tokens = match (self.tokens, self.auth) {
            (Some(tokens), _) => tokens,
            (None, Some(auth)) => globus_auth::cached_tokens(
                auth.settings_of(&self.rest).build()?,
                globus_auth::scopes::COMPUTE_ALL,
                RESOURCE_SERVER,
            ),
            (None, None) => return Err(Error::config("a Globus Compute client needs a source of tokens")),
        };
        Ok(Client {
            rest: self.rest.tokens(tokens).build()?,
        })
    }
}
