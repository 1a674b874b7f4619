//! The client and how it is set up.

use std::sync::Arc;

use rest_core::{RequestParts, RestClient, RestClientBuilder, SecretString, StaticToken, Token, Vars};
use serde::de::DeserializeOwned;

use crate::api::{
    ApiClient, CreateClient, DependentTokens, ExchangeCode, Introspect, LoginRequest, Refresh, Revoke,
    TokenForm,
};
use crate::credentials::RequestTokens;
use crate::endpoint::TokenEndpoint;
use crate::environment::Service;
use crate::model::ClientKind;
use crate::{Error, Result};

/// Where the service is, unless said otherwise.
pub const DEFAULT_BASE_URL: &str = "https://auth.globus.org/";

/// A confidential client of Globus Auth: it acts in its own name, with an id and a secret.
///
/// Cheap to clone; clones share connections. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct Client {
    rest: RestClient,
    client_id: String,
}

impl Client {
    /// A client set up by the environment: `GLOBUS_CLIENT_ID`, `GLOBUS_CLIENT_SECRET`, and if set
    /// `GLOBUS_SDK_SERVICE_URL_AUTH`, `GLOBUS_SDK_ENVIRONMENT` and `ALLOW_HTTP_HOSTS`. An empty variable counts as unset.
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
                .error_parser(crate::error::parse)
                .user_agent(user_agent()),
        }
    }

    /// Asks for tokens with these scopes, in the client's own name.
    pub fn client_credentials<S: Into<String>>(&self, scopes: impl IntoIterator<Item = S>) -> RequestTokens {
        RequestTokens::new(self.clone(), scopes.into_iter().map(Into::into).collect())
    }

    /// Asks a person for tokens with these scopes; the browser brings the code to `redirect_uri`, one of those that
    /// the client is registered with.
    pub fn login<S: Into<String>>(
        &self,
        redirect_uri: impl Into<String>,
        scopes: impl IntoIterator<Item = S>,
    ) -> LoginRequest {
        let scopes = scopes.into_iter().map(Into::into).collect();
        LoginRequest::new(self.token_endpoint(), scopes, Some(redirect_uri.into()))
    }

    /// Turns the code of a login into tokens, for logins not begun by [`login`](Self::login).
    pub fn exchange_code(
        &self,
        code: impl Into<SecretString>,
        redirect_uri: impl Into<String>,
    ) -> ExchangeCode {
        self.token_endpoint().exchange_code(code, redirect_uri)
    }

    /// Asks for another access token.
    pub fn refresh(&self, refresh_token: impl Into<SecretString>) -> Refresh {
        self.token_endpoint().refresh(refresh_token)
    }

    /// Asks for tokens for the services behind this one, in the name of the caller whose token this is.
    pub fn dependent_tokens(&self, token: impl Into<SecretString>) -> DependentTokens {
        DependentTokens::new(self.token_endpoint(), token.into())
    }

    /// Makes an access token or refresh token worthless.
    pub fn revoke(&self, token: impl Into<SecretString>) -> Revoke {
        self.token_endpoint().revoke(token)
    }

    /// Asks what a token is, whose, and for how long.
    pub fn introspect(&self, token: impl Into<SecretString>) -> Introspect {
        Introspect::new(self.token_endpoint(), token.into())
    }

    /// Sends any form to the token endpoint, for grants that this crate does not cover.
    pub fn token(&self, fields: impl IntoIterator<Item = (String, String)>) -> TokenForm {
        self.token_endpoint().token(fields)
    }

    /// Registers a client below this one, without a project.
    pub fn create_child_client(&self, name: impl Into<String>, kind: ClientKind) -> CreateClient {
        CreateClient::new(
            self.rest.clone(),
            "globus_auth.create_child_client",
            name.into(),
            None,
            kind,
        )
    }

    /// The rest of the service in the client's own name: its id and secret take the place of a token. Not everything
    /// is allowed so; projects need a person's token ([`ApiClient::new`]).
    pub fn api(&self) -> ApiClient {
        ApiClient::over(self.rest.clone())
    }

    /// The token endpoint as this client sees it.
    pub fn token_endpoint(&self) -> TokenEndpoint {
        TokenEndpoint::new(self.rest.clone(), self.client_id.clone(), false)
    }

    /// The client's id.
    pub fn client_id(&self) -> &str {
        &self.client_id
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

impl From<Client> for TokenEndpoint {
    fn from(client: Client) -> Self {
        client.token_endpoint()
    }
}

pub(crate) fn user_agent() -> &'static str {
    concat!("globus-auth-rs/", env!("CARGO_PKG_VERSION"))
}

/// Where the service is by the variables, and who may be sent secrets over plain http.
pub(crate) fn with_service_of(rest: RestClientBuilder, vars: &Vars<'_>) -> Result<RestClientBuilder> {
    let url = Service::Auth.url_from_vars(vars)?;
    Ok(rest.base_url(&url).insecure_http_hosts(vars.http_hosts()))
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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that is missing or wrong.
    pub fn from_vars(lookup: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let vars = Vars::new(&lookup);
        let client_id = vars.require(&["GLOBUS_CLIENT_ID"])?;
        let secret = vars.require(&["GLOBUS_CLIENT_SECRET"])?;
        let mut builder = Client::builder(client_id.trim(), secret);
        builder.rest = with_service_of(builder.rest, &vars)?;
        Ok(builder)
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
            client_id: self.client_id,
        })
    }
}
