//! Accounts, and what is asked of the service rather than of its catalogue.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{SciCat, login};
use crate::routes;

pub(super) async fn health() -> Response {
    let mongo = json!({ "mongodb": { "status": "up" } });
    routes::json(
        200,
        &json!({ "status": "ok", "info": mongo, "error": {}, "details": mongo }),
    )
}

/// The account of the token; unlike a list it refuses a token that has ended.
pub(super) async fn whoami(State(scicat): State<Arc<SciCat>>, headers: HeaderMap) -> Response {
    match account(&scicat, &headers) {
        Some(account) => routes::json(200, &account),
        None => unauthorized(),
    }
}

pub(super) async fn users(State(scicat): State<Arc<SciCat>>, headers: HeaderMap) -> Response {
    match account(&scicat, &headers) {
        Some(account) => routes::json(200, &json!([account])),
        None => unauthorized(),
    }
}

fn account(scicat: &SciCat, headers: &HeaderMap) -> Option<Value> {
    let caller = scicat.caller(headers);
    let name = caller.name?;
    let groups = caller
        .groups
        .unwrap_or_else(|| vec!["admin".to_owned(), "globalaccess".to_owned()]);
    let id = login::user_id(&name);
    Some(json!({
        "_id": id, "id": id, "username": name, "email": format!("{name}@your.site"), "currentGroups": groups,
        "authStrategy": "local",
    }))
}

fn unauthorized() -> Response {
    routes::json(401, &json!({ "message": "Unauthorized", "statusCode": 401 }))
}

/// Nothing is forgotten by it: the token stays good until it ends.
pub(super) async fn logout() -> Response {
    routes::json(200, &json!({ "logout": "successful" }))
}

/// The old route says yes and nothing more.
pub(super) async fn old_login() -> Response {
    StatusCode::CREATED.into_response()
}

/// A kind that this site has none of.
pub(super) async fn none() -> Response {
    routes::json(200, &json!([]))
}
