//! Answers: the raw one, and decoding it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::carried::Carried;
use crate::error::{Error, ErrorKind, Result, Sent};
use crate::redact::{mask_text, redact_body};

/// A successful answer (status 2xx) as it came.
#[derive(Clone)]
#[non_exhaustive]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub bytes: Bytes,
    /// The service's id of the request, from its headers.
    pub request_id: Option<String>,
    /// How many requests were sent until this one succeeded, itself included.
    pub attempts: u32,
    pub(crate) context: Context,
}

/// What an error in decoding needs to know of the request.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) carried: Carried,
    /// Redacted.
    pub(crate) url: String,
    pub(crate) elapsed: Duration,
}

/// What a decoder said, with secrets masked.
#[derive(Debug)]
struct DecodeCause(String);

impl fmt::Display for DecodeCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeCause {}

/// Without headers and body, which may hold secrets.
impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("bytes", &self.bytes.len())
            .field("request_id", &self.request_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl RawResponse {
    /// Decodes the body as JSON.
    ///
    /// # Errors
    /// `Decode`, naming the JSON path, if the body is not such a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.bytes).map_err(|_| self.decode_error::<T>())
    }

    /// Decodes again, slowly, to find the place that does not fit.
    fn decode_error<T: DeserializeOwned>(&self) -> Error {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.bytes);
        let (path, source) = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            // The value fits; what follows it does not.
            Ok(_) => (".".to_owned(), None),
            Err(error) => (error.path().to_string(), Some(error.into_inner())),
        };
        let place = if path == "." {
            String::new()
        } else {
            format!(" at `{path}`")
        };
        let what = if self.bytes.is_empty() {
            "is empty"
        } else {
            "is not what was expected"
        };
        let mut error = Error::new(
            ErrorKind::Decode,
            format!(
                "the answer (status {}, {} bytes) {what}{place}",
                self.status,
                self.bytes.len()
            ),
        );
        self.fill(&mut error);
        match source {
            // serde's message quotes the value that it did not like.
            Some(source) if !self.context.carried.parts.sensitive => error.with_source(DecodeCause(
                mask_text(&self.context.carried.mask(&source.to_string())),
            )),
            _ => error,
        }
    }

    fn fill(&self, error: &mut Error) {
        let inner = &mut error.0;
        inner.operation = Some(self.context.carried.parts.operation.into());
        inner.method = Some(self.context.carried.parts.method.clone());
        inner.url = Some(self.context.url.clone());
        inner.status = Some(self.status);
        inner.request_id.clone_from(&self.request_id);
        inner.attempts = self.attempts;
        inner.elapsed = self.context.elapsed;
        inner.sent = Sent::Yes;
        let carried = &self.context.carried;
        inner.body = (!carried.parts.sensitive).then(|| carried.mask(&redact_body(&self.bytes)));
    }
}
