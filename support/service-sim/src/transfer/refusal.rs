//! Error documents of Globus Transfer: `{code, message, request_id, resource}`.

use serde_json::{Value, json};

use crate::routes::ErrorFacts;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Seconds, for a Retry-After header.
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "ClientError.BadRequest", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "ClientError.NotFound", message)
    }

    pub(crate) fn no_endpoint(uuid: &str) -> Self {
        Self::new(404, "EndpointNotFound", format!("No such endpoint '{uuid}'"))
    }
}

/// The document for errors from outside the handlers.
pub(crate) fn error_document(facts: &ErrorFacts<'_>) -> Value {
    let code = match facts.status {
        400 => "ClientError.BadRequest",
        401 => "AuthenticationFailed",
        403 => "PermissionDenied",
        404 => "ClientError.NotFound",
        405 => "ClientError.MethodNotAllowed",
        409 => "Conflict",
        429 => "ClientError.TooManyRequests",
        502 => "ExternalError",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "ServerError",
    };
    document(code, facts.message, facts.request_id, facts.resource)
}

pub(crate) fn document(code: &str, message: &str, request_id: &str, resource: &str) -> Value {
    json!({ "code": code, "message": message, "request_id": request_id, "resource": resource })
}
