//! Reading a service's error document.

use http::HeaderMap;
use serde_json::Value;

use crate::redact::one_line;

/// An answer with an error status, for the parser of a client crate.
#[derive(Debug, Clone, Copy)]
pub struct ResponseFacts<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, at most its first 64 KiB.
    pub body: &'a [u8],
}

/// What a service says about an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceError {
    /// Its code, such as `ConflictError`.
    pub code: Option<String>,
    /// Its message.
    pub message: Option<String>,
    /// Its id of the request.
    pub request_id: Option<String>,
    /// The scopes that it wants consent for.
    pub required_scopes: Vec<String>,
    /// Whether the error passes by itself and nothing was done; `None` = the status decides.
    pub transient: Option<bool>,
}

/// Reads the error documents that most services use: `{code, message, request_id}`, `{error, error_description}`
/// (OAuth), problem details (RFC 9457), `{detail}` (FastAPI), `{statusCode, message}` (NestJS), an HTML page's
/// title, or plain text.
pub fn parse_common_error(facts: &ResponseFacts<'_>) -> ServiceError {
    let mut error = match serde_json::from_slice::<Value>(facts.body) {
        Ok(value) => from_json(&value),
        Err(_) => ServiceError {
            message: from_text(facts.body),
            ..ServiceError::default()
        },
    };
    if error.request_id.is_none() {
        error.request_id = request_id(facts.headers);
    }
    error
}

/// The request id in an answer's headers.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-request-id", "request-id", "x-correlation-id"]
        .iter()
        .find_map(|name| headers.get(*name))
        .and_then(|value| value.to_str().ok())
        .map(one_line)
        .filter(|id| !id.is_empty())
}

fn from_json(value: &Value) -> ServiceError {
    let text = |key: &str| value.get(key).and_then(as_text);
    let code = text("code").or_else(|| text("error"));
    let message = [
        "message",
        "error_description",
        "detail",
        "exception_message",
        "title",
    ]
    .iter()
    .find_map(|key| text(key))
    .or_else(|| as_text(value));
    // A document whose only text is `error` has it as its message too; once is enough.
    let message = message.filter(|message| Some(message) != code.as_ref());
    ServiceError {
        code,
        message,
        request_id: text("request_id"),
        ..ServiceError::default()
    }
}

/// A JSON value as text: strings as they are, lists joined, FastAPI's `{loc, msg}` as `loc: msg`.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(item_text).collect();
            (!items.is_empty()).then(|| items.join("; "))
        }
        _ => None,
    }
}

fn item_text(item: &Value) -> Option<String> {
    let Some(message) = item.get("msg").and_then(Value::as_str) else {
        return as_text(item);
    };
    let place: Vec<String> = item
        .get("loc")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(as_text)
        .collect();
    Some(if place.is_empty() {
        message.to_owned()
    } else {
        format!("{}: {message}", place.join("."))
    })
}

/// The title of an HTML page, or the text itself.
fn from_text(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if !text.starts_with('<') {
        return Some(one_line(text));
    }
    let title = between(text, "<title>", "</title>").or_else(|| between(text, "<h1>", "</h1>"));
    Some(title.map_or_else(
        || "an HTML page".to_owned(),
        |title| format!("HTML page \"{}\"", one_line(title)),
    ))
}

/// What stands between two tags, whose case does not matter.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find(open)? + open.len();
    let end = start + lower[start..].find(close)?;
    Some(&text[start..end])
}
