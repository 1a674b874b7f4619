//! Tokens for a client that proves itself by a signed assertion instead of a secret (`private_key_jwt`, RFC 7523).

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::RestClient;
use crate::client_credentials::{ClientCredentials, EmptyExtraTokenFields, TokenResponse as _};
use crate::error::{Error, Result};
use crate::token::{FetchToken, Token};

/// How long an assertion may be used. It is made anew for each request; the rest is for clocks that differ.
const LIFE_S: i64 = 600;
/// How long a token is used whose life the service does not tell.
const UNKNOWN_LIFE: TimeDelta = TimeDelta::minutes(5);
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An RSA key that signs. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct SigningKey(EncodingKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

/// The numbers of a private RSA key as a JWK writes them (RFC 7518 §6.3). Not `Debug`.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    n: String,
    e: String,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

impl SigningKey {
    /// Reads a private RSA key: a JWK in JSON, or a PEM (PKCS#1 or PKCS#8). What stands around them is ignored only
    /// if it is blank.
    ///
    /// # Errors
    /// `Config`, which says what is wrong and quotes nothing of the key.
    pub fn parse(text: &SecretString) -> Result<Self> {
        let text = text.expose_secret().trim();
        let key = if text.starts_with('{') {
            Self::from_jwk(text)?
        } else if text.contains("ENCRYPTED") {
            return Err(problem(
                "is encrypted with a passphrase; it must be stored without one",
            ));
        } else if text.contains("PUBLIC KEY-----") {
            return Err(problem("is the public one; the private one is needed"));
        } else {
            let key = EncodingKey::from_rsa_pem(text.as_bytes());
            Self(key.map_err(|_| problem("is neither a JWK in JSON nor an RSA key in PEM"))?)
        };
        // Whether its numbers make a key shows only when it signs.
        key.sign("", "", 0)?;
        Ok(key)
    }

    fn from_jwk(text: &str) -> Result<Self> {
        // The decoder's own words would quote what stands there.
        let jwk: Jwk = serde_json::from_str(text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            problem(&format!("is JSON but no RSA key as a JWK ({place})"))
        })?;
        if jwk.kty != "RSA" {
            return Err(problem("is a JWK, but its `kty` is not `RSA`"));
        }
        let private = [&jwk.d, &jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi];
        let mut numbers = vec![vec![0], decode(&jwk.n)?, decode(&jwk.e)?];
        for number in private {
            let number = number.as_deref().ok_or_else(|| {
                problem("is a JWK without all of d, p, q, dp, dq, qi: it is the public one, or not complete")
            })?;
            numbers.push(decode(number)?);
        }
        let body: Vec<u8> = numbers
            .iter()
            .flat_map(|number| der(0x02, &unsigned(number)))
            .collect();
        Ok(Self(EncodingKey::from_rsa_der(&der(0x30, &body))))
    }

    /// The assertion for `client_id` at the token endpoint `audience`, made at `now` (seconds since 1970).
    fn sign(&self, client_id: &str, audience: &str, now: i64) -> Result<String> {
        let claims = Claims {
            iss: client_id,
            sub: client_id,
            aud: audience,
            iat: now,
            exp: now + LIFE_S,
            jti: uuid::Uuid::new_v4().to_string(),
        };
        encode(&Header::new(Algorithm::RS256), &claims, &self.0)
            .map_err(|_| problem("cannot sign: it is damaged, or shorter than 2048 bits"))
    }
}

fn problem(what: &str) -> Error {
    Error::config(format!("the private key {what}"))
}

fn decode(number: &str) -> Result<Vec<u8>> {
    URL_SAFE_NO_PAD
        .decode(number.trim_end_matches('='))
        .map_err(|_| problem("is a JWK with a number that is not in base64url"))
}

/// A number in the fewest bytes, with a zero in front where its first bit would make it negative.
fn unsigned(number: &[u8]) -> Vec<u8> {
    let start = number
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(number.len().saturating_sub(1));
    let digits = number.get(start..).unwrap_or_default();
    let sign = digits.first().is_none_or(|first| first & 0x80 != 0);
    let mut out = vec![0; usize::from(sign)];
    out.extend_from_slice(digits);
    out
}

/// One element in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(0);
            let bytes = bytes.get(first..).unwrap_or_default();
            // A length has at most eight bytes.
            out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(8));
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

/// Fetches tokens at an endpoint that knows the client by its public key. Put it into a
/// [`CachedToken`](crate::CachedToken).
///
/// The endpoint is the base URL of the [`RestClient`], which has no tokens itself; as it was given, it is the
/// assertion's audience. Each request has an assertion of its own, a repeated one too: an endpoint takes an assertion
/// only once.
#[derive(Clone, Debug)]
pub struct PrivateKeyJwt {
    rest: RestClient,
    operation: &'static str,
    client_id: String,
    audience: String,
    key: SigningKey,
}

impl PrivateKeyJwt {
    /// Tokens for `client_id`; `operation` is the request's name in errors and logs.
    pub fn new(
        rest: RestClient,
        operation: &'static str,
        client_id: impl Into<String>,
        key: SigningKey,
    ) -> Self {
        Self {
            operation,
            client_id: client_id.into(),
            audience: audience(rest.base_url()),
            rest,
            key,
        }
    }

    async fn ask(&self) -> Result<Token> {
        let asked_at = self.rest.clock().now();
        let assertion = self
            .key
            .sign(&self.client_id, &self.audience, asked_at.timestamp())?;
        let scopes: [&str; 0] = [];
        let answer = ClientCredentials::new(self.rest.clone(), self.operation, "", scopes)
            .field("client_assertion_type", JWT_BEARER)
            .field("client_assertion", assertion)
            .no_retry()
            .request::<EmptyExtraTokenFields>()
            .await?;
        let life = answer
            .expires_in()
            .and_then(|life| TimeDelta::from_std(life).ok())
            .unwrap_or(UNKNOWN_LIFE);
        let end = asked_at
            .checked_add_signed(life)
            .unwrap_or(asked_at + UNKNOWN_LIFE);
        Ok(Token::bearer(answer.access_token().secret().as_str()).expires_at(end))
    }
}

/// The URL without the slash that its normal form ends in where it has no path.
fn audience(url: &Url) -> String {
    if url.path() == "/" {
        url.as_str().trim_end_matches('/').to_owned()
    } else {
        url.to_string()
    }
}

#[async_trait]
impl FetchToken for PrivateKeyJwt {
    async fn fetch(&self) -> Result<Token> {
        let (policy, clock) = (&self.rest.0.retry, self.rest.clock());
        let started = clock.instant();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.ask().await {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            let delay = policy.delay(tries, clock.jitter(), error.retry_after());
            let spent = clock.instant().saturating_duration_since(started);
            let late = spent + delay >= policy.time_budget();
            if !error.is_transient() || tries >= policy.max_attempts() || late {
                return Err(error);
            }
            clock.sleep(delay).await;
        }
    }
}
