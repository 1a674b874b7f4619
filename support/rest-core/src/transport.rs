//! The HTTP client underneath: one per process and kind of target, and what its errors mean.

use std::error::Error as StdError;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime;
use url::Url;

use crate::error::{Error, ErrorKind, Result, Sent};
use crate::http_rule::is_loopback;
use crate::retry::Outcome;

/// Long enough for a far service, short enough to leave time for another try.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Servers (uvicorn after 5 s) close idle connections; a request on one that is just being closed is lost, so
/// ours are given up first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// A failed attempt: how the retry rule sees it, and the error it becomes if nobody tries again.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    pub(crate) error: Error,
}

/// What a target needs of the HTTP client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flavour {
    /// Reading the system's root certificates takes milliseconds, so only https pays for it.
    tls: bool,
    /// A proxy cannot reach what this machine calls loopback.
    proxy: bool,
}

/// A connection is driven by the runtime that made it and breaks when that ends, so each runtime has its own.
type Slots = Vec<(Flavour, Option<runtime::Id>, reqwest::Client)>;

static SHARED: Mutex<Slots> = Mutex::new(Vec::new());

/// A process has one runtime, perhaps two; a test suite has many, one after the other.
const KEPT: usize = 16;

/// The HTTP client that all clients of this process and runtime share for targets like `base`; made when first
/// asked for. It never follows redirects: a redirected POST would turn into a GET, and a token must stay with
/// its service.
///
/// # Errors
/// `Config` if TLS cannot be set up.
pub fn shared_http_client(base: &Url) -> Result<reqwest::Client> {
    let flavour = Flavour {
        tls: base.scheme() != "http",
        proxy: !is_loopback(base),
    };
    let runtime = runtime::Handle::try_current().ok().map(|handle| handle.id());
    let mut slots = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = slots.iter().find(|slot| slot.0 == flavour && slot.1 == runtime);
    if let Some((_, _, client)) = known {
        return Ok(client.clone());
    }
    let client = build(flavour)
        .map_err(|source| Error::config("the HTTP client cannot be set up").with_source(source))?;
    if slots.len() >= KEPT {
        slots.remove(0);
    }
    slots.push((flavour, runtime, client.clone()));
    Ok(client)
}

fn build(flavour: Flavour) -> reqwest::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false);
    if !flavour.tls {
        builder = builder.tls_certs_only([]);
    }
    if !flavour.proxy {
        builder = builder.no_proxy();
    }
    builder.build()
}

impl Failure {
    /// Classifies an error of the HTTP client. Its URL is dropped: it may hold secrets.
    pub(crate) fn from_http(source: reqwest::Error) -> Self {
        let source = source.without_url();
        let (outcome, kind, message) = classify(&source);
        let mut error = Error::new(kind, message);
        error.0.sent = if matches!(kind, ErrorKind::Config | ErrorKind::Connect) {
            Sent::No
        } else {
            Sent::Maybe
        };
        Self {
            outcome,
            error: error.with_source(source),
        }
    }

    /// The attempt's time was up.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        let mut error = Error::new(
            ErrorKind::Timeout,
            format!("no answer within {:.1} s", limit.as_secs_f64()),
        );
        error.0.sent = Sent::Maybe;
        Self {
            outcome: Outcome::Timeout,
            error,
        }
    }

    /// Something that no further attempt can mend.
    pub(crate) fn fatal(error: Error) -> Self {
        Self {
            outcome: Outcome::Fatal,
            error,
        }
    }
}

fn classify(error: &reqwest::Error) -> (Outcome, ErrorKind, &'static str) {
    if error.is_builder() {
        return (Outcome::Fatal, ErrorKind::Config, "the request cannot be built");
    }
    let io_kind = io_kinds(error).last();
    if error.is_connect() {
        // rustls reports a bad certificate, a wrong name or a peer that does not speak TLS as invalid data.
        return match io_kind {
            Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => (
                Outcome::Fatal,
                ErrorKind::Connect,
                "no secure connection to the service",
            ),
            _ => (
                Outcome::Connect,
                ErrorKind::Connect,
                "no connection to the service",
            ),
        };
    }
    if error.is_timeout() || io_kind == Some(io::ErrorKind::TimedOut) {
        return (Outcome::Timeout, ErrorKind::Timeout, "no answer in time");
    }
    (Outcome::Io, ErrorKind::Io, "the connection broke")
}

/// The kinds of the I/O errors in a chain of causes, outermost first.
fn io_kinds<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = io::ErrorKind> + 'a {
    std::iter::successors(Some(error), |&error| cause(error))
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .map(io::Error::kind)
}

/// The next error of a chain. `source` of an I/O error skips the error that it wraps.
fn cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}
