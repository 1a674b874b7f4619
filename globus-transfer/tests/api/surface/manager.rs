//! What administrators may do.

use globus_transfer::api::EndpointManager;
use globus_transfer::model::{EndpointUse, TaskStatus};
use globus_transfer::{Client, TaskId};

use super::{Row, day, row, task};
use crate::support::source;

fn manager(client: &Client) -> EndpointManager {
    client.endpoint_manager()
}

pub(super) const MANAGER: &[Row] = &[
    row(
        "endpoint_manager_acl_list",
        "GET /v0.10/endpoint_manager/endpoint/{endpoint_id}/access_list",
        "endpoint_manager().access_rules(id)",
        |c| manager(c).access_rules(&source()).into_parts(),
    ),
    row(
        "endpoint_manager_cancel_status",
        "GET /v0.10/endpoint_manager/admin_cancel/{admin_cancel_id}",
        "endpoint_manager().cancel_status(id)",
        |c| manager(c).cancel_status("c-1").into_parts(),
    ),
    row(
        "endpoint_manager_cancel_tasks",
        "POST /v0.10/endpoint_manager/admin_cancel",
        "endpoint_manager().cancel_tasks(ids, message)",
        |c| {
            manager(c)
                .cancel_tasks([&task(), &TaskId::new("t-2")], "maintenance")
                .into_parts()
        },
    ),
    row(
        "endpoint_manager_create_pause_rule",
        "POST /v0.10/endpoint_manager/pause_rule",
        "endpoint_manager().pause_rules().create(endpoint, message)",
        |c| {
            let rule = manager(c).pause_rules().create(&source(), "maintenance");
            rule.identity_id("i-1")
                .start_time(day())
                .pause_ls(true)
                .pause_task_delete(false)
                .into_parts()
        },
    ),
    row(
        "endpoint_manager_delete_pause_rule",
        "DELETE /v0.10/endpoint_manager/pause_rule/{pause_rule_id}",
        "endpoint_manager().pause_rules().delete(id)",
        |c| manager(c).pause_rules().delete("p-1").into_parts(),
    ),
    row(
        "endpoint_manager_get_endpoint",
        "GET /v0.10/endpoint_manager/endpoint/{endpoint_id}",
        "endpoint_manager().endpoint(id)",
        |c| manager(c).endpoint(&source()).into_parts(),
    ),
    row(
        "endpoint_manager_get_pause_rule",
        "GET /v0.10/endpoint_manager/pause_rule/{pause_rule_id}",
        "endpoint_manager().pause_rules().get(id)",
        |c| manager(c).pause_rules().get("p-1").into_parts(),
    ),
    row(
        "endpoint_manager_get_task",
        "GET /v0.10/endpoint_manager/task/{task_id}",
        "endpoint_manager().task(id)",
        |c| manager(c).task(&task()).into_parts(),
    ),
    row(
        "endpoint_manager_hosted_endpoint_list",
        "GET /v0.10/endpoint_manager/endpoint/{endpoint_id}/hosted_endpoint_list",
        "endpoint_manager().hosted_endpoints(id)",
        |c| manager(c).hosted_endpoints(&source()).into_parts(),
    ),
    row(
        "endpoint_manager_monitored_endpoints",
        "GET /v0.10/endpoint_manager/monitored_endpoints",
        "endpoint_manager().monitored_endpoints()",
        |c| manager(c).monitored_endpoints().into_parts(),
    ),
    row(
        "endpoint_manager_pause_rule_list",
        "GET /v0.10/endpoint_manager/pause_rule_list",
        "endpoint_manager().pause_rules().list()",
        |c| manager(c).pause_rules().list().endpoint(&source()).into_parts(),
    ),
    row(
        "endpoint_manager_pause_tasks",
        "POST /v0.10/endpoint_manager/admin_pause",
        "endpoint_manager().pause_tasks(ids, message)",
        |c| manager(c).pause_tasks([&task()], "maintenance").into_parts(),
    ),
    row(
        "endpoint_manager_resume_tasks",
        "POST /v0.10/endpoint_manager/admin_resume",
        "endpoint_manager().resume_tasks(ids)",
        |c| manager(c).resume_tasks([&task()]).into_parts(),
    ),
    row(
        "endpoint_manager_task_event_list",
        "GET /v0.10/endpoint_manager/task/{task_id}/event_list",
        "endpoint_manager().task_events(id)",
        |c| {
            manager(c)
                .task_events(&task())
                .is_error(true)
                .limit(20)
                .offset(5)
                .into_parts()
        },
    ),
    row(
        "endpoint_manager_task_list",
        "GET /v0.10/endpoint_manager/task_list",
        "endpoint_manager().tasks()",
        |c| {
            manager(c)
                .tasks()
                .statuses([TaskStatus::Active, TaskStatus::Inactive])
                .ids([&task(), &TaskId::new("t-2")])
                .owner("i-1")
                .endpoint(&source())
                .endpoint_use(&EndpointUse::Source)
                .is_paused(true)
                .completed_between(Some(day()), None)
                .min_faults(1)
                .local_user("alice")
                .last_key("k")
                .into_parts()
        },
    ),
    row(
        "endpoint_manager_task_pause_info",
        "GET /v0.10/endpoint_manager/task/{task_id}/pause_info",
        "endpoint_manager().task_pause_info(id)",
        |c| manager(c).task_pause_info(&task()).into_parts(),
    ),
    row(
        "endpoint_manager_task_skipped_errors",
        "GET /v0.10/endpoint_manager/task/{task_id}/skipped_errors",
        "endpoint_manager().task_skipped_errors(id)",
        |c| {
            manager(c)
                .task_skipped_errors(&task())
                .marker("93979")
                .into_parts()
        },
    ),
    row(
        "endpoint_manager_task_successful_transfers",
        "GET /v0.10/endpoint_manager/task/{task_id}/successful_transfers",
        "endpoint_manager().task_successful_transfers(id)",
        |c| manager(c).task_successful_transfers(&task()).into_parts(),
    ),
    row(
        "endpoint_manager_update_pause_rule",
        "PUT /v0.10/endpoint_manager/pause_rule/{pause_rule_id}",
        "endpoint_manager().pause_rules().update(id)",
        |c| {
            manager(c)
                .pause_rules()
                .update("p-1")
                .message("soon over")
                .pause_rename(false)
                .into_parts()
        },
    ),
];
