//! Answers about collections, access, tasks of others and tunnels, in the service's shapes, and who asks for them.

use globus_transfer::model::{Permissions, PrincipalType, StreamAccessPointId, TunnelId};
use globus_transfer::{Client, Result, TaskId};
use serde_json::{Value, json};

use crate::support::{DESTINATION, SOURCE, source};

pub(crate) fn endpoint() -> Value {
    json!({
        "DATA_TYPE": "endpoint", "id": SOURCE, "display_name": "Beamline", "entity_type": "GCSv5_mapped_collection",
        "owner_id": "i-1", "public": true, "description": null, "high_assurance": false, "non_functional": false,
        "subscription_id": null, "acl_available": true, "acl_max_expiration_period_mins": null,
        "authentication_timeout_mins": "30", "my_effective_roles": ["administrator"], "max_concurrency": 4,
        "expire_time": "2027-01-02 03:45:06+00:00", "DATA": [server()],
    })
}

fn server() -> Value {
    json!({"DATA_TYPE": "server", "id": 985, "hostname": "dtn.example.org", "port": "2811", "scheme": "gsiftp",
        "uri": "gsiftp://dtn.example.org:2811", "subject": null, "is_connected": true})
}

pub(crate) fn result(code: &str) -> Value {
    json!({"DATA_TYPE": "result", "code": code, "message": "m", "request_id": "r", "resource": "/x"})
}

fn access_rule() -> Value {
    json!({"DATA_TYPE": "access", "id": "r-1", "principal_type": "identity", "principal": "i-1", "path": "/data/",
        "permissions": "rw", "role_id": null, "expiration_date": "2026-12-01T08:00:00+00:00", "create_time": null})
}

fn role() -> Value {
    json!({"DATA_TYPE": "role", "id": "o-1", "principal_type": "group", "principal": "g-1", "role": "administrator"})
}

fn bookmark() -> Value {
    json!({"DATA_TYPE": "bookmark", "id": "b-1", "name": "raw", "endpoint_id": SOURCE, "path": "/raw/", "pinned": null})
}

fn pause_rule() -> Value {
    json!({"DATA_TYPE": "pause_rule", "id": "p-1", "message": "maintenance", "endpoint_id": SOURCE,
        "identity_id": null, "start_time": "2026-11-22T16:00:00+00:00", "editable": true, "pause_ls": false})
}

fn pause_info() -> Value {
    json!({"DATA_TYPE": "pause_info_limited", "pause_rules": [pause_rule()], "source_pause_message": "m",
        "destination_pause_message": null})
}

pub(crate) fn managed_task() -> Value {
    json!({
        "DATA_TYPE": "task", "task_id": "t-1", "type": "TRANSFER", "status": "ACTIVE", "label": null, "is_paused": true,
        "owner_id": "i-1", "owner_string": "a@example.org", "bytes_transferred": "14", "faults": 2,
        "source_endpoint_id": SOURCE, "destination_endpoint_id": DESTINATION, "source_local_user": null,
        "source_local_user_status": "NO_PERMISSION", "destination_local_user": "alice",
        "request_time": "2026-11-22T16:00:00+00:00", "completion_time": null,
    })
}

pub(crate) fn tunnel() -> Value {
    let end = |id: &str| json!({"data": {"type": "StreamAccessPoint", "id": id}});
    json!({
        "type": "Tunnel", "id": "u-1",
        "attributes": {"label": "scan", "state": "AWAITING_LISTENER", "status": "waits", "lifetime_mins": "60",
            "created_time": "2026-11-22T16:00:00.178396", "initiator_port": null, "restartable": false},
        "relationships": {"listener": end("a-2"), "initiator": end("a-1"), "owner": {"data": null}},
    })
}

fn access_point() -> Value {
    json!({
        "type": "StreamAccessPoint", "id": "a-1",
        "attributes": {"display_name": "Detector", "keywords": null, "tlsftp_server": "tlsftp://s.example.org:443"},
        "relationships": {"host_endpoint": {"data": {"type": "Endpoint", "id": SOURCE}}},
    })
}

pub(crate) fn list(items: &[Value]) -> Value {
    json!({"DATA_TYPE": "list", "DATA": items})
}

/// A list, and one that differs from it in what stands beside the items.
fn list_with(items: &[Value], more: &Value) -> Value {
    let mut list = list(items);
    for (key, value) in more.as_object().unwrap() {
        list[key] = value.clone();
    }
    list
}

fn created() -> Value {
    json!({"DATA_TYPE": "endpoint_create_result", "code": "Created", "id": DESTINATION, "message": "m", "request_id": "r"})
}

fn enveloped(document: &Value) -> Value {
    json!({"data": document, "links": null, "meta": {"request_id": "r"}})
}

/// Every answer, by the name under which [`ask`] asks for it.
pub(crate) fn documents() -> Vec<(&'static str, Value)> {
    let access_created = json!({"DATA_TYPE": "access_create_result", "code": "Created", "access_id": "r-1"});
    let event = json!({"type": "TunnelEvent", "id": 2768, "attributes": {"code": "STARTED", "is_error": false,
        "description": "d", "details": null, "time": "2026-11-22T16:00:00.857473"}});
    let task_event = json!({"code": "STARTED", "time": "2026-11-22T16:00:00+00:00", "is_error": false});
    let copied = json!({"source_path": "/a", "destination_path": null, "size": "4"});
    let cancel = json!({"DATA_TYPE": "admin_cancel", "id": 17, "done": false});
    vec![
        ("endpoint", endpoint()),
        ("update_endpoint", result("Updated")),
        ("delete_endpoint", result("Deleted")),
        (
            "search",
            list_with(
                &[endpoint()],
                &json!({"has_next_page": false, "limit": 100, "offset": 0}),
            ),
        ),
        ("servers", list(&[server()])),
        ("server", server()),
        (
            "shared",
            json!({"DATA_TYPE": "shared_endpoint_list", "shared_endpoints": [endpoint()], "next_token": null}),
        ),
        ("my_shared", list(&[endpoint()])),
        ("my_pause_rules", list(&[pause_rule()])),
        ("subscription", result("Updated")),
        ("verified", result("Updated")),
        ("share", created()),
        ("access_rules", list(&[access_rule()])),
        ("access_rule", access_rule()),
        ("add_access_rule", access_created),
        ("update_access_rule", result("Updated")),
        ("delete_access_rule", result("Deleted")),
        ("roles", list(&[role()])),
        ("role", role()),
        ("add_role", role()),
        ("delete_role", result("Deleted")),
        ("bookmarks", list(&[bookmark()])),
        ("bookmark", bookmark()),
        ("create_bookmark", bookmark()),
        ("update_bookmark", bookmark()),
        ("delete_bookmark", result("Deleted")),
        ("update_task", result("Updated")),
        ("pause_info", pause_info()),
        ("monitored", list(&[endpoint()])),
        ("managed_endpoint", endpoint()),
        ("hosted", list(&[endpoint()])),
        ("managed_access_rules", list(&[access_rule()])),
        (
            "managed_tasks",
            list_with(
                &[managed_task()],
                &json!({"has_next_page": false, "last_key": "k"}),
            ),
        ),
        ("managed_task", managed_task()),
        ("managed_events", list_with(&[task_event], &json!({"total": 1}))),
        ("managed_pause_info", pause_info()),
        (
            "managed_transfers",
            list_with(&[copied], &json!({"next_marker": 93979})),
        ),
        (
            "managed_skipped",
            list_with(
                &[json!({"error_code": "FILE_NOT_FOUND"})],
                &json!({"next_marker": null}),
            ),
        ),
        ("cancel_tasks", cancel.clone()),
        ("cancel_status", cancel),
        ("pause_tasks", result("PauseAccepted")),
        ("resume_tasks", result("ResumeAccepted")),
        ("pause_rules", list(&[pause_rule()])),
        ("pause_rule", pause_rule()),
        ("create_pause_rule", pause_rule()),
        ("update_pause_rule", pause_rule()),
        ("delete_pause_rule", result("Deleted")),
        ("tunnels", enveloped(&json!([tunnel()]))),
        ("tunnel", enveloped(&tunnel())),
        ("create_tunnel", enveloped(&tunnel())),
        ("update_tunnel", enveloped(&tunnel())),
        ("delete_tunnel", enveloped(&Value::Null)),
        ("tunnel_events", enveloped(&json!([event]))),
        ("access_points", enveloped(&json!([access_point()]))),
        ("access_point", enveloped(&access_point())),
    ]
}

/// Asks for what [`documents`] has under this name.
pub(crate) async fn ask(client: &Client, operation: &str) -> Result<()> {
    match operation {
        name if ask_endpoint(client, name).await?.is_some() => Ok(()),
        name if ask_access(client, name).await?.is_some() => Ok(()),
        name if ask_manager(client, name).await?.is_some() => Ok(()),
        name if ask_rest(client, name).await?.is_some() => Ok(()),
        other => panic!("{other}"),
    }
}

async fn ask_endpoint(client: &Client, operation: &str) -> Result<Option<()>> {
    let endpoint = client.endpoint(source());
    let answer = match operation {
        "endpoint" => endpoint.get().send().await.map(drop),
        "update_endpoint" => endpoint.update().display_name("n").send().await.map(drop),
        "delete_endpoint" => endpoint.delete().send().await.map(drop),
        "search" => client.search_endpoints().text("t").send().await.map(drop),
        "servers" => endpoint.servers().send().await.map(drop),
        "server" => endpoint.server("985").send().await.map(drop),
        "shared" => endpoint.shared_endpoints().send().await.map(drop),
        "my_shared" => endpoint.my_shared_endpoints().send().await.map(drop),
        "my_pause_rules" => endpoint.my_effective_pause_rules().send().await.map(drop),
        "subscription" => endpoint.set_subscription_id(None).send().await.map(drop),
        "verified" => endpoint
            .set_subscription_admin_verified(true)
            .send()
            .await
            .map(drop),
        "share" => client
            .create_shared_endpoint(&source(), "/a/", "n")
            .send()
            .await
            .map(drop),
        _ => return Ok(None),
    };
    answer.map(Some)
}

async fn ask_access(client: &Client, operation: &str) -> Result<Option<()>> {
    let access = client.endpoint(source()).access_rules();
    let roles = client.endpoint(source()).roles();
    let identity = PrincipalType::Identity;
    let answer = match operation {
        "access_rules" => access.list().send().await.map(drop),
        "access_rule" => access.get("r-1").send().await.map(drop),
        "add_access_rule" => {
            let rule = access.create(&identity, "i-1", "/a/", &Permissions::Read);
            rule.send().await.map(drop)
        }
        "update_access_rule" => access
            .update("r-1")
            .permissions(&Permissions::Read)
            .send()
            .await
            .map(drop),
        "delete_access_rule" => access.delete("r-1").send().await.map(drop),
        "roles" => roles.list().send().await.map(drop),
        "role" => roles.get("o-1").send().await.map(drop),
        "add_role" => roles
            .create(&identity, "i-1", "administrator")
            .send()
            .await
            .map(drop),
        "delete_role" => roles.delete("o-1").send().await.map(drop),
        _ => return Ok(None),
    };
    answer.map(Some)
}

async fn ask_manager(client: &Client, operation: &str) -> Result<Option<()>> {
    let manager = client.endpoint_manager();
    let rules = manager.pause_rules();
    let id = TaskId::new("t-1");
    let answer = match operation {
        "monitored" => manager.monitored_endpoints().send().await.map(drop),
        "managed_endpoint" => manager.endpoint(&source()).send().await.map(drop),
        "hosted" => manager.hosted_endpoints(&source()).send().await.map(drop),
        "managed_access_rules" => manager.access_rules(&source()).send().await.map(drop),
        "managed_tasks" => manager.tasks().send().await.map(drop),
        "managed_task" => manager.task(&id).send().await.map(drop),
        "managed_events" => manager.task_events(&id).send().await.map(drop),
        "managed_pause_info" => manager.task_pause_info(&id).send().await.map(drop),
        "managed_transfers" => manager.task_successful_transfers(&id).send().await.map(drop),
        "managed_skipped" => manager.task_skipped_errors(&id).send().await.map(drop),
        "cancel_tasks" => manager.cancel_tasks([&id], "m").send().await.map(drop),
        "cancel_status" => manager.cancel_status("17").send().await.map(drop),
        "pause_tasks" => manager.pause_tasks([&id], "m").send().await.map(drop),
        "resume_tasks" => manager.resume_tasks([&id]).send().await.map(drop),
        "pause_rules" => rules.list().send().await.map(drop),
        "pause_rule" => rules.get("p-1").send().await.map(drop),
        "create_pause_rule" => rules.create(&source(), "m").send().await.map(drop),
        "update_pause_rule" => rules.update("p-1").message("m").send().await.map(drop),
        "delete_pause_rule" => rules.delete("p-1").send().await.map(drop),
        _ => return Ok(None),
    };
    answer.map(Some)
}

async fn ask_rest(client: &Client, operation: &str) -> Result<Option<()>> {
    let task = client.task(TaskId::new("t-1"));
    let (bookmarks, tunnels) = (client.bookmarks(), client.tunnels());
    let (tunnel, point) = (TunnelId::new("u-1"), StreamAccessPointId::new("a-1"));
    let answer = match operation {
        "bookmarks" => bookmarks.list().send().await.map(drop),
        "bookmark" => bookmarks.get("b-1").send().await.map(drop),
        "create_bookmark" => bookmarks.create("n", &source(), "/a/").send().await.map(drop),
        "update_bookmark" => bookmarks.update("b-1").name("n").send().await.map(drop),
        "delete_bookmark" => bookmarks.delete("b-1").send().await.map(drop),
        "update_task" => task.update().label("l").send().await.map(drop),
        "pause_info" => task.pause_info().send().await.map(drop),
        "tunnels" => tunnels.list().send().await.map(drop),
        "tunnel" => tunnels.get(&tunnel).send().await.map(drop),
        "create_tunnel" => tunnels.create(&point, &point).send().await.map(drop),
        "update_tunnel" => tunnels.update(&tunnel).label("l").send().await.map(drop),
        "delete_tunnel" => tunnels.delete(&tunnel).send().await.map(drop),
        "tunnel_events" => tunnels.events(&tunnel).send().await.map(drop),
        "access_points" => client.stream_access_points().send().await.map(drop),
        "access_point" => client.stream_access_point(&point).send().await.map(drop),
        _ => return Ok(None),
    };
    answer.map(Some)
}
