//! The service's answer: one token for each resource server.

use chrono::{DateTime, TimeDelta, Utc};
use rest_core::client_credentials::{
    AccessToken, BasicTokenType, ExtraTokenFields, StandardTokenResponse, TokenResponse,
};
use rest_core::{SecretString, Token};
use serde::{Deserialize, Serialize};

/// What Globus adds to the standard answer: whose the token on top is, and the tokens for other servers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Extra {
    #[serde(default)]
    resource_server: Option<String>,
    #[serde(default)]
    other_tokens: Option<Vec<Other>>,
}

impl ExtraTokenFields for Extra {}

#[derive(Debug, Serialize, Deserialize)]
struct Other {
    access_token: AccessToken,
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
}

impl IssuedToken {
    fn new(
        resource_server: Option<String>,
        scopes: Vec<String>,
        access_token: &AccessToken,
        life_s: Option<u64>,
        now: DateTime<Utc>,
    ) -> Self {
        let life = life_s.and_then(|seconds| TimeDelta::try_seconds(i64::try_from(seconds).ok()?));
        Self {
            resource_server,
            scopes,
            access_token: access_token.secret().clone().into(),
            expires_at: life.and_then(|life| now.checked_add_signed(life)),
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
    pub(crate) fn new(answer: &StandardTokenResponse<Extra, BasicTokenType>, now: DateTime<Utc>) -> Self {
        let extra = answer.extra_fields();
        let scopes = answer
            .scopes()
            .into_iter()
            .flatten()
            .map(|scope| scope.to_string())
            .collect();
        let life = answer.expires_in().map(|life| life.as_secs());
        let top = IssuedToken::new(
            extra.resource_server.clone(),
            scopes,
            answer.access_token(),
            life,
            now,
        );
        let others = extra.other_tokens.iter().flatten().map(|other| {
            let scopes = other
                .scope
                .iter()
                .flat_map(|scope| scope.split_whitespace().map(str::to_owned));
            IssuedToken::new(
                other.resource_server.clone(),
                scopes.collect(),
                &other.access_token,
                other.expires_in,
                now,
            )
        });
        Self {
            issued: std::iter::once(top).chain(others).collect(),
        }
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
