//! Tokens by OAuth 2 client credentials (RFC 6749 §4.4), with the types of the crate `oauth2`.

use std::fmt;

use http::Method;
pub use oauth2::basic::BasicTokenType;
pub use oauth2::{
    AccessToken, EmptyExtraTokenFields, ExtraTokenFields, StandardTokenResponse, TokenResponse,
};

use crate::client::RestClient;
use crate::error::{ErrorKind, Result};
use crate::request::RequestParts;

/// Asks a token endpoint for tokens in the name of a confidential client.
///
/// The [`RestClient`] says who asks: it carries id and secret as a
/// [`StaticToken`](crate::StaticToken) of [`Token::basic`](crate::Token::basic), which are sent as they are (Globus
/// takes them so; a service that wants the percent-encoding of RFC 6749 §2.3.1 is given encoded ones). A client that
/// proves itself by a signed assertion (RFC 7523) has no token there and adds the assertion with
/// [`field`](Self::field).
///
/// ```no_run
/// use std::sync::Arc;
///
/// use rest_core::client_credentials::{ClientCredentials, EmptyExtraTokenFields, TokenResponse as _};
/// use rest_core::{RestClient, SecretString, StaticToken, Token};
///
/// # async fn run(secret: SecretString) -> rest_core::Result<()> {
/// let who = StaticToken(Token::basic("library-client", &secret));
/// let rest = RestClient::builder("login", "https://login.example.org").tokens(Arc::new(who)).build()?;
/// let grant = ClientCredentials::new(rest, "login.token", "/oauth2/token", ["books.read"]);
/// let answer = grant.request::<EmptyExtraTokenFields>().await?;
/// let life = answer.expires_in();
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct ClientCredentials {
    rest: RestClient,
    operation: &'static str,
    path: &'static str,
    scopes: Vec<String>,
    fields: Vec<(String, String)>,
    once: bool,
}

/// Without the values of further fields, which may be secret.
impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ClientCredentials")
            .field("rest", &self.rest)
            .field("operation", &self.operation)
            .field("scopes", &self.scopes)
            .field("fields", &fields)
            .finish_non_exhaustive()
    }
}

impl ClientCredentials {
    /// For tokens with `scopes` from the endpoint at `path` below the base URL of `rest`; `operation` is the name in
    /// errors and logs. Without scopes the service chooses.
    pub fn new<S: Into<String>>(
        rest: RestClient,
        operation: &'static str,
        path: &'static str,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            rest,
            operation,
            path,
            scopes: scopes.into_iter().map(Into::into).collect(),
            fields: Vec::new(),
            once: false,
        }
    }

    /// Adds a form field, such as `client_assertion`.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Sends once: for fields that the service takes only once.
    pub fn no_retry(mut self) -> Self {
        self.once = true;
        self
    }

    /// `POST <path>` with `grant_type=client_credentials`, without sending it.
    pub fn into_parts(&self) -> RequestParts {
        let mut form = vec![("grant_type".to_owned(), "client_credentials".to_owned())];
        if !self.scopes.is_empty() {
            form.push(("scope".to_owned(), self.scopes.join(" ")));
        }
        form.extend(self.fields.iter().cloned());
        let parts = RequestParts::new(self.operation, Method::POST, self.path)
            .form(form)
            .sensitive()
            .idempotent(true);
        if self.once { parts.no_retry() } else { parts }
    }

    /// Asks for a token. `E` are the fields that the service adds to the standard answer. Retried, unless
    /// [`no_retry`](Self::no_retry) was set: a second token does no harm. What the service refuses is not sent again.
    ///
    /// # Errors
    /// `Auth` with the OAuth error as [`Error::service_code`](crate::Error::service_code) if the endpoint refuses
    /// (`invalid_client`, `invalid_scope`…); `Decode` if the answer is no token; else as any request. None holds the
    /// answer's body.
    pub async fn request<E: ExtraTokenFields>(&self) -> Result<StandardTokenResponse<E, BasicTokenType>> {
        self.rest.json(self.into_parts()).await.map_err(|mut error| {
            if error.kind() == ErrorKind::Api && matches!(error.status(), Some(400..=403)) {
                error.0.kind = ErrorKind::Auth;
            }
            error
        })
    }
}
