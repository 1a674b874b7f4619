//! The backend's error documents.
//!
//! Version 3 of the API answers in three shapes:
//! `{"status":400,"message":"<JSON text of a list of violations>"}` from its own validator,
//! `{"message":["…"],"error":"Bad Request","statusCode":400}` from the framework's, and
//! `{"message":"…","error":"Forbidden","statusCode":403}` for all else. A body too large and some faults give plain text.

use std::collections::BTreeMap;
use std::fmt;

use rest_core::{Error, ResponseFacts, ServiceError};
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
/// Read from the beginning of the body that the error keeps: a very long list is cut, and then empty here while the
/// error's own text still names the fields.
pub fn violations(error: &Error) -> Vec<Violation> {
    match (error.status(), error.body()) {
        (Some(400), Some(body)) => Document::read(body.as_bytes())
            .map(|d| d.violations())
            .unwrap_or_default(),
        _ => Vec::new(),
    }
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
