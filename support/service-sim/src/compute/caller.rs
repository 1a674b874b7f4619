//! Who asks, and refusals.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::Compute;
use crate::builder::Limits;
use crate::routes;
use crate::tokens::bearer;

/// An authenticated caller.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(super) user: String,
}

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    reason: String,
    /// Seconds, for a Retry-After header.
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            status,
            code,
            reason: reason.into(),
            retry_after: None,
        }
    }

    pub(super) fn invalid_uuid(text: &str) -> Self {
        Self::new(422, "INVALID_UUID", format!("{text:?} is not a UUID"))
    }

    pub(super) fn malformed(reason: impl Into<String>) -> Self {
        Self::new(422, "REQUEST_MALFORMED", reason)
    }

    pub(super) fn response(&self) -> Response {
        let mut response = routes::json(self.status, &document(self.status, self.code, &self.reason));
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

pub(super) fn document(status: u16, code: &str, reason: &str) -> Value {
    json!({"status": "Failed", "code": code, "reason": reason, "error_args": [], "http_status_code": status})
}

impl FromRequestParts<Arc<Compute>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, compute: &Arc<Compute>) -> Result<Self, Response> {
        admit(compute, parts).map_err(|refusal| refusal.response())
    }
}

/// The user, if the token is good and the user has not asked too often.
fn admit(compute: &Compute, parts: &Parts) -> Result<Caller, Refusal> {
    let now = compute.now();
    let refused = |reason| Refusal::new(401, "USER_UNAUTHENTICATED", reason);
    let token = bearer(&parts.headers).ok_or_else(|| refused("Credentials are required"))?;
    let grant = compute.shared.tokens.check(token, "funcx_service", now);
    let grant = grant.ok_or_else(|| refused("Credentials are invalid"))?;
    if compute.shared.limits == Limits::Production {
        compute.rate.count(&grant.user, now)?;
    }
    Ok(Caller { user: grant.user })
}
