//! The service's refusals, word by word, and how it reads a body.

use axum::body::Bytes;
use axum::response::Response;
use http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::routes::{self, ErrorFacts};

/// The service's default limit. Above it the answer is 500, not 413.
const MAX_BODY: usize = 16 << 20;

/// The service's own error document.
pub(super) fn error_document(facts: &ErrorFacts<'_>) -> Value {
    match facts.status {
        401 => json!({ "message": "Unauthorized", "statusCode": 401 }),
        404 | 405 => not_found_document(&format!("Cannot serve {}", facts.resource)),
        status => json!({ "message": facts.message, "statusCode": status }),
    }
}

fn not_found_document(message: &str) -> Value {
    json!({ "message": message, "error": "Not Found", "statusCode": 404 })
}

pub(super) fn no_dataset(pid: &str) -> Response {
    not_found(&format!("dataset: {pid} not found"))
}

pub(super) fn not_found(message: &str) -> Response {
    routes::json(404, &not_found_document(message))
}

/// What a change of something that is not there gets.
pub(super) fn nothing_to_change() -> Response {
    routes::json(404, &json!({ "message": "Not Found", "statusCode": 404 }))
}

pub(super) fn forbidden(message: &str) -> Response {
    routes::json(
        403,
        &json!({ "message": message, "error": "Forbidden", "statusCode": 403 }),
    )
}

/// What strangers and those without the right to an endpoint get.
pub(super) fn forbidden_resource() -> Response {
    forbidden("Forbidden resource")
}

pub(super) fn bad_request(message: &Value) -> Response {
    routes::json(
        400,
        &json!({ "message": message, "error": "Bad Request", "statusCode": 400 }),
    )
}

pub(super) fn conflict(message: &str) -> Response {
    routes::json(
        409,
        &json!({ "message": message, "error": "Conflict", "statusCode": 409 }),
    )
}

/// What the service says when it stumbles.
pub(super) fn stumbled() -> Response {
    routes::json(
        500,
        &json!({ "statusCode": 500, "message": "Internal server error" }),
    )
}

/// What version 4 says when it stumbles.
pub(super) fn went_wrong() -> Response {
    routes::json(
        500,
        &json!({ "message": "Something went wrong. Please try again later.", "statusCode": 500 }),
    )
}

/// A JSON body. Without its content type the service sees no body at all and stumbles over that.
#[allow(clippy::result_large_err)] // the refusal is what is sent
pub(super) fn body(headers: &HeaderMap, body: &Bytes) -> Result<Value, Response> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_json = ["application/json", "application/merge-patch+json"]
        .iter()
        .any(|known| content_type.starts_with(known));
    if !is_json || body.len() > MAX_BODY {
        return Err(stumbled());
    }
    serde_json::from_slice(body).map_err(|error| bad_request(&json!(error.to_string())))
}

/// Whether the body is a merge patch.
pub(super) fn is_merge_patch(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .to_ascii_lowercase()
                .starts_with("application/merge-patch+json")
        })
}
