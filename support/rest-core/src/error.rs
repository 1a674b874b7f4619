//! The one error type of all clients.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::Method;

/// A result whose error is [`Error`] unless said otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong in a call, with all that is known about it and nothing secret.
///
/// `Display` is one line without the cause; causes come from [`std::error::Error::source`].
/// The type is one pointer wide and cheap to clone and pass on.
#[derive(Clone)]
pub struct Error(pub(crate) Box<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) operation: Option<Cow<'static, str>>,
    pub(crate) method: Option<Method>,
    pub(crate) url: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) service_code: Option<String>,
    pub(crate) service_message: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) required_scopes: Vec<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Duration,
    pub(crate) body: Option<String>,
    pub(crate) sent: Sent,
    pub(crate) passing: bool,
    pub(crate) exhausted: bool,
    pub(crate) source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was set up wrongly, or a value cannot be sent. Nothing was sent.
    Config,
    /// No token could be had.
    Auth,
    /// The service could not be reached. Nothing was sent.
    Connect,
    /// The time was up.
    Timeout,
    /// The connection broke.
    Io,
    /// The service answered with an error.
    Api,
    /// The answer is not what the service promises.
    Decode,
    /// A remote operation ran and failed.
    OperationFailed,
    /// The caller gave up.
    Cancelled,
}

/// How far a failed request got: may it have been acted on?
///
/// It covers all attempts of a call: a lost answer to any of them makes it [`Sent::Maybe`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sent {
    /// No attempt reached the service.
    No,
    /// An attempt may have been acted on and no answer tells: look before sending again.
    Maybe,
    /// The service answered; the status says what became of the request.
    Yes,
}

impl Sent {
    /// The state of a call after one more attempt: doubt outweighs an answer, an answer outweighs silence.
    pub(crate) fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Maybe, _) | (_, Self::Maybe) => Self::Maybe,
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
        }
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            method: None,
            url: None,
            status: None,
            service_code: None,
            service_message: None,
            request_id: None,
            required_scopes: Vec::new(),
            retry_after: None,
            attempts: 0,
            elapsed: Duration::ZERO,
            body: None,
            sent: Sent::No,
            passing: false,
            exhausted: false,
            source: None,
        }))
    }

    /// A value or setting with which no request can be made; `message` names it and the remedy.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// No token could be had.
    pub fn auth(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Auth, message)
    }

    /// A remote operation that was accepted, ran and failed; `code` is the service's word for why.
    pub fn operation_failed(
        operation: &'static str,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let mut error = Self::new(ErrorKind::OperationFailed, message).with_operation(operation);
        error.0.service_code = Some(code.into());
        error.0.sent = Sent::Yes;
        error
    }

    /// A request that the service may or may not have acted on, and nothing that it says tells: look before sending
    /// again.
    pub fn in_doubt(operation: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::OperationFailed, message).with_operation(operation);
        error.0.sent = Sent::Maybe;
        error
    }

    /// An answer that is not what the service promises.
    pub fn decode(operation: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Decode, message).with_operation(operation);
        error.0.sent = Sent::Yes;
        error
    }

    /// The time for `operation` was up.
    pub fn timeout(operation: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Timeout, message).with_operation(operation);
        error.0.sent = Sent::Maybe;
        error
    }

    /// The caller gave up on `operation`. Says nothing about the remote side.
    pub fn cancelled(operation: &'static str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Cancelled, message).with_operation(operation);
        error.0.sent = Sent::Maybe;
        error
    }

    /// Adds the cause. It must hold no secret: it is printed by whoever prints causes.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Names the operation, such as `globus_transfer.submit_transfer`.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.0.operation = Some(operation.into());
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation that failed, such as `globus_transfer.submit_transfer`.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The request's method.
    pub fn method(&self) -> Option<&Method> {
        self.0.method.as_ref()
    }

    /// The request's URL with everything secret masked.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// The HTTP status, if the service answered.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own error code.
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }

    /// The service's own message, on one line.
    pub fn service_message(&self) -> Option<&str> {
        self.0.service_message.as_deref()
    }

    /// The service's id of the request, to be quoted to its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The scopes that the service asks for before it will act.
    pub fn required_scopes(&self) -> &[String] {
        &self.0.required_scopes
    }

    /// How long the service asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests were sent for this call, resends after a 401 included.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, waits included.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// The first 2 KiB of the answer with everything secret masked; none for logins and tokens.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// Status 404 or 410: the thing is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self.0.status, Some(404 | 410))
    }

    /// Status 409: it clashes with what is there.
    pub fn is_conflict(&self) -> bool {
        self.0.status == Some(409)
    }

    /// Status 403: known but not allowed.
    pub fn is_permission_denied(&self) -> bool {
        self.0.status == Some(403)
    }

    /// Status 401, or no token could be had at all.
    pub fn is_unauthenticated(&self) -> bool {
        self.0.status == Some(401) || self.0.kind == ErrorKind::Auth
    }

    /// Status 429: too many requests.
    pub fn is_rate_limited(&self) -> bool {
        self.0.status == Some(429)
    }

    /// The time was up, here or (408, 504) at the service.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout || matches!(self.0.status, Some(408 | 504))
    }

    /// The service wants consent for [`Error::required_scopes`] first.
    pub fn is_consent_required(&self) -> bool {
        !self.0.required_scopes.is_empty()
    }

    /// The cause passes by itself and no retry was spent on it yet, so an outer loop may try again
    /// (see [`Error::was_sent`] before resending what is not idempotent).
    ///
    /// False once the client's own retries are used up ([`Error::is_exhausted`]): layers must not multiply.
    pub fn is_transient(&self) -> bool {
        self.0.passing && !self.0.exhausted
    }

    /// The cause passes by itself, but the client's own attempts or time budget are used up.
    pub fn is_exhausted(&self) -> bool {
        self.0.passing && self.0.exhausted
    }

    /// Whether the request may have been acted on, over all attempts.
    pub fn was_sent(&self) -> Sent {
        self.0.sent
    }
}
