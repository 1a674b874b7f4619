//! A request as data: what to send, and how it may be treated. No I/O here.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use url::Url;

use crate::body::Body;
use crate::error::{Error, Result};

/// Everything about one call, before anything is sent.
///
/// Client crates build these in pure functions and snapshot them in tests: [`serde::Serialize`] gives a readable
/// document and `Debug` a short one, both with secrets masked.
#[derive(Clone)]
#[must_use = "a request does nothing until a client sends it"]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, not a state")]
pub struct RequestParts {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    pub(crate) path_template: &'static str,
    pub(crate) path_params: Vec<PathParam>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Body,
    pub(crate) idempotent: Option<bool>,
    pub(crate) anonymous: bool,
    pub(crate) sensitive: bool,
    pub(crate) retry: bool,
    pub(crate) renew: bool,
    pub(crate) max_response_bytes: Option<u64>,
    pub(crate) timeout: Option<Duration>,
}

/// What fills a place of the path's template.
#[derive(Clone)]
pub(crate) struct PathParam {
    name: &'static str,
    value: String,
    /// Whether its slashes divide it into segments.
    slashes: bool,
}

impl PathParam {
    fn segments(&self) -> impl Iterator<Item = &str> {
        let end = if self.slashes { usize::MAX } else { 1 };
        self.value.splitn(end, '/')
    }
}

impl RequestParts {
    /// A request named `operation` (`globus_transfer.submit_transfer`) to the client's base URL followed by
    /// `path_template` (`/v0.10/task/{task_id}`).
    pub fn new(operation: &'static str, method: Method, path_template: &'static str) -> Self {
        Self {
            operation,
            method,
            path_template,
            path_params: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            idempotent: None,
            anonymous: false,
            sensitive: false,
            retry: true,
            renew: true,
            max_response_bytes: None,
            timeout: None,
        }
    }

    /// Fills `{name}` of the template. The value becomes exactly one path segment (`/` is sent as `%2F`).
    pub fn path_param(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.path_params.push(PathParam {
            name,
            value: value.into(),
            slashes: false,
        });
        self
    }

    /// Fills `{name}` of the template with a path whose slashes stay slashes: `//data/scan.h5` goes as it is, each
    /// of its segments encoded.
    pub fn path_tail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.path_params.push(PathParam {
            name,
            value: value.into(),
            slashes: true,
        });
        self
    }

    /// Adds a query field; a key may repeat, the order is kept.
    pub fn query(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((key.into(), value.into()));
        self
    }

    /// Adds a query field if there is a value.
    pub fn query_opt(self, key: impl Into<String>, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.query(key, value),
            None => self,
        }
    }

    /// Sets a JSON body.
    ///
    /// # Errors
    /// `Config` if `value` cannot be written as JSON (a map key that is no string, say).
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Result<Self> {
        let bytes = serde_json::to_vec(value).map_err(|source| {
            Error::config("the request body cannot be written as JSON")
                .with_operation(self.operation)
                .with_source(source)
        })?;
        self.body = Body::Json(Bytes::from(bytes));
        Ok(self)
    }

    /// Sets a JSON body that is sent byte for byte as given.
    pub fn json_bytes(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = Body::Json(bytes.into());
        self
    }

    /// Sets a body of form fields.
    pub fn form(mut self, fields: Vec<(String, String)>) -> Self {
        self.body = Body::Form(fields);
        self
    }

    /// Sets a body of text, sent byte for byte as given under this content type. Snapshots show it, so no secret
    /// belongs in it.
    pub fn text(mut self, content_type: &'static str, text: impl Into<String>) -> Self {
        self.body = Body::Text(content_type, Bytes::from(text.into()));
        self
    }

    /// Sets a body of bytes under any content type, such as a form of parts. Snapshots show their number only.
    pub fn bytes(mut self, content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes(content_type.into(), bytes.into());
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((Cow::Borrowed(name), value.into()));
        self
    }

    /// Says whether sending the request twice has the effect of sending it once. Unless said, the method decides:
    /// GET, HEAD, OPTIONS, PUT and DELETE are, POST and PATCH are not.
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// No token is attached.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// The request or its answer holds secrets (logins, tokens): no error keeps the answer's body, and the
    /// plain-http rule applies even without a token.
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The most bytes that an answer may have, after decompression; instead of the client's limit.
    pub fn max_response_bytes(mut self, limit: u64) -> Self {
        self.max_response_bytes = Some(limit);
        self
    }

    /// The time one attempt may take, answer included; instead of the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends once only (a 401 still renews the token, if that can be done, and resends).
    pub fn no_retry(mut self) -> Self {
        self.retry = false;
        self
    }

    /// Is not sent again after a 401; the next call has a new token. For a request that follows from what a call
    /// before it saw, where the service shows less to a token that has ended and does not say so.
    pub fn no_renewal(mut self) -> Self {
        self.renew = false;
        self
    }

    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path with its parameters still open.
    pub fn path_template(&self) -> &'static str {
        self.path_template
    }

    /// The query fields in order.
    pub fn query_pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The headers that were set here, as name and value.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    /// The body as it goes on the wire; empty if there is none.
    pub fn body_bytes(&self) -> Bytes {
        self.body.to_bytes()
    }

    /// Whether the request may be sent again when its fate is unknown.
    pub fn is_idempotent(&self) -> bool {
        self.idempotent.unwrap_or_else(|| {
            [
                Method::GET,
                Method::HEAD,
                Method::OPTIONS,
                Method::PUT,
                Method::DELETE,
            ]
            .contains(&self.method)
        })
    }

    /// Whether it goes without a token.
    pub fn is_anonymous(&self) -> bool {
        self.anonymous
    }

    /// Whether its answer must not be kept in errors.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Whether it may be retried at all.
    pub fn may_retry(&self) -> bool {
        self.retry
    }

    /// Its own limit on the answer, in bytes.
    pub fn response_limit(&self) -> Option<u64> {
        self.max_response_bytes
    }

    /// Its own time limit per attempt.
    pub fn attempt_timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The path with its parameters filled in and encoded.
    ///
    /// # Errors
    /// `Config` if a parameter is missing, or its value is empty, `.` or `..`, which no path segment can carry.
    pub fn path(&self) -> Result<String> {
        let mut out = String::with_capacity(self.path_template.len() + 40);
        let mut rest = self.path_template;
        while let Some(start) = rest.find('{') {
            let Some(length) = rest[start..].find('}') else {
                break;
            };
            out.push_str(&rest[..start]);
            self.push_param(&mut out, &rest[start + 1..start + length])?;
            rest = &rest[start + length + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn push_param(&self, out: &mut String, name: &str) -> Result<()> {
        let problem = |what: &str| {
            Error::config(format!("path parameter `{name}` {what}")).with_operation(self.operation)
        };
        let param = self
            .path_params
            .iter()
            .rev()
            .find(|param| param.name == name)
            .ok_or_else(|| problem("is not set"))?;
        if param.value.is_empty() {
            return Err(problem("is empty"));
        }
        for (n, segment) in param.segments().enumerate() {
            if matches!(segment, "." | "..") {
                return Err(problem("is or holds `.` or `..`, which cannot be sent"));
            }
            if n > 0 {
                out.push('/');
            }
            push_segment(out, segment);
        }
        Ok(())
    }

    /// The whole URL below `base`.
    ///
    /// # Errors
    /// As [`RequestParts::path`].
    pub fn url(&self, base: &Url) -> Result<Url> {
        let path = self.path()?;
        let mut url = base.clone();
        if !path.is_empty() {
            let prefix = base.path().trim_end_matches('/');
            let slash = if path.starts_with('/') { "" } else { "/" };
            url.set_path(&format!("{prefix}{slash}{path}"));
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// Appends `value` as one path segment: all but unreserved characters (RFC 3986) are percent-encoded.
fn push_segment(out: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}
