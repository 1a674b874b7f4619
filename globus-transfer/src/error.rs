//! The service's error documents.

use rest_core::{ResponseFacts, ServiceError, parse_common_error};
use serde_json::Value;

use crate::{Error, Result};

/// What the service's codes tell beyond the HTTP status.
///
/// Codes are dotted or plain (`ClientError.NotFound`, `EndpointNotFound`,
/// `ExternalError.MkdirFailed.Exists`), so they are compared part by part.
pub trait ErrorExt {
    /// Whether `part` is one of the dotted parts of the service's code.
    fn has_code(&self, part: &str) -> bool;

    /// The storage behind a collection failed or cannot be reached, the service itself is well.
    fn is_storage_error(&self) -> bool {
        self.has_code("ExternalError") || self.has_code("EndpointError")
    }

    /// What was to be made is there already.
    fn is_already_exists(&self) -> bool {
        self.has_code("Exists")
    }
}

impl ErrorExt for Error {
    fn has_code(&self, part: &str) -> bool {
        self.service_code().is_some_and(|code| has_code(code, part))
    }
}

/// Whether `part` is one of the dotted parts of `code`.
pub fn has_code(code: &str, part: &str) -> bool {
    code.split('.').any(|each| each == part)
}

/// "There is no such path" as `None`. A 404 about anything else, an unknown collection or a proxy's own page,
/// says nothing about the path and stays an error.
pub(crate) fn absent_path<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() && error.has_code("NotFound") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads `{code, message, request_id}`, with the scopes of a missing consent.
pub(crate) fn parse(facts: &ResponseFacts<'_>) -> ServiceError {
    let mut error = parse_common_error(facts);
    let document: Value = serde_json::from_slice(facts.body).unwrap_or_default();
    read_json_api(&document, &mut error);
    if error.code.as_deref() == Some("ConsentRequired") {
        error.required_scopes = required_scopes(&document);
    }
    error.transient = transient(facts.status, error.code.as_deref().unwrap_or_default());
    error
}

/// Version 2 of the API writes a list of errors: the first has the code, the messages are of all.
fn read_json_api(document: &Value, error: &mut ServiceError) {
    let Some(errors) = document["errors"].as_array().filter(|errors| !errors.is_empty()) else {
        return;
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    error.code = errors.iter().find_map(|each| text(&each["code"]));
    let messages: Vec<String> = errors
        .iter()
        .filter_map(|each| text(&each["detail"]).or_else(|| text(&each["title"])))
        .collect();
    error.message = (!messages.is_empty()).then(|| messages.join("; "));
    let request_id = text(&document["meta"]["request_id"]).or_else(|| text(&errors[0]["id"]));
    if request_id.is_some() {
        error.request_id = request_id;
    }
}

fn required_scopes(document: &Value) -> Vec<String> {
    let listed = [
        &document["required_scopes"],
        &document["authorization_parameters"]["required_scopes"],
    ];
    let mut scopes: Vec<String> = listed
        .iter()
        .filter_map(|list| list.as_array())
        .flatten()
        .chain([&document["required_scope"]])
        .filter_map(|scope| scope.as_str().map(str::to_owned))
        .collect();
    scopes.dedup();
    scopes
}

/// A request over the rate limit was not acted on. Storage that failed is not mended by asking again at once,
/// unless the service says with a 503 that it is.
fn transient(status: u16, code: &str) -> Option<bool> {
    match status {
        429 => Some(true),
        500..=599
            if status != 503 && (has_code(code, "ExternalError") || has_code(code, "EndpointError")) =>
        {
            Some(false)
        }
        _ => None,
    }
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
    fn codes_are_compared_part_by_part() {
        assert!(has_code("ExternalError.MkdirFailed.Exists", "Exists"));
        assert!(has_code("NotFound", "NotFound"));
        assert!(!has_code("EndpointNotFound", "NotFound"));
    }

    #[test]
    fn the_document_is_read() {
        let error = read(
            400,
            r#"{"code":"ClientError.BadRequest","message":"no items","request_id":"r1","resource":"/v0.10/transfer"}"#,
        );
        assert_eq!(error.code.as_deref(), Some("ClientError.BadRequest"));
        assert_eq!(error.message.as_deref(), Some("no items"));
        assert_eq!(error.request_id.as_deref(), Some("r1"));
        assert_eq!(error.transient, None);
    }

    #[test]
    fn errors_of_version_two_are_read() {
        let body = r#"{"errors":[{"code":"NOT_FOUND","title":"Not found","detail":"No such tunnel","status":404},{"detail":"d"}],
            "meta":{"request_id":"r2"}}"#;
        let error = read(404, body);
        assert_eq!(error.code.as_deref(), Some("NOT_FOUND"));
        assert_eq!(error.message.as_deref(), Some("No such tunnel; d"));
        assert_eq!(error.request_id.as_deref(), Some("r2"));
    }

    #[test]
    fn scopes_of_a_missing_consent_are_found_wherever_they_stand() {
        for body in [
            r#"{"code":"ConsentRequired","message":"m","required_scopes":["s1"]}"#,
            r#"{"code":"ConsentRequired","message":"m","required_scope":"s1"}"#,
            r#"{"code":"ConsentRequired","message":"m","authorization_parameters":{"required_scopes":["s1"]}}"#,
        ] {
            assert_eq!(read(403, body).required_scopes, ["s1"], "{body}");
        }
        assert!(
            read(403, r#"{"code":"ConsentRequired","message":"m"}"#)
                .required_scopes
                .is_empty()
        );
        assert!(
            read(403, r#"{"code":"PermissionDenied","required_scopes":["s1"]}"#)
                .required_scopes
                .is_empty()
        );
    }

    #[test]
    fn failed_storage_is_not_asked_again_but_a_busy_service_is() {
        let storage = r#"{"code":"ExternalError.DirListingFailed.GCDisconnected","message":"m"}"#;
        assert_eq!(read(502, storage).transient, Some(false));
        assert_eq!(read(503, storage).transient, None);
        assert_eq!(
            read(502, "<html><title>Bad Gateway</title></html>").transient,
            None
        );
        assert_eq!(read(429, "{}").transient, Some(true));
        assert_eq!(read(500, "[1]").code, None);
    }
}
