//! `auth/login`: a token for a name and a password.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use http::Method;
use rest_core::{ExposeSecret, FetchToken, RequestParts, RestClient, Result, SecretString, Token};
use serde::Deserialize;
use serde_json::json;

use crate::token::{Claims, seconds};

/// How long a token is used whose life neither the reply nor the token tells.
const UNKNOWN_LIFE: TimeDelta = TimeDelta::minutes(5);

/// Logs in at `POST auth/login`; repeated when it fails for a passing reason, as a login changes nothing.
///
/// The life of the token must be known here: the backend does not refuse an expired one where anyone may ask. A list
/// then comes back empty, as for a stranger, and not as 401.
#[derive(Debug)]
pub(crate) struct Login {
    /// Has no tokens of its own.
    pub(crate) rest: RestClient,
    pub(crate) username: String,
    pub(crate) password: SecretString,
}

/// The reply's fields of use; it also repeats the token as `id` and describes the user. Not `Debug`, as the token
/// is plain text here.
#[derive(Deserialize)]
struct LoginReply {
    access_token: String,
    expires_in: Option<i64>,
}

impl Login {
    fn parts(&self) -> Result<RequestParts> {
        RequestParts::new("scicat.login", Method::POST, "/v3/auth/login")
            .anonymous()
            .sensitive()
            .idempotent(true)
            .json(&json!({ "username": self.username, "password": self.password.expose_secret() }))
    }
}

#[async_trait]
impl FetchToken for Login {
    async fn fetch(&self) -> Result<Token> {
        let asked_at = self.rest.clock().now();
        let reply: LoginReply = self.rest.json(self.parts()?).await?;
        let expiry = expiry(asked_at, &reply);
        Ok(Token::bearer(reply.access_token).expires_at(expiry))
    }
}

/// When the token ends by our clock.
///
/// A life counted from our own request (`expires_in`, or `exp` less `iat`) holds even if the two clocks differ; the
/// shorter wins. Only without either is the `exp` of the server's clock taken as it stands.
fn expiry(asked_at: DateTime<Utc>, reply: &LoginReply) -> DateTime<Utc> {
    let claims = Claims::of(&reply.access_token).unwrap_or_default();
    let by_claims = claims
        .exp
        .zip(claims.iat)
        .and_then(|(exp, iat)| seconds(exp - iat));
    let by_reply = reply.expires_in.and_then(TimeDelta::try_seconds);
    let life = match (by_claims, by_reply) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    life.and_then(|life| asked_at.checked_add_signed(life))
        .or_else(|| claims.end())
        .unwrap_or(asked_at + UNKNOWN_LIFE)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn reply(payload: &str, expires_in: Option<i64>) -> LoginReply {
        let jwt = format!("e30.{}.signature", URL_SAFE_NO_PAD.encode(payload));
        LoginReply {
            access_token: jwt,
            expires_in,
        }
    }

    fn life(payload: &str, expires_in: Option<i64>) -> i64 {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        (expiry(now, &reply(payload, expires_in)) - now).num_seconds()
    }

    #[test]
    fn the_shorter_life_wins_and_clocks_may_differ() {
        assert_eq!(life("{}", Some(3600)), 3600);
        assert_eq!(life(r#"{"iat":1000,"exp":1600}"#, Some(3600)), 600);
        assert_eq!(life(r#"{"iat":1000,"exp":4600}"#, Some(60)), 60);
        assert_eq!(life(r#"{"iat":1000.5,"exp":1600.5}"#, None), 600);
    }

    #[test]
    fn exp_alone_is_taken_as_it_stands() {
        assert_eq!(life(r#"{"exp":1800000700}"#, None), 700);
        assert_eq!(life(r#"{"exp":1799999900}"#, None), -100);
    }

    #[test]
    fn a_token_that_tells_nothing_is_used_for_minutes_only() {
        let now = Utc::now();
        for jwt in ["", "opaque", "a.b", "a.!!!.c", "e30.bm8.x", "a.e30.b"] {
            let reply = LoginReply {
                access_token: jwt.into(),
                expires_in: None,
            };
            assert_eq!(expiry(now, &reply), now + UNKNOWN_LIFE, "{jwt:?}");
        }
        assert_eq!(life(r#"{"exp":1e300}"#, Some(i64::MAX)), 300);
    }
}
