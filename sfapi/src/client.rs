//! The client and how it is set up.

use std::sync::Arc;

use rest_core::private_key_jwt::PrivateKeyJwt;
use rest_core::{CachedToken, RestClient, RestClientBuilder, TokenProvider, Vars};
use serde::de::DeserializeOwned;

use crate::api::{Account, Compute, Files, Meta, Status, Storage, TaskHandle, Tasks};
use crate::key_file::Credentials;
use crate::{Machine, RequestParts, Result, TaskId};

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "https://api.nersc.gov/api/v1.2";
/// Where tokens are had, unless said otherwise.
pub const DEFAULT_TOKEN_URL: &str = "https://oidc.nersc.gov/c2id/token";

/// A client of the Superfacility API (v1.2).
///
/// Cheap to clone; clones share connections and token. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
}

impl Client {
    /// A client set up by the environment: its id and key from the files that `PATH_NERSC_CLIENT_ID` (or
    /// `PATH_NERSC_ID`) and `PATH_NERSC_PRI_KEY` name, else from the key file `SFAPI_KEY` or the one in
    /// `~/.superfacility`; and if set `SFAPI_BASE_URL`, `SFAPI_TOKEN_URL` and `ALLOW_HTTP_HOSTS`. An empty variable
    /// counts as unset.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable or file that is missing or wrong.
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

    /// A client of the service at `base_url` (which ends in `/api/v1.2`) with tokens from `tokens`.
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

    /// How the facility's resources stand. Needs no token.
    pub fn status(&self) -> Status {
        Status::new(self.clone())
    }

    /// The service about itself. Needs no token.
    pub fn meta(&self) -> Meta {
        Meta::new(self.clone())
    }

    /// The user and what is theirs.
    pub fn account(&self) -> Account {
        Account::new(self.clone())
    }

    /// The jobs of a machine.
    pub fn compute(&self, machine: &Machine) -> Compute {
        Compute::new(self.clone(), machine.clone())
    }

    /// The files and commands of a machine.
    pub fn files(&self, machine: &Machine) -> Files {
        Files::new(self.clone(), machine.clone())
    }

    /// The service's tasks.
    pub fn tasks(&self) -> Tasks {
        Tasks::new(self.clone())
    }

    /// One of the service's tasks.
    pub fn task(&self, id: &TaskId) -> TaskHandle {
        TaskHandle::new(self.clone(), id.clone())
    }

    /// Transfers between the facility's storage and elsewhere.
    pub fn storage(&self) -> Storage {
        Storage::new(self.clone())
    }

    /// Sends any request to the service and decodes its answer: for what this crate does not cover.
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
    credentials: Option<Credentials>,
    token_url: String,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        let rest = RestClient::builder("sfapi", DEFAULT_BASE_URL)
            .error_parser(crate::error::parse)
            // A guess that does no harm: a stranger is answered with 403, so an ended token may be too.
            .forbidden_ends_token(|_| true)
            .user_agent(concat!("sfapi-rs/", env!("CARGO_PKG_VERSION")));
        Self {
            rest,
            tokens: None,
            credentials: None,
            token_url: DEFAULT_TOKEN_URL.to_owned(),
        }
    }
}

rest_core::client_setters!(ClientBuilder);

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable or file that is missing or wrong.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let mut builder = Self::default()
            .credentials(Credentials::from_vars(vars)?)
            .insecure_http_hosts(vars.http_hosts());
        if let Some(url) = vars.get(&["SFAPI_BASE_URL"]) {
            builder = builder.base_url(url);
        }
        if let Some(url) = vars.get(&["SFAPI_TOKEN_URL"]) {
            builder = builder.token_url(url);
        }
        Ok(builder)
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// Where tokens are had; default [`DEFAULT_TOKEN_URL`]. As it is given here it is the audience of assertions.
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = url.into();
        self
    }

    /// Who asks.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where tokens come from, instead of credentials. Without either the client is anonymous, which is enough for
    /// [`Client::status`] and [`Client::meta`].
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming what is missing or wrong.
    pub fn build(self) -> Result<Client> {
        let tokens: Option<Arc<dyn TokenProvider>> = match (self.tokens, self.credentials) {
            (Some(tokens), _) => Some(tokens),
            (None, Some(credentials)) => {
                let login = RestClient::builder("sfapi", &self.token_url)
                    .settings_of(&self.rest)
                    .error_parser(crate::error::parse_token)
                    .build()?;
                let clock = login.clock().clone();
                let fetch = PrivateKeyJwt::new(login, "sfapi.token", credentials.client_id, credentials.key);
                Some(Arc::new(CachedToken::new(fetch).clock(clock)))
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
