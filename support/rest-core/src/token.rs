//! Tokens and where they come from.

use std::fmt::Debug;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

/// What goes into the `Authorization` header. `Debug` never shows it.
#[derive(Debug, Clone)]
pub struct Token {
    scheme: &'static str,
    credential: SecretString,
    expires_at: Option<DateTime<Utc>>,
}

impl Token {
    /// A bearer token that never expires unless [`Token::expires_at`] says so.
    pub fn bearer(token: impl Into<SecretString>) -> Self {
        Self {
            scheme: "Bearer",
            credential: token.into(),
            expires_at: None,
        }
    }

    /// HTTP basic authentication (RFC 7617).
    pub fn basic(user: &str, password: &SecretString) -> Self {
        let credential = STANDARD.encode(format!("{user}:{}", password.expose_secret()));
        Self {
            scheme: "Basic",
            credential: credential.into(),
            expires_at: None,
        }
    }

    /// Sets when the token expires.
    pub fn expires_at(mut self, at: DateTime<Utc>) -> Self {
        self.expires_at = Some(at);
        self
    }

    /// When the token expires; `None` = not by itself.
    pub fn expiry(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// The bearer token, or user and password of basic authentication in base 64.
    pub fn secret(&self) -> &SecretString {
        &self.credential
    }

    /// The scheme of the header: `Bearer` or `Basic`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// Whether `other` is the same credential.
    pub fn same_as(&self, other: &Token) -> bool {
        self.scheme == other.scheme && self.credential.expose_secret() == other.credential.expose_secret()
    }

    /// The `Authorization` header.
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        let value = format!("{} {}", self.scheme, self.credential.expose_secret());
        let mut header = HeaderValue::from_str(&value)
            .map_err(|_| Error::auth("the token has characters that no header can carry"))?;
        header.set_sensitive(true);
        Ok(header)
    }
}

/// Gives the token for a request.
#[async_trait]
pub trait TokenProvider: Debug + Send + Sync {
    /// A token that is good now.
    async fn token(&self) -> Result<Token>;

    /// The service refused `rejected`: do not give it again. Whether another can be had; if not, the request is
    /// not sent again.
    fn invalidate(&self, rejected: &Token) -> bool;
}

/// The same token always. What is refused once is not sent again: there is no other.
#[derive(Debug, Clone)]
pub struct StaticToken(pub Token);

#[async_trait]
impl TokenProvider for StaticToken {
    async fn token(&self) -> Result<Token> {
        Ok(self.0.clone())
    }

    fn invalidate(&self, _rejected: &Token) -> bool {
        false
    }
}

/// Gets a new token from its source, such as a login or a token endpoint. Put it into a
/// [`CachedToken`](crate::CachedToken) to use it.
#[async_trait]
pub trait FetchToken: Debug + Send + Sync {
    /// A new token.
    async fn fetch(&self) -> Result<Token>;
}
