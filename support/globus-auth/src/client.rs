//! The client and how it is set up.

use std::sync::Arc;

use rest_core::{RequestParts, RestClient, RestClientBuilder, SecretString, StaticToken, Token, Vars};
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
    client_id: String,
    secret: SecretString,
    rest: RestClientBuilder,
}

rest_core::client_setters!(ClientBuilder);

impl ClientBuilder {
    /// Begins with the variables that [`Client::from_env`] reads.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let client_id = vars.require(&["GLOBUS_CLIENT_ID"])?;
        let secret = vars.require(&["GLOBUS_CLIENT_SECRET"])?;
        let builder = Client::builder(client_id.trim(), secret).insecure_http_hosts(vars.http_hosts());
        Ok(match vars.get(&["GLOBUS_SDK_SERVICE_URL_AUTH"]) {
            Some(url) => builder.base_url(url),
            None => builder,
        })
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// Takes over how another client's requests are sent (all but where to and as whom): what is set on a client
    /// also holds for the one that fetches its tokens.
    pub fn settings_of(mut self, other: &RestClientBuilder) -> Self {
        self.rest = self.rest.settings_of(other);
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
