//! How a service mounts its routes: each with its operation's name, under the journal and the request faults.
//!
//! To add a route to a service:
//!
//! ```text
//! Routes::new(shared, "scicat", error_document)
//!     .on("scicat.login", "/api/v3/auth/login", post(login))   // the name also goes into operations.rs
//!     .on("scicat.dataset_get", "/api/v3/datasets/{pid}", get(dataset))
//!     .finish(state)
//! ```
//!
//! A handler is an ordinary axum handler over the service's state. It replies with [`json`] and
//! attaches a [`Noted`] extension where the journal should name a task.

use std::sync::Arc;
use std::task::Poll;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::fault::RequestEffect;
use crate::journal::Entry;
use crate::server::{Cut, Peer};
use crate::shared::Shared;
use crate::tokens::bearer;

/// Bodies above this are refused; the real services have limits of the same order.
const MAX_BODY: usize = 64 << 20;

/// What a service's error document is made of.
#[derive(Debug)]
pub(crate) struct ErrorFacts<'a> {
    pub(crate) status: u16,
    pub(crate) message: &'a str,
    /// The request's path.
    pub(crate) resource: &'a str,
    pub(crate) request_id: &'a str,
}

/// Makes the service's error document for statuses that come from the simulator's own middleware (faults, unknown
/// paths).
pub(crate) type ErrorDocument = fn(&ErrorFacts<'_>) -> Value;

/// What a handler tells the journal about its request, as an extension of its response.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    pub(crate) task_id: Option<String>,
    pub(crate) submission_id: Option<String>,
}

/// A JSON reply.
pub(crate) fn json(status: u16, document: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        document.to_string(),
    )
        .into_response()
}

#[derive(Clone, Copy)]
struct Service {
    name: &'static str,
    error: ErrorDocument,
}

/// The routes of one service, being gathered.
pub(crate) struct Routes<S> {
    shared: Arc<Shared>,
    service: Service,
    router: Router<S>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// `service` is the name the journal uses.
    pub(crate) fn new(shared: &Arc<Shared>, service: &'static str, error: ErrorDocument) -> Self {
        Self {
            shared: Arc::clone(shared),
            service: Service { name: service, error },
            router: Router::new(),
        }
    }

    /// Adds a route. Several methods on one path are several calls.
    pub(crate) fn on(mut self, operation: &'static str, path: &str, methods: MethodRouter<S>) -> Self {
        debug_assert!(
            crate::operations::OPERATIONS.contains(&operation),
            "{operation} is not in operations.rs"
        );
        let route = self.route(operation);
        self.router = self
            .router
            .route(path, methods.route_layer(from_fn_with_state(route, around)));
        self
    }

    /// The finished router. Unknown paths and methods are answered 404 and 405 by the service's error document and
    /// journalled as `unknown`.
    pub(crate) fn finish(self, state: S) -> Router {
        let nowhere = from_fn_with_state(self.route("unknown"), around);
        let service = self.service;
        let refuse = move |status| move |request: Request| async move { unknown(service, status, &request) };
        self.router
            .method_not_allowed_fallback(refuse(405).layer(nowhere.clone()))
            .fallback(refuse(404).layer(nowhere))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(state)
    }

    fn route(&self, operation: &'static str) -> Route {
        Route {
            shared: Arc::clone(&self.shared),
            service: self.service,
            operation,
        }
    }
}

#[derive(Clone)]
struct Route {
    shared: Arc<Shared>,
    service: Service,
    operation: &'static str,
}

fn unknown(service: Service, status: u16, request: &Request) -> Response {
    let facts = ErrorFacts {
        status,
        message: "service-sim does not serve this path or method",
        resource: request.uri().path(),
        request_id: "sim",
    };
    json(status, &(service.error)(&facts))
}

/// Runs one request under the faults and writes it to the journal.
async fn around(State(route): State<Route>, request: Request, next: Next) -> Response {
    let call = Call::new(route, &request);
    match call.route.shared.faults.on_request(call.route.operation) {
        None => call.answered(None, next.run(request).await),
        Some((effect, text)) => call.with_fault(effect, text, request, next).await,
    }
}

/// A request while it is being answered.
struct Call {
    route: Route,
    method: String,
    path: String,
    query: Option<String>,
    port: Option<u16>,
    cut: Cut,
}

impl Call {
    fn new(route: Route, request: &Request) -> Self {
        let peer = request
            .extensions()
            .get::<ConnectInfo<Peer>>()
            .map(|info| &info.0);
        Self {
            route,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            port: peer.map(|peer| peer.port),
            cut: peer.map(|peer| peer.cut.clone()).unwrap_or_default(),
        }
    }

    async fn with_fault(self, effect: RequestEffect, text: String, request: Request, next: Next) -> Response {
        let text = Some(text);
        match effect {
            RequestEffect::Status { code, retry_after } => {
                discard(request).await;
                let mut response = self.refusal(code, "simulated failure");
                if let Some(delay) = retry_after {
                    response
                        .headers_mut()
                        .insert(header::RETRY_AFTER, HeaderValue::from(delay.as_secs()));
                }
                self.answered(text, response)
            }
            RequestEffect::Html => {
                discard(request).await;
                self.answered(text, html())
            }
            RequestEffect::Unauthorized => {
                if let Some(token) = bearer(request.headers()) {
                    self.route.shared.tokens.forget(token);
                }
                discard(request).await;
                let response = self.refusal(401, "Token is not active");
                self.answered(text, response)
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
            RequestEffect::Truncate => {
                let response = self.answered(text, next.run(request).await);
                truncate(response, self.cut).await
            }
            RequestEffect::Hold(name) if self.route.shared.holds.is_released(&name) => {
                self.answered(None, next.run(request).await)
            }
            RequestEffect::Hold(name) => {
                let response = next.run(request).await;
                self.journal(text, None, noted(&response));
                self.route.shared.holds.released(&name).await;
                response
            }
        }
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

    fn journal(&self, fault: Option<String>, status: Option<u16>, noted: Noted) {
        let Route {
            shared,
            service,
            operation,
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
            client_port: self.port,
            task_id: noted.task_id,
            submission_id: noted.submission_id,
        });
    }

    /// From here nothing reaches the client; the response only ends the exchange inside the server.
    fn cut(&self) -> Response {
        self.cut.reset();
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

fn noted(response: &Response) -> Noted {
    response.extensions().get::<Noted>().cloned().unwrap_or_default()
}

/// Reads the request's body to its end, so that closing the connection later cannot look like a reset.
async fn discard(request: Request) {
    // A body that breaks off is the client's own affair.
    let _: Result<Bytes, axum::Error> = axum::body::to_bytes(request.into_body(), MAX_BODY).await;
}

fn html() -> Response {
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
async fn truncate(response: Response, cut: Cut) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
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
