//! Looking at tasks, cancelling and updating them.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::{Caller, Reply};
use super::filter::{self, Filter};
use super::refusal::Refusal;
use super::submission::{deadline, label, read};
use super::task::{End, Task};
use super::{Transfer, documents, order};
use crate::routes::Noted;

/// Items a page of `successful_transfers` and `skipped_errors` has.
const MARKER_PAGE: usize = 1000;

/// What a handler notes about the task in its path.
fn about(task_id: &str, document: &Value) -> Reply {
    let noted = Noted {
        task_id: Some(task_id.to_owned()),
        submission_id: None,
    };
    Reply::new(document, noted)
}

/// `GET /v0.10/task/{task_id}`
pub(crate) async fn one(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    let document = transfer
        .tasks
        .with_own(&id, &caller.user, |task| documents::task(&transfer, task));
    caller.answer(document.map(|document| about(&id, &document)))
}

/// `GET /v0.10/task_list`
pub(crate) async fn list(State(transfer): State<Arc<Transfer>>, caller: Caller) -> Response {
    caller.answer(listed(&transfer, &caller))
}

fn listed(transfer: &Transfer, caller: &Caller) -> Result<Value, Refusal> {
    let known = [
        "task_id",
        "status",
        "type",
        "label",
        "request_time",
        "completion_time",
    ];
    let filter = Filter::parse(caller.query("filter").unwrap_or_default(), &known)?;
    let mut found = transfer.tasks.filter_map(|task| {
        let wanted = task.plan.owner == caller.user && filter.matches(|key, value| holds(task, key, value));
        wanted.then(|| documents::task(transfer, task))
    });
    // Several tasks may have been asked for within a second, so the newest come first by position too.
    found.reverse();
    if let Some(text) = caller.query("orderby") {
        order::sort(&mut found, text, |key, a, b| {
            let fields = [
                "request_time",
                "completion_time",
                "label",
                "status",
                "type",
                "task_id",
                "deadline",
            ];
            let compared = || text_of(a, key).cmp(text_of(b, key));
            fields.contains(&key).then(compared)
        })?;
    }
    let mut page = order::page(caller, found, 10, 1000)?;
    let fields: Option<Vec<&str>> = caller.query("fields").map(|fields| fields.split(',').collect());
    for document in page.items.iter_mut().filter_map(Value::as_object_mut) {
        document.remove("DATA_TYPE");
        if let Some(fields) = &fields {
            document.retain(|key, _| fields.contains(&key.as_str()));
        }
    }
    Ok(json!({
        "DATA_TYPE": "task_list",
        "length": page.items.len(),
        "limit": page.limit,
        "offset": page.offset,
        "total": page.total,
        "DATA": page.items,
    }))
}

fn text_of<'a>(document: &'a Value, key: &str) -> &'a str {
    document.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn holds(task: &Task, key: &str, value: &str) -> bool {
    match key {
        "task_id" => filter::is_one_of(value, &task.id),
        "status" => filter::is_one_of(value, task.status.as_str()),
        "type" => filter::is_one_of(value, task.plan.kind.as_str()),
        "label" => filter::text(value, task.plan.label.as_deref().unwrap_or_default(), false),
        "request_time" => filter::time(value, Some(task.request_time)),
        "completion_time" => filter::time(value, task.completion_time),
        _ => false,
    }
}

/// `POST /v0.10/task/{task_id}/cancel`
pub(crate) async fn cancel(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    let now = transfer.clock.now();
    let cancelled = transfer
        .tasks
        .with_own(&id, &caller.user, |task| task.finish(End::Canceled, now));
    caller.answer(cancelled.map(|cancelled| {
        let (code, message) = if cancelled {
            ("Canceled", "The task has been cancelled successfully.")
        } else {
            (
                "TaskComplete",
                "The task completed before the cancel request was processed.",
            )
        };
        about(&id, &caller.result("result", code, message))
    }))
}

#[derive(Deserialize)]
struct Update {
    label: Option<String>,
    deadline: Option<String>,
}

/// `PUT /v0.10/task/{task_id}`: label and deadline.
pub(crate) async fn update(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Response {
    let change = || {
        let update: Update = read(&body)?;
        let (label, deadline) = (label(update.label)?, deadline(update.deadline.as_deref())?);
        transfer.tasks.with_own(&id, &caller.user, |task| {
            if task.is_done() {
                return Err(Refusal::new(
                    409,
                    "Conflict",
                    "The task has completed and cannot be updated",
                ));
            }
            if label.is_some() {
                Arc::make_mut(&mut task.plan).label = label;
            }
            if let Some(deadline) = deadline {
                task.deadline_is_fixed = true;
                task.control.send_modify(|control| control.deadline = deadline);
            }
            Ok(())
        })?
    };
    let message = "The task has been updated";
    caller.answer(change().map(|()| about(&id, &caller.result("result", "Updated", message))))
}

/// `GET /v0.10/task/{task_id}/event_list`, newest first.
pub(crate) async fn events(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    let list = || {
        let mut events: Vec<Value> = transfer.tasks.with_own(&id, &caller.user, |task| {
            task.events.iter().map(documents::event).collect()
        })?;
        events.reverse();
        let page = order::page(&caller, events, 10, 1000)?;
        Ok(about(
            &id,
            &json!({
                "DATA_TYPE": "event_list",
                "length": page.items.len(),
                "limit": page.limit,
                "offset": page.offset,
                "total": page.total,
                "DATA": page.items,
            }),
        ))
    };
    caller.answer(list())
}

/// `GET /v0.10/task/{task_id}/successful_transfers`
pub(crate) async fn successful_transfers(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    let page = by_marker(&transfer, &id, &caller, "successful_transfers", |task| {
        task.delivered.iter().map(documents::delivered).collect()
    });
    caller.answer(page)
}

/// `GET /v0.10/task/{task_id}/skipped_errors`
pub(crate) async fn skipped_errors(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    let page = by_marker(&transfer, &id, &caller, "skipped_errors", |task| {
        task.skipped.iter().map(documents::skipped).collect()
    });
    caller.answer(page)
}

/// A page of a list that is paged by numeric markers: `next_marker` is null at the end.
fn by_marker(
    transfer: &Transfer,
    id: &str,
    caller: &Caller,
    data_type: &str,
    items: impl FnOnce(&Task) -> Vec<Value>,
) -> Result<Reply, Refusal> {
    let marker = caller.number("marker")?.unwrap_or(0);
    let items = transfer.tasks.with_own(id, &caller.user, |task| items(task))?;
    let end = marker.saturating_add(MARKER_PAGE);
    let next = match items.len().cmp(&end) {
        Ordering::Greater => json!(end),
        _ => Value::Null,
    };
    let page: Vec<Value> = items.into_iter().skip(marker).take(MARKER_PAGE).collect();
    let document = json!({ "DATA_TYPE": data_type, "marker": marker, "next_marker": next, "DATA": page });
    Ok(about(id, &document))
}
