//! Every method of the Python SDK's `TransferClient` has one here, which makes the same request. The table of the
//! README is made from this list.

use std::fmt::Write as _;

use chrono::{DateTime, TimeZone, Utc};
use globus_transfer::api::EndpointManager;
use globus_transfer::model::{
    EndpointUse, EntityType, Permissions, PrincipalType, SearchScope, StreamAccessPointId, TaskStatus,
    TunnelId, TunnelState,
};
use globus_transfer::{Client, RequestParts, Result, SubmissionId, TaskId};
use insta::assert_json_snapshot;

use crate::support::{destination, idle, source};

/// A method of the SDK's, the request it makes, and ours.
struct Row {
    theirs: &'static str,
    request: &'static str,
    ours: &'static str,
    parts: fn(&Client) -> Result<RequestParts>,
}

const fn row(
    theirs: &'static str,
    request: &'static str,
    ours: &'static str,
    parts: fn(&Client) -> Result<RequestParts>,
) -> Row {
    Row {
        theirs,
        request,
        ours,
        parts,
    }
}

/// Methods of the SDK's that make no request of their own.
const WITHOUT_REQUEST: &[(&str, &str)] = &[(
    "add_app_data_access_scope",
    "the token's scope: `Endpoint::needs_data_access()` tells whether a collection wants it",
)];

fn task() -> TaskId {
    TaskId::new("7c1d0000-0000-4000-8000-00000000000b")
}

fn submission() -> SubmissionId {
    SubmissionId::new("5b9e4f0a-0000-4000-8000-00000000000a")
}

fn day() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 12, 1, 8, 0, 0).unwrap()
}

fn manager(client: &Client) -> EndpointManager {
    client.endpoint_manager()
}

/// Files and folders, submissions and the caller's own tasks.
const TASKS: &[Row] = &[
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

/// Collections, and who may do what on them.
const ENDPOINTS: &[Row] = &[
    row(
        "add_endpoint_acl_rule",
        "POST /v0.10/endpoint/{endpoint_id}/access",
        "endpoint(id).access_rules().create(…)",
        |c| {
            let rules = c.endpoint(source()).access_rules();
            let rule = rules.create(&PrincipalType::Identity, "i-1", "/data/", &Permissions::ReadWrite);
            rule.notify_email("a@example.org")
                .notify_message("m")
                .expiration_date(day())
                .into_parts()
        },
    ),
    row(
        "add_endpoint_role",
        "POST /v0.10/endpoint/{endpoint_id}/role",
        "endpoint(id).roles().create(…)",
        |c| {
            c.endpoint(source())
                .roles()
                .create(&PrincipalType::Group, "g-1", "access_manager")
                .into_parts()
        },
    ),
    row(
        "create_shared_endpoint",
        "POST /v0.10/shared_endpoint",
        "create_shared_endpoint(host, path, name)",
        |c| {
            let share = c.create_shared_endpoint(&source(), "/data/", "Data");
            share
                .description("d")
                .public(false)
                .field("organization", "o")
                .into_parts()
        },
    ),
    row(
        "delete_endpoint",
        "DELETE /v0.10/endpoint/{endpoint_id}",
        "endpoint(id).delete()",
        |c| c.endpoint(source()).delete().into_parts(),
    ),
    row(
        "delete_endpoint_acl_rule",
        "DELETE /v0.10/endpoint/{endpoint_id}/access/{rule_id}",
        "endpoint(id).access_rules().delete(rule)",
        |c| c.endpoint(source()).access_rules().delete("r-1").into_parts(),
    ),
    row(
        "delete_endpoint_role",
        "DELETE /v0.10/endpoint/{endpoint_id}/role/{role_id}",
        "endpoint(id).roles().delete(role)",
        |c| c.endpoint(source()).roles().delete("r-1").into_parts(),
    ),
    row(
        "endpoint_acl_list",
        "GET /v0.10/endpoint/{endpoint_id}/access_list",
        "endpoint(id).access_rules().list()",
        |c| c.endpoint(source()).access_rules().list().into_parts(),
    ),
    row(
        "endpoint_role_list",
        "GET /v0.10/endpoint/{endpoint_id}/role_list",
        "endpoint(id).roles().list()",
        |c| c.endpoint(source()).roles().list().into_parts(),
    ),
    row(
        "endpoint_search",
        "GET /v0.10/endpoint_search",
        "search_endpoints()",
        |c| {
            c.search_endpoints()
                .text("beamline 832")
                .scope(&SearchScope::MyEndpoints)
                .owner("i-1")
                .host_endpoint(&source())
                .non_functional(false)
                .entity_type(&EntityType::GcsV5GuestCollection)
                .limit(1000)
                .offset(20)
                .into_parts()
        },
    ),
    row(
        "endpoint_server_list",
        "GET /v0.10/endpoint/{endpoint_id}/server_list",
        "endpoint(id).servers()",
        |c| c.endpoint(source()).servers().into_parts(),
    ),
    row(
        "get_endpoint",
        "GET /v0.10/endpoint/{endpoint_id}",
        "endpoint(id).get()",
        |c| c.endpoint(source()).get().into_parts(),
    ),
    row(
        "get_endpoint_acl_rule",
        "GET /v0.10/endpoint/{endpoint_id}/access/{rule_id}",
        "endpoint(id).access_rules().get(rule)",
        |c| c.endpoint(source()).access_rules().get("r-1").into_parts(),
    ),
    row(
        "get_endpoint_role",
        "GET /v0.10/endpoint/{endpoint_id}/role/{role_id}",
        "endpoint(id).roles().get(role)",
        |c| c.endpoint(source()).roles().get("r-1").into_parts(),
    ),
    row(
        "get_endpoint_server",
        "GET /v0.10/endpoint/{endpoint_id}/server/{server_id}",
        "endpoint(id).server(server)",
        |c| c.endpoint(source()).server("985").into_parts(),
    ),
    row(
        "get_shared_endpoint_list",
        "GET /v0.10/endpoint/{endpoint_id}/shared_endpoint_list",
        "endpoint(id).shared_endpoints()",
        |c| {
            c.endpoint(source())
                .shared_endpoints()
                .max_results(5000)
                .next_token("n1")
                .into_parts()
        },
    ),
    row(
        "my_effective_pause_rule_list",
        "GET /v0.10/endpoint/{endpoint_id}/my_effective_pause_rule_list",
        "endpoint(id).my_effective_pause_rules()",
        |c| c.endpoint(source()).my_effective_pause_rules().into_parts(),
    ),
    row(
        "my_shared_endpoint_list",
        "GET /v0.10/endpoint/{endpoint_id}/my_shared_endpoint_list",
        "endpoint(id).my_shared_endpoints()",
        |c| c.endpoint(source()).my_shared_endpoints().into_parts(),
    ),
    row(
        "set_subscription_admin_verified",
        "PUT /v0.10/endpoint/{collection_id}/subscription_admin_verified",
        "endpoint(id).set_subscription_admin_verified(yes)",
        |c| {
            c.endpoint(source())
                .set_subscription_admin_verified(true)
                .into_parts()
        },
    ),
    row(
        "set_subscription_id",
        "PUT /v0.10/endpoint/{collection_id}/subscription",
        "endpoint(id).set_subscription_id(id)",
        |c| {
            c.endpoint(source())
                .set_subscription_id(Some("DEFAULT"))
                .into_parts()
        },
    ),
    row(
        "update_endpoint",
        "PUT /v0.10/endpoint/{endpoint_id}",
        "endpoint(id).update()",
        |c| {
            let update = c
                .endpoint(source())
                .update()
                .display_name("Beamline")
                .public(true)
                .max_concurrency(4);
            update.field("description", serde_json::Value::Null).into_parts()
        },
    ),
    row(
        "update_endpoint_acl_rule",
        "PUT /v0.10/endpoint/{endpoint_id}/access/{rule_id}",
        "endpoint(id).access_rules().update(rule)",
        |c| {
            c.endpoint(source())
                .access_rules()
                .update("r-1")
                .permissions(&Permissions::Read)
                .into_parts()
        },
    ),
];

const BOOKMARKS: &[Row] = &[
    row(
        "bookmark_list",
        "GET /v0.10/bookmark_list",
        "bookmarks().list()",
        |c| c.bookmarks().list().into_parts(),
    ),
    row(
        "create_bookmark",
        "POST /v0.10/bookmark",
        "bookmarks().create(name, endpoint, path)",
        |c| {
            c.bookmarks()
                .create("raw", &source(), "/raw/")
                .pinned(true)
                .into_parts()
        },
    ),
    row(
        "delete_bookmark",
        "DELETE /v0.10/bookmark/{bookmark_id}",
        "bookmarks().delete(id)",
        |c| c.bookmarks().delete("b-1").into_parts(),
    ),
    row(
        "get_bookmark",
        "GET /v0.10/bookmark/{bookmark_id}",
        "bookmarks().get(id)",
        |c| c.bookmarks().get("b-1").into_parts(),
    ),
    row(
        "update_bookmark",
        "PUT /v0.10/bookmark/{bookmark_id}",
        "bookmarks().update(id)",
        |c| c.bookmarks().update("b-1").name("new").into_parts(),
    ),
];

const MANAGER: &[Row] = &[
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

const TUNNELS: &[Row] = &[
    row(
        "create_tunnel",
        "POST /v2/tunnels",
        "tunnels().create(initiator, listener)",
        |c| {
            let [from, to] = ["a-1", "a-2"].map(StreamAccessPointId::new);
            let tunnel = c.tunnels().create(&from, &to).submission_id(&submission());
            tunnel
                .label("scan 17")
                .lifetime_mins(60)
                .restartable(true)
                .into_parts()
        },
    ),
    row(
        "delete_tunnel",
        "DELETE /v2/tunnels/{tunnel_id}",
        "tunnels().delete(id)",
        |c| c.tunnels().delete(&TunnelId::new("u-1")).into_parts(),
    ),
    row(
        "get_stream_access_point",
        "GET /v2/stream_access_points/{stream_ap_id}",
        "stream_access_point(id)",
        |c| {
            c.stream_access_point(&StreamAccessPointId::new("a-1"))
                .into_parts()
        },
    ),
    row(
        "get_tunnel",
        "GET /v2/tunnels/{tunnel_id}",
        "tunnels().get(id)",
        |c| c.tunnels().get(&TunnelId::new("u-1")).into_parts(),
    ),
    row(
        "get_tunnel_events",
        "GET /v2/tunnels/{tunnel_id}/events",
        "tunnels().events(id)",
        |c| c.tunnels().events(&TunnelId::new("u-1")).into_parts(),
    ),
    row("list_tunnels", "GET /v2/tunnels", "tunnels().list()", |c| {
        c.tunnels().list().into_parts()
    }),
    row(
        "update_tunnel",
        "PATCH /v2/tunnels/{tunnel_id}",
        "tunnels().update(id)",
        |c| {
            let update = c
                .tunnels()
                .update(&TunnelId::new("u-1"))
                .state(&TunnelState::Stopping);
            update
                .listener("10.0.0.1", 5000)
                .initiator("10.0.0.2", 5001)
                .into_parts()
        },
    ),
];

fn rows() -> Vec<&'static Row> {
    let mut rows: Vec<&Row> = [TASKS, ENDPOINTS, BOOKMARKS, MANAGER, TUNNELS]
        .into_iter()
        .flatten()
        .collect();
    rows.sort_by_key(|row| row.theirs);
    rows
}

#[test]
fn every_method_makes_the_same_request() {
    for row in rows() {
        let parts = (row.parts)(&idle()).unwrap();
        let request = format!("{} {}", parts.method(), parts.path_template());
        assert_eq!(request, row.request, "{}", row.theirs);
        assert!(!parts.path().unwrap().contains('{'), "{}", row.theirs);
    }
}

/// As many as version 4.9 of the SDK has.
#[test]
fn no_method_is_missing_or_twice() {
    let mut names: Vec<&str> = rows().iter().map(|row| row.theirs).collect();
    names.dedup();
    assert_eq!(names.len() + WITHOUT_REQUEST.len(), 69);
}

fn snapshot(name: &str, rows: &[Row]) {
    let parts: Vec<RequestParts> = rows.iter().map(|row| (row.parts)(&idle()).unwrap()).collect();
    assert_json_snapshot!(name, parts);
}

#[test]
fn what_is_sent() {
    snapshot("tasks", TASKS);
    snapshot("endpoints", ENDPOINTS);
    snapshot("bookmarks", BOOKMARKS);
    snapshot("endpoint_manager", MANAGER);
    snapshot("tunnels", TUNNELS);
}

const BEGIN: &str = "<!-- methods: made by the tests, see tests/api/surface.rs -->\n";
const END: &str = "<!-- end of methods -->";

fn table() -> String {
    let mut table = "| `TransferClient` of globus-sdk 4.9 | request | here |\n|---|---|---|\n".to_owned();
    let mut lines: Vec<(&str, String)> = rows()
        .iter()
        .map(|row| {
            let ours = if row.ours.contains("::") {
                row.ours.to_owned()
            } else {
                format!("client.{}", row.ours)
            };
            (row.theirs, format!("`{}` | `{ours}`", row.request))
        })
        .collect();
    lines.extend(
        WITHOUT_REQUEST
            .iter()
            .map(|(theirs, ours)| (*theirs, format!("none | {ours}"))),
    );
    lines.sort();
    for (theirs, line) in &lines {
        writeln!(table, "| `{theirs}` | {line} |").unwrap();
    }
    writeln!(table, "\n{0} of {0} methods.", lines.len()).unwrap();
    table
}

/// `UPDATE_README=1` writes it.
#[test]
fn the_readme_has_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let begin = readme.find(BEGIN).expect("the README has a place for the table") + BEGIN.len();
    let end = begin + readme[begin..].find(END).expect("the table has an end");
    if readme[begin..end] == table() {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_README").is_some(),
        "the table of the README is out of date: run the tests with UPDATE_README=1"
    );
    std::fs::write(path, format!("{}{}{}", &readme[..begin], table(), &readme[end..])).unwrap();
}
