//! The service's error documents.

use rest_core::{ResponseFacts, ServiceError, parse_common_error};
use serde_json::Value;

use crate::Error;

/// What the service's codes tell beyond the HTTP status.
pub trait ErrorExt {
    /// Whether the service's code is this one, such as `STATE_CONFLICT`.
    fn has_code(&self, code: &str) -> bool;

    /// The flow or run is not in a state for this, an active run cannot be released for instance.
    fn is_state_conflict(&self) -> bool {
        self.has_code("STATE_CONFLICT")
    }

    /// The input does not fit the flow's schema.
    fn is_bad_input(&self) -> bool {
        self.has_code("FLOW_INPUT_ERROR")
    }
}

impl ErrorExt for Error {
    fn has_code(&self, code: &str) -> bool {
        self.service_code() == Some(code)
    }
}

/// Reads `{error: {code, detail, message}, debug_id}`, where the detail is a text or a list of `{loc, msg}`.
pub(crate) fn parse(facts: &ResponseFacts<'_>) -> ServiceError {
    let document: Value = serde_json::from_slice(facts.body).unwrap_or_default();
    let inner = &document["error"];
    if !inner.is_object() {
        let mut error = parse_common_error(facts);
        error.transient = (facts.status == 429).then_some(true);
        return error;
    }
    let scopes = document["authorization_parameters"]["required_scopes"].as_array();
    let scopes = scopes.into_iter().flatten();
    ServiceError {
        code: inner["code"].as_str().map(str::to_owned),
        message: message(inner),
        request_id: document["debug_id"].as_str().map(str::to_owned),
        required_scopes: scopes
            .filter_map(|scope| scope.as_str().map(str::to_owned))
            .collect(),
        // A request over the rate limit was not acted on.
        transient: (facts.status == 429).then_some(true),
    }
}

fn message(error: &Value) -> Option<String> {
    if let Some(details) = error["detail"].as_array() {
        let each = details.iter().filter_map(|detail| {
            let text = detail["msg"].as_str()?;
            let places = detail["loc"].as_array().into_iter().flatten();
            let places: Vec<String> = places.map(place).collect();
            Some(if places.is_empty() {
                text.to_owned()
            } else {
                format!("{}: {text}", places.join("."))
            })
        });
        let each: Vec<String> = each.collect();
        if !each.is_empty() {
            return Some(each.join("; "));
        }
    }
    let text = error["detail"].as_str().or_else(|| error["message"].as_str());
    text.map(str::to_owned)
}

fn place(place: &Value) -> String {
    match place {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> ServiceError {
        parse(&ResponseFacts {
            status,
            headers: &reqwest::header::HeaderMap::new(),
            body: body.as_bytes(),
        })
    }

    #[test]
    fn details_are_texts_or_lists() {
        let error = read(
            409,
            r#"{"error":{"code":"STATE_CONFLICT","detail":"Run is ACTIVE"},"debug_id":"d1"}"#,
        );
        assert_eq!(error.code.as_deref(), Some("STATE_CONFLICT"));
        assert_eq!(error.message.as_deref(), Some("Run is ACTIVE"));
        assert_eq!(error.request_id.as_deref(), Some("d1"));
        let body = r#"{"error":{"code":"UNPROCESSABLE_ENTITY","detail":[{"loc":["states",0],"msg":"no Next","type":"v"},{"msg":"bad"}],
            "message":"2 errors"}}"#;
        assert_eq!(read(422, body).message.as_deref(), Some("states.0: no Next; bad"));
        assert_eq!(
            read(422, r#"{"error":{"code":"X","message":"m"}}"#)
                .message
                .as_deref(),
            Some("m")
        );
        assert_eq!(read(502, "<html><title>Bad Gateway</title></html>").code, None);
        assert_eq!(read(429, r#"{"error":{"code":"X"}}"#).transient, Some(true));
    }
}
