//! The service's error documents.

use rest_core::{ResponseFacts, ServiceError, parse_common_error};
use serde_json::Value;

use crate::Error;

/// What the service's codes tell beyond the HTTP status.
pub trait ErrorExt {
    /// Whether the service's code is this one, such as `ENDPOINT_NOT_FOUND`.
    fn has_code(&self, code: &str) -> bool;

    /// The submission or the result was too large.
    fn is_too_large(&self) -> bool {
        self.has_code("TASK_PAYLOAD_TOO_LARGE")
    }
}

impl ErrorExt for Error {
    fn has_code(&self, code: &str) -> bool {
        self.service_code() == Some(code)
    }
}

/// The name of a numeric code, which older services send instead.
pub fn code_name(code: u64) -> Option<&'static str> {
    Some(match code {
        1 => "USER_UNAUTHENTICATED",
        2 => "USER_NOT_FOUND",
        3 => "FUNCTION_NOT_FOUND",
        4 => "ENDPOINT_NOT_FOUND",
        6 => "TASK_NOT_FOUND",
        8 => "FUNCTION_ACCESS_FORBIDDEN",
        9 => "ENDPOINT_ACCESS_FORBIDDEN",
        10 => "FUNCTION_NOT_PERMITTED",
        17 => "REQUEST_MALFORMED",
        20 => "TASK_GROUP_NOT_FOUND",
        22 => "INVALID_UUID",
        _ => return None,
    })
}

/// Reads `{status, code, reason, error_args, http_status_code}`.
pub(crate) fn parse(facts: &ResponseFacts<'_>) -> ServiceError {
    let mut error = parse_common_error(facts);
    let document: Value = serde_json::from_slice(facts.body).unwrap_or_default();
    if let Some(name) = document["code"].as_u64().and_then(code_name) {
        error.code = Some(name.to_owned());
    }
    if let Some(reason) = document["reason"].as_str().filter(|reason| !reason.is_empty()) {
        error.message = Some(reason.to_owned());
    }
    let scopes = document["authorization_parameters"]["required_scopes"].as_array();
    error.required_scopes = scopes
        .into_iter()
        .flatten()
        .filter_map(|scope| scope.as_str().map(str::to_owned))
        .collect();
    // A request over the rate limit was not acted on.
    error.transient = (facts.status == 429).then_some(true);
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;

    fn read(status: u16, body: &str) -> ServiceError {
        parse(&ResponseFacts {
            status,
            headers: &HeaderMap::new(),
            body: body.as_bytes(),
        })
    }

    #[test]
    fn codes_come_as_numbers_and_as_names() {
        let old = r#"{"status":"Failed","code":4,"reason":"Endpoint x could not be resolved","error_args":["x"],"http_status_code":404}"#;
        let new = old.replace("\"code\":4", "\"code\":\"ENDPOINT_NOT_FOUND\"");
        for body in [old, &new] {
            let error = read(404, body);
            assert_eq!(error.code.as_deref(), Some("ENDPOINT_NOT_FOUND"));
            assert_eq!(error.message.as_deref(), Some("Endpoint x could not be resolved"));
            assert_eq!(error.transient, None);
        }
        assert_eq!(read(400, r#"{"code":999}"#).code.as_deref(), Some("999"));
        assert_eq!(read(429, "{}").transient, Some(true));
    }

    #[test]
    fn other_documents_are_read_too() {
        let validation = read(
            422,
            r#"{"detail":[{"loc":["body","tasks"],"msg":"field required","type":"missing"}]}"#,
        );
        assert!(validation.message.unwrap().contains("field required"));
        let login = read(
            403,
            r#"{"code":"X","reason":"log in","authorization_parameters":{"required_scopes":["s"]}}"#,
        );
        assert_eq!(login.required_scopes, ["s"]);
        assert_eq!(read(502, "<html><title>Bad Gateway</title></html>").code, None);
    }
}
