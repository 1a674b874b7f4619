//! Collections, access, bookmarks, administration and tunnels.

use globus_transfer::model::{EntityType, OperationCode, Permissions, TunnelId, TunnelState};
use globus_transfer::{Client, ErrorExt, ErrorKind, TaskId};
use rest_core::PageToken;
use serde_json::{Value, json};
use wiremock::matchers::{any, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::shapes;
use crate::support::{SOURCE, answering, client, count, error, idle, on, source};

async fn to_anything(status: u16, body: Value) -> (MockServer, Client) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = client(&server);
    (server, client)
}

/// Without what says of which type they are, and without what may be null.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(key, value)| *key != "DATA_TYPE" && !value.is_null())
            .map(|(key, value)| (key.clone(), bare(value)))
            .collect(),
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn every_answer_is_read() {
    for (operation, document) in shapes::documents() {
        for document in [bare(&document), document] {
            let (_server, client) = to_anything(200, document.clone()).await;
            let answer = shapes::ask(&client, operation).await;
            assert!(answer.is_ok(), "{operation} {document}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_refusal_is_told() {
    let body = error("PermissionDenied", "No effective roles allow it");
    let (_server, client) = to_anything(403, body).await;
    for (operation, _) in shapes::documents() {
        let refusal = shapes::ask(&client, operation).await.unwrap_err();
        assert!(refusal.is_permission_denied(), "{operation}: {refusal}");
        assert_eq!(refusal.request_id(), Some("rq7"), "{operation}");
    }
}

#[tokio::test]
async fn what_is_made_is_not_made_twice() {
    for (operation, requests) in [
        ("create_bookmark", 1),
        ("add_access_rule", 1),
        ("add_role", 1),
        ("share", 1),
        ("create_pause_rule", 1),
        ("update_bookmark", 5),
        ("delete_role", 5),
        ("pause_tasks", 5),
        ("create_tunnel", 5),
        ("update_tunnel", 5),
    ] {
        let (server, client) = to_anything(500, json!({"code": "InternalError", "message": "m"})).await;
        shapes::ask(&client, operation).await.unwrap_err();
        assert_eq!(count(&server).await, requests, "{operation}");
    }
}

#[tokio::test]
async fn a_collection_is_read() {
    let (_server, client) = to_anything(200, shapes::endpoint()).await;
    let endpoint = client.endpoint(source()).get().send_opt().await.unwrap().unwrap();
    assert_eq!(endpoint.id, source());
    assert_eq!(endpoint.entity_type, Some(EntityType::GcsV5MappedCollection));
    assert_eq!(endpoint.authentication_timeout_mins, Some(30));
    assert_eq!(endpoint.servers[0].id.as_deref(), Some("985"));
    assert_eq!(endpoint.servers[0].port, Some(2811));
    assert!(endpoint.needs_data_access());

    let mut assured = shapes::endpoint();
    assured["high_assurance"] = json!(true);
    assured["my_effective_roles"] = Value::Null;
    let (_server, client) = to_anything(200, assured).await;
    let endpoint = client.endpoint(source()).get().send().await.unwrap();
    assert!(!endpoint.needs_data_access() && endpoint.my_effective_roles.is_empty());
}

#[tokio::test]
async fn a_collection_that_does_not_exist_is_none() {
    let at = format!("/v0.10/endpoint/{SOURCE}");
    let (_server, client) = answering("GET", &at, 404, error("EndpointNotFound", "No such endpoint")).await;
    assert!(
        client
            .endpoint(source())
            .get()
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        client
            .endpoint(source())
            .get()
            .send()
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn rules_and_results_are_told_by_their_names() {
    let (_server, client) = to_anything(200, shapes::documents().remove(12).1).await;
    let rules = client
        .endpoint(source())
        .access_rules()
        .list()
        .collect()
        .await
        .unwrap();
    assert_eq!(rules[0].permissions, Some(Permissions::ReadWrite));
    let (_server, client) = to_anything(200, shapes::result("Updated")).await;
    let updated = client
        .task(TaskId::new("t-1"))
        .update()
        .label("l")
        .send()
        .await
        .unwrap();
    assert_eq!(updated.code, OperationCode::Updated);
}

#[tokio::test]
async fn a_task_that_has_ended_cannot_be_changed() {
    let body = error("ClientError.Conflict", "Task has ended");
    let (_server, client) = answering("PUT", "/v0.10/task/t-1", 409, body).await;
    let refusal = client
        .task(TaskId::new("t-1"))
        .update()
        .label("l")
        .send()
        .await
        .unwrap_err();
    assert!(refusal.is_conflict());
}

#[tokio::test]
async fn a_managed_task_has_both_sides() {
    let (_server, client) = to_anything(200, shapes::managed_task()).await;
    let managed = client
        .endpoint_manager()
        .task(&TaskId::new("t-1"))
        .send()
        .await
        .unwrap();
    assert_eq!(managed.task.bytes_transferred, Some(14));
    assert_eq!(managed.owner_string.as_deref(), Some("a@example.org"));
    assert_eq!(managed.destination_local_user.as_deref(), Some("alice"));
}

#[tokio::test]
async fn a_search_goes_on_beyond_a_thousand_until_the_service_says_that_there_is_no_more() {
    let server = MockServer::start().await;
    for offset in (0..1200).step_by(100) {
        let found = vec![shapes::endpoint(); 100];
        let page = json!({"DATA": found, "has_next_page": offset < 1100, "offset": offset});
        on("GET", "/v0.10/endpoint_search")
            .and(query_param("offset", offset.to_string()))
            .and(query_param("limit", "100"))
            .and(query_param("filter_fulltext", "als"))
            .respond_with(ResponseTemplate::new(200).set_body_json(page))
            .expect(1)
            .mount(&server)
            .await;
    }
    let found = client(&server)
        .search_endpoints()
        .text("als")
        .collect()
        .await
        .unwrap();
    assert_eq!(found.len(), 1200);
}

#[tokio::test]
async fn more_without_progress_is_an_error() {
    let (server, client) = to_anything(200, json!({"DATA": [], "has_next_page": true})).await;
    let stuck = client.search_endpoints().text("als").collect().await.unwrap_err();
    assert_eq!((stuck.kind(), count(&server).await), (ErrorKind::Decode, 1));

    for last_key in [Value::Null, json!("same")] {
        let page = json!({"DATA": [shapes::managed_task()], "has_next_page": true, "last_key": last_key});
        let (_server, client) = to_anything(200, page).await;
        let stuck = client.endpoint_manager().tasks().collect().await.unwrap_err();
        assert_eq!(stuck.kind(), ErrorKind::Decode, "{last_key}");
    }
    let (_server, client) = to_anything(
        200,
        json!({"shared_endpoints": [shapes::endpoint()], "next_token": "same"}),
    )
    .await;
    let stuck = client
        .endpoint(source())
        .shared_endpoints()
        .collect()
        .await
        .unwrap_err();
    assert_eq!(stuck.kind(), ErrorKind::Decode);
    for next in ["/v2/tunnels?page=2", "/v2/tunnels"] {
        let (_server, client) =
            to_anything(200, json!({"data": [shapes::tunnel()], "links": {"next": next}})).await;
        let stuck = client.tunnels().list().collect().await.unwrap_err();
        assert_eq!(stuck.kind(), ErrorKind::Decode, "{next}");
    }
}

/// A server that gives `first` without the query field, and `last` with it.
async fn two_pages(
    at: &str,
    key: &'static str,
    value: &str,
    first: Value,
    last: Value,
) -> (MockServer, Client) {
    let server = MockServer::start().await;
    on("GET", at)
        .and(query_param_is_missing(key))
        .respond_with(ResponseTemplate::new(200).set_body_json(first))
        .expect(1)
        .mount(&server)
        .await;
    on("GET", at)
        .and(query_param(key, value))
        .respond_with(ResponseTemplate::new(200).set_body_json(last))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    (server, client)
}

#[tokio::test]
async fn every_style_of_pages_is_read_to_its_end() {
    let task = shapes::managed_task();
    let (_server, client) = two_pages(
        "/v0.10/endpoint_manager/task_list",
        "last_key",
        "complete,2026-11-22T16:00:00.29",
        json!({"DATA": [task], "has_next_page": true, "last_key": "complete,2026-11-22T16:00:00.29"}),
        json!({"DATA": [task], "has_next_page": false, "last_key": "x"}),
    )
    .await;
    assert_eq!(
        client.endpoint_manager().tasks().collect().await.unwrap().len(),
        2
    );

    let (_server, client) = two_pages(
        &format!("/v0.10/endpoint/{SOURCE}/shared_endpoint_list"),
        "next_token",
        "n2",
        json!({"shared_endpoints": [shapes::endpoint()], "next_token": "n2"}),
        json!({"shared_endpoints": null, "next_token": null}),
    )
    .await;
    assert_eq!(
        client
            .endpoint(source())
            .shared_endpoints()
            .collect()
            .await
            .unwrap()
            .len(),
        1
    );

    let (_server, client) = two_pages(
        "/v0.10/endpoint_manager/task/t-1/skipped_errors",
        "marker",
        "7",
        json!({"DATA": [{"source_path": "/a"}], "next_marker": 7}),
        json!({"DATA": [{"source_path": "/b"}]}),
    )
    .await;
    let skipped = client.endpoint_manager().task_skipped_errors(&TaskId::new("t-1"));
    assert_eq!(skipped.collect().await.unwrap().len(), 2);

    let (_server, client) = two_pages(
        "/v2/tunnels",
        "page[cursor]",
        "a b",
        json!({"data": [shapes::tunnel()], "links": {"next": "https://elsewhere.example/v2/tunnels?page%5Bcursor%5D=a+b"}}),
        json!({"data": [shapes::tunnel()], "links": {"next": null}}),
    )
    .await;
    assert_eq!(client.tunnels().list().collect().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_list_goes_on_where_another_stopped() {
    let page = json!({"DATA": [shapes::endpoint()], "has_next_page": true});
    let (_server, client) = to_anything(200, page).await;
    let page = client
        .search_endpoints()
        .text("als")
        .offset(3)
        .send()
        .await
        .unwrap();
    assert_eq!(page.next, Some(PageToken::Offset(4)));

    let wrong = client.tunnels().list().pager().resume(PageToken::Offset(4));
    assert_eq!(wrong.collect().await.unwrap_err().kind(), ErrorKind::Config);
    let wrong = client
        .search_endpoints()
        .pager()
        .resume(PageToken::Marker("a".to_owned()));
    assert_eq!(wrong.collect().await.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn a_tunnel_has_two_ends() {
    let body = json!({"data": shapes::tunnel(), "meta": {"request_id": "r"}});
    let (_server, client) = to_anything(200, body).await;
    let tunnel = client.tunnels().get(&TunnelId::new("u-1")).send().await.unwrap();
    assert_eq!(tunnel.attributes.state, Some(TunnelState::AwaitingListener));
    assert_eq!(tunnel.attributes.lifetime_mins, Some(60));
    assert_eq!(
        (tunnel.related("listener"), tunnel.related("owner")),
        (Some("a-2"), None)
    );
    assert!(tunnel.attributes.created_time.is_some());
}

#[test]
fn each_tunnel_has_a_submission_id_of_its_own_that_its_repetitions_keep() {
    let point = globus_transfer::model::StreamAccessPointId::new("a-1");
    let create = || idle().tunnels().create(&point, &point);
    let one = create();
    let body = |parts: globus_transfer::RequestParts| parts.body_bytes();
    assert_eq!(body(one.into_parts().unwrap()), body(one.into_parts().unwrap()));
    assert_ne!(
        body(one.into_parts().unwrap()),
        body(create().into_parts().unwrap())
    );
}

#[tokio::test]
async fn errors_of_version_two_are_told() {
    let body =
        json!({"errors": [{"code": "NOT_FOUND", "detail": "No such tunnel"}], "meta": {"request_id": "r2"}});
    let (_server, client) = to_anything(404, body).await;
    let refusal = client
        .tunnels()
        .get(&TunnelId::new("u-1"))
        .send()
        .await
        .unwrap_err();
    assert!(refusal.is_not_found() && refusal.has_code("NOT_FOUND"));
    assert_eq!(
        (refusal.service_message(), refusal.request_id()),
        (Some("No such tunnel"), Some("r2"))
    );
}

#[test]
fn values_that_cannot_be_quoted_are_refused() {
    for id in ["a,b", ""] {
        let list = idle().endpoint_manager().tasks().ids([&TaskId::new(id)]);
        assert_eq!(list.into_parts().unwrap_err().kind(), ErrorKind::Config);
    }
}
