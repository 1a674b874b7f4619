//! What faults make of a reply.

use std::sync::Arc;
use std::task::Poll;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, TimeDelta};
use futures_util::{StreamExt, stream};
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::server::Cut;
use crate::shared::Shared;

/// A gateway's page where JSON was expected.
pub(crate) fn html() -> Response {
    let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
                <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
    (
        StatusCode::BAD_GATEWAY,
        [(header::CONTENT_TYPE, "text/html")],
        page,
    )
        .into_response()
}

/// The same response with its full content-length but only the first half of its body.
pub(crate) async fn truncate(response: Response, cut: Cut) -> Response {
    let (parts, body) = with_length(response).await;
    let mut half = Some(body.slice(..body.len() / 2));
    let broken = stream::poll_fn(move |_| {
        if let Some(half) = half.take() {
            return Poll::Ready(Some(Ok::<Bytes, std::io::Error>(half)));
        }
        // Pending makes the server flush the half, and the flush then ends the connection.
        cut.after_flush();
        Poll::Pending
    });
    Response::from_parts(parts, Body::from_stream(broken))
}

/// The same response, of which the second half comes when the name is released.
pub(crate) async fn stall(response: Response, shared: Arc<Shared>, name: String) -> Response {
    let (parts, mut body) = with_length(response).await;
    let half = body.split_to(body.len() / 2);
    let rest = stream::once(async move {
        shared.holds.released(&name).await;
        Ok(body)
    });
    let halves = stream::once(async move { Ok::<Bytes, std::io::Error>(half) }).chain(rest);
    Response::from_parts(parts, Body::from_stream(halves))
}

/// The same document with every time in it moved by so many seconds.
pub(crate) async fn skew(response: Response, by: i64) -> Response {
    let (mut parts, body) = with_length(response).await;
    let Ok(mut document) = serde_json::from_slice::<Value>(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    move_times(&mut document, by);
    let text = document.to_string();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    Response::from_parts(parts, Body::from(text))
}

async fn with_length(response: Response) -> (http::response::Parts, Bytes) {
    let (mut parts, body) = response.into_parts();
    // The bodies of this program's own replies lie in memory: reading them cannot fail.
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    (parts, body)
}

fn move_times(value: &mut Value, by: i64) {
    match value {
        Value::String(text) => {
            if let Some(moved) = moved(text, by) {
                *text = moved;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_times(item, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| move_times(field, by)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A time with its zone, `T` or a blank between date and time, moved and otherwise written as before.
fn moved(text: &str, by: i64) -> Option<String> {
    let separator = text
        .get(10..11)
        .filter(|separator| ["T", " "].contains(separator))?;
    let at = DateTime::<FixedOffset>::parse_from_rfc3339(&text.replacen(' ', "T", 1)).ok()?;
    let at = at.checked_add_signed(TimeDelta::try_seconds(by)?)?;
    let seconds = at.format(&format!("%Y-%m-%d{separator}%H:%M:%S")).to_string();
    // Fraction and zone are the same as before, because only whole seconds were added.
    Some(seconds + text.get(19..)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_moved_and_nothing_else() {
        let mut document = json!({
            "a": "2021-09-02T23:30:00+00:00",
            "b": ["2021-09-02 18:04:47+00:00", {"c": "2021-09-02T18:04:47.123Z"}],
            "label": "2021-09-02",
            "n": 3,
        });
        move_times(&mut document, 3600);
        let expected = json!({
            "a": "2021-09-03T00:30:00+00:00",
            "b": ["2021-09-02 19:04:47+00:00", {"c": "2021-09-02T19:04:47.123Z"}],
            "label": "2021-09-02",
            "n": 3,
        });
        assert_eq!(document, expected);
        assert_eq!(moved("2021-09-02T18:04:47Z", i64::MAX), None);
    }
}
