//! One request and its reply: faults are applied here, and the journal is written.

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::fault::RequestEffect;
use crate::journal::Entry;
use crate::reply;
use crate::routes::{Changed, ErrorFacts, MAX_BODY, Noted, Route, WantsStale, json};
use crate::server::Peer;
use crate::tokens::bearer;

/// Runs one request under the faults and writes it to the journal.
pub(crate) async fn around(State(route): State<Route>, request: Request, next: Next) -> Response {
    let call = Call::new(route, &request);
    let decided = call
        .route
        .shared
        .faults
        .on_request(call.route.operation, || call.can_be_stale());
    match decided {
        None => {
            let response = call.remember(next.run(request).await).await;
            call.answered(None, response)
        }
        Some((effect, text)) => call.with_fault(effect, text, request, next).await,
    }
}

/// A request while it is being answered.
struct Call {
    route: Route,
    method: String,
    path: String,
    query: Option<String>,
    peer: Option<Peer>,
}

impl Call {
    fn new(route: Route, request: &Request) -> Self {
        let peer = request.extensions().get::<ConnectInfo<Peer>>();
        Self {
            route,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            peer: peer.map(|info| info.0.clone()),
        }
    }

    async fn with_fault(self, effect: RequestEffect, text: String, request: Request, next: Next) -> Response {
        let text = Some(text);
        match effect {
            RequestEffect::Status { .. } | RequestEffect::Html | RequestEffect::Unauthorized => {
                self.refused(&effect, text, request).await
            }
            RequestEffect::ResetBefore => {
                self.journal(text, None, Noted::default());
                self.cut()
            }
            RequestEffect::ResetAfter => {
                let response = next.run(request).await;
                self.journal(text, None, noted(&response));
                self.cut()
            }
            RequestEffect::Duplicate => self.twice(text, request, next).await,
            RequestEffect::Odd(odd) => {
                let mut request = request;
                request.extensions_mut().insert(odd);
                self.answered(text, next.run(request).await)
            }
            RequestEffect::Stale => self.stale(text, request, next).await,
            RequestEffect::Skew(by) => {
                let response = self.answered(text, next.run(request).await);
                reply::skew(response, by).await
            }
            RequestEffect::Latency(delay) => {
                let response = self.answered(text, next.run(request).await);
                tokio::time::sleep(delay).await;
                response
            }
            RequestEffect::Truncate => {
                let response = self.answered(text, next.run(request).await);
                match &self.peer {
                    Some(peer) => reply::truncate(response, peer.cut.clone()).await,
                    None => response,
                }
            }
            RequestEffect::Hold(name) | RequestEffect::HoldBefore(name) | RequestEffect::Stall(name)
                if self.route.shared.holds.is_released(&name) =>
            {
                self.answered(None, next.run(request).await)
            }
            RequestEffect::Hold(name) => {
                let response = next.run(request).await;
                self.journal(text, None, noted(&response));
                self.route.shared.holds.released(&name).await;
                response
            }
            RequestEffect::HoldBefore(name) => self.held_before(&name, text, request, next).await,
            RequestEffect::Stall(name) => {
                let response = self.answered(text, next.run(request).await);
                reply::stall(response, self.route.shared, name).await
            }
        }
    }

    /// Answers without acting on the request.
    async fn refused(&self, effect: &RequestEffect, text: Option<String>, request: Request) -> Response {
        if let (RequestEffect::Unauthorized, Some(token)) = (effect, bearer(request.headers())) {
            self.route.shared.tokens.forget(token);
        }
        // Read to its end, so that closing the connection later cannot look like a reset. A body that breaks off is
        // the client's own affair.
        let _: Option<Request> = whole(request).await;
        let response = match effect {
            RequestEffect::Html => reply::html(),
            RequestEffect::Status { code, retry_after } => {
                let mut response = self.refusal(*code, "simulated failure");
                if let Some(delay) = retry_after {
                    let seconds = HeaderValue::from(delay.as_secs());
                    response.headers_mut().insert(header::RETRY_AFTER, seconds);
                }
                response
            }
            _ => self.refusal(401, "Token is not active"),
        };
        self.answered(text, response)
    }

    /// Keeps the request until the name is released, and acts on it only if somebody still waits for the reply.
    async fn held_before(&self, name: &str, text: Option<String>, request: Request, next: Next) -> Response {
        let request = whole(request).await;
        let n = self.journal(text, None, Noted::default());
        let Some(request) = request else {
            return self.cut();
        };
        // When the client closes its end, the server drops this future where it waits.
        self.route.shared.holds.released(name).await;
        if self.peer.as_ref().is_some_and(Peer::is_gone) {
            return self.cut();
        }
        let response = next.run(request).await;
        let (status, noted) = (response.status().as_u16(), noted(&response));
        self.route.shared.journal.amend(n, |entry| {
            entry.status = Some(status);
            entry.task_id = noted.task_id;
            entry.submission_id = noted.submission_id;
        });
        response
    }

    /// Acts on the request twice, one after the other; the second reply is the one that is sent.
    async fn twice(&self, text: Option<String>, request: Request, next: Next) -> Response {
        let Some(copies) = Copies::of(request).await else {
            self.journal(text, None, Noted::default());
            return self.cut();
        };
        self.answered(text.clone(), next.clone().run(copies.another()).await);
        self.answered(text, next.run(copies.another()).await)
    }

    /// Gives the last reply to the same request that differs from what is true now, or else what the service knows of
    /// the state before the last change.
    async fn stale(&self, text: Option<String>, request: Request, next: Next) -> Response {
        let (Some(copies), Some(key)) = (Copies::of(request).await, self.memory_key()) else {
            self.journal(text, None, Noted::default());
            return self.cut();
        };
        let truth = next.clone().run(copies.another()).await;
        let noted = noted(&truth);
        let earlier = self.route.shared.remembered.replace(key, truth).await;
        let mut response = if let Some(earlier) = earlier {
            earlier
        } else {
            let mut request = copies.another();
            request.extensions_mut().insert(WantsStale);
            next.run(request).await
        };
        response.extensions_mut().insert(noted);
        self.answered(text, response)
    }

    fn can_be_stale(&self) -> bool {
        let Some(key) = self.memory_key() else {
            return false;
        };
        let query = self.query.as_deref().unwrap_or_default();
        let changed = |changed: &Changed| changed(&self.path, query);
        self.route.shared.remembered.knows(&key) || self.route.changed.as_ref().is_some_and(changed)
    }

    async fn remember(&self, response: Response) -> Response {
        match self.memory_key() {
            Some(key) => self.route.shared.remembered.note(key, response).await,
            None => response,
        }
    }

    /// What makes two requests the same, for the operations that can be answered with a stale reply.
    fn memory_key(&self) -> Option<String> {
        let known = crate::operations::CAN_BE_STALE.contains(&self.route.operation);
        known.then(|| format!("{}?{}", self.path, self.query.as_deref().unwrap_or_default()))
    }

    fn refusal(&self, status: u16, message: &str) -> Response {
        let request_id = self.route.shared.request_id();
        let facts = ErrorFacts {
            status,
            message,
            resource: &self.path,
            request_id: &request_id,
        };
        json(status, &(self.route.service.error)(&facts))
    }

    fn answered(&self, fault: Option<String>, response: Response) -> Response {
        self.journal(fault, Some(response.status().as_u16()), noted(&response));
        response
    }

    /// Writes the request's entry and gives its number.
    fn journal(&self, fault: Option<String>, status: Option<u16>, noted: Noted) -> usize {
        let Route {
            shared,
            service,
            operation,
            ..
        } = &self.route;
        let operation = match *operation {
            "unknown" => format!("{}.unknown", service.name),
            known => known.to_owned(),
        };
        shared.journal.push(Entry {
            n: 0,
            at: shared.clock.now(),
            service: service.name.to_owned(),
            operation,
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            status,
            fault,
            client_port: self.peer.as_ref().map(|peer| peer.port),
            task_id: noted.task_id,
            submission_id: noted.submission_id,
        })
    }

    /// From here nothing reaches the client; the response only ends the exchange inside the server.
    fn cut(&self) -> Response {
        if let Some(peer) = &self.peer {
            peer.cut.reset();
        }
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

fn noted(response: &Response) -> Noted {
    response.extensions().get::<Noted>().cloned().unwrap_or_default()
}

/// The request with its body read to the end; `None` if the body broke off or is too large.
async fn whole(request: Request) -> Option<Request> {
    Some(Copies::of(request).await?.another())
}

/// A request that is delivered more than once.
struct Copies {
    parts: http::request::Parts,
    body: Bytes,
}

impl Copies {
    /// `None` as for [`whole`].
    async fn of(request: Request) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, MAX_BODY).await.ok()?;
        Some(Self { parts, body })
    }

    fn another(&self) -> Request {
        Request::from_parts(self.parts.clone(), Body::from(self.body.clone()))
    }
}
