//! The rest of the service: identities, projects, clients, credentials, policies, scopes, consents.

use std::sync::Arc;

use rest_core::Method;
use rest_core::{RequestParts, RestClient, RestClientBuilder, TokenProvider, Vars};
use serde::de::DeserializeOwned;

use super::request::Request;
use crate::client::{user_agent, with_service_of};
use crate::model::{JwkSet, OpenIdConfiguration, UserInfo};
use crate::{DEFAULT_BASE_URL, Result};

/// The rest of the service, with tokens of the resource server `auth.globus.org`.
///
/// Cheap to clone; clones share connections and token. Building one needs no runtime and sends nothing.
#[derive(Clone, Debug)]
pub struct ApiClient {
    pub(crate) rest: RestClient,
}

impl ApiClient {
    /// A client of the service at `base_url` with tokens from `tokens`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL cannot be used, or is plain http to a host that
    /// was not allowed (`ALLOW_HTTP_HOSTS`).
    pub fn new(base_url: impl AsRef<str>, tokens: Arc<dyn TokenProvider>) -> Result<Self> {
        Self::builder().base_url(base_url).tokens(tokens).build()
    }

    /// A client set up piece by piece.
    pub fn builder() -> ApiClientBuilder {
        ApiClientBuilder {
            rest: RestClient::builder("globus_auth", DEFAULT_BASE_URL)
                .error_parser(crate::error::parse)
                .user_agent(user_agent()),
        }
    }

    pub(crate) fn over(rest: RestClient) -> Self {
        Self { rest }
    }

    pub(crate) fn get<T>(&self, operation: &'static str, path: &'static str) -> Request<T> {
        self.call(RequestParts::new(operation, Method::GET, path))
    }

    pub(crate) fn call<T>(&self, parts: RequestParts) -> Request<T> {
        Request::new(self.rest.clone(), parts)
    }

    /// Who the person behind the token is: `GET /v2/oauth2/userinfo`. Needs the scope `openid`.
    pub fn userinfo(&self) -> Request<UserInfo> {
        self.get("globus_auth.userinfo", "/v2/oauth2/userinfo")
    }

    /// Where the service's parts are: `GET /.well-known/openid-configuration`. Needs no token, and none is sent.
    pub fn openid_configuration(&self) -> Request<OpenIdConfiguration> {
        let path = "/.well-known/openid-configuration";
        self.call(RequestParts::new("globus_auth.openid_configuration", Method::GET, path).anonymous())
    }

    /// The keys that id tokens are signed with: `GET /jwk.json`. Needs no token, and none is sent.
    pub fn jwk(&self) -> Request<JwkSet> {
        self.call(RequestParts::new("globus_auth.jwk", Method::GET, "/jwk.json").anonymous())
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

/// Sets up an [`ApiClient`]. What is wrong comes out at [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ApiClientBuilder {
    rest: RestClientBuilder,
}

rest_core::client_setters!(ApiClientBuilder);

impl ApiClientBuilder {
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

    /// Where tokens come from. Without them only what needs none can be asked.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.rest = self.rest.tokens(tokens);
        self
    }

    /// The client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL cannot be used.
    pub fn build(self) -> Result<ApiClient> {
        Ok(ApiClient::over(self.rest.build()?))
    }
}
