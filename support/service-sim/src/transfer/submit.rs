//! Submission ids and submissions.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::{Caller, Reply};
use super::refusal::Refusal;
use super::store::Submitted;
use super::submission::{DeleteDocument, TransferDocument, read};
use super::task::{Kind, Plan};
use super::{Transfer, engine};
use crate::builder::Limits;
use crate::fault::TaskEffect;
use crate::routes::Noted;

/// `GET /v0.10/submission_id`
pub(crate) async fn submission_id(State(transfer): State<Arc<Transfer>>, caller: Caller) -> Response {
    let id = transfer.tasks.issue();
    let document = json!({ "value": id });
    let noted = Noted {
        submission_id: Some(id),
        task_id: None,
    };
    caller.answer(Ok(Reply::new(&document, noted)))
}

/// `POST /v0.10/transfer`
pub(crate) async fn transfer(State(transfer): State<Arc<Transfer>>, caller: Caller, body: Bytes) -> Response {
    let accept = || {
        let document: TransferDocument = read(&body)?;
        accept(&transfer, &caller, document.submission_id.clone(), || {
            document.plan(&caller.user)
        })
    };
    caller.answer(accept())
}

/// `POST /v0.10/delete`
pub(crate) async fn delete(State(transfer): State<Arc<Transfer>>, caller: Caller, body: Bytes) -> Response {
    let accept = || {
        let document: DeleteDocument = read(&body)?;
        accept(&transfer, &caller, document.submission_id.clone(), || {
            document.plan(&caller.user)
        })
    };
    caller.answer(accept())
}

fn accept(
    transfer: &Arc<Transfer>,
    caller: &Caller,
    submission_id: String,
    plan: impl FnOnce() -> Result<Plan, Refusal>,
) -> Result<Reply, Refusal> {
    let is_delete = caller.resource.ends_with("/delete");
    // A known submission id gives its task, whatever else the document says.
    let submitted = match transfer.tasks.submitted(&submission_id)? {
        Some(task_id) => Submitted::Duplicate(task_id),
        None => create(transfer, caller, plan()?)?,
    };
    let (code, task_id) = match submitted {
        Submitted::Accepted(id) => ("Accepted", id),
        Submitted::Duplicate(id) => ("Duplicate", id),
    };
    let document = result(caller, is_delete, code, &submission_id, &task_id);
    let noted = Noted {
        task_id: Some(task_id),
        submission_id: Some(submission_id),
    };
    Ok(Reply::new(&document, noted))
}

#[cfg(feature = "flows")]
impl Transfer {
    /// Starts the transfer that a flow asks for in a user's name; gives its id.
    pub(crate) fn begin(self: &Arc<Self>, user: &str, parameters: &Value) -> Result<String, String> {
        let text = |names: [&str; 2]| names.iter().find_map(|name| parameters[*name].as_str());
        let items = parameters["transfer_items"]
            .as_array()
            .or_else(|| parameters["DATA"].as_array());
        let items = items.into_iter().flatten().map(|item| {
            let mut item = item.clone();
            item["DATA_TYPE"] = json!("transfer_item");
            item
        });
        let document = json!({
            "DATA_TYPE": "transfer", "submission_id": self.tasks.issue(), "DATA": items.collect::<Vec<Value>>(),
            "source_endpoint": text(["source_endpoint", "source_endpoint_id"]),
            "destination_endpoint": text(["destination_endpoint", "destination_endpoint_id"]),
            "label": parameters["label"].as_str(),
        });
        let document: TransferDocument =
            read(document.to_string().as_bytes()).map_err(|refusal| refusal.message)?;
        let plan = document.plan(user).map_err(|refusal| refusal.message)?;
        let wanted = plan.clone();
        let submitted = self.tasks.submit(plan, self.shared.limits, self.clock.now());
        match submitted.map_err(|refusal| refusal.message)? {
            Submitted::Accepted(id) => {
                engine::start(self, id.clone(), fault(self, &wanted));
                Ok(id)
            }
            Submitted::Duplicate(id) => Ok(id),
        }
    }
}

fn create(transfer: &Arc<Transfer>, caller: &Caller, plan: Plan) -> Result<Submitted, Refusal> {
    transfer.open(caller, &plan.source)?;
    if let Some(destination) = &plan.destination {
        transfer.open(caller, destination)?;
    }
    let limits = transfer.shared.limits;
    let wanted = plan.clone();
    let submitted = transfer.tasks.submit(plan, limits, transfer.clock.now())?;
    if let Submitted::Accepted(id) = &submitted {
        if limits == Limits::Production {
            transfer.tasks.with(id, |task| task.well("Queued"));
        }
        engine::start(transfer, id.clone(), fault(transfer, &wanted));
    }
    Ok(submitted)
}

/// The fault that strikes the new task, if any.
fn fault(transfer: &Transfer, plan: &Plan) -> Option<TaskEffect> {
    transfer
        .shared
        .faults
        .on_task(plan.kind == Kind::Delete, |filter| {
            let source = filter.source.as_ref().is_none_or(|key| {
                plan.items
                    .iter()
                    .any(|item| within(transfer, key, &plan.source, &item.source))
            });
            let destination = filter.destination.as_ref().is_none_or(|key| {
                plan.destination.as_ref().is_some_and(|uuid| {
                    plan.items
                        .iter()
                        .any(|item| within(transfer, key, uuid, &item.destination))
                })
            });
            source && destination
        })
}

/// Whether a path on the endpoint `uuid` lies in the collection `key`: several keys may share a uuid and differ by
/// their root.
fn within(transfer: &Transfer, key: &str, uuid: &str, path: &str) -> bool {
    let collection = transfer.shared.collections.iter().find(|c| c.key() == key);
    collection.is_some_and(|c| {
        let root = c.root_path().trim_end_matches('/');
        let below = path
            .strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        c.uuid() == uuid && below
    })
}

fn result(caller: &Caller, is_delete: bool, code: &str, submission_id: &str, task_id: &str) -> Value {
    let (data_type, kind) = if is_delete {
        ("delete_result", Kind::Delete)
    } else {
        ("transfer_result", Kind::Transfer)
    };
    let what = kind.as_str().to_lowercase();
    let message = match code {
        "Accepted" => {
            format!("The {what} has been accepted and a task has been created and queued for execution")
        }
        _ => format!("A {what} with this submission_id was accepted before"),
    };
    let mut document = caller.result(data_type, code, &message);
    document["submission_id"] = json!(submission_id);
    document["task_id"] = json!(task_id);
    document["task_link"] = json!({
        "DATA_TYPE": "link",
        "href": format!("/v0.10/task/{task_id}?format=json"),
        "rel": "related",
        "resource": "task",
        "title": "related task",
    });
    document
}
