//! A client without a secret, for people at a terminal.

use rest_core::{RestClient, RestClientBuilder, SecretString, Vars};

use crate::api::{ApiClient, CreateInstance, ExchangeCode, LoginRequest, Refresh, Revoke, TokenForm};
use crate::client::{user_agent, with_service_of};
use crate::endpoint::TokenEndpoint;
use crate::{DEFAULT_BASE_URL, Error, Result};

/// A native client of Globus Auth: a program on a person's machine, which can keep no secret. It proves by PKCE that
/// it is the one that began a login.
///
/// Cheap to clone; clones share connections. Building one needs no runtime and sends nothing.
///
/// ```no_run
/// use globus_auth::{FileStore, NativeClient, scopes};
///
/// # async fn run(typed: String) -> globus_auth::Result<()> {
/// let client = NativeClient::new("01234567-89ab-cdef-0123-456789abcdef")?;
/// let login = client.login([scopes::TRANSFER_ALL]).refresh_tokens(true).begin()?;
/// println!("open {} and paste the code", login.url());
/// let tokens = login.exchange(typed).send().await?;
/// tokens.save_to(&FileStore::new("tokens.json")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct NativeClient {
    endpoint: TokenEndpoint,
}

impl NativeClient {
    /// A client with this id, at the public service.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the id is empty.
    pub fn new(client_id: impl Into<String>) -> Result<Self> {
        Self::builder(client_id).build()
    }

    /// The client that `GLOBUS_NATIVE_CLIENT_ID` names, at the service that `GLOBUS_SDK_SERVICE_URL_AUTH` and
    /// `GLOBUS_SDK_ENVIRONMENT` name; `None` if it is unset or empty.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is wrong.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        match Vars::new(&lookup).get(&["GLOBUS_NATIVE_CLIENT_ID"]) {
            Some(id) => Self::builder(id).vars(&lookup)?.build().map(Some),
            None => Ok(None),
        }
    }

    /// A client set up piece by piece.
    pub fn builder(client_id: impl Into<String>) -> NativeClientBuilder {
        NativeClientBuilder {
            client_id: client_id.into(),
            rest: RestClient::builder("globus_auth", DEFAULT_BASE_URL)
                .error_parser(crate::error::parse)
                .user_agent(user_agent()),
        }
    }

    /// The client's id.
    pub fn client_id(&self) -> &str {
        self.endpoint.client_id()
    }

    /// Asks a person for tokens with these scopes. The code is shown to the person, unless there is another
    /// [`redirect_uri`](LoginRequest::redirect_uri).
    pub fn login<S: Into<String>>(&self, scopes: impl IntoIterator<Item = S>) -> LoginRequest {
        LoginRequest::new(
            self.endpoint.clone(),
            scopes.into_iter().map(Into::into).collect(),
            None,
        )
    }

    /// Turns the code of a login into tokens, for logins not begun by [`login`](Self::login).
    pub fn exchange_code(
        &self,
        code: impl Into<SecretString>,
        redirect_uri: impl Into<String>,
    ) -> ExchangeCode {
        self.endpoint.exchange_code(code, redirect_uri)
    }

    /// Asks for another access token.
    pub fn refresh(&self, refresh_token: impl Into<SecretString>) -> Refresh {
        self.endpoint.refresh(refresh_token)
    }

    /// Makes an access token or refresh token worthless.
    pub fn revoke(&self, token: impl Into<SecretString>) -> Revoke {
        self.endpoint.revoke(token)
    }

    /// Sends any form to the token endpoint, for grants that this crate does not cover.
    pub fn token(&self, fields: impl IntoIterator<Item = (String, String)>) -> TokenForm {
        self.endpoint.token(fields)
    }

    /// Registers this installation as a confidential client of its own.
    pub fn create_instance(&self, name: impl Into<String>) -> CreateInstance {
        CreateInstance::new(self.rest().clone(), self.client_id().to_owned(), name.into())
    }

    /// What the service tells without a token.
    pub fn api(&self) -> ApiClient {
        ApiClient::over(self.rest().clone())
    }

    /// The token endpoint as this client sees it.
    pub fn token_endpoint(&self) -> TokenEndpoint {
        self.endpoint.clone()
    }

    /// The plain HTTP side of the client.
    pub fn rest(&self) -> &RestClient {
        self.endpoint.rest()
    }
}

impl From<NativeClient> for TokenEndpoint {
    fn from(client: NativeClient) -> Self {
        client.endpoint
    }
}

/// Sets up a [`NativeClient`]. What is wrong comes out at [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct NativeClientBuilder {
    client_id: String,
    rest: RestClientBuilder,
}

rest_core::client_setters!(NativeClientBuilder);

impl NativeClientBuilder {
    /// Where the service is by `GLOBUS_SDK_SERVICE_URL_AUTH` and `GLOBUS_SDK_ENVIRONMENT`, and the hosts of
    /// `ALLOW_HTTP_HOSTS`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown environment.
    pub fn vars(mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        self.rest = with_service_of(self.rest, &Vars::new(&lookup))?;
        Ok(self)
    }

    /// Where the service is; default [`DEFAULT_BASE_URL`].
    pub fn base_url(mut self, url: impl AsRef<str>) -> Self {
        self.rest = self.rest.base_url(url.as_ref());
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the id is empty or the URL cannot be used.
    pub fn build(self) -> Result<NativeClient> {
        if self.client_id.trim().is_empty() {
            return Err(Error::config("the Globus client id is empty"));
        }
        let id = self.client_id.trim().to_owned();
        Ok(NativeClient {
            endpoint: TokenEndpoint::new(self.rest.build()?, id, true),
        })
    }
}
