//! Earlier replies, for reads that are answered with what was true before.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::StatusCode;

/// Bodies are remembered up to this many bytes; then the oldest requests are forgotten.
const ROOM: usize = 64 << 20;

/// The last replies to each request that can be answered with a stale one.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    replies: HashMap<String, Replies>,
    /// The keys, that of the oldest request first.
    order: VecDeque<String>,
    bytes: usize,
}

#[derive(Debug)]
struct Replies {
    last: Reply,
    /// The last one that differed from `last`.
    earlier: Option<Reply>,
}

#[derive(Clone, Debug)]
struct Reply {
    parts: http::response::Parts,
    body: Bytes,
}

impl Remembered {
    /// Whether there is an earlier reply to the request `key`.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.lock().replies.contains_key(key)
    }

    /// Remembers a reply and gives it back.
    pub(crate) async fn note(&self, key: String, response: Response) -> Response {
        let truth = Reply::of(response).await;
        self.lock().note(key, &truth);
        truth.into_response()
    }

    /// Remembers the reply that would be right, and gives the last one that differed from it, if there is one.
    pub(crate) async fn replace(&self, key: String, truth: Response) -> Option<Response> {
        let truth = Reply::of(truth).await;
        let mut inner = self.lock();
        inner.note(key.clone(), &truth);
        let stale = inner.replies.get(&key)?.earlier.clone()?;
        Some(stale.into_response())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn note(&mut self, key: String, truth: &Reply) {
        // Refusals and failures say nothing about what is asked for.
        if ![StatusCode::OK, StatusCode::NOT_FOUND].contains(&truth.parts.status) {
            return;
        }
        if let Some(replies) = self.replies.get_mut(&key) {
            if !replies.last.says_the_same(truth) {
                let last = std::mem::replace(&mut replies.last, truth.clone());
                self.bytes += truth.body.len();
                if let Some(gone) = replies.earlier.replace(last) {
                    self.bytes -= gone.body.len();
                }
            }
        } else {
            let (last, earlier) = (truth.clone(), None);
            self.bytes += last.body.len();
            self.replies.insert(key.clone(), Replies { last, earlier });
            self.order.push_back(key);
        }
        while self.bytes > ROOM
            && let Some(oldest) = self.order.pop_front()
        {
            let gone = self.replies.remove(&oldest);
            self.bytes -= gone.map_or(0, |gone| gone.bytes());
        }
    }
}

impl Replies {
    fn bytes(&self) -> usize {
        self.last.body.len() + self.earlier.as_ref().map_or(0, |earlier| earlier.body.len())
    }
}

impl Reply {
    async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        // The bodies of this program's own replies lie in memory: reading them cannot fail.
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        Self { parts, body }
    }

    fn into_response(self) -> Response {
        Response::from_parts(self.parts, Body::from(self.body))
    }

    /// Error documents differ by their request id alone.
    fn says_the_same(&self, other: &Self) -> bool {
        let same = self.parts.status == other.parts.status;
        same && (self.parts.status != StatusCode::OK || self.body == other.body)
    }
}
