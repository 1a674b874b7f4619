//! The backend's error documents.
//!
//! The API answers in three shapes, of which version 4 does not use the first:
//! `{"status":400,"message":"<JSON text of a list of violations>"}` from its own validator,
//! `{"message":["…"],"error":"Bad Request","statusCode":400}` from the framework's, and
//! `{"message":"…","error":"Forbidden","statusCode":403}` for all else. A body too large and some faults give plain text.

use std::collections::BTreeMap;
use std::fmt;

use rest_core::{Error, ErrorKind, ResponseFacts, ServiceError};
use serde::Deserialize;

/// A field that the backend refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The field, as a path such as `dataFileList.0.time`; empty if the document as a whole is wrong.
    pub property: String,
    /// The backend's name of the rule, such as `isString`; not told by all of its validators.
    pub rule: Option<String>,
    /// What the backend says of it.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The fields that the backend refused, if `error` is such a refusal; else nothing.
///
/// Read from the beginning of the body that the error keeps. Of a list too long for that, what the error's own text
/// still names.
pub fn violations(error: &Error) -> Vec<Violation> {
    if error.status() != Some(400) {
        return Vec::new();
    }
    let document = error.body().and_then(|body| Document::read(body.as_bytes()));
    if let Some(document) = document {
        return document.violations();
    }
    let messages = error
        .service_message()
        .into_iter()
        .flat_map(|text| text.split("; "));
    messages
        .filter(|message| message.contains(' '))
        .map(|message| Violation {
            property: property_of(message),
            rule: None,
            message: message.to_owned(),
        })
        .collect()
}

/// What to do about an error, in one sentence.
///
/// ```
/// # fn run(error: &scicat::Error) {
/// eprintln!("{error}; {}", scicat::remedy(error));
/// # }
/// ```
pub fn remedy(error: &Error) -> String {
    let operation = error.operation().unwrap_or_default();
    let refused = violations(error);
    if !refused.is_empty() {
        let mut fields: Vec<&str> = refused
            .iter()
            .map(|violation| violation.property.as_str())
            .collect();
        fields.dedup();
        return format!("correct {}, as the catalogue refuses it", fields.join(", "));
    }
    let text = match (error.kind(), error.status()) {
        (ErrorKind::Config, _) => "correct that; nothing was sent",
        (ErrorKind::Auth, _) | (_, Some(401)) => {
            "check SCICAT_INGEST_USERNAME and SCICAT_INGEST_PASSWORD; the account must be able to log in"
        }
        (_, Some(403)) if operation.ends_with("_delete") => {
            "only accounts in the backend's DELETE_GROUPS may delete, administrators may not"
        }
        (_, Some(403)) => {
            "the account may not do this for that group: put it into the backend's ADMIN_GROUPS or \
             CREATE_DATASET_PRIVILEGED_GROUPS, or log in again if its login has ended"
        }
        (_, Some(404)) => "check the identifier, and that the base URL ends in /api/v3 or /api/v4",
        (_, Some(409)) => "there is one of this identifier already: read that one",
        (_, Some(412)) => "somebody changed it since it was read: read it again and repeat the change",
        (_, Some(413)) => {
            "it is larger than the site's server takes: send less metadata or a smaller picture"
        }
        (_, Some(400)) => "correct the request, as the catalogue refuses it",
        (_, Some(500)) if error.method() == Some(&http::Method::POST) => {
            "look whether it was stored before sending it again; a backend also says 500 to what is larger than it \
             takes and to an identifier that is taken"
        }
        (ErrorKind::Decode, _) => "check that the base URL is that of a SciCat backend",
        _ if error.was_sent() == rest_core::Sent::Maybe => {
            "look whether it was stored before sending it again, once the catalogue answers"
        }
        _ => "run again once the catalogue answers",
    };
    text.to_owned()
}

/// Whether the backend may have taken us for nobody: it answers a token that has ended as it answers a stranger. That
/// somebody is not authorized to do a thing it says of somebody whom it knows.
pub(crate) fn is_stranger(error: &Error) -> bool {
    let known = error
        .service_message()
        .is_some_and(|message| message.starts_with("Unauthorized to"));
    error.is_unauthenticated() || (error.is_permission_denied() && !known)
}

/// What an error that was made here says, without more.
pub(crate) fn message(error: &Error) -> String {
    error.to_string()
}

/// Reads an error reply for [`rest_core`].
pub(crate) fn parse(facts: &ResponseFacts<'_>) -> ServiceError {
    let mut parsed = ServiceError::default();
    if let Some(document) = Document::read(facts.body) {
        let violations = document.violations();
        parsed.message = match (&document.message, violations.is_empty()) {
            (_, false) => Some(
                violations
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("; "),
            ),
            (Some(Message::Text(text)), true) => Some(text.clone()),
            _ => None,
        };
        parsed.code = document.error;
    }
    parsed
}

#[derive(Deserialize)]
struct Document {
    message: Option<Message>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    List(Vec<String>),
}

/// One violation as the v3 validator writes it. Those of parts hang below their whole.
#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    property: String,
    #[serde(default)]
    constraints: BTreeMap<String, String>,
    #[serde(default)]
    children: Vec<Node>,
}

impl Document {
    fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        match &self.message {
            Some(Message::Text(text)) => {
                for node in serde_json::from_str::<Vec<Node>>(text).unwrap_or_default() {
                    node.collect("", &mut found);
                }
            }
            Some(Message::List(messages)) => {
                found.extend(messages.iter().map(|message| Violation {
                    property: property_of(message),
                    rule: None,
                    message: message.clone(),
                }));
            }
            None => {}
        }
        found
    }
}

impl Node {
    fn collect(self, above: &str, found: &mut Vec<Violation>) {
        let property = if above.is_empty() {
            self.property
        } else {
            format!("{above}.{}", self.property)
        };
        for (rule, message) in self.constraints {
            found.push(Violation {
                property: property.clone(),
                rule: Some(rule),
                message,
            });
        }
        for child in self.children {
            child.collect(&property, found);
        }
    }
}

/// The field that a message of the framework's validator speaks of.
fn property_of(message: &str) -> String {
    let mut words = message.split_whitespace();
    let first = words.next().unwrap_or_default();
    let word = if first == "property" {
        words.next().unwrap_or(first)
    } else {
        first
    };
    word.to_owned()
}
