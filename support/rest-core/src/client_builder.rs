//! Setting up a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use url::Url;

use crate::client::{RestClient, Shared};
use crate::clock::{Clock, system_clock};
use crate::error::{Error, Result};
use crate::http_rule;
use crate::limiter::Limiter;
use crate::redact::is_secret_key;
use crate::retry::RetryPolicy;
use crate::service_error::{ResponseFacts, ServiceError, parse_common_error};
use crate::token::TokenProvider;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_MAX_RESPONSE_BYTES: u64 = 64 * 1024 * 1024;

/// Told of every request that was sent, retries included.
pub type OnRequest = Arc<dyn Fn(&Attempt) + Send + Sync>;

/// One request that was sent and its outcome.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// The service's name.
    pub service: &'static str,
    /// The operation's name.
    pub operation: &'static str,
    /// Which request of the call it was, from 1.
    pub attempt: u32,
    /// The answer's status; `None` if there was no answer.
    pub status: Option<u16>,
}

/// Sets up a [`RestClient`]; everything but service and base URL has a default.
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct RestClientBuilder {
    service: &'static str,
    base_url: String,
    http: Option<reqwest::Client>,
    tokens: Option<Arc<dyn TokenProvider>>,
    retry: RetryPolicy,
    timeout: Duration,
    max_response_bytes: u64,
    user_agent: Option<String>,
    clock: Option<Arc<dyn Clock>>,
    http_hosts: Vec<String>,
    error_parser: fn(&ResponseFacts<'_>) -> ServiceError,
    forbidden_ends_token: Option<fn(&Error) -> bool>,
    default_headers: Vec<(&'static str, String)>,
    on_request: Option<OnRequest>,
    limiter: Option<Limiter>,
}

/// Without headers, which may hold secrets.
impl fmt::Debug for RestClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestClientBuilder")
            .field("service", &self.service)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

impl RestClientBuilder {
    pub(crate) fn new(service: &'static str, base_url: &str) -> Self {
        Self {
            service,
            base_url: base_url.to_owned(),
            http: None,
            tokens: None,
            retry: RetryPolicy::default(),
            timeout: DEFAULT_TIMEOUT,
            max_response_bytes: DEFAULT_MAX_RESPONSE_BYTES,
            user_agent: None,
            clock: None,
            http_hosts: Vec::new(),
            error_parser: parse_common_error,
            forbidden_ends_token: None,
            default_headers: Vec::new(),
            on_request: None,
            limiter: None,
        }
    }

    /// Another base URL.
    pub fn base_url(mut self, base_url: &str) -> Self {
        base_url.clone_into(&mut self.base_url);
        self
    }

    /// The HTTP client to use instead of the one that the process shares. Its redirect policy should be `none`.
    pub fn http(mut self, http: reqwest::Client) -> Self {
        self.http = Some(http);
        self
    }

    /// Where tokens come from. Without one, requests go without.
    pub fn tokens(mut self, tokens: Arc<dyn TokenProvider>) -> Self {
        self.tokens = Some(tokens);
        self
    }

    /// When to try again; default [`RetryPolicy::default`].
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// How long one attempt may take, answer included; default 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes an answer may have after decompression; default 64 MiB.
    pub fn max_response_bytes(mut self, limit: u64) -> Self {
        self.max_response_bytes = limit;
        self
    }

    /// The `User-Agent` header; default the service's name and this crate's version.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// The clock; default [`SystemClock`](crate::SystemClock).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Hosts (`name` or `name:port`) to which secrets may go over plain http. Loopback always may.
    pub fn insecure_http_hosts(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.http_hosts
            .extend(hosts.into_iter().map(|host| host.to_lowercase()));
        self
    }

    /// How the service's error documents are read; default [`parse_common_error`], which also fills in what the
    /// parser leaves open.
    pub fn error_parser(mut self, parser: fn(&ResponseFacts<'_>) -> ServiceError) -> Self {
        self.error_parser = parser;
        self
    }

    /// For a service that answers a token it no longer knows as it answers a stranger: with 403, not 401. After a
    /// 403 the next call has a new token. The refused call is not sent again: what led to it was seen as a stranger.
    ///
    /// `when` is asked of each 403; it is false for one that only a token that is still known can have.
    pub fn forbidden_ends_token(mut self, when: fn(&Error) -> bool) -> Self {
        self.forbidden_ends_token = Some(when);
        self
    }

    /// A header for every request; one of the same name in the request's parts takes its place.
    pub fn default_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.default_headers.push((name, value.into()));
        self
    }

    /// Told of every request sent, to count them. Must not block.
    pub fn on_request(mut self, on_request: OnRequest) -> Self {
        self.on_request = Some(on_request);
        self
    }

    /// Takes over how `other` sends: connections, retries, time limit, `User-Agent`, clock, hosts for plain http and
    /// hook. Not where to, and not as whom.
    pub fn settings_of(mut self, other: &Self) -> Self {
        self.http.clone_from(&other.http);
        self.retry.clone_from(&other.retry);
        self.timeout = other.timeout;
        self.user_agent.clone_from(&other.user_agent);
        self.clock.clone_from(&other.clock);
        self.http_hosts.clone_from(&other.http_hosts);
        self.on_request.clone_from(&other.on_request);
        self
    }

    /// Keeps all requests of the client, repeats included, to this rate. Waiting for a turn counts against no
    /// budget.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// Builds the client. Sends nothing and needs no runtime.
    ///
    /// # Errors
    /// `Config` if the base URL is not an http(s) URL without user, query and fragment, if a header cannot be sent,
    /// or if there are secrets and the base URL is plain http to a host that was not allowed it.
    pub fn build(self) -> Result<RestClient> {
        let base = self.parse_base()?;
        let default_headers = self.headers()?;
        if self.tokens.is_some() || default_headers.values().any(HeaderValue::is_sensitive) {
            http_rule::check(&base, &self.http_hosts)?;
        }
        Ok(RestClient(Arc::new(Shared {
            service: self.service,
            base,
            http: self.http,
            tokens: self.tokens,
            retry: self.retry,
            timeout: self.timeout,
            max_response_bytes: self.max_response_bytes,
            clock: self.clock.unwrap_or_else(system_clock),
            http_hosts: self.http_hosts,
            error_parser: self.error_parser,
            forbidden_ends_token: self.forbidden_ends_token,
            default_headers,
            on_request: self.on_request,
            limiter: self.limiter,
        })))
    }

    fn parse_base(&self) -> Result<Url> {
        // The URL is not repeated: it may hold a password.
        let problem = |what: &str| Error::config(format!("{}: the base URL {what}", self.service));
        let base = Url::parse(self.base_url.trim())
            .map_err(|source| problem("cannot be read").with_source(source))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(problem("is neither http nor https"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(problem("holds a user or password: give them apart"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(problem("has a query or fragment"));
        }
        Ok(base)
    }

    fn headers(&self) -> Result<HeaderMap> {
        let agent = self
            .user_agent
            .clone()
            .unwrap_or_else(|| format!("{} rest-core/{}", self.service, env!("CARGO_PKG_VERSION")));
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, header_value("user-agent", &agent)?);
        for (name, value) in &self.default_headers {
            headers.insert(header_name(name)?, header_value(name, value)?);
        }
        Ok(headers)
    }
}

pub(crate) fn header_name(name: &str) -> Result<HeaderName> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::config(format!("`{}` cannot be a header's name", name.escape_debug())))
}

/// A header's value, marked as sensitive (never shown) if its name says so.
pub(crate) fn header_value(name: &str, value: &str) -> Result<HeaderValue> {
    let mut header = HeaderValue::from_str(value)
        .map_err(|_| Error::config(format!("the value of header `{name}` cannot be sent")))?;
    header.set_sensitive(is_secret_key(name));
    Ok(header)
}
