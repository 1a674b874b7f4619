//! Logging in.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use http::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::SciCat;
use crate::routes;
use crate::shared::Credentials;
use crate::tokens::Grant;

/// Who accepts the tokens.
pub(super) const AUDIENCE: &str = "scicat";
/// How long a token is good for, in seconds.
const LIFETIME_S: i64 = 3600;

pub(super) async fn login(State(scicat): State<Arc<SciCat>>, headers: HeaderMap, body: Bytes) -> Response {
    let document = match super::replies::body(&headers, &body) {
        Ok(document) => document,
        Err(refusal) => return refusal,
    };
    let field = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let given = Credentials {
        id: field("username"),
        secret: field("password"),
    };
    if given != scicat.shared.scicat_login {
        return routes::json(401, &json!({ "message": "Unauthorized", "statusCode": 401 }));
    }
    routes::json(201, &grant(&scicat, &given.id))
}

/// Issues a token. The document gives it twice, under both names that clients look for.
fn grant(scicat: &SciCat, user: &str) -> Value {
    let now = scicat.clock.now();
    let end = now + TimeDelta::seconds(LIFETIME_S);
    let user_id = user_id(user);
    let token = jwt(&json!({
        "_id": user_id,
        "username": user,
        "authStrategy": "local",
        "jti": Uuid::new_v4(),
        "iat": now.timestamp(),
        "exp": end.timestamp(),
    }));
    let grant = Grant {
        user: user.to_owned(),
        audience: AUDIENCE.to_owned(),
        client: String::new(),
        scope: String::new(),
        data_access: Vec::new(),
        issued_at: now,
        expires_at: Some(end),
    };
    scicat.shared.tokens.insert(token.clone(), grant);
    json!({
        "access_token": token,
        "id": token,
        "expires_in": LIFETIME_S,
        "ttl": LIFETIME_S,
        "created": scicat.now(),
        "userId": user_id,
        "user": { "_id": user_id, "username": user, "authStrategy": "local" },
    })
}

/// 24 hexadecimal digits, as the service's database makes them.
pub(super) fn user_id(user: &str) -> String {
    let mut id = Uuid::new_v5(&Uuid::NAMESPACE_OID, user.as_bytes())
        .simple()
        .to_string();
    id.truncate(24);
    id
}

/// A token of the right form. Nobody checks its signature, so it has a random one.
fn jwt(claims: &Value) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let head = part(r#"{"alg":"HS256","typ":"JWT"}"#);
    format!(
        "{head}.{}.{}",
        part(&claims.to_string()),
        URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes())
    )
}
