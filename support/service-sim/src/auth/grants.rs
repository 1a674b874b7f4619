//! The token endpoint, grant by grant.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;
use http::HeaderMap;
use serde_json::{Value, json};

use super::forms::Form;
use super::person::USER;
use super::{Auth, NATIVE_CLIENT_ID, Renewable, refused, scopes};
use crate::builder::Limits;
use crate::routes;
use crate::tokens::Grant;

/// How long a token is said to be good for, in seconds.
const LIFETIME_S: i64 = 172_800;

/// `POST /v2/oauth2/token`
pub(super) async fn token(State(auth): State<Arc<Auth>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::read(&body);
    let Some(client) = auth.client(&headers, &form) else {
        return refused(401, "invalid_client");
    };
    match form.field("grant_type") {
        Some("client_credentials") if client == NATIVE_CLIENT_ID => refused(400, "unauthorized_client"),
        Some("client_credentials") => match scopes::read(form.field("scope").unwrap_or(scopes::TRANSFER_ALL))
        {
            Some(granted) => {
                let tokens = issue_all(&auth, &client, &client, granted, false);
                routes::json(200, &in_one(tokens))
            }
            None => refused(400, "invalid_scope"),
        },
        Some("authorization_code") => by_code(&auth, &client, &form),
        Some("refresh_token") => by_refresh_token(&auth, &client, &form),
        Some("urn:globus:auth:grant_type:dependent_token") => dependent(&auth, &client, &form),
        Some(_) => refused(400, "unsupported_grant_type"),
        None => refused(400, "invalid_request"),
    }
}

/// A code is good once, for the client and the redirect URI that it was made for, and for whoever knows the verifier.
fn by_code(auth: &Auth, client: &str, form: &Form) -> Response {
    let code = form
        .field("code")
        .and_then(|code| auth.inner().codes.remove(code));
    let Some(code) = code.filter(|code| {
        code.client == client
            && form.field("redirect_uri") == Some(code.redirect_uri.as_str())
            && code.is_proved_by(form.field("code_verifier"))
    }) else {
        return refused(400, "invalid_grant");
    };
    let tokens = issue_all(auth, client, USER, code.granted, code.offline);
    routes::json(200, &in_one(tokens))
}

fn by_refresh_token(auth: &Auth, client: &str, form: &Form) -> Response {
    let given = form.field("refresh_token").unwrap_or_default();
    let kept = auth.inner().refresh.get(given).cloned();
    match kept.filter(|kept| kept.client == client) {
        Some(kept) => {
            let mut token = issue(auth, &kept);
            token["refresh_token"] = json!(given);
            routes::json(200, &in_one(vec![token]))
        }
        None => refused(400, "invalid_grant"),
    }
}

/// Tokens for the services behind the client, in the name of whose token it was sent: a list.
fn dependent(auth: &Auth, client: &str, form: &Form) -> Response {
    let shared = &auth.shared;
    let caller = form
        .field("token")
        .and_then(|token| shared.tokens.find(token, shared.clock.now()));
    let Some(caller) = caller else {
        return refused(400, "invalid_grant");
    };
    match scopes::read(form.field("scope").unwrap_or(scopes::TRANSFER_ALL)) {
        Some(granted) => {
            let offline = form.field("access_type") == Some("offline");
            let tokens = issue_all(auth, client, &caller.user, granted, offline);
            routes::json(200, &json!(tokens))
        }
        None => refused(400, "invalid_scope"),
    }
}

/// Issues one token a resource server.
fn issue_all(
    auth: &Auth,
    client: &str,
    user: &str,
    granted: Vec<scopes::Granted>,
    offline: bool,
) -> Vec<Value> {
    let one = |granted: scopes::Granted| {
        let renewable = Renewable {
            client: client.to_owned(),
            user: user.to_owned(),
            server: granted.server,
            scope: granted.scope,
            data_access: granted.data_access,
        };
        let mut token = issue(auth, &renewable);
        if offline {
            let refresh = format!("Ag{}", uuid::Uuid::new_v4().simple());
            token["refresh_token"] = json!(refresh);
            auth.inner().refresh.insert(refresh, renewable);
        }
        token
    };
    granted.into_iter().map(one).collect()
}

fn issue(auth: &Auth, wanted: &Renewable) -> Value {
    let shared = &auth.shared;
    let now = shared.clock.now();
    let end = now + TimeDelta::seconds(LIFETIME_S);
    let token = format!("Ag{}", uuid::Uuid::new_v4().simple());
    let grant = Grant {
        user: wanted.user.clone(),
        audience: wanted.server.clone(),
        client: wanted.client.clone(),
        scope: wanted.scope.clone(),
        data_access: wanted.data_access.clone(),
        issued_at: now,
        expires_at: (shared.limits == Limits::Production).then_some(end),
    };
    shared.tokens.insert(token.clone(), grant);
    json!({
        "access_token": token,
        "scope": wanted.scope,
        "expires_in": LIFETIME_S,
        "token_type": "Bearer",
        "resource_server": wanted.server,
    })
}

/// The first token on top, the others in `other_tokens`.
fn in_one(tokens: Vec<Value>) -> Value {
    let mut tokens = tokens.into_iter();
    let mut top = tokens.next().unwrap_or_default();
    top["other_tokens"] = tokens.collect::<Value>();
    top
}
