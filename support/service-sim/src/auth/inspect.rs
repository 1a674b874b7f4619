//! What tokens are, whose, and making them worthless.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};

use super::forms::Form;
use super::person::{USER, USERNAME};
use super::{Auth, refused};
use crate::routes;
use crate::tokens::{Grant, bearer};

/// `POST /v2/oauth2/token/revoke`. A token that is not known is revoked all the same.
pub(super) async fn revoke(State(auth): State<Arc<Auth>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::read(&body);
    if auth.client(&headers, &form).is_none() {
        return refused(401, "invalid_client");
    }
    let token = form.field("token").unwrap_or_default();
    auth.shared.tokens.forget(token);
    auth.inner().refresh.remove(token);
    routes::json(200, &json!({ "active": false }))
}

/// `POST /v2/oauth2/token/introspect`. A client may look at its own tokens.
pub(super) async fn introspect(State(auth): State<Arc<Auth>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::read(&body);
    let Some(client) = auth.client(&headers, &form) else {
        return refused(401, "invalid_client");
    };
    let shared = &auth.shared;
    let token = form.field("token").unwrap_or_default();
    let found = shared.tokens.find(token, shared.clock.now());
    let told = match found.filter(|grant| grant.client == client) {
        Some(grant) => described(&grant),
        None => json!({ "active": false }),
    };
    routes::json(200, &told)
}

fn described(grant: &Grant) -> Value {
    json!({
        "active": true,
        "token_type": "Bearer",
        "scope": grant.scope,
        "client_id": grant.client,
        "sub": grant.user,
        "username": username(&grant.user),
        "aud": [grant.audience, grant.client],
        "iss": "https://auth.globus.org",
        "iat": grant.issued_at.timestamp(),
        "nbf": grant.issued_at.timestamp(),
        "exp": grant.expires_at.map(|end| end.timestamp()),
    })
}

/// `GET /v2/oauth2/userinfo`, with a token of Auth's own. Names need the scope `profile`, the address `email`.
pub(super) async fn userinfo(State(auth): State<Arc<Auth>>, headers: HeaderMap) -> Response {
    let shared = &auth.shared;
    let grant =
        bearer(&headers).and_then(|token| shared.tokens.check(token, "auth.globus.org", shared.clock.now()));
    let Some(grant) = grant else {
        return refused(401, "invalid_token");
    };
    let has = |scope: &str| grant.scope.split(' ').any(|one| one == scope);
    if !has("openid") {
        return refused(403, "insufficient_scope");
    }
    let mut told = json!({ "sub": grant.user, "identity_set": [{ "sub": grant.user }] });
    if has("profile") {
        let person = if grant.user == USER {
            "A Scientist"
        } else {
            "A Service"
        };
        told["name"] = json!(person);
        told["preferred_username"] = json!(username(&grant.user));
    }
    if has("email") {
        told["email"] = (grant.user == USER).then_some(USERNAME).into();
    }
    routes::json(200, &told)
}

fn username(user: &str) -> String {
    if user == USER {
        USERNAME.to_owned()
    } else {
        format!("{user}@clients.auth.globus.org")
    }
}
