//! Tokens for codes, refresh tokens and other tokens; and what becomes of tokens.

use rest_core::Method;
use rest_core::{ExposeSecret, RequestParts, SecretString};

use crate::endpoint::TokenEndpoint;
use crate::error::refused_code;
use crate::model::{Introspection, Revoked};
use crate::tokens::{Answer, Other, Tokens};
use crate::{Error, Result};

pub(crate) const TOKEN_PATH: &str = "/v2/oauth2/token";

async fn tokens(endpoint: &TokenEndpoint, parts: RequestParts) -> Result<Tokens> {
    let answer: Answer = endpoint.rest().json(parts).await?;
    Ok(Tokens::new(&answer, endpoint.rest().clock().now()))
}

fn required(operation: &'static str, what: &str, secret: &SecretString) -> Result<()> {
    if secret.expose_secret().trim().is_empty() {
        return Err(Error::config(format!("{what} is empty")).with_operation(operation));
    }
    Ok(())
}

/// Turns the code of a login into tokens. Made by [`PendingLogin::exchange`](crate::PendingLogin::exchange) and
/// [`Client::exchange_code`](crate::Client::exchange_code).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct ExchangeCode {
    endpoint: TokenEndpoint,
    code: SecretString,
    redirect_uri: String,
    verifier: Option<SecretString>,
}

impl ExchangeCode {
    pub(crate) fn new(endpoint: TokenEndpoint, code: SecretString, redirect_uri: String) -> Self {
        Self {
            endpoint,
            code,
            redirect_uri,
            verifier: None,
        }
    }

    /// The PKCE verifier that the login began with; a native client's login has one always.
    pub fn verifier(mut self, verifier: impl Into<SecretString>) -> Self {
        self.verifier = Some(verifier.into());
        self
    }

    /// `POST /v2/oauth2/token`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the code is empty.
    pub fn into_parts(&self) -> Result<RequestParts> {
        const OPERATION: &str = "globus_auth.exchange_code";
        required(OPERATION, "the code of the login", &self.code)?;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", self.code.expose_secret().trim()),
            ("redirect_uri", self.redirect_uri.as_str()),
        ];
        if let Some(verifier) = &self.verifier {
            fields.push(("code_verifier", verifier.expose_secret()));
        }
        // A code that comes twice may cost the tokens it gave (RFC 6749 §4.1.2), so it is not sent again blindly.
        Ok(self
            .endpoint
            .form(OPERATION, TOKEN_PATH, &fields)
            .idempotent(false))
    }

    /// The tokens, one for each resource server. Not retried once the service may have seen the code: a code is good
    /// once only.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request. For a code that is not (or no longer) good the
    /// service's code is `invalid_grant`: log in again.
    pub async fn send(&self) -> Result<Tokens> {
        tokens(&self.endpoint, self.into_parts()?).await
    }
}

/// Asks for another access token. Made by [`Client::refresh`](crate::Client::refresh).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Refresh {
    endpoint: TokenEndpoint,
    refresh_token: SecretString,
}

impl Refresh {
    pub(crate) fn new(endpoint: TokenEndpoint, refresh_token: SecretString) -> Self {
        Self {
            endpoint,
            refresh_token,
        }
    }

    /// `POST /v2/oauth2/token`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the refresh token is empty.
    pub fn into_parts(&self) -> Result<RequestParts> {
        const OPERATION: &str = "globus_auth.refresh";
        required(OPERATION, "the refresh token", &self.refresh_token)?;
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", self.refresh_token.expose_secret()),
        ];
        Ok(self
            .endpoint
            .form(OPERATION, TOKEN_PATH, &fields)
            .idempotent(true))
    }

    /// The token, with the refresh token to use next: another one if the service gave one, else the same. Retried:
    /// another access token does no harm.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request. For a refresh token that was revoked or not used
    /// for six months the service's code is `invalid_grant`: log in again.
    pub async fn send(&self) -> Result<Tokens> {
        let tokens = tokens(&self.endpoint, self.into_parts()?).await?;
        Ok(tokens.keep_refresh_token(&self.refresh_token))
    }
}

/// Whether a refusal means that only another login helps.
pub(crate) fn is_dead_grant(error: &Error) -> bool {
    refused_code(error) == Some("invalid_grant")
}

/// Sends any form to the token endpoint. Made by [`Client::token`](crate::Client::token).
#[derive(Clone)]
#[must_use = "a request does nothing until it is sent"]
pub struct TokenForm {
    endpoint: TokenEndpoint,
    fields: Vec<(String, String)>,
}

/// Without the values, which are secret.
impl std::fmt::Debug for TokenForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("TokenForm")
            .field("endpoint", &self.endpoint)
            .field("fields", &names)
            .finish()
    }
}

impl TokenForm {
    pub(crate) fn new(endpoint: TokenEndpoint, fields: Vec<(String, String)>) -> Self {
        Self { endpoint, fields }
    }

    /// `POST /v2/oauth2/token`, without sending it. The fields go as they are; a native client adds its id if they
    /// do not have it.
    ///
    /// # Errors
    /// None so far.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let mut form = self.fields.clone();
        if self.endpoint.is_native() && !form.iter().any(|(name, _)| name == "client_id") {
            form.push(("client_id".to_owned(), self.endpoint.client_id().to_owned()));
        }
        Ok(RequestParts::new("globus_auth.token", Method::POST, TOKEN_PATH)
            .form(form)
            .sensitive())
    }

    /// The tokens. Not retried once the service may have acted: what the form asks for is not known here.
    ///
    /// # Errors
    /// Those of any request, with the OAuth error as the service's code.
    pub async fn send(&self) -> Result<Tokens> {
        tokens(&self.endpoint, self.into_parts()?).await
    }
}

/// Makes a token worthless. Made by [`Client::revoke`](crate::Client::revoke).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Revoke {
    endpoint: TokenEndpoint,
    token: SecretString,
}

impl Revoke {
    pub(crate) fn new(endpoint: TokenEndpoint, token: SecretString) -> Self {
        Self { endpoint, token }
    }

    /// `POST /v2/oauth2/token/revoke`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the token is empty.
    pub fn into_parts(&self) -> Result<RequestParts> {
        const OPERATION: &str = "globus_auth.revoke";
        required(OPERATION, "the token to revoke", &self.token)?;
        let fields = [("token", self.token.expose_secret())];
        Ok(self
            .endpoint
            .form(OPERATION, "/v2/oauth2/token/revoke", &fields)
            .idempotent(true))
    }

    /// Revokes an access token or a refresh token. Retried. One that is not known, or was revoked before, is none the
    /// less a success.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<Revoked> {
        self.endpoint.rest().json(self.into_parts()?).await
    }
}

/// Asks for tokens for the services behind this one, in the name of the caller whose token it was given. Made by
/// [`Client::dependent_tokens`](crate::Client::dependent_tokens).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct DependentTokens {
    endpoint: TokenEndpoint,
    token: SecretString,
    scopes: Vec<String>,
    refresh_tokens: bool,
}

impl DependentTokens {
    pub(crate) fn new(endpoint: TokenEndpoint, token: SecretString) -> Self {
        Self {
            endpoint,
            token,
            scopes: Vec::new(),
            refresh_tokens: false,
        }
    }

    /// Only these scopes; default all that the caller's token depends on.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Whether to ask for refresh tokens too; default no.
    pub fn refresh_tokens(mut self, wanted: bool) -> Self {
        self.refresh_tokens = wanted;
        self
    }

    /// `POST /v2/oauth2/token`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the caller's token is empty.
    pub fn into_parts(&self) -> Result<RequestParts> {
        const OPERATION: &str = "globus_auth.dependent_tokens";
        required(OPERATION, "the caller's token", &self.token)?;
        let scope = self.scopes.join(" ");
        let mut fields = vec![
            ("grant_type", "urn:globus:auth:grant_type:dependent_token"),
            ("token", self.token.expose_secret()),
        ];
        if self.refresh_tokens {
            fields.push(("access_type", "offline"));
        }
        if !scope.is_empty() {
            fields.push(("scope", &scope));
        }
        Ok(self
            .endpoint
            .form(OPERATION, TOKEN_PATH, &fields)
            .idempotent(true))
    }

    /// The tokens, one for each resource server behind this one; there may be none. Retried.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request. With the service's code
    /// `dependent_consent_required` the caller must first consent to
    /// [`required_scopes`](rest_core::Error::required_scopes).
    pub async fn send(&self) -> Result<Tokens> {
        let answer: Vec<Other> = self.endpoint.rest().json(self.into_parts()?).await?;
        Ok(Tokens::from_list(&answer, self.endpoint.rest().clock().now()))
    }
}

/// Asks what a token is. Made by [`Client::introspect`](crate::Client::introspect).
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Introspect {
    endpoint: TokenEndpoint,
    token: SecretString,
    include: Vec<String>,
}

impl Introspect {
    pub(crate) fn new(endpoint: TokenEndpoint, token: SecretString) -> Self {
        Self {
            endpoint,
            token,
            include: Vec::new(),
        }
    }

    /// What to tell besides, for instance `identity_set_detail` or `session_info`. Called again, this too.
    pub fn include(mut self, what: impl Into<String>) -> Self {
        self.include.push(what.into());
        self
    }

    /// `POST /v2/oauth2/token/introspect`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the token is empty.
    pub fn into_parts(&self) -> Result<RequestParts> {
        const OPERATION: &str = "globus_auth.introspect";
        required(OPERATION, "the token to look at", &self.token)?;
        let include = self.include.join(",");
        let mut fields = vec![("token", self.token.expose_secret())];
        if !include.is_empty() {
            fields.push(("include", &include));
        }
        Ok(self
            .endpoint
            .form(OPERATION, "/v2/oauth2/token/introspect", &fields)
            .idempotent(true))
    }

    /// What the token is; one that is not (or no longer) good is not active, which is no error. Retried.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<Introspection> {
        self.endpoint.rest().json(self.into_parts()?).await
    }
}
