//! Tokens by OAuth 2 client credentials (RFC 6749 §4.4), over the crate `oauth2`.

use std::fmt;
use std::sync::Arc;

use http::Method;
pub use oauth2::basic::BasicTokenType;
use oauth2::basic::{BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse};
use oauth2::{
    ClientId, ClientSecret, HttpRequest, HttpResponse, RequestTokenError, Scope, StandardRevocableToken,
    TokenUrl,
};
pub use oauth2::{EmptyExtraTokenFields, ExtraTokenFields, StandardTokenResponse, TokenResponse};
use secrecy::{ExposeSecret, SecretString};

use crate::client::RestClient;
use crate::client_builder::{OnRequest, RestClientBuilder};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::request::RequestParts;
use crate::response::RawResponse;
use crate::retry::RetryPolicy;

/// The operation that errors and logs name.
const OPERATION: &str = "oauth2.token";

type OAuthClient<E> = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<E, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// Asks a token endpoint for tokens in the name of a confidential client.
#[derive(Clone)]
pub struct ClientCredentials {
    token_url: String,
    client_id: String,
    secret: SecretString,
    scopes: Vec<String>,
    rest: RestClientBuilder,
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl ClientCredentials {
    /// For tokens with `scopes` from `token_url`. `http` is a client with redirects off, or `None` for the one that
    /// the process shares.
    pub fn new<S: Into<String>>(
        token_url: &str,
        client_id: impl Into<String>,
        secret: SecretString,
        scopes: impl IntoIterator<Item = S>,
        http: impl Into<Option<reqwest::Client>>,
    ) -> Self {
        let rest = RestClient::builder("oauth2", token_url);
        let rest = match http.into() {
            Some(http) => rest.http(http),
            None => rest,
        };
        Self {
            token_url: token_url.to_owned(),
            client_id: client_id.into(),
            secret,
            scopes: scopes.into_iter().map(Into::into).collect(),
            rest,
        }
    }

    /// When to try again; default [`RetryPolicy::default`].
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.rest = self.rest.retry(retry);
        self
    }

    /// The clock; default [`SystemClock`](crate::SystemClock).
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.rest = self.rest.clock(clock);
        self
    }

    /// The `User-Agent` header.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.rest = self.rest.user_agent(user_agent);
        self
    }

    /// Hosts to which the secret may go over plain http. Loopback always may.
    #[must_use]
    pub fn insecure_http_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.rest = self.rest.insecure_http_hosts(hosts);
        self
    }

    /// Told of every request sent.
    #[must_use]
    pub fn on_request(mut self, on_request: OnRequest) -> Self {
        self.rest = self.rest.on_request(on_request);
        self
    }

    /// Asks for a token: `POST <token_url>` with `grant_type=client_credentials`, client id and secret as basic
    /// authentication. `E` are the fields that the service adds to the standard answer. Retried: a second token
    /// does no harm.
    ///
    /// # Errors
    /// `Auth` with the OAuth error as [`Error::service_code`] if the endpoint refuses (`invalid_client`,
    /// `invalid_scope`…); `Decode` if the answer is no token; else as any request. None holds the answer's body.
    pub async fn request<E>(&self) -> Result<StandardTokenResponse<E, BasicTokenType>>
    where
        E: ExtraTokenFields + Send + Sync,
    {
        let rest = self
            .rest
            .clone()
            .build()
            .map_err(|error| error.with_operation(OPERATION))?;
        let token_url = TokenUrl::new(self.token_url.clone())
            .map_err(|source| Error::config("the token URL cannot be read").with_source(source))?;
        let client = OAuthClient::<E>::new(ClientId::new(self.client_id.clone()))
            .set_client_secret(ClientSecret::new(self.secret.expose_secret().to_owned()))
            .set_token_uri(token_url);
        let http = |request: HttpRequest| -> crate::BoxFuture<'static, Result<HttpResponse>> {
            Box::pin(carry(rest.clone(), request))
        };
        client
            .exchange_client_credentials()
            .add_scopes(self.scopes.iter().cloned().map(Scope::new))
            .request_async(&http)
            .await
            .map_err(token_error)
    }
}

/// Carries a request of the crate `oauth2` with our client: its limits, retries and errors.
async fn carry(rest: RestClient, request: HttpRequest) -> Result<HttpResponse> {
    let (head, body) = request.into_parts();
    let mut parts = RequestParts::new(OPERATION, Method::POST, "")
        .idempotent(true)
        .sensitive()
        .anonymous();
    for (name, value) in &head.headers {
        let value = value
            .to_str()
            .map_err(|_| Error::auth("client id or secret cannot be sent"))?;
        parts
            .headers
            .push((name.as_str().to_owned().into(), value.to_owned()));
    }
    let fields = url::form_urlencoded::parse(&body).into_owned().collect();
    let RawResponse {
        status,
        headers,
        bytes,
        ..
    } = rest.full(parts.form(fields)).await?;
    let mut response = HttpResponse::new(bytes.to_vec());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    *response.headers_mut() = headers;
    Ok(response)
}

/// An error without the answer, which holds tokens.
fn token_error(error: RequestTokenError<Error, BasicErrorResponse>) -> Error {
    match error {
        RequestTokenError::Request(mut error) => {
            if error.kind() == ErrorKind::Api && matches!(error.status(), Some(400..=403)) {
                error.0.kind = ErrorKind::Auth;
            }
            error
        }
        RequestTokenError::Parse(source, _body) => Error::decode(
            OPERATION,
            format!("the answer is no token (at `{}`)", source.path()),
        ),
        RequestTokenError::ServerResponse(response) => {
            let mut error = Error::auth("the token endpoint refused").with_operation(OPERATION);
            error.0.service_code = Some(response.error().to_string());
            error.0.service_message = response
                .error_description()
                .map(|text| crate::redact::one_line(text));
            error
        }
        RequestTokenError::Other(_) => Error::decode(OPERATION, "the answer is no token"),
    }
}
