//! Simulated Globus Auth: tokens by client credentials.

mod scopes;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::builder::Limits;
use crate::routes::{self, ErrorFacts, Routes};
use crate::shared::{Credentials, Shared};
use crate::tokens::Grant;

/// How long a token is said to be good for, in seconds.
const LIFETIME_S: i64 = 172_800;

/// The service's routes.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Routes::new(shared, "globus_auth", error_document)
        .on("auth.token", "/v2/oauth2/token", post(token))
        .finish(Arc::clone(shared))
}

fn error_document(facts: &ErrorFacts<'_>) -> Value {
    let error = match facts.status {
        401 => "invalid_client",
        404 | 405 => "not_found",
        429 => "too_many_requests",
        _ => "server_error",
    };
    json!({
        "error": error,
        "error_description": facts.message,
        "errors": [{ "status": facts.status.to_string(), "title": facts.message, "id": facts.request_id }],
    })
}

fn refused(status: u16, error: &str) -> Response {
    routes::json(status, &json!({ "error": error }))
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let given = basic(&headers).or_else(|| {
        Some(Credentials {
            id: field("client_id")?.to_owned(),
            secret: field("client_secret")?.to_owned(),
        })
    });
    let Some(client) = given.and_then(|given| known(&shared, given)) else {
        return refused(401, "invalid_client");
    };
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return refused(400, "unsupported_grant_type"),
        None => return refused(400, "invalid_request"),
    }
    match scopes::by_resource_server(field("scope").unwrap_or(scopes::TRANSFER_ALL)) {
        Some(granted) => routes::json(200, &grant(&shared, &client, granted)),
        None => refused(400, "invalid_scope"),
    }
}

/// Issues one token a resource server. The first stands on top, the others in `other_tokens`.
fn grant(shared: &Shared, client: &Credentials, granted: Vec<(String, String)>) -> Value {
    let end = shared.clock.now() + TimeDelta::seconds(LIFETIME_S);
    let mut tokens = granted.into_iter().map(|(audience, scope)| {
        let token = format!("Ag{}", uuid::Uuid::new_v4().simple());
        let expires_at = (shared.limits == Limits::Production).then_some(end);
        let grant = Grant {
            user: client.id.clone(),
            audience: audience.clone(),
            expires_at,
        };
        shared.tokens.insert(token.clone(), grant);
        json!({
            "access_token": token,
            "scope": scope,
            "expires_in": LIFETIME_S,
            "token_type": "Bearer",
            "resource_server": audience,
        })
    });
    let mut top = tokens.next().unwrap_or_default();
    let others: Vec<Value> = tokens.collect();
    top["other_tokens"] = Value::from(others);
    top
}

/// The credentials as the simulator knows them. RFC 6749 has both halves form-encoded, most clients send them plain.
fn known(shared: &Shared, given: Credentials) -> Option<Credentials> {
    if shared.globus_clients.contains(&given) {
        return Some(given);
    }
    let decoded = Credentials {
        id: form_decoded(&given.id)?,
        secret: form_decoded(&given.secret)?,
    };
    shared.globus_clients.contains(&decoded).then_some(decoded)
}

fn form_decoded(text: &str) -> Option<String> {
    url::form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(key, _)| key.into_owned())
}

/// The client of an `Authorization: Basic` header, as sent.
fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some(Credentials {
        id: id.to_owned(),
        secret: secret.to_owned(),
    })
}
