//! How an error reads: one line for people, all fields for `Debug`.

use std::error::Error as StdError;
use std::fmt;

use crate::error::{Error, ErrorKind};

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Config => "configuration",
            Self::Auth => "authentication",
            Self::Connect => "connection",
            Self::Timeout => "timeout",
            Self::Io => "input/output",
            Self::Api => "service error",
            Self::Decode => "unexpected answer",
            Self::OperationFailed => "operation failed",
            Self::Cancelled => "cancelled",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(operation) = &inner.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&inner.message)?;
        if let Some(code) = &inner.service_code {
            write!(f, ": {code}")?;
        }
        if let Some(message) = &inner.service_message {
            write!(f, ": {message}")?;
        }
        self.fmt_request(f)
    }
}

impl Error {
    /// The request in brackets: `(GET https://…, request id X, 3 attempts in 4.2 s)`.
    fn fmt_request(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let (Some(method), Some(url)) = (&inner.method, &inner.url) else {
            return Ok(());
        };
        write!(f, " ({method} {url}")?;
        if let Some(id) = &inner.request_id {
            write!(f, ", request id {id}")?;
        }
        if inner.attempts > 1 {
            write!(
                f,
                ", {} attempts in {:.1} s",
                inner.attempts,
                inner.elapsed.as_secs_f64()
            )?;
        }
        f.write_str(")")
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let mut out = f.debug_struct("Error");
        out.field("kind", &inner.kind).field("message", &inner.message);
        macro_rules! present {
            ($($field:ident),*) => { $(if let Some(value) = &inner.$field {
                out.field(stringify!($field), value);
            })* };
        }
        present!(
            operation,
            method,
            url,
            status,
            service_code,
            service_message,
            request_id,
            retry_after
        );
        if !inner.required_scopes.is_empty() {
            out.field("required_scopes", &inner.required_scopes);
        }
        out.field("attempts", &inner.attempts)
            .field("elapsed", &inner.elapsed)
            .field("sent", &inner.sent);
        present!(body, source);
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
