//! The token endpoint: client credentials, proved by a signed assertion.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use http::{HeaderMap, header};
use serde_json::json;
use uuid::Uuid;

use super::{AUDIENCE, Sfapi, field, form};
use crate::routes;
use crate::tokens::Grant;

/// How long a token is good for, in seconds.
const LIFETIME_S: i64 = 600;
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) async fn token(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = form(&body);
    if field(&form, "grant_type") != Some("client_credentials") {
        return refused(400, "unsupported_grant_type", "only client_credentials");
    }
    if field(&form, "client_assertion_type") != Some(JWT_BEARER) {
        return refused(
            401,
            "invalid_client",
            "Client authentication failed: no assertion",
        );
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let audience = format!("http://{host}/c2id/token");
    let now = sfapi.clock.now();
    // Clients live by the machine's clock, which `advance` does not move.
    let theirs = now - sfapi.clock.offset();
    let assertion = field(&form, "client_assertion").unwrap_or_default();
    let client = match sfapi.clients().check(assertion, &audience, theirs.timestamp()) {
        Ok(_) if theirs >= sfapi.clients_end => Err("the client has expired"),
        checked => checked,
    };
    let client = match client {
        Ok(id) => id,
        Err(why) => {
            return refused(
                401,
                "invalid_client",
                &format!("Client authentication failed: {why}"),
            );
        }
    };
    let token = Uuid::new_v4().simple().to_string();
    let grant = Grant {
        user: sfapi.user.clone(),
        audience: AUDIENCE.to_owned(),
        client,
        scope: "nersc".to_owned(),
        data_access: Vec::new(),
        issued_at: now,
        expires_at: Some(now + TimeDelta::seconds(LIFETIME_S)),
    };
    sfapi.shared.tokens.insert(token.clone(), grant);
    let document =
        json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S, "scope": "nersc" });
    routes::json(200, &document)
}

fn refused(status: u16, code: &str, why: &str) -> Response {
    routes::json(status, &json!({ "error": code, "error_description": why }))
}
