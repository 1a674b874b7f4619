//! The loop around attempts: token, limits, retries.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use crate::attempt::attempt;
use crate::carried::Carried;
use crate::client::Shared;
use crate::client_builder::{Attempt, header_name, header_value};
use crate::error::{Error, Result, Sent};
use crate::http_rule;
use crate::redact::redacted_url;
use crate::request::RequestParts;
use crate::response::{Context, RawResponse};
use crate::retry::{Verdict, decide};
use crate::token::Token;
use crate::transport::Failure;

/// How long a client keeps still after a 429 that names no time.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// Sends `parts`, as often as the rules allow, in a span of its own.
pub(crate) async fn send(client: &Shared, parts: &RequestParts) -> Result<RawResponse> {
    let span = tracing::debug_span!(
        "request",
        operation = parts.operation,
        method = %parts.method,
        path = parts.path_template,
        status = tracing::field::Empty,
        attempts = tracing::field::Empty,
        request_id = tracing::field::Empty,
    );
    async {
        let mut call = Call::new(client, parts)?;
        let result = call.run().await;
        call.record(&result);
        result
    }
    .instrument(span)
    .await
}

/// One call and its state over all attempts.
struct Call<'a> {
    client: &'a Shared,
    parts: &'a RequestParts,
    http: reqwest::Client,
    url: Url,
    /// What is sent; its token is that of the present attempt.
    carried: Carried,
    started: Instant,
    /// Attempts that count against the policy.
    tries: u32,
    /// Requests sent, resends after a 401 included.
    requests: u32,
    sent: Sent,
    renewed: bool,
}

impl<'a> Call<'a> {
    fn new(client: &'a Shared, parts: &'a RequestParts) -> Result<Self> {
        let started = client.clock.instant();
        let named = |error: Error| error.with_operation(parts.operation);
        let headers = headers(client, parts).map_err(named)?;
        let url = parts.url(&client.base)?;
        let secret = parts.sensitive
            || (client.tokens.is_some() && !parts.anonymous)
            || headers.values().any(HeaderValue::is_sensitive);
        if secret {
            http_rule::check(&client.base, &client.http_hosts).map_err(named)?;
        }
        Ok(Self {
            client,
            parts,
            http: client.http().map_err(named)?,
            url,
            carried: Carried {
                parts: parts.clone(),
                headers,
                token: None,
            },
            started,
            tries: 0,
            requests: 0,
            sent: Sent::No,
            renewed: false,
        })
    }

    async fn run(&mut self) -> Result<RawResponse> {
        loop {
            self.turn().await;
            self.carried.token = self.token().await?;
            let failure = match self.try_once().await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            self.sent = self.sent.merge(failure.error.0.sent);
            let ends_token = self.client.forbidden_ends_token;
            if failure.error.status() == Some(403) && ends_token.is_some_and(|when| when(&failure.error)) {
                self.drop_token();
            }
            if let (Some(limiter), Some(429)) = (&self.client.limiter, failure.error.status()) {
                let pause = failure.error.retry_after().unwrap_or(REFUSED_PAUSE);
                limiter.close(self.client.clock.instant(), pause);
            }
            match decide(failure.outcome, self.parts.is_idempotent()) {
                Verdict::RenewToken if self.renew() => {}
                Verdict::Retry => self.wait(failure).await?,
                Verdict::RenewToken | Verdict::Return => return Err(self.finish(failure, false)),
            }
        }
    }

    /// Waits for a turn under the client's rate; that time is not the service's, and counts against no budget.
    async fn turn(&mut self) {
        if let Some(limiter) = &self.client.limiter {
            self.started += limiter.turn(&*self.client.clock).await;
        }
    }

    /// The token to attach, fetched within the time budget.
    async fn token(&self) -> Result<Option<Token>> {
        let Some(tokens) = self.client.tokens.as_ref().filter(|_| !self.parts.anonymous) else {
            return Ok(None);
        };
        let left = self.time_left();
        let mut error = match tokio::time::timeout(left, tokens.token()).await {
            Ok(Ok(token)) => return Ok(Some(token)),
            Ok(Err(error)) => error,
            Err(_) => Error::timeout(
                self.parts.operation,
                format!("no token within {:.1} s", left.as_secs_f64()),
            ),
        };
        // A failed login says nothing about the request that needed it, which may have been sent before.
        error.0.sent = self.sent;
        Err(error)
    }

    async fn try_once(&mut self) -> Result<RawResponse, Failure> {
        let request = self.request().map_err(Failure::fatal)?;
        let limit = self
            .parts
            .timeout
            .unwrap_or(self.client.timeout)
            .min(self.time_left());
        self.tries += 1;
        self.requests += 1;
        let result = attempt(&self.http, request, limit, self.client, &self.carried).await;
        let status = match &result {
            Ok(answer) => Some(answer.status),
            Err(failure) => failure.error.status(),
        };
        if let Some(on_request) = &self.client.on_request {
            on_request(&Attempt {
                service: self.client.service,
                operation: self.parts.operation,
                attempt: self.requests,
                status,
            });
        }
        let answer = result?;
        Ok(RawResponse {
            status: answer.status,
            headers: answer.headers,
            bytes: answer.bytes,
            request_id: answer.request_id,
            attempts: self.requests,
            context: Context {
                carried: self.carried.clone(),
                url: redacted_url(&self.url),
                elapsed: self.elapsed(),
            },
        })
    }

    /// The request as it goes on the wire, the same for every attempt but for the token.
    fn request(&self) -> Result<reqwest::Request> {
        let mut request = reqwest::Request::new(self.parts.method.clone(), self.url.clone());
        *request.headers_mut() = self.carried.headers.clone();
        if let Some(token) = &self.carried.token {
            request.headers_mut().insert(AUTHORIZATION, token.header()?);
        }
        if self.parts.body.content_type().is_some() {
            *request.body_mut() = Some(self.parts.body.to_bytes().into());
        }
        Ok(request)
    }

    /// After a 401: drops the token, so that one more request is sent with another, whatever came before; it counts
    /// as no attempt. `false` if that was done before for this call, if
    /// there is no other token, or if the request must not go out again.
    fn renew(&mut self) -> bool {
        let (Some(tokens), Some(rejected)) = (&self.client.tokens, &self.carried.token) else {
            return false;
        };
        if self.renewed || !tokens.invalidate(rejected) || !self.parts.renew {
            return false;
        }
        tracing::debug!("the token was refused; sending again with a new one");
        self.renewed = true;
        self.tries -= 1;
        true
    }

    /// Lets the next call fetch another token.
    fn drop_token(&self) {
        if let (Some(tokens), Some(rejected)) = (&self.client.tokens, &self.carried.token) {
            tokens.invalidate(rejected);
        }
    }

    /// Waits before the next attempt, or gives up if attempts or time are used up.
    async fn wait(&self, failure: Failure) -> Result<()> {
        let policy = &self.client.retry;
        if !self.parts.retry || policy.max_attempts() <= 1 {
            return Err(self.finish(failure, false));
        }
        let clock = &self.client.clock;
        let delay = policy.delay(self.tries, clock.jitter(), failure.error.retry_after());
        if self.tries >= policy.max_attempts() || delay >= self.time_left() {
            return Err(self.finish(failure, true));
        }
        tracing::debug!(
            delay_s = delay.as_secs_f64(),
            reason = %failure.error.kind(),
            status = failure.error.status(),
            code = failure.error.service_code(),
            "sending again"
        );
        clock.sleep(delay).await;
        Ok(())
    }

    /// Completes an error with what the whole call knows.
    fn finish(&self, failure: Failure, exhausted: bool) -> Error {
        // Whether it passes by itself is a matter of the failure alone, not of what may be resent.
        let passing = decide(failure.outcome, true) == Verdict::Retry;
        let mut error = failure.error;
        let inner = &mut error.0;
        inner.operation = Some(self.parts.operation.into());
        inner.method = Some(self.parts.method.clone());
        inner.url = Some(redacted_url(&self.url));
        inner.attempts = self.requests;
        inner.elapsed = self.elapsed();
        inner.sent = self.sent;
        inner.passing = passing;
        inner.exhausted = exhausted;
        error
    }

    fn elapsed(&self) -> Duration {
        self.client.clock.instant().duration_since(self.started)
    }

    /// What is left of the time budget. A call that may not retry has only its own time limit.
    fn time_left(&self) -> Duration {
        if !self.parts.retry || self.client.retry.max_attempts() <= 1 {
            return Duration::MAX;
        }
        self.client.retry.time_budget().saturating_sub(self.elapsed())
    }

    fn record(&self, result: &Result<RawResponse>) {
        let span = tracing::Span::current();
        span.record("attempts", self.requests);
        let (status, request_id) = match result {
            Ok(response) => (Some(response.status), response.request_id.as_deref()),
            Err(error) => (error.status(), error.request_id()),
        };
        span.record("status", status);
        span.record("request_id", request_id);
    }
}

/// The headers of a request but for the token.
fn headers(client: &Shared, parts: &RequestParts) -> Result<HeaderMap> {
    let mut headers = client.default_headers.clone();
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("application/json"));
    if let Some(content_type) = parts.body.content_type() {
        headers.insert(CONTENT_TYPE, header_value("content-type", content_type)?);
    }
    for (name, value) in parts.headers() {
        headers.insert(header_name(name)?, header_value(name, value)?);
    }
    Ok(headers)
}
