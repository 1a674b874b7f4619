//! One attempt: send, read the answer within its limits, make an error of an error status.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, HeaderMap, LOCATION, RETRY_AFTER};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::carried::Carried;
use crate::client::Shared;
use crate::error::{Error, ErrorKind, Sent};
use crate::redact::{mask_text, one_line, redact_body, redacted_url};
use crate::retry::Outcome;
use crate::retry_after::parse_retry_after;
use crate::service_error::{ResponseFacts, ServiceError, parse_common_error, request_id};
use crate::transport::Failure;

/// How much of an error's body is read, in bytes.
const ERROR_BODY: u64 = 64 * 1024;
/// How much room is made for an answer because of what it says of its length, in bytes: it may say what it likes.
const ANNOUNCED: u64 = 8 * 1024 * 1024;
/// A limit this far off is none, and can be added to an instant.
const FOREVER: Duration = Duration::from_secs(86_400 * 365);

/// A complete answer with a success status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) request_id: Option<String>,
}

/// Sends `request` once; sending and reading the answer may take `limit` together.
pub(crate) async fn attempt(
    http: &reqwest::Client,
    request: reqwest::Request,
    limit: Duration,
    client: &Shared,
    carried: &Carried,
) -> Result<Answer, Failure> {
    let deadline = Instant::now() + limit.min(FOREVER);
    let mut response = match timeout_at(deadline, http.execute(request)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(Failure::from_http(error)),
        Err(_) => return Err(Failure::timed_out(limit)),
    };
    let status = response.status();
    if !status.is_success() {
        let body = read_error_body(&mut response, deadline).await;
        return Err(status_failure(status, response.headers(), &body, client, carried));
    }
    let max = carried
        .parts
        .max_response_bytes
        .unwrap_or(client.max_response_bytes);
    match timeout_at(deadline, read_body(&mut response, max)).await {
        Ok(Ok(bytes)) => Ok(Answer {
            status: status.as_u16(),
            request_id: request_id(response.headers()).map(|id| carried.mask_head(&id)),
            headers: std::mem::take(response.headers_mut()),
            bytes,
        }),
        Ok(Err(failure)) => Err(answered(failure, status)),
        Err(_) => Err(answered(Failure::timed_out(limit), status)),
    }
}

/// Notes the status of an answer whose body did not arrive.
fn answered(mut failure: Failure, status: StatusCode) -> Failure {
    failure.error.0.status = Some(status.as_u16());
    failure
}

async fn read_body(response: &mut reqwest::Response, max: u64) -> Result<Bytes, Failure> {
    let announced = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max) {
        return Err(too_large(max));
    }
    // Room that grows by doubling is twice what is needed, and for a moment three times.
    let room = announced.unwrap_or_default().min(ANNOUNCED);
    let mut bytes = BytesMut::with_capacity(usize::try_from(room).unwrap_or_default());
    while let Some(chunk) = response.chunk().await.map_err(Failure::from_http)? {
        if bytes.len() as u64 + chunk.len() as u64 > max {
            return Err(too_large(max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn too_large(max: u64) -> Failure {
    let mut error = Error::new(
        ErrorKind::Decode,
        format!("the answer is larger than {max} bytes"),
    );
    error.0.sent = Sent::Yes;
    Failure::fatal(error)
}

/// What can be had of an error's body: the status counts even when the body breaks off or stalls.
async fn read_error_body(response: &mut reqwest::Response, deadline: Instant) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 >= ERROR_BODY {
            break;
        }
    }
    bytes
}

/// The failure that an error status stands for.
fn status_failure(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    client: &Shared,
    carried: &Carried,
) -> Failure {
    let service = service_error(
        &ResponseFacts {
            status: status.as_u16(),
            headers,
            body,
        },
        client,
    );
    let shown = |text: String| one_line(&mask_text(&carried.mask(&text)));
    let mut error = Error::new(ErrorKind::Api, message(status, headers, carried));
    let inner = &mut error.0;
    inner.status = Some(status.as_u16());
    inner.service_code = service.code.map(shown);
    inner.service_message = service.message.map(shown);
    inner.request_id = service.request_id.map(shown);
    inner.required_scopes = service.required_scopes.into_iter().map(shown).collect();
    inner.retry_after = headers
        .get(RETRY_AFTER)
        .and_then(|value| parse_retry_after(value.to_str().ok()?, client.clock.now()));
    inner.body = (!carried.parts.sensitive && !body.is_empty()).then(|| carried.mask(&redact_body(body)));
    // A gateway, or a service in trouble, cannot say what became of the request.
    inner.sent = if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        Sent::Maybe
    } else {
        Sent::Yes
    };
    Failure {
        outcome: Outcome::Status {
            status: status.as_u16(),
            transient: service.transient,
        },
        error,
    }
}

/// The client's own reading of an error document, completed by the common one.
fn service_error(facts: &ResponseFacts<'_>, client: &Shared) -> ServiceError {
    let own = (client.error_parser)(facts);
    let common = parse_common_error(facts);
    ServiceError {
        message: own.message.or(common.message),
        code: own.code.or(common.code),
        request_id: own.request_id.or(common.request_id),
        ..own
    }
}

/// The status in words, with the target of a redirect, which is not followed.
fn message(status: StatusCode, headers: &HeaderMap, carried: &Carried) -> String {
    let reason = status.canonical_reason().unwrap_or("unknown status");
    let code = status.as_u16();
    let target = headers.get(LOCATION).filter(|_| status.is_redirection());
    match target.and_then(|target| target.to_str().ok()) {
        Some(target) => {
            let target = Url::parse(target).map_or_else(|_| mask_text(target), |url| redacted_url(&url));
            format!(
                "{code} {reason}: the service redirects to {}",
                one_line(&carried.mask_head(&target))
            )
        }
        None => format!("{code} {reason}"),
    }
}
