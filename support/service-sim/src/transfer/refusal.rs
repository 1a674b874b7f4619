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
    /// The scope that the token lacks.
    pub(crate) required_scope: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
            required_scope: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "ClientError.BadRequest", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "ClientError.NotFound", message)
    }

    /// The token does not open the data of this mapped collection.
    pub(crate) fn no_consent(uuid: &str) -> Self {
        let scope = format!(
            "urn:globus:auth:scope:transfer.api.globus.org:all[*https://auth.globus.org/scopes/{uuid}/data_access]"
        );
        let refusal = Self::new(403, "ConsentRequired", "Missing required data_access consent");
        Self {
            required_scope: Some(scope),
            ..refusal
        }
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
