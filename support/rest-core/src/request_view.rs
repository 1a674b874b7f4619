//! How request parts are shown: as a document for snapshots and shortly in `Debug`, secrets masked in both.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::body::Body;
use crate::redact::{MASK, is_secret_field, is_secret_key, mask_json, mask_text};
use crate::request::RequestParts;

#[derive(Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a document of independent flags, not a state"
)]
struct View<'a> {
    operation: &'a str,
    method: &'a str,
    path: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    query: Vec<(&'a str, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(&'a str, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    idempotent: bool,
    #[serde(skip_serializing_if = "is_false")]
    anonymous: bool,
    #[serde(skip_serializing_if = "is_false")]
    sensitive: bool,
    #[serde(skip_serializing_if = "is_false")]
    no_retry: bool,
    #[serde(skip_serializing_if = "is_false")]
    no_renewal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_response_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_s: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn masked(secret: bool, value: &str) -> String {
    if secret { MASK.to_owned() } else { mask_text(value) }
}

impl RequestParts {
    fn masked_query(&self) -> Vec<(&str, String)> {
        self.query
            .iter()
            .map(|(key, value)| (key.as_str(), masked(is_secret_field(key), value)))
            .collect()
    }

    fn masked_headers(&self) -> Vec<(&str, String)> {
        self.headers()
            .map(|(name, value)| (name, masked(is_secret_key(name), value)))
            .collect()
    }

    /// The path, or its template while a parameter is missing.
    fn shown_path(&self) -> String {
        self.path().unwrap_or_else(|_| self.path_template.to_owned())
    }
}

impl Body {
    fn masked(&self) -> Option<Value> {
        match self {
            Self::Empty => None,
            Self::Json(bytes) => Some(match serde_json::from_slice::<Value>(bytes) {
                Ok(mut value) => {
                    mask_json(&mut value);
                    json!({ "json": value })
                }
                Err(_) => json!({ "bytes": bytes.len() }),
            }),
            Self::Text(_, bytes) => Some(json!({ "text": mask_text(&String::from_utf8_lossy(bytes)) })),
            Self::Bytes(content_type, bytes) => {
                Some(json!({ "content_type": content_type, "bytes": bytes.len() }))
            }
            Self::Form(fields) => {
                let fields: Vec<(&str, String)> = fields
                    .iter()
                    .map(|(key, value)| (key.as_str(), masked(is_secret_field(key), value)))
                    .collect();
                Some(json!({ "form": fields }))
            }
        }
    }
}

impl Serialize for RequestParts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        View {
            operation: self.operation,
            method: self.method.as_str(),
            path: self.shown_path(),
            query: self.masked_query(),
            headers: self.masked_headers(),
            body: self.body.masked(),
            idempotent: self.is_idempotent(),
            anonymous: self.anonymous,
            sensitive: self.sensitive,
            no_retry: !self.retry,
            no_renewal: !self.renew,
            max_response_bytes: self.max_response_bytes,
            timeout_s: self.timeout.map(|timeout| timeout.as_secs_f64()),
        }
        .serialize(serializer)
    }
}

impl fmt::Debug for RequestParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestParts")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("path", &self.shown_path())
            .field("query", &self.masked_query())
            .field("headers", &self.masked_headers())
            .field("body", &self.body)
            .field("idempotent", &self.is_idempotent())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("none"),
            Self::Json(bytes) => write!(f, "JSON, {} bytes", bytes.len()),
            Self::Text(_, bytes) => write!(f, "text, {} bytes", bytes.len()),
            Self::Bytes(_, bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Form(_) => write!(f, "form, {} bytes", self.to_bytes().len()),
        }
    }
}
