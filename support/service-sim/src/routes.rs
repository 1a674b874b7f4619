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

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use http::{StatusCode, header};
use serde_json::Value;

use crate::exchange::around;
use crate::shared::Shared;

/// Bodies above this are refused; the real services have limits of the same order.
pub(crate) const MAX_BODY: usize = 64 << 20;

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
    json_text(status, document.to_string())
}

/// A reply of which the JSON is written already.
pub(crate) fn json_text(status: u16, document: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], document).into_response()
}

/// On a request, as an extension: the handler is to answer with what was true before the last change, if it can.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WantsStale;

/// On a request, as an extension: the handler is to answer in a way that the service may, but seldom does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// Some of what was asked for is left out.
    Omit,
    /// What was taken is given up, with a reason.
    GiveUp,
}

impl Odd {
    /// The operation that can answer so.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Omit => "compute.batch_status",
            Self::GiveUp => "compute.submit",
        }
    }
}

/// Whether something changed lately that a request, by its path and query, is about.
pub(crate) type Changed = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// A service's name in the journal, and how it words its errors.
#[derive(Clone, Copy)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) error: ErrorDocument,
}

/// The routes of one service, being gathered.
pub(crate) struct Routes<S> {
    shared: Arc<Shared>,
    service: Service,
    changed: Option<Changed>,
    router: Router<S>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// `service` is the name the journal uses.
    pub(crate) fn new(shared: &Arc<Shared>, service: &'static str, error: ErrorDocument) -> Self {
        Self {
            shared: Arc::clone(shared),
            service: Service { name: service, error },
            changed: None,
            router: Router::new(),
        }
    }

    /// Says of which requests the routes that follow know an earlier state.
    pub(crate) fn changed(mut self, changed: Changed) -> Self {
        self.changed = Some(changed);
        self
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
            changed: self.changed.clone(),
            operation,
        }
    }
}

/// What a request has come to.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) shared: Arc<Shared>,
    pub(crate) service: Service,
    pub(crate) changed: Option<Changed>,
    pub(crate) operation: &'static str,
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
