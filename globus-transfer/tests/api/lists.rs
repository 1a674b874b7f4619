//! Lists, page by page.

use globus_transfer::model::TaskEvent;
use globus_transfer::{ErrorKind, TaskId};
use rest_core::PageToken;
use serde_json::{Value, json};
use wiremock::matchers::{query_param, query_param_is_missing};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{answering, answering_raw, client, count, error, on};

fn id() -> TaskId {
    TaskId::new("t-1")
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn tasks_are_read_beyond_the_first_thousand() {
    let server = MockServer::start().await;
    for (offset, ids) in [(0, ["a", "b"].as_slice()), (2, &["c", "d"]), (4, &["e"])] {
        let tasks: Vec<Value> = ids
            .iter()
            .map(|id| json!({"task_id": id, "status": "SUCCEEDED"}))
            .collect();
        let page = json!({"DATA": tasks, "DATA_TYPE": "task_list", "limit": 2, "offset": offset, "total": 5});
        on("GET", "/v0.10/task_list")
            .and(query_param("offset", offset.to_string()))
            .and(query_param("limit", "2"))
            .respond_with(ok(page))
            .expect(1)
            .mount(&server)
            .await;
    }
    let tasks = client(&server).tasks().limit(2).collect().await.unwrap();
    let ids: Vec<&str> = tasks.iter().map(|task| task.task_id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn one_page_says_where_the_next_begins() {
    let page = json!({"DATA": [{"task_id": "a", "status": "ACTIVE"}], "total": "7"});
    let (_server, client) = answering("GET", "/v0.10/task_list", 200, page).await;
    let page = client.tasks().offset(3).send().await.unwrap();
    assert_eq!((page.next, page.total), (Some(PageToken::Offset(4)), Some(7)));
}

#[tokio::test]
async fn a_total_that_is_never_reached_ends_with_the_first_empty_page() {
    let (server, client) = answering("GET", "/v0.10/task_list", 200, json!({"DATA": [], "total": 9})).await;
    assert!(client.tasks().collect().await.unwrap().is_empty());
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn events_come_newest_first_with_details_of_either_kind() {
    let body = json!({"DATA": [
        {"DATA_TYPE": "event", "code": "CANCELED", "description": "cancelled", "is_error": true,
            "time": "2026-11-22T16:14:05+00:00", "details": "by the owner"},
        {"code": "STARTED", "description": "started", "is_error": false, "time": "2026-11-22 16:13:57+00:00",
            "details": "{\"type\": \"GridFTP Transfer\"}"},
        {"code": "SOMETHING_NEW", "description": null, "is_error": null, "time": null, "details": null},
    ], "total": 3});
    let (_server, client) = answering("GET", "/v0.10/task/t-1/event_list", 200, body).await;
    let events: Vec<TaskEvent> = client.task(id()).events().collect().await.unwrap();
    let codes: Vec<&str> = events.iter().map(|event| event.code.as_str()).collect();
    assert_eq!(codes, ["CANCELED", "STARTED", "SOMETHING_NEW"]);
    assert!(events[0].time > events[1].time);
}

#[tokio::test]
async fn markers_are_numbers_and_their_absence_ends_the_list() {
    let server = MockServer::start().await;
    let at = "/v0.10/task/t-1/successful_transfers";
    let first = json!({"DATA_TYPE": "successful_transfers", "marker": 0, "next_marker": 93979,
        "DATA": [{"source_path": "/a", "destination_path": "/b", "size": 4, "checksum": null}]});
    on("GET", at)
        .and(query_param_is_missing("marker"))
        .respond_with(ok(first))
        .expect(1)
        .mount(&server)
        .await;
    let empty = json!({"marker": 93979, "next_marker": 94000, "DATA": []});
    on("GET", at)
        .and(query_param("marker", "93979"))
        .respond_with(ok(empty))
        .expect(1)
        .mount(&server)
        .await;
    let last = json!({"marker": 94000, "next_marker": null, "DATA": [{"source_path": null}]});
    on("GET", at)
        .and(query_param("marker", "94000"))
        .respond_with(ok(last))
        .expect(1)
        .mount(&server)
        .await;
    let files = client(&server)
        .task(id())
        .successful_transfers()
        .collect()
        .await
        .unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(
        (files[0].size, files[0].destination_path.as_deref()),
        (Some(4), Some("/b"))
    );
}

#[tokio::test]
async fn a_marker_that_comes_back_is_an_error_and_no_endless_loop() {
    let body = json!({"next_marker": 5, "DATA": [{"source_path": "/a"}]});
    let (_server, client) = answering("GET", "/v0.10/task/t-1/skipped_errors", 200, body).await;
    assert_eq!(
        client
            .task(id())
            .skipped_errors()
            .collect()
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::Decode
    );
}

#[tokio::test]
async fn skipped_errors_name_file_and_reason() {
    let body = json!({"DATA": [{"DATA_TYPE": "skipped_error", "error_code": "FILE_NOT_FOUND",
        "error_details": "no such file", "error_time": "2026-11-22T16:14:05+00:00", "source_path": "/a",
        "destination_path": "/b", "is_directory": false, "is_symlink": false, "checksum_algorithm": null}]});
    let (_server, client) = answering("GET", "/v0.10/task/t-1/skipped_errors", 200, body).await;
    let skipped = client.task(id()).skipped_errors().collect().await.unwrap();
    assert_eq!(skipped[0].error_code.as_deref(), Some("FILE_NOT_FOUND"));
    assert_eq!(skipped[0].source_path.as_deref(), Some("/a"));
    assert!(skipped[0].error_time.is_some());
}

#[tokio::test]
async fn a_malformed_list_is_an_error() {
    for body in [
        r#"{"total": 3}"#,
        r#"{"DATA": {}}"#,
        r#"{"DATA": [{"status": "ACTIVE"}]}"#,
        "<html>",
    ] {
        let (_server, client) = answering_raw("GET", "/v0.10/task_list", 200, body).await;
        assert_eq!(
            client.tasks().send().await.unwrap_err().kind(),
            ErrorKind::Decode,
            "{body}"
        );
    }
}

#[tokio::test]
async fn what_the_service_refuses_is_told() {
    let body = error("ClientError.BadRequest", "Invalid filter");
    let (_server, client) = answering("GET", "/v0.10/task_list", 400, body).await;
    let refusal = client.tasks().label("~x").collect().await.unwrap_err();
    assert_eq!(refusal.service_message(), Some("Invalid filter"));
    let body = error("ClientError.NotFound", "No such task");
    let (_server, client) = answering("GET", "/v0.10/task/t-1/event_list", 404, body).await;
    assert!(
        client
            .task(id())
            .events()
            .collect()
            .await
            .unwrap_err()
            .is_not_found()
    );
}
