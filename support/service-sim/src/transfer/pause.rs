//! Tasks that an administrator has paused: they stay ACTIVE, move nothing, and have ninety days.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Transfer;
use super::caller::Caller;
use super::refusal::Refusal;
use super::submission::read;
use super::task::Task;

const WHILE_PAUSED: TimeDelta = TimeDelta::days(90);
const AFTERWARDS: TimeDelta = TimeDelta::hours(24);

#[derive(Deserialize)]
struct Asked {
    task_id_list: Vec<String>,
    message: Option<String>,
}

/// `POST /v0.10/endpoint_manager/admin_pause`
pub(crate) async fn pause(State(transfer): State<Arc<Transfer>>, caller: Caller, body: Bytes) -> Response {
    let paused = || {
        let asked: Asked = read(&body)?;
        let message = asked
            .message
            .clone()
            .ok_or_else(|| Refusal::bad_request("message is required"))?;
        each(&transfer, &asked, |task, now| task.pause(message.clone(), now))
    };
    // The code is a guess: no answer of the real service is known.
    let result = paused().map(|n| caller.result("result", "Accepted", &format!("{n} tasks were paused")));
    caller.answer(result)
}

/// `POST /v0.10/endpoint_manager/admin_resume`
pub(crate) async fn resume(State(transfer): State<Arc<Transfer>>, caller: Caller, body: Bytes) -> Response {
    let resumed = || {
        let asked: Asked = read(&body)?;
        each(&transfer, &asked, Task::resume)
    };
    // As above.
    let result = resumed().map(|n| caller.result("result", "Accepted", &format!("{n} tasks were resumed")));
    caller.answer(result)
}

fn each(
    transfer: &Transfer,
    asked: &Asked,
    mut change: impl FnMut(&mut Task, DateTime<Utc>),
) -> Result<usize, Refusal> {
    let now = transfer.clock.now();
    for id in &asked.task_id_list {
        let found = transfer.tasks.with(id, |task| change(task, now));
        found.ok_or_else(|| Refusal::not_found(format!("No task with task_id '{id}' found")))?;
    }
    Ok(asked.task_id_list.len())
}

/// `GET /v0.10/task/{task_id}/pause_info`
pub(crate) async fn info(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    let told = transfer.tasks.with_own(&id, &caller.user, |task| {
        json!({
            "DATA_TYPE": "pause_info_limited",
            "pause_rules": [],
            "source_pause_message": task.paused,
            "source_pause_message_share": null,
            "destination_pause_message": null,
            "destination_pause_message_share": null,
        })
    });
    caller.answer::<Value>(told)
}

impl Task {
    fn pause(&mut self, message: String, now: DateTime<Utc>) {
        if self.is_done() || self.paused.is_some() {
            return;
        }
        self.event("PAUSED", "paused by administrator", message.clone(), false, now);
        self.nice_status = Some("PAUSED_BY_ADMIN".to_owned());
        self.paused = Some(message);
        self.control.send_modify(|control| {
            control.paused = true;
            control.deadline = now + WHILE_PAUSED;
        });
    }

    fn resume(&mut self, now: DateTime<Utc>) {
        if self.is_done() || self.paused.take().is_none() {
            return;
        }
        self.event("UNPAUSED", "unpaused", String::new(), false, now);
        self.well("OK");
        self.control.send_modify(|control| {
            control.paused = false;
            control.deadline = now + AFTERWARDS;
        });
    }
}
