//! Waiting over real connections.

use std::sync::Arc;

use globus_transfer::{Client, TaskId, TaskWatcher, WaitError};
use rest_core::{Pace, StaticToken, Token};
use serde_json::{Value, json};
use std::time::Duration;
use wiremock::matchers::query_param;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{TOKEN, client, count, error, http, on};

/// A pace for tests: what matters here is the traffic.
const BRISK: Pace = Pace {
    first: Duration::from_millis(10),
    growth: 0.0,
    max: Duration::from_millis(10),
};

fn list(tasks: &[Value]) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"DATA": tasks, "total": tasks.len()}))
}

/// With the real clock: several waiters share it.
fn watcher(server: &MockServer) -> TaskWatcher {
    let tokens = Arc::new(StaticToken(Token::bearer(TOKEN)));
    let client = Client::builder()
        .base_url(server.uri())
        .http(http())
        .tokens(tokens)
        .build()
        .unwrap();
    TaskWatcher::new(client).pace(BRISK)
}

#[tokio::test]
async fn all_tasks_are_asked_for_in_one_request() {
    let server = MockServer::start().await;
    let done: Vec<Value> = ["a", "b", "c"]
        .map(|id| json!({"task_id": id, "status": "SUCCEEDED"}))
        .into();
    on("GET", "/v0.10/task_list")
        .and(query_param("filter", "task_id:a,b,c"))
        .and(query_param("limit", "3"))
        .respond_with(list(&done))
        .expect(1)
        .mount(&server)
        .await;
    let watcher = watcher(&server);
    let wait = |id: &str| std::future::IntoFuture::into_future(watcher.wait(TaskId::new(id)));
    let (a, b, c) = tokio::join!(wait("a"), wait("b"), wait("c"));
    assert_eq!(
        [a, b, c].map(|end| end.unwrap().task_id.to_string()),
        ["a", "b", "c"]
    );
}

#[tokio::test]
async fn a_poll_that_fails_is_not_retried_but_asked_anew() {
    let server = MockServer::start().await;
    on("GET", "/v0.10/task_list")
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(3)
        .mount(&server)
        .await;
    let done = [json!({"task_id": "a", "status": "SUCCEEDED"})];
    on("GET", "/v0.10/task_list")
        .respond_with(list(&done))
        .mount(&server)
        .await;
    TaskWatcher::new(client(&server))
        .wait(TaskId::new("a"))
        .await
        .unwrap();
    assert_eq!(count(&server).await, 4);
}

#[tokio::test]
async fn a_service_that_stays_away_ends_the_wait() {
    let server = MockServer::start().await;
    on("GET", "/v0.10/task_list")
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    let end = TaskWatcher::new(client(&server))
        .wait(TaskId::new("a"))
        .await
        .unwrap_err();
    assert!(
        matches!(&end, WaitError::Service(cause) if cause.status() == Some(503)),
        "{end:?}"
    );
    assert_eq!(count(&server).await, 10);
}

#[tokio::test]
async fn a_refusal_ends_the_wait_at_once() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(403).set_body_json(error("PermissionDenied", "not yours"));
    on("GET", "/v0.10/task_list")
        .respond_with(refusal)
        .mount(&server)
        .await;
    let end = watcher(&server).wait(TaskId::new("a")).await.unwrap_err();
    assert_eq!(end.code(), "PermissionDenied");
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_task_the_list_leaves_out_is_looked_up() {
    let server = MockServer::start().await;
    on("GET", "/v0.10/task_list")
        .respond_with(list(&[]))
        .mount(&server)
        .await;
    let done = ResponseTemplate::new(200).set_body_json(json!({"task_id": "a", "status": "SUCCEEDED"}));
    on("GET", "/v0.10/task/a").respond_with(done).mount(&server).await;
    watcher(&server).wait(TaskId::new("a")).await.unwrap();
    let unknown = ResponseTemplate::new(404).set_body_json(error("ClientError.NotFound", "No such task"));
    on("GET", "/v0.10/task/b")
        .respond_with(unknown)
        .expect(3)
        .mount(&server)
        .await;
    let end = watcher(&server).wait(TaskId::new("b")).await.unwrap_err();
    assert!(matches!(end, WaitError::Lost { .. }));
}

#[tokio::test]
async fn a_fatal_condition_is_cancelled_once_and_its_end_awaited() {
    let server = MockServer::start().await;
    let sick = [json!({"task_id": "a", "status": "ACTIVE", "nice_status": "FILE_NOT_FOUND"})];
    on("GET", "/v0.10/task_list")
        .respond_with(list(&sick))
        .mount(&server)
        .await;
    let cancelled = ResponseTemplate::new(200).set_body_json(json!({"code": "Canceled"}));
    on("POST", "/v0.10/task/a/cancel")
        .respond_with(cancelled)
        .expect(1)
        .mount(&server)
        .await;
    let ending = ResponseTemplate::new(200).set_body_json(json!({"task_id": "a", "status": "ACTIVE"}));
    on("GET", "/v0.10/task/a")
        .respond_with(ending)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let ended = ResponseTemplate::new(200).set_body_json(json!({"task_id": "a", "status": "FAILED"}));
    on("GET", "/v0.10/task/a")
        .respond_with(ended)
        .expect(1)
        .mount(&server)
        .await;
    let event =
        json!({"code": "FILE_NOT_FOUND", "is_error": true, "details": "Endpoint: spot\nFile: /raw/x.h5"});
    let events = ResponseTemplate::new(200).set_body_json(json!({"DATA": [event], "total": 1}));
    on("GET", "/v0.10/task/a/event_list")
        .respond_with(events)
        .expect(1)
        .mount(&server)
        .await;
    let end = watcher(&server).wait(TaskId::new("a")).await.unwrap_err();
    assert!(
        matches!(&end, WaitError::Fatal { file: Some(file), cancelled: true, .. } if file == "/raw/x.h5")
    );
}
