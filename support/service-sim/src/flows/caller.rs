//! Who asks, and refusals.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use serde_json::{Value, json};

use super::Flows;
use crate::builder::Limits;
use crate::routes;
use crate::tokens::bearer;

/// An authenticated caller and the query.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) user: String,
    query: Vec<(String, String)>,
}

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    detail: Value,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<Value>) -> Self {
        let detail = detail.into();
        Self { status, code, detail }
    }

    pub(super) fn unknown(what: &str, id: &str) -> Self {
        Self::new(404, "NOT_FOUND", format!("No {what} exists with id value {id}"))
    }

    pub(super) fn response(&self) -> Response {
        let id = uuid::Uuid::new_v4().to_string();
        routes::json(self.status, &document(self.code, &self.detail, &id))
    }
}

/// A reply, or why there is none.
pub(super) fn answer(result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(document) => routes::json(200, &document),
        Err(refusal) => refusal.response(),
    }
}

pub(super) fn document(code: &str, detail: &Value, debug_id: &str) -> Value {
    json!({"error": {"code": code, "detail": detail}, "debug_id": debug_id})
}

impl Caller {
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl FromRequestParts<Arc<Flows>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, flows: &Arc<Flows>) -> Result<Self, Response> {
        let refused = || Refusal::new(401, "AUTHENTICATION_ERROR", "Expired or invalid Bearer token");
        let token = bearer(&parts.headers).ok_or_else(|| refused().response())?;
        let now = flows.now();
        // A flow is a resource server of its own; its token runs it and nothing else.
        let of_flow = parts.uri.path().split('/').nth(2).unwrap_or_default().to_owned();
        let runs = parts.uri.path().starts_with("/flows/") && parts.uri.path().ends_with("run");
        let tokens = &flows.shared.tokens;
        let own = runs.then(|| tokens.check(token, &of_flow, now)).flatten();
        let general = || tokens.check(token, "flows.globus.org", now);
        let Some(grant) = own.clone().or_else(general) else {
            return Err(refused().response());
        };
        if runs && own.is_none() && flows.shared.limits == Limits::Production {
            let scope = format!("flow_{}_user", of_flow.replace('-', "_"));
            let detail = format!("This action requires the following scope: {scope}");
            return Err(Refusal::new(403, "MISSING_SCOPE", detail).response());
        }
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self {
            user: format!("urn:globus:auth:identity:{}", grant.user),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        })
    }
}
