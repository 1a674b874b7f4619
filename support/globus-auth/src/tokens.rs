//! The service's answer: one token for each resource server.

use chrono::{DateTime, TimeDelta, Utc};
use rest_core::client_credentials::{
    AccessToken, BasicTokenType, ExtraTokenFields, StandardTokenResponse, TokenResponse,
};
use rest_core::{SecretString, Token};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::store::TokenStore;

/// The answer of the token endpoint.
pub(crate) type Answer = StandardTokenResponse<Extra, BasicTokenType>;

/// What Globus adds to the standard answer: whose the token on top is, and the tokens for other servers.
///
/// All secrets are of oauth2's type for access tokens, which shows nothing.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Extra {
    #[serde(default)]
    resource_server: Option<String>,
    #[serde(default)]
    id_token: Option<AccessToken>,
    #[serde(default)]
    other_tokens: Option<Vec<Other>>,
}

impl ExtraTokenFields for Extra {}

/// A token beside the one on top, or one of those that stand in a list.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Other {
    access_token: AccessToken,
    #[serde(default)]
    refresh_token: Option<AccessToken>,
    #[serde(default)]
    id_token: Option<AccessToken>,
    #[serde(default)]
    resource_server: Option<String>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// A token for one resource server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuedToken {
    /// Who accepts it, for instance `transfer.api.globus.org`.
    pub resource_server: Option<String>,
    /// What it allows, without the dependencies asked for.
    pub scopes: Vec<String>,
    /// The token itself.
    pub access_token: SecretString,
    /// When it expires (usually after 48 hours), by this machine's clock.
    pub expires_at: Option<DateTime<Utc>>,
    /// What gives another access token when this one has expired; only if the login asked for it.
    pub refresh_token: Option<SecretString>,
    /// Who logged in, as a signed token of OpenID Connect; only with the scope `openid`. Not verified here.
    pub id_token: Option<SecretString>,
}

impl IssuedToken {
    /// A token from elsewhere, with nothing else known about it.
    pub fn new(resource_server: impl Into<String>, access_token: impl Into<SecretString>) -> Self {
        Self {
            resource_server: Some(resource_server.into()),
            scopes: Vec::new(),
            access_token: access_token.into(),
            expires_at: None,
            refresh_token: None,
            id_token: None,
        }
    }

    fn from_answer(answer: &Answer, now: DateTime<Utc>) -> Self {
        let extra = answer.extra_fields();
        let scopes = answer.scopes().into_iter().flatten();
        let life = answer.expires_in().map(|life| life.as_secs());
        Self {
            resource_server: extra.resource_server.clone(),
            scopes: scopes.map(|scope| scope.to_string()).collect(),
            access_token: secret(answer.access_token()),
            expires_at: expiry(life, now),
            refresh_token: answer.refresh_token().map(|token| token.secret().clone().into()),
            id_token: extra.id_token.as_ref().map(secret),
        }
    }

    fn from_other(other: &Other, now: DateTime<Utc>) -> Self {
        let scopes = other.scope.iter().flat_map(|scope| scope.split_whitespace());
        Self {
            resource_server: other.resource_server.clone(),
            scopes: scopes.map(str::to_owned).collect(),
            access_token: secret(&other.access_token),
            expires_at: expiry(other.expires_in, now),
            refresh_token: other.refresh_token.as_ref().map(secret),
            id_token: other.id_token.as_ref().map(secret),
        }
    }

    /// The token as requests carry it.
    pub fn to_token(&self) -> Token {
        let token = Token::bearer(self.access_token.clone());
        match self.expires_at {
            Some(at) => token.expires_at(at),
            None => token,
        }
    }
}

/// All tokens of an answer.
///
/// Which of them the service puts on top is not defined, so they are looked up by resource server.
#[derive(Clone, Debug)]
pub struct Tokens {
    issued: Vec<IssuedToken>,
}

impl Tokens {
    pub(crate) fn new(answer: &Answer, now: DateTime<Utc>) -> Self {
        let others = answer.extra_fields().other_tokens.iter().flatten();
        let others = others.map(|other| IssuedToken::from_other(other, now));
        let top = std::iter::once(IssuedToken::from_answer(answer, now));
        Self {
            issued: top.chain(others).collect(),
        }
    }

    /// From an answer that is a list.
    pub(crate) fn from_list(answer: &[Other], now: DateTime<Utc>) -> Self {
        Self {
            issued: answer
                .iter()
                .map(|other| IssuedToken::from_other(other, now))
                .collect(),
        }
    }

    /// Keeps the refresh token that was asked with, unless the service gave another in its place.
    pub(crate) fn keep_refresh_token(mut self, asked_with: &SecretString) -> Self {
        if let Some(token) = self.issued.first_mut() {
            token.refresh_token.get_or_insert_with(|| asked_with.clone());
        }
        self
    }

    /// Saves all tokens, each in place of the one for the same resource server.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn save_to(&self, store: &dyn TokenStore) -> Result<()> {
        store.save(&self.issued).await
    }

    /// The token for a resource server, for instance `transfer.api.globus.org`.
    pub fn by_resource_server(&self, server: &str) -> Option<&IssuedToken> {
        self.issued
            .iter()
            .find(|token| token.resource_server.as_deref() == Some(server))
    }

    /// All tokens.
    pub fn iter(&self) -> std::slice::Iter<'_, IssuedToken> {
        self.issued.iter()
    }
}

impl<'a> IntoIterator for &'a Tokens {
    type Item = &'a IssuedToken;
    type IntoIter = std::slice::Iter<'a, IssuedToken>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn secret(token: &AccessToken) -> SecretString {
    token.secret().clone().into()
}

fn expiry(life_s: Option<u64>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let life = TimeDelta::try_seconds(i64::try_from(life_s?).ok()?)?;
    now.checked_add_signed(life)
}
