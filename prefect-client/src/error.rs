//! The server's error documents.
//!
//! It answers in three shapes: `{"detail": "…"}` (or a list of problems), `{"exception_message": "…"}`, and for a
//! document it refuses `{"exception_message": "…", "exception_detail": [problems], "request_body": "…"}`. The last
//! repeats the request, and each problem the value it is about, parameters and all; neither is read here, and the
//! client keeps no body. A 409 for parameters that do not fit quotes the one that does not in its `detail`, which stays:
//! without it nobody could mend the call.

use std::fmt::Write as _;

use rest_core::{ResponseFacts, ServiceError};
use serde::Deserialize;
use serde_json::Value;

/// Problems that are named in a message; more are only counted.
const MAX_PROBLEMS: usize = 10;

const UNREADABLE: &str = "an error document that cannot be read or is too long";

/// Reads an error reply for [`rest_core`]. The server has no error codes.
pub(crate) fn parse(facts: &ResponseFacts<'_>) -> ServiceError {
    let message = match serde_json::from_slice::<Value>(facts.body) {
        Ok(document @ Value::Object(_)) => Document::deserialize(document).ok().and_then(Document::message),
        Err(_) if !facts.body.trim_ascii_start().starts_with(b"{") => None,
        // Another kind of JSON, or a document longer than what is looked at: as text it would bring the request along.
        _ => Some(UNREADABLE.to_owned()),
    };
    ServiceError {
        message,
        ..ServiceError::default()
    }
}

#[derive(Deserialize)]
struct Document {
    detail: Option<Detail>,
    exception_message: Option<String>,
    exception_detail: Option<Detail>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Detail {
    Text(String),
    Problems(Vec<Problem>),
    Other(serde::de::IgnoredAny),
}

/// A problem of the request. Its `input` and `ctx` hold the caller's values and are left unread.
#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    loc: Vec<Value>,
    #[serde(default)]
    msg: String,
}

impl Document {
    fn message(self) -> Option<String> {
        let details = [self.exception_detail, self.detail]
            .into_iter()
            .flatten()
            .find_map(Detail::message);
        match (self.exception_message, details) {
            (Some(message), Some(details)) => Some(format!("{message} {details}")),
            (message, details) => message.or(details),
        }
    }
}

impl Detail {
    fn message(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Problems(problems) if !problems.is_empty() => Some(list(&problems)),
            Self::Problems(_) | Self::Other(_) => None,
        }
    }
}

/// `body.sort: Input should be …; body.name: …`
fn list(problems: &[Problem]) -> String {
    let named = problems.iter().take(MAX_PROBLEMS).map(|problem| {
        let place: Vec<String> = problem.loc.iter().map(place).collect();
        format!("{}: {}", place.join("."), problem.msg)
    });
    let mut text = named.collect::<Vec<_>>().join("; ");
    if problems.len() > MAX_PROBLEMS {
        let _ = write!(text, "; and {} more", problems.len() - MAX_PROBLEMS);
    }
    text
}

fn place(step: &Value) -> String {
    step.as_str().map_or_else(|| step.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::Document;

    fn message(document: &str) -> Option<String> {
        serde_json::from_str::<Document>(document).unwrap().message()
    }

    #[test]
    fn each_shape_gives_a_message() {
        assert_eq!(
            message(r#"{"detail":"Deployment not found"}"#).unwrap(),
            "Deployment not found"
        );
        assert_eq!(
            message(r#"{"exception_message":"Unauthorized"}"#).unwrap(),
            "Unauthorized"
        );
        assert_eq!(
            message(r#"{"detail":[{"loc":["body",0,"event"],"msg":"Field required","input":"s3cret"}]}"#)
                .unwrap(),
            "body.0.event: Field required"
        );
        assert_eq!(message("{}"), None);
        assert_eq!(message(r#"{"detail":{"x":1}}"#), None);
    }

    #[test]
    fn what_repeats_the_request_is_left_out() {
        let text = message(
            r#"{"exception_message":"Invalid request received.",
                "exception_detail":[{"type":"enum","loc":["body","sort"],"msg":"Input should be 'ID_DESC'",
                "input":"s3cret","ctx":{"given":"s3cret"}}],"request_body":{"password":"s3cret"}}"#,
        );
        assert_eq!(
            text.unwrap(),
            "Invalid request received. body.sort: Input should be 'ID_DESC'"
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let problem = r#"{"loc":["body"],"msg":"no"}"#;
        let document = format!(r#"{{"detail":[{}]}}"#, [problem; 12].join(","));
        assert!(message(&document).unwrap().ends_with("body: no; and 2 more"));
    }
}
