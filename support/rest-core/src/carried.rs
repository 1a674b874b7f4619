//! The secrets that a request carried, so that an answer which repeats them can be masked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::body::Body;
use crate::redact::{is_secret_field, is_secret_key, mask_known};
use crate::request::RequestParts;
use crate::token::Token;

/// What a request was made of. Kept with its answer; never shown.
#[derive(Clone)]
pub(crate) struct Carried {
    pub(crate) parts: RequestParts,
    /// All headers but the token's.
    pub(crate) headers: HeaderMap,
    pub(crate) token: Option<Token>,
}

impl Carried {
    /// Masks in `text` every secret of the request: token, headers, query, body.
    pub(crate) fn mask(&self, text: &str) -> String {
        let mut secrets = self.in_head();
        self.add_body(&mut secrets);
        mask_known(text, &secrets)
    }

    /// As [`Carried::mask`] without the body's, which takes parsing: for text from headers.
    pub(crate) fn mask_head(&self, text: &str) -> String {
        mask_known(text, &self.in_head())
    }

    fn in_head(&self) -> Vec<String> {
        let mut secrets = Vec::new();
        if let Some(token) = &self.token {
            add_credential(token.secret().expose_secret(), &mut secrets);
        }
        for value in self.headers.values().filter(|value| value.is_sensitive()) {
            let text = String::from_utf8_lossy(value.as_bytes());
            add_credential(&text, &mut secrets);
            secrets.push(text.into_owned());
        }
        let query = self.parts.query.iter().filter(|(key, _)| is_secret_field(key));
        secrets.extend(query.map(|(_, value)| value.clone()));
        secrets
    }

    fn add_body(&self, secrets: &mut Vec<String>) {
        match &self.parts.body {
            Body::Form(fields) => {
                let fields = fields.iter().filter(|(key, _)| is_secret_field(key));
                secrets.extend(fields.map(|(_, value)| value.clone()));
            }
            Body::Json(bytes) => {
                if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
                    add_json(&value, secrets);
                }
            }
            Body::Empty | Body::Text(..) | Body::Bytes(..) => {}
        }
    }
}

/// Adds a credential, without its scheme, and the password inside it if it is basic authentication.
fn add_credential(text: &str, secrets: &mut Vec<String>) {
    let credential = text.rsplit(' ').next().unwrap_or(text);
    secrets.push(credential.to_owned());
    let Some(pair) = STANDARD
        .decode(credential)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
    else {
        return;
    };
    if let Some((_user, password)) = pair.split_once(':') {
        // Some OAuth services want it encoded as a form field first (RFC 6749 §2.3.1).
        let form = format!("p={password}");
        secrets.extend(url::form_urlencoded::parse(form.as_bytes()).map(|(_, value)| value.into_owned()));
        secrets.push(password.to_owned());
    }
}

fn add_json(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if is_secret_key(key) => secrets.push(text.clone()),
                    value => add_json(value, secrets),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add_json(item, secrets)),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
