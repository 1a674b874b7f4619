//! The life of a token. The backend does not refuse one that has ended where anyone may ask, it shows less.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rest_core::{Clock, Error, ExposeSecret, Result, Token, TokenProvider};
use serde::Deserialize;

/// The claims of a token that tell its life, in seconds since 1970.
#[derive(Default, Deserialize)]
pub(crate) struct Claims {
    pub(crate) exp: Option<f64>,
    pub(crate) iat: Option<f64>,
}

impl Claims {
    /// The claims of a JWT. Its signature is the server's business; here only the life is read.
    pub(crate) fn of(jwt: &str) -> Option<Self> {
        let payload = URL_SAFE_NO_PAD
            .decode(jwt.split('.').nth(1)?.trim_end_matches('='))
            .ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// When the token ends by the server's clock.
    pub(crate) fn end(&self) -> Option<DateTime<Utc>> {
        DateTime::UNIX_EPOCH.checked_add_signed(seconds(self.exp?)?)
    }
}

pub(crate) fn seconds(value: f64) -> Option<TimeDelta> {
    // `as` saturates, and what is out of range is refused after it.
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
    value
        .is_finite()
        .then_some(value as i64)
        .and_then(TimeDelta::try_seconds)
}

/// Tokens from elsewhere, as long as they have not ended.
#[derive(Debug)]
pub(crate) struct Unexpired {
    pub(crate) tokens: Arc<dyn TokenProvider>,
    pub(crate) clock: Arc<dyn Clock>,
}

#[async_trait]
impl TokenProvider for Unexpired {
    async fn token(&self) -> Result<Token> {
        let token = self.tokens.token().await?;
        let claimed = || Claims::of(token.secret().expose_secret())?.end();
        match token.expiry().or_else(claimed) {
            Some(end) if end <= self.clock.now() => Err(Error::auth(format!(
                "the SciCat token ended at {}: get another, or give the client a name and a password",
                end.format("%Y-%m-%d %H:%M:%S UTC")
            ))),
            _ => Ok(token),
        }
    }

    fn invalidate(&self, rejected: &Token) -> bool {
        self.tokens.invalidate(rejected)
    }
}
