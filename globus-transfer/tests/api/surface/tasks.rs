//! Files and folders, submissions, the caller's own tasks.

use super::{Row, day, row, submission, task};
use crate::support::{destination, source};

pub(super) const TASKS: &[Row] = &[
    row(
        "cancel_task",
        "POST /v0.10/task/{task_id}/cancel",
        "task(id).cancel()",
        |c| c.task(task()).cancel().into_parts(),
    ),
    row(
        "get_submission_id",
        "GET /v0.10/submission_id",
        "submission_id()",
        |c| c.submission_id().into_parts(),
    ),
    row("get_task", "GET /v0.10/task/{task_id}", "task(id).get()", |c| {
        c.task(task()).get().into_parts()
    }),
    row(
        "operation_ls",
        "GET /v0.10/operation/endpoint/{endpoint_id}/ls",
        "endpoint(id).ls(path)",
        |c| c.endpoint(source()).ls("/data/").into_parts(),
    ),
    row(
        "operation_mkdir",
        "POST /v0.10/operation/endpoint/{endpoint_id}/mkdir",
        "endpoint(id).mkdir(path)",
        |c| c.endpoint(source()).mkdir("/data/new").into_parts(),
    ),
    row(
        "operation_rename",
        "POST /v0.10/operation/endpoint/{endpoint_id}/rename",
        "endpoint(id).rename(old, new)",
        |c| c.endpoint(source()).rename("/a", "/b").into_parts(),
    ),
    row(
        "operation_stat",
        "GET /v0.10/operation/endpoint/{endpoint_id}/stat",
        "endpoint(id).stat(path)",
        |c| c.endpoint(source()).stat("/a").into_parts(),
    ),
    row(
        "submit_delete",
        "POST /v0.10/delete",
        "submit_delete(endpoint)",
        |c| {
            let delete = c.submit_delete(source()).path("/a");
            c.submit(&delete.document(&submission())?).into_parts()
        },
    ),
    row(
        "submit_transfer",
        "POST /v0.10/transfer",
        "submit_transfer(source, destination)",
        |c| {
            let transfer = c.submit_transfer(source(), destination()).item("/a", "/b");
            c.submit(&transfer.document(&submission())?).into_parts()
        },
    ),
    row(
        "task_event_list",
        "GET /v0.10/task/{task_id}/event_list",
        "task(id).events()",
        |c| c.task(task()).events().into_parts(),
    ),
    row("task_list", "GET /v0.10/task_list", "tasks()", |c| {
        c.tasks().into_parts()
    }),
    row(
        "task_pause_info",
        "GET /v0.10/task/{task_id}/pause_info",
        "task(id).pause_info()",
        |c| c.task(task()).pause_info().into_parts(),
    ),
    row(
        "task_skipped_errors",
        "GET /v0.10/task/{task_id}/skipped_errors",
        "task(id).skipped_errors()",
        |c| c.task(task()).skipped_errors().into_parts(),
    ),
    row(
        "task_successful_transfers",
        "GET /v0.10/task/{task_id}/successful_transfers",
        "task(id).successful_transfers()",
        |c| c.task(task()).successful_transfers().into_parts(),
    ),
    row(
        "task_wait",
        "GET /v0.10/task/{task_id}",
        "TaskWatcher::new(client).wait(id)",
        |c| c.task(task()).get().no_retry().into_parts(),
    ),
    row(
        "update_task",
        "PUT /v0.10/task/{task_id}",
        "task(id).update()",
        |c| {
            c.task(task())
                .update()
                .label("scan 17\nrun 3")
                .deadline(day())
                .into_parts()
        },
    ),
];
