//! Tasks: what goes on after a reply.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};

use super::Sfapi;
use crate::routes;

/// Tasks by id.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    inner: Mutex<BTreeMap<u64, (&'static str, Option<String>)>>,
}

impl Tasks {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, (&'static str, Option<String>)>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn document(id: u64, (status, result): &(&'static str, Option<String>)) -> Value {
        json!({ "id": id.to_string(), "status": status, "result": result })
    }
}

/// Begins a task that does `work`, and replies as the service does.
pub(super) fn begin(sfapi: &Arc<Sfapi>, work: impl Future<Output = Value> + Send + 'static) -> Response {
    let id = {
        let mut tasks = sfapi.tasks.lock();
        let id = 1_795_360_000_000 + tasks.len() as u64;
        tasks.insert(id, ("new", None));
        id
    };
    let place = Arc::clone(sfapi);
    tokio::spawn(async move {
        let result = work.await.to_string();
        if let Some(task) = place.tasks.lock().get_mut(&id).filter(|task| task.0 == "new") {
            *task = ("completed", Some(result));
        }
    });
    routes::json(
        200,
        &json!({ "task_id": id.to_string(), "status": "OK", "error": null }),
    )
}

pub(super) async fn list(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let tasks: Vec<Value> = sfapi
        .tasks
        .lock()
        .iter()
        .map(|(id, task)| Tasks::document(*id, task))
        .collect();
    routes::json(200, &json!({ "tasks": tasks }))
}

pub(super) async fn one(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    reply(&sfapi, &id)
}

pub(super) async fn cancel(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let number: u64 = id.parse().unwrap_or_default();
    if let Some(task) = sfapi.tasks.lock().get_mut(&number).filter(|task| task.0 == "new") {
        *task = ("cancelled", None);
    }
    reply(&sfapi, &id)
}

fn reply(sfapi: &Sfapi, id: &str) -> Response {
    let number: u64 = id.parse().unwrap_or_default();
    match sfapi.tasks.lock().get(&number) {
        Some(task) => routes::json(200, &Tasks::document(number, task)),
        None => routes::json(404, &json!({ "detail": "Task not found" })),
    }
}
