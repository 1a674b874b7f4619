//! The service's error documents.

use rest_core::{ResponseFacts, ServiceError, parse_common_error};
use serde_json::Value;

use crate::Error;
use crate::requirements::AuthorizationRequirements;

/// The errors of OAuth 2 and OpenID Connect, which say more than the code beside them.
const OAUTH: [&str; 13] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_token",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "dependent_consent_required",
];

/// Reads `{error, error_description, errors: [{id, status, code, detail, title}]}`.
///
/// An OAuth error is the code; else the code in which all of `errors` agree.
pub(crate) fn parse(facts: &ResponseFacts<'_>) -> ServiceError {
    let common = parse_common_error(facts);
    let Ok(document) = serde_json::from_slice::<Value>(facts.body) else {
        return common;
    };
    let errors: Vec<&Value> = document["errors"].as_array().into_iter().flatten().collect();
    let oauth = document["error"].as_str().filter(|error| OAUTH.contains(error));
    let required = AuthorizationRequirements::from_document(&document).unwrap_or_default();
    ServiceError {
        code: oauth
            .map(str::to_owned)
            .or_else(|| agreed(&errors, "code"))
            .or(common.code),
        message: messages(&errors).or(common.message).or(required.session_message),
        request_id: agreed(&errors, "id").or(common.request_id),
        required_scopes: required.required_scopes,
        ..common
    }
}

/// The value of a field, if all that have it say the same.
fn agreed(errors: &[&Value], key: &str) -> Option<String> {
    let mut values = errors.iter().filter_map(|error| error[key].as_str());
    let first = values.next()?;
    values.all(|value| value == first).then(|| first.to_owned())
}

fn messages(errors: &[&Value]) -> Option<String> {
    let text = |error: &Value| {
        let texts = ["message", "detail", "title"]
            .iter()
            .find_map(|key| error[*key].as_str());
        texts.map(str::to_owned)
    };
    let texts: Vec<String> = errors.iter().filter_map(|error| text(error)).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// The service's code of a refusal.
pub(crate) fn refused_code(error: &Error) -> Option<&str> {
    matches!(error.status(), Some(400..=403))
        .then(|| error.service_code())
        .flatten()
}

/// What the service's codes tell beyond the HTTP status.
pub trait ErrorExt {
    /// Only another login helps: the code or refresh token is no longer good (`invalid_grant`), or the service wants
    /// consents or another session first ([`AuthorizationRequirements`]).
    fn needs_login(&self) -> bool;
}

impl ErrorExt for Error {
    fn needs_login(&self) -> bool {
        refused_code(self) == Some("invalid_grant") || AuthorizationRequirements::from_error(self).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> ServiceError {
        let headers = reqwest::header::HeaderMap::new();
        let facts = ResponseFacts {
            status: 403,
            headers: &headers,
            body: body.as_bytes(),
        };
        parse(&facts)
    }

    #[test]
    fn documents_of_both_kinds() {
        let documents = [
            r#"{"errors":[{"status":"401","id":"e1","code":"UNAUTHORIZED","detail":"Call must be authenticated","title":"Unauthorized"}],"error_description":"Unauthorized","error":"unauthorized"}"#,
            r#"{"errors":[{"id":"e1","code":"A","title":"one"},{"id":"e2","code":"A","detail":"two"}]}"#,
            r#"{"errors":[{"id":"e1","code":"A"},{"id":"e1","code":"B"}],"error":"x"}"#,
            r#"{"error":"invalid_grant"}"#,
            r#"{"error":"invalid_scope","error_description":"no such scope","errors":[{"code":"BAD","id":"e"}]}"#,
            r#"{"error":"dependent_consent_required","errors":[{"id":"e","unapproved_scopes":["s1","s2"]}]}"#,
            r#"{"errors":null,"error":null}"#,
            r#"{"errors":{"a":1},"error":7}"#,
            "[1]",
            "<html><title>Bad Gateway</title></html>",
            "",
        ];
        let read: Vec<_> = documents.iter().map(|document| read(document)).collect();
        insta::assert_debug_snapshot!(read);
    }
}
