//! Task documents and what hangs on them.

use serde_json::{Value, json};

use super::Transfer;
use super::task::{Delivered, Event, Kind, Skipped, Task};
use super::times::task_time;

/// The document of one task, every field the service has.
pub(crate) fn task(transfer: &Transfer, task: &Task) -> Value {
    let mut document = head(transfer, task);
    for part in [options(task), progress(task)] {
        if let (Value::Object(document), Value::Object(part)) = (&mut document, part) {
            document.extend(part);
        }
    }
    document
}

fn head(transfer: &Transfer, task: &Task) -> Value {
    let plan = &task.plan;
    let name = |uuid: &str| transfer.collection(uuid).map(|c| c.key().to_owned()).ok();
    let done = task.is_done();
    json!({
        "DATA_TYPE": "task",
        "task_id": task.id,
        "type": plan.kind.as_str(),
        "status": task.status.as_str(),
        "label": plan.label,
        "owner_id": plan.owner,
        "username": "u_simulated",
        "command": "API 0.10",
        "source_endpoint": name(&plan.source),
        "source_endpoint_id": plan.source,
        "source_endpoint_display_name": name(&plan.source),
        "destination_endpoint": plan.destination.as_deref().and_then(name),
        "destination_endpoint_id": plan.destination,
        "destination_endpoint_display_name": plan.destination.as_deref().and_then(name),
        "request_time": task_time(task.request_time),
        "completion_time": task.completion_time.map(task_time),
        "deadline": task_time(task.deadline()),
        "nice_status": task.nice_status,
        "nice_status_short_description": task.trouble.as_ref().map(|t| t.description.as_str()).or((!done).then_some("OK")),
        "nice_status_details": task.trouble.as_ref().map(|t| t.details.as_str()),
        "nice_status_expires_in": if done { Value::Null } else { json!(-1) },
        "is_ok": (!done).then_some(task.trouble.is_none()),
        "is_paused": task.paused.is_some(),
        "fatal_error": task.fatal_error.as_ref().map(|t| json!({"code": t.code, "description": t.description})),
        "canceled_by_admin": null,
        "canceled_by_admin_message": null,
        "history_deleted": false,
    })
}

fn options(task: &Task) -> Value {
    let options = &task.plan.options;
    let is_transfer = task.plan.kind == Kind::Transfer;
    let only_transfer = |value: bool| is_transfer.then_some(value);
    json!({
        "sync_level": options.sync_level,
        "verify_checksum": only_transfer(options.verify_checksum),
        "preserve_timestamp": only_transfer(options.preserve_timestamp),
        "encrypt_data": only_transfer(options.encrypt_data),
        "skip_source_errors": only_transfer(options.skip_source_errors),
        "fail_on_quota_errors": only_transfer(options.fail_on_quota_errors),
        "delete_destination_extra": only_transfer(false),
        "filter_rules": (!options.filter_rules.is_empty()).then_some(&options.filter_rules),
        "recursive_symlinks": is_transfer.then_some("ignore"),
    })
}

fn progress(task: &Task) -> Value {
    let counts = &task.counts;
    let ended = counts.succeeded + counts.skipped_errors + counts.failed + counts.canceled + counts.expired;
    let pending = task.total().saturating_sub(ended);
    let seconds = task
        .completion_time
        .map_or(0, |end| (end - task.request_time).num_seconds())
        .max(1);
    let rate = counts.bytes_transferred / u64::try_from(seconds).unwrap_or(1);
    json!({
        "files": counts.files,
        "directories": counts.directories,
        "symlinks": 0,
        "files_transferred": counts.files_transferred,
        "files_skipped": counts.files_skipped,
        "bytes_transferred": counts.bytes_transferred,
        "bytes_checksummed": counts.bytes_checksummed,
        "effective_bytes_per_second": rate,
        "faults": counts.faults,
        "subtasks_total": task.total(),
        "subtasks_pending": pending,
        "subtasks_retrying": u64::from(task.trouble.is_some()).min(pending),
        "subtasks_succeeded": counts.succeeded,
        "subtasks_failed": counts.failed,
        "subtasks_canceled": counts.canceled,
        "subtasks_expired": counts.expired,
        "subtasks_skipped_errors": counts.skipped_errors,
    })
}

pub(crate) fn event(event: &Event) -> Value {
    json!({
        "DATA_TYPE": "event",
        "code": event.code,
        "description": event.description,
        "details": event.details,
        "is_error": event.is_error,
        "time": task_time(event.time),
    })
}

pub(crate) fn delivered(file: &Delivered) -> Value {
    json!({
        "DATA_TYPE": "successful_transfer",
        "source_path": file.source,
        "destination_path": file.destination,
        "size": file.size,
        "checksum": file.checksum,
        "checksum_algorithm": file.checksum.as_ref().map(|_| "SHA256"),
        "dynamic": false,
    })
}

pub(crate) fn skipped(path: &Skipped) -> Value {
    json!({
        "DATA_TYPE": "skipped_error",
        "error_code": path.code,
        "error_details": path.details,
        "error_time": task_time(path.time),
        "source_path": path.source,
        "destination_path": path.destination,
        "is_directory": false,
        "is_symlink": false,
        "is_delete_destination_extra": false,
        "external_checksum": null,
        "checksum_algorithm": null,
    })
}
