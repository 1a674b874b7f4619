//! Who asks, and how they are answered: authentication, rate limit, query and reply of one request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::Transfer;
use super::refusal::{Refusal, document};
use crate::builder::Limits;
use crate::routes::{self, Noted, WantsStale};
use crate::tokens::{Grant, bearer};

/// An authenticated request.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) user: String,
    /// The mapped collections whose data the token opens.
    pub(crate) data_access: Vec<String>,
    /// The request's path.
    pub(crate) resource: String,
    pub(crate) request_id: String,
    /// Whether the answer is to be what was true before the last change.
    pub(crate) wants_stale: bool,
    query: Vec<(String, String)>,
}

/// A successful reply.
#[derive(Debug)]
pub(crate) struct Reply {
    document: String,
    noted: Noted,
}

impl Reply {
    /// A document, and what the journal is to say of the request.
    pub(crate) fn new(document: &Value, noted: Noted) -> Self {
        let document = document.to_string();
        Self { document, noted }
    }
}

impl From<Value> for Reply {
    fn from(document: Value) -> Self {
        Self::new(&document, Noted::default())
    }
}

impl From<String> for Reply {
    /// `document` is JSON already.
    fn from(document: String) -> Self {
        let noted = Noted::default();
        Self { document, noted }
    }
}

impl FromRequestParts<Arc<Transfer>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, transfer: &Arc<Transfer>) -> Result<Self, Response> {
        let query = parts.uri.query().unwrap_or_default();
        let mut caller = Self {
            user: String::new(),
            data_access: Vec::new(),
            resource: parts.uri.path().to_owned(),
            request_id: transfer.shared.request_id(),
            wants_stale: parts.extensions.get::<WantsStale>().is_some(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        };
        match admit(transfer, parts) {
            Ok(grant) => {
                caller.user = grant.user;
                caller.data_access = grant.data_access;
                Ok(caller)
            }
            Err(refusal) => Err(caller.refuse(&refusal)),
        }
    }
}

/// What the token grants, if it is good and its user has not asked too often.
fn admit(transfer: &Transfer, parts: &Parts) -> Result<Grant, Refusal> {
    let shared = &transfer.shared;
    let now = shared.clock.now();
    let Some(token) = bearer(&parts.headers) else {
        return Err(Refusal::new(
            401,
            "AuthenticationFailed",
            "No credentials supplied",
        ));
    };
    let Some(grant) = shared.tokens.check(token, "transfer.api.globus.org", now) else {
        return Err(Refusal::new(401, "AuthenticationFailed", "Token is not active"));
    };
    if shared.limits == Limits::Production {
        transfer.rate.count(&grant.user, now)?;
    }
    Ok(grant)
}

impl Caller {
    /// The first value of a query parameter.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a repeated query parameter.
    pub(crate) fn queries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A whole number from the query.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let Some(text) = self.query(name) else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| Refusal::bad_request(format!("{name} must be a whole number")))
    }

    /// Makes the response.
    pub(crate) fn answer<R: Into<Reply>>(&self, result: Result<R, Refusal>) -> Response {
        match result.map(Into::into) {
            Ok(Reply { document, noted }) => {
                let mut response = routes::json_text(200, document);
                response.extensions_mut().insert(noted);
                response
            }
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        let mut document = document(refusal.code, &refusal.message, &self.request_id, &self.resource);
        if let Some(scope) = &refusal.required_scope {
            document["required_scopes"] = json!([scope]);
        }
        let mut response = routes::json(refusal.status, &document);
        if let Some(seconds) = refusal.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// `{DATA_TYPE, code, message, request_id, resource}`.
    pub(crate) fn result(&self, data_type: &str, code: &str, message: &str) -> Value {
        json!({
            "DATA_TYPE": data_type,
            "code": code,
            "message": message,
            "request_id": self.request_id,
            "resource": self.resource,
        })
    }
}
