//! A person who logs in: there is one, who agrees to everything.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::forms::Form;
use super::{Auth, NATIVE_CLIENT_ID, refused, scopes};

/// The person's identity.
pub(super) const USER: &str = "0a1c1d2e-3f40-4b5a-8c6d-7e8f90a1b2c3";
/// The person's user name.
pub(super) const USERNAME: &str = "scientist@lbl.example";

/// A login that waits for its code to be exchanged.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) granted: Vec<scopes::Granted>,
    pub(super) offline: bool,
    challenge: Option<String>,
}

impl Code {
    /// Whether the verifier is the one that the login began with (PKCE, S256).
    pub(super) fn is_proved_by(&self, verifier: Option<&str>) -> bool {
        match (&self.challenge, verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => {
                *challenge == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
            }
            _ => false,
        }
    }
}

/// `GET /v2/oauth2/authorize`: what a browser is sent to. The person agrees at once, and the browser goes on to the
/// redirect URI with a code.
pub(super) async fn authorize(State(auth): State<Arc<Auth>>, RawQuery(query): RawQuery) -> Response {
    let query = Form::read(query.unwrap_or_default().as_bytes());
    match begin(&auth, &query) {
        Ok(back) => Redirect::to(&back).into_response(),
        Err(error) => refused(400, error),
    }
}

fn begin(auth: &Auth, query: &Form) -> Result<String, &'static str> {
    let client = query.field("client_id").ok_or("invalid_request")?;
    let native = client == NATIVE_CLIENT_ID;
    let confidential = auth.shared.globus_clients.iter().any(|known| known.id == client);
    if !native && !confidential {
        return Err("unauthorized_client");
    }
    let challenge = query.field("code_challenge").map(str::to_owned);
    let s256 = query.field("code_challenge_method") == Some("S256");
    if query.field("response_type") != Some("code")
        || challenge.is_some() != s256
        || (native && challenge.is_none())
    {
        return Err("invalid_request");
    }
    let redirect_uri = query.field("redirect_uri").ok_or("invalid_request")?;
    let mut back = url::Url::parse(redirect_uri).map_err(|_| "invalid_request")?;
    let code = uuid::Uuid::new_v4().simple().to_string();
    let waiting = Code {
        client: client.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        granted: scopes::read(query.field("scope").unwrap_or_default()).ok_or("invalid_scope")?,
        offline: query.field("access_type") == Some("offline"),
        challenge,
    };
    auth.inner().codes.insert(code.clone(), waiting);
    back.query_pairs_mut().append_pair("code", &code);
    if let Some(state) = query.field("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    Ok(back.to_string())
}

/// `GET /v2/web/auth-code`: shows the code, for people to copy.
pub(super) async fn code_page(RawQuery(query): RawQuery) -> Response {
    let query = Form::read(query.unwrap_or_default().as_bytes());
    let code = query.field("code").unwrap_or_default();
    // A code is of the simulator's own making; anything else is not shown.
    let is_code = code.chars().all(|c| c.is_ascii_alphanumeric());
    let shown = if is_code { code } else { "" };
    Html(format!(
        "<!doctype html><title>Simulated Globus Auth</title><p>Code: <code>{shown}</code>\n"
    ))
    .into_response()
}
