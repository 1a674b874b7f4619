//! Reading and cancelling one task.

use std::sync::Arc;

use async_trait::async_trait;
use globus_transfer::model::{FatalError, NiceStatus, OperationCode, Task, TaskKind, TaskStatus};
use globus_transfer::{Client, ErrorKind, Result, TaskId};
use rest_core::{Token, TokenProvider};
use serde_json::json;

use crate::support::{TOKEN, answering, answering_raw, count, error, http};

fn id() -> TaskId {
    TaskId::new("t-1")
}

#[tokio::test]
async fn a_full_document_is_read() {
    let body = json!({
        "DATA_TYPE": "task", "task_id": "t-1", "type": "TRANSFER", "status": "ACTIVE", "label": "scan 17",
        "nice_status": "Queued", "nice_status_details": null, "nice_status_expires_in": -1,
        "nice_status_short_description": "Queued", "is_ok": true, "is_paused": false, "fatal_error": null,
        "canceled_by_admin": null, "request_time": "2026-11-22T16:00:00+00:00", "completion_time": null,
        "deadline": "2026-11-23 16:00:00+00:00", "source_endpoint_id": "s", "destination_endpoint_id": "d",
        "bytes_transferred": 12, "bytes_checksummed": "34", "effective_bytes_per_second": 5, "files": 3,
        "files_transferred": 1, "files_skipped": 0, "directories": 0, "faults": 2, "sync_level": 3,
        "verify_checksum": true, "filter_rules": null, "symlinks": 0, "username": "u_x",
        "subtasks_total": 4, "subtasks_skipped_errors": 0, "some_new_field": {"of": ["any", "shape"]},
    });
    let (_server, client) = answering("GET", "/v0.10/task/t-1", 200, body).await;
    let task = client.task(id()).get().send().await.unwrap();
    assert_eq!(task.kind, Some(TaskKind::Transfer));
    assert!(task.is_queued() && !task.is_done());
    assert_eq!(task.nice_status_expires_in, Some(-1));
    assert_eq!(task.bytes_checksummed, Some(34));
    assert_eq!(task.sync_level, Some(3));
    assert_eq!(
        task.deadline.unwrap() - task.request_time.unwrap(),
        chrono::TimeDelta::days(1)
    );
    assert_eq!(task.completion_time, None);
    assert_eq!(task.to_string(), "task t-1 \"scan 17\" ACTIVE");
}

#[tokio::test]
async fn a_bare_document_is_read() {
    let body = json!({"task_id": "t-1", "status": "SUCCEEDED"});
    let (_server, client) = answering("GET", "/v0.10/task/t-1", 200, body).await;
    let task = client.task(id()).get().send_opt().await.unwrap().unwrap();
    assert!(task.is_done());
    assert_eq!(task.skipped_errors(), 0);
}

#[tokio::test]
async fn a_failed_delete_has_its_reason_and_no_destination() {
    let body = json!({"task_id": "t-1", "type": "DELETE", "status": "FAILED", "destination_endpoint_id": null,
        "fatal_error": {"code": "FILE_NOT_FOUND", "description": "file not found"}, "nice_status": null});
    let (_server, client) = answering("GET", "/v0.10/task/t-1", 200, body).await;
    let task = client.task(id()).get().send().await.unwrap();
    let FatalError {
        code, description, ..
    } = task.fatal_error.unwrap();
    assert_eq!(
        (code.as_deref(), description.as_deref()),
        (Some("FILE_NOT_FOUND"), Some("file not found"))
    );
}

#[test]
fn words_of_tomorrow_survive_a_round_trip() {
    let body = json!({"task_id": "t-1", "status": "DREAMING", "type": "TELEPORT", "nice_status": "LUNCH"});
    let task: Task = serde_json::from_value(body).unwrap();
    assert_eq!(task.status, TaskStatus::Unknown("DREAMING".into()));
    assert!(!task.is_done());
    assert_eq!(task.nice_status, Some(NiceStatus::Unknown("LUNCH".into())));
    let again = serde_json::to_value(&task).unwrap();
    assert_eq!(
        (&again["status"], &again["type"]),
        (&json!("DREAMING"), &json!("TELEPORT"))
    );
    assert_eq!(serde_json::from_value::<Task>(again).unwrap(), task);
}

#[tokio::test]
async fn an_unknown_task_is_none_or_an_error_as_asked() {
    let body = error("ClientError.NotFound", "No such task");
    let (_server, client) = answering("GET", "/v0.10/task/t-1", 404, body).await;
    assert!(client.task(id()).get().send_opt().await.unwrap().is_none());
    assert!(client.task(id()).get().send().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_malformed_document_names_what_is_wrong() {
    for (body, field) in [
        (r#"{"status":"ACTIVE"}"#, "task_id"),
        (r#"{"task_id":"t-1","status":"ACTIVE","faults":"many"}"#, "faults"),
        (
            r#"{"task_id":"t-1","status":"ACTIVE","deadline":"soon"}"#,
            "deadline",
        ),
    ] {
        let (_server, client) = answering_raw("GET", "/v0.10/task/t-1", 200, body).await;
        let error = client.task(id()).get().send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let cause = std::error::Error::source(&error).unwrap();
        assert!(
            format!("{error}: {cause}").contains(&format!("`{field}`")),
            "{error}: {cause}"
        );
    }
}

/// Has another token whenever one is refused.
#[derive(Debug)]
struct Renewing;

#[async_trait]
impl TokenProvider for Renewing {
    async fn token(&self) -> Result<Token> {
        Ok(Token::bearer(TOKEN))
    }

    fn invalidate(&self, _rejected: &Token) -> bool {
        true
    }
}

#[tokio::test]
async fn a_lost_token_is_an_error_after_one_more_try() {
    let body = error("AuthenticationFailed", "Token is not active");
    let (server, _) = answering("GET", "/v0.10/task/t-1", 401, body).await;
    let renewing = Client::builder()
        .base_url(server.uri())
        .http(http())
        .tokens(Arc::new(Renewing))
        .build();
    let lost = renewing.unwrap().task(id()).get().send().await.unwrap_err();
    assert!(lost.is_unauthenticated());
    assert_eq!(count(&server).await, 2);
}

#[tokio::test]
async fn a_lost_token_that_cannot_be_renewed_is_an_error_at_once() {
    let body = error("AuthenticationFailed", "Token is not active");
    let (server, client) = answering("GET", "/v0.10/task/t-1", 401, body).await;
    let lost = client.task(id()).get().send().await.unwrap_err();
    assert!(lost.is_unauthenticated());
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn cancelling_tells_what_became_of_it() {
    for (code, expected) in [
        ("Canceled", OperationCode::Canceled),
        ("CancelAccepted", OperationCode::CancelAccepted),
        ("TaskComplete", OperationCode::TaskComplete),
        ("Shrugged", OperationCode::Unknown("Shrugged".into())),
    ] {
        let body = json!({"DATA_TYPE": "result", "code": code, "message": "m", "request_id": "rq2"});
        let (_server, client) = answering("POST", "/v0.10/task/t-1/cancel", 200, body).await;
        assert_eq!(client.task(id()).cancel().send().await.unwrap().code, expected);
    }
}

#[tokio::test]
async fn cancelling_is_repeated_until_the_service_answers() {
    let (server, client) = answering("POST", "/v0.10/task/t-1/cancel", 503, json!({})).await;
    let error = client.task(id()).cancel().send().await.unwrap_err();
    assert!(error.is_exhausted());
    assert_eq!(count(&server).await, 5);
}
