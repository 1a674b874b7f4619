//! Following tasks: to their end, their progress and their events.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use globus_transfer::{Client, ErrorKind, TaskId, TaskStatus, TaskWatcher, WaitError};
use serde_json::{Value, json};
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::support::{answering, client, count, destination, error, on, source};

fn id() -> TaskId {
    TaskId::new("t-1")
}

fn task(status: &str, bytes: u64) -> Value {
    json!({"task_id": "t-1", "status": status, "bytes_transferred": bytes, "files": 3, "files_transferred": 1,
        "files_skipped": "1", "faults": 2, "effective_bytes_per_second": 7, "nice_status": "OK"})
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// Gives one answer after the other, and the last for good.
fn in_turn(answers: Vec<Value>) -> impl Fn(&Request) -> ResponseTemplate {
    let turn = AtomicUsize::new(0);
    move |_: &Request| {
        let turn = turn.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        ok(answers[turn].clone())
    }
}

async fn serving(routes: &[(&str, &str)], answers: Vec<Vec<Value>>) -> (MockServer, Client) {
    let server = MockServer::start().await;
    for ((verb, at), answers) in routes.iter().zip(answers) {
        on(verb, at).respond_with(in_turn(answers)).mount(&server).await;
    }
    let client = client(&server);
    (server, client)
}

fn listed(task: &Value) -> Value {
    json!({"DATA": [task], "total": 1})
}

#[tokio::test]
async fn progress_is_told_to_the_end() {
    let readings = [task("ACTIVE", 0), task("ACTIVE", 1000), task("SUCCEEDED", 3000)];
    let lists = readings.iter().map(listed).collect();
    let (_server, client) = serving(&[("GET", "/v0.10/task_list")], vec![lists]).await;
    let progress: Vec<_> = TaskWatcher::new(client)
        .progress(id())
        .try_collect()
        .await
        .unwrap();
    let bytes: Vec<u64> = progress.iter().map(|progress| progress.bytes).collect();
    assert_eq!(bytes, [0, 1000, 3000]);
    assert_eq!(progress[0].bytes_per_second, 7, "the service's mean");
    assert!(
        progress[1].bytes_per_second > 1000,
        "since the reading before: {}",
        progress[1]
    );
    assert_eq!(progress[2].status, TaskStatus::Succeeded);
    assert_eq!(
        progress[0].to_string(),
        "task t-1 ACTIVE: 2 of 3 files, 0 bytes, 7 B/s, 2 faults"
    );
}

#[tokio::test]
async fn progress_ends_with_the_error_of_the_wait() {
    let lists = vec![listed(&task("ACTIVE", 5)), listed(&task("FAILED", 5))];
    let (_server, client) = serving(&[("GET", "/v0.10/task_list")], vec![lists]).await;
    let progress: Vec<_> = TaskWatcher::new(client).progress(id()).collect().await;
    assert_eq!(progress.len(), 3, "both readings and the error");
    assert!(matches!(progress[2], Err(WaitError::Failed { .. })));
}

fn events(codes: &[&str], total: u64) -> Value {
    let events: Vec<Value> = codes.iter().map(|code| json!({"code": code})).collect();
    json!({"DATA": events, "total": total})
}

const FOLLOWED: &[(&str, &str)] = &[("GET", "/v0.10/task/t-1"), ("GET", "/v0.10/task/t-1/event_list")];

#[tokio::test]
async fn events_are_told_once_and_oldest_first() {
    let tasks = vec![task("ACTIVE", 0), task("ACTIVE", 0), task("SUCCEEDED", 0)];
    let lists = vec![
        events(&["PROGRESS", "STARTED"], 2),
        events(&["PROGRESS", "STARTED"], 2),
        events(&["SUCCEEDED", "PROGRESS", "PROGRESS", "STARTED"], 4),
    ];
    let (server, client) = serving(FOLLOWED, vec![tasks, lists]).await;
    let told: Vec<_> = client.task(id()).follow_events().try_collect().await.unwrap();
    let codes: Vec<&str> = told.iter().map(|event| event.code.as_str()).collect();
    assert_eq!(codes, ["STARTED", "PROGRESS", "PROGRESS", "SUCCEEDED"]);
    assert_eq!(count(&server).await, 6);
}

#[tokio::test]
async fn a_list_of_events_that_grows_while_it_is_read_is_read_again() {
    let tasks = vec![task("SUCCEEDED", 0)];
    let lists = vec![
        events(&["B"], 2),
        events(&["B"], 3),
        events(&["C", "B"], 3),
        events(&["A"], 3),
    ];
    let (_server, client) = serving(FOLLOWED, vec![tasks, lists]).await;
    let told: Vec<_> = client.task(id()).follow_events().try_collect().await.unwrap();
    let codes: Vec<&str> = told.iter().map(|event| event.code.as_str()).collect();
    assert_eq!(codes, ["A", "B", "C"]);
}

#[tokio::test]
async fn following_an_unknown_task_is_an_error_and_the_end() {
    let (_server, client) =
        answering("GET", "/v0.10/task/t-1", 404, error("ClientError.NotFound", "m")).await;
    let told: Vec<_> = client.task(id()).follow_events().collect().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].as_ref().unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_cancelled_task_is_waited_for() {
    let routes = [("POST", "/v0.10/task/t-1/cancel"), ("GET", "/v0.10/task/t-1")];
    let cancelled = json!({"code": "Canceled"});
    let tasks = vec![task("ACTIVE", 0), task("ACTIVE", 0), task("FAILED", 0)];
    let (server, client) = serving(&routes, vec![vec![cancelled.clone()], tasks]).await;
    let end = client
        .task(id())
        .cancel_and_wait(Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!((end.status, count(&server).await), (TaskStatus::Failed, 4));

    let (_server, client) = serving(&routes, vec![vec![cancelled], vec![task("ACTIVE", 0)]]).await;
    let late = client
        .task(id())
        .cancel_and_wait(Duration::from_secs(60))
        .await
        .unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_submission_is_waited_for() {
    let routes = [
        ("GET", "/v0.10/submission_id"),
        ("POST", "/v0.10/transfer"),
        ("GET", "/v0.10/task_list"),
    ];
    let answers = vec![
        vec![json!({"value": "s-1"})],
        vec![json!({"code": "Accepted", "task_id": "t-1"})],
        vec![listed(&task("ACTIVE", 0)), listed(&task("SUCCEEDED", 5))],
    ];
    let (server, client) = serving(&routes, answers).await;
    let watcher = TaskWatcher::new(client.clone());
    let transfer = client.submit_transfer(source(), destination());
    let refused = transfer.clone().submit_and_wait(&watcher).await.unwrap_err();
    assert!(matches!(refused, WaitError::Service(_)), "nothing to transfer");
    assert_eq!(count(&server).await, 0);
    let task = transfer.item("/a", "/b").submit_and_wait(&watcher).await.unwrap();
    assert_eq!((task.bytes_transferred, count(&server).await), (Some(5), 4));
}
