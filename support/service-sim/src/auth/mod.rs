//! Simulated Globus Auth: tokens for clients and for a person, and what becomes of them.

mod forms;
mod grants;
mod inspect;
mod person;
mod scopes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::routes::{self, ErrorFacts, Routes};
use crate::shared::Shared;
use person::Code;

/// A native client that people can log in with. It has no secret.
pub const NATIVE_CLIENT_ID: &str = "b61613f8-0da8-4be7-81aa-1c89f2c0fe9f";

/// What the service keeps beside its tokens.
#[derive(Debug)]
pub(crate) struct Auth {
    shared: Arc<Shared>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Logins that wait for their code to be exchanged.
    codes: HashMap<String, Code>,
    /// What a refresh token stands for.
    refresh: HashMap<String, Renewable>,
}

/// What a refresh token gives: one token for one resource server.
#[derive(Clone, Debug)]
struct Renewable {
    client: String,
    user: String,
    server: String,
    scope: String,
    data_access: Vec<String>,
}

impl Auth {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service's routes.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let auth = Arc::new(Auth {
        shared: Arc::clone(shared),
        inner: Mutex::default(),
    });
    Routes::new(shared, "globus_auth", error_document)
        .on("auth.token", "/v2/oauth2/token", post(grants::token))
        .on("auth.authorize", "/v2/oauth2/authorize", get(person::authorize))
        .on("auth.code_page", "/v2/web/auth-code", get(person::code_page))
        .on("auth.revoke", "/v2/oauth2/token/revoke", post(inspect::revoke))
        .on(
            "auth.introspect",
            "/v2/oauth2/token/introspect",
            post(inspect::introspect),
        )
        .on("auth.userinfo", "/v2/oauth2/userinfo", get(inspect::userinfo))
        .finish(auth)
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
