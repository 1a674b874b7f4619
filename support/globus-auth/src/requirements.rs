//! What a service wants before it acts: consents, or a login of another kind.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, Result, Scope};

/// The code that stands for a document without one.
const DEFAULT_CODE: &str = "AuthorizationRequired";
const CONSENT: &str = "ConsentRequired";

/// What a service of Globus wants before it acts (a "Globus Auth Requirements Error"): consents, or a session of a
/// certain kind. Hand it to [`LoginRequest::requirements`](crate::LoginRequest::requirements) and let the person log
/// in again.
///
/// Read from every form in which services say it: `authorization_parameters`, `ConsentRequired` of Transfer and of
/// action providers, `dependent_consent_required` of Auth.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthorizationRequirements {
    /// The service's code, `ConsentRequired` for instance.
    pub code: String,
    /// The scopes to ask for, as the service writes them; [`scopes`](Self::scopes) reads them.
    pub required_scopes: Vec<String>,
    /// What to tell the person.
    pub session_message: Option<String>,
    /// The person must log in with these identities (ids or user names).
    pub session_required_identities: Vec<String>,
    /// The person must log in with an identity of one of these domains.
    pub session_required_single_domain: Vec<String>,
    /// The session must satisfy these policies (ids).
    pub session_required_policies: Vec<String>,
    /// Whether the person must log in with a second factor.
    pub session_required_mfa: Option<bool>,
    /// `login`: the person must log in again, even with a session that is still good.
    pub prompt: Option<String>,
}

impl AuthorizationRequirements {
    /// Reads an error document; `None` if it wants nothing of the kind. Of many errors in one document, the first
    /// that does.
    pub fn from_document(document: &Value) -> Option<Self> {
        let document = document.as_object()?;
        let errors = ["errors", "error", "detail"]
            .iter()
            .filter_map(|key| document.get(*key));
        let inner = errors.flat_map(|errors| match errors {
            Value::Array(errors) => errors.iter().collect(),
            one => vec![one],
        });
        from_object(document).or_else(|| inner.filter_map(Value::as_object).find_map(from_object))
    }

    /// What an error of any of the clients tells: the scopes always, and the kind of session as far as the error
    /// holds the service's document. `None` if it wants nothing of the kind.
    pub fn from_error(error: &Error) -> Option<Self> {
        let document = error.body().and_then(|body| serde_json::from_str(body).ok());
        let read = document.as_ref().and_then(Self::from_document);
        if error.required_scopes().is_empty() {
            return read;
        }
        let mut read = read.unwrap_or_else(|| Self {
            code: CONSENT.to_owned(),
            session_message: error.service_message().map(str::to_owned),
            ..Self::default()
        });
        read.required_scopes = error.required_scopes().to_vec();
        Some(read)
    }

    /// The scopes to ask for, with what they depend on.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the service wrote what is no scope.
    pub fn scopes(&self) -> Result<Vec<Scope>> {
        Scope::parse_list(&self.required_scopes.join(" "))
    }
}

fn from_object(document: &Map<String, Value>) -> Option<AuthorizationRequirements> {
    let code = document.get("code").and_then(Value::as_str);
    let mut found = match document
        .get("authorization_parameters")
        .and_then(Value::as_object)
    {
        Some(parameters) => from_parameters(parameters),
        None => AuthorizationRequirements::default(),
    };
    if found.required_scopes.is_empty() && code == Some(CONSENT) {
        found.required_scopes = texts(document, "required_scopes");
        found.required_scopes.extend(one_text(document, "required_scope"));
    }
    let error = document.get("error").and_then(Value::as_str);
    let mut own_code = code.unwrap_or(DEFAULT_CODE);
    if error == Some("dependent_consent_required") {
        own_code = CONSENT;
        found.required_scopes = unapproved(document);
    }
    if found == AuthorizationRequirements::default() {
        return None;
    }
    if own_code == CONSENT && found.session_message.is_none() {
        found.session_message = one_text(document, "message").or_else(|| one_text(document, "description"));
    }
    own_code.clone_into(&mut found.code);
    Some(found)
}

fn from_parameters(parameters: &Map<String, Value>) -> AuthorizationRequirements {
    AuthorizationRequirements {
        code: String::new(),
        required_scopes: texts(parameters, "required_scopes"),
        session_message: one_text(parameters, "session_message"),
        session_required_identities: listed(parameters, "session_required_identities"),
        session_required_single_domain: listed(parameters, "session_required_single_domain"),
        session_required_policies: listed(parameters, "session_required_policies"),
        session_required_mfa: parameters.get("session_required_mfa").and_then(Value::as_bool),
        prompt: one_text(parameters, "prompt"),
    }
}

/// The scopes of the first error that names any.
fn unapproved(document: &Map<String, Value>) -> Vec<String> {
    let errors = document.get("errors").and_then(Value::as_array);
    let errors = errors.into_iter().flatten().filter_map(Value::as_object);
    let mut lists = errors.map(|error| texts(error, "unapproved_scopes"));
    lists.find(|list| !list.is_empty()).unwrap_or_default()
}

fn one_text(document: &Map<String, Value>, key: &str) -> Option<String> {
    let text = document.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// A list of texts, or one text. Scopes hold commas nowhere, but one text may be a tree.
fn texts(document: &Map<String, Value>, key: &str) -> Vec<String> {
    match document.get(key) {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Some(Value::String(text)) if !text.is_empty() => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// A list of texts, or one text with commas.
fn listed(document: &Map<String, Value>, key: &str) -> Vec<String> {
    let texts = texts(document, key);
    let parts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_is_read() {
        let documents = [
            json!({"code": "ConsentRequired", "message": "Missing required data_access consent",
                "required_scopes": ["a[*b]"], "request_id": "r"}),
            json!({"code": "ConsentRequired", "required_scope": "a", "description": "why"}),
            json!({"error": "dependent_consent_required", "error_description": "x",
                "errors": [{"id": "e", "unapproved_scopes": ["a", "b"]}]}),
            json!({"authorization_parameters": {"session_required_policies": "p1, p2",
                "session_required_single_domain": "lbl.gov", "session_message": "log in", "prompt": "login"}}),
            json!({"code": "X", "authorization_parameters": {"session_required_identities": ["i"],
                "session_required_mfa": true, "required_scopes": ["a"], "new": 1}}),
            json!({"error": {"code": "FORBIDDEN", "authorization_parameters": {"required_scopes": ["a"]}}}),
            json!({"errors": [{"code": "A"}, {"code": "ConsentRequired", "required_scopes": ["a"]}]}),
        ];
        let read: Vec<_> = documents
            .iter()
            .map(AuthorizationRequirements::from_document)
            .collect();
        insta::assert_json_snapshot!(read);
        assert_eq!(
            read[0].as_ref().unwrap().scopes().unwrap()[0].to_string(),
            "a[*b]"
        );
    }

    #[test]
    fn other_errors_want_nothing() {
        for document in [
            json!(null),
            json!([]),
            json!({}),
            json!({"code": "ConsentRequired"}),
            json!({"code": "PermissionDenied", "required_scopes": ["a"]}),
            json!({"authorization_parameters": null}),
            json!({"authorization_parameters": {"session_required_mfa": "yes", "required_scopes": [1, null]}}),
            json!({"error": "dependent_consent_required", "errors": [null, {"unapproved_scopes": null}]}),
        ] {
            assert_eq!(
                AuthorizationRequirements::from_document(&document),
                None,
                "{document}"
            );
        }
    }
}
