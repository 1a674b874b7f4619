//! Submitting: once, whatever happens to the answer.

use globus_transfer::model::SubmitCode;
use globus_transfer::{ErrorExt, ErrorKind, SubmissionDocument};
use serde_json::{Value, json};
use wiremock::matchers::body_bytes;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{answering, answering_raw, client, count, destination, error, on, sent, source};

const ID: &str = "0d0c0000-0000-11ef-b000-0123456789ab";

fn result(code: &str) -> Value {
    json!({"DATA_TYPE": "transfer_result", "code": code, "message": "The transfer has been accepted",
        "request_id": "rq1", "resource": "/v0.10/transfer", "submission_id": ID, "task_id": "t-1",
        "task_link": {"DATA_TYPE": "link", "href": "/v0.10/task/t-1"}})
}

fn document() -> SubmissionDocument {
    let text = json!({"DATA_TYPE": "transfer", "submission_id": ID, "DATA": []}).to_string();
    SubmissionDocument::from_bytes(text).unwrap()
}

#[tokio::test]
async fn an_id_is_fetched_and_goes_into_the_document() {
    let server = MockServer::start().await;
    let id = ResponseTemplate::new(200).set_body_json(json!({"value": ID}));
    on("GET", "/v0.10/submission_id")
        .respond_with(id)
        .expect(1)
        .mount(&server)
        .await;
    let accepted = ResponseTemplate::new(200).set_body_json(result("Accepted"));
    on("POST", "/v0.10/transfer")
        .respond_with(accepted)
        .expect(1)
        .mount(&server)
        .await;
    let answer = client(&server)
        .submit_transfer(source(), destination())
        .item("/a", "/b")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.code, SubmitCode::Accepted);
    assert_eq!(answer.task_id.as_str(), "t-1");
    assert_eq!(answer.submission_id.unwrap().as_str(), ID);
    assert_eq!(answer.request_id.as_deref(), Some("rq1"));
    assert_eq!(sent(&server, 1).await["submission_id"], ID);
}

#[tokio::test]
async fn a_deletion_goes_its_own_way() {
    let server = MockServer::start().await;
    let id = ResponseTemplate::new(200).set_body_json(json!({"value": ID}));
    on("GET", "/v0.10/submission_id")
        .respond_with(id)
        .mount(&server)
        .await;
    let accepted = ResponseTemplate::new(200).set_body_json(json!({"code": "Accepted", "task_id": "t-2"}));
    on("POST", "/v0.10/delete")
        .respond_with(accepted)
        .expect(1)
        .mount(&server)
        .await;
    let answer = client(&server)
        .submit_delete(source())
        .path("/a")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.task_id.as_str(), "t-2");
}

#[tokio::test]
async fn what_cannot_be_submitted_costs_no_request() {
    let server = MockServer::start().await;
    let client = client(&server);
    client
        .submit_transfer(source(), destination())
        .send()
        .await
        .unwrap_err();
    client.submit_delete(source()).path("").send().await.unwrap_err();
    assert_eq!(count(&server).await, 0);
}

#[tokio::test]
async fn a_duplicate_is_the_first_task_and_a_success() {
    let (_server, client) = answering("POST", "/v0.10/transfer", 200, result("Duplicate")).await;
    let answer = client.submit(&document()).send().await.unwrap();
    assert!(answer.is_duplicate());
    assert_eq!(answer.task_id.as_str(), "t-1");
}

#[tokio::test]
async fn an_unknown_code_keeps_its_word() {
    let (_server, client) = answering("POST", "/v0.10/transfer", 202, result("Pondering")).await;
    let answer = client.submit(&document()).send().await.unwrap();
    assert_eq!(answer.code, SubmitCode::Unknown("Pondering".into()));
}

#[tokio::test]
async fn after_a_503_the_same_bytes_are_sent_again() {
    let server = MockServer::start().await;
    let document = document();
    let exact = || on("POST", "/v0.10/transfer").and(body_bytes(document.as_bytes()));
    exact()
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .expect(2)
        .mount(&server)
        .await;
    let answer = ResponseTemplate::new(200).set_body_json(result("Duplicate"));
    exact().respond_with(answer).expect(1).mount(&server).await;
    client(&server).submit(&document).send().await.unwrap();
}

#[tokio::test]
async fn the_services_refusal_is_told_in_full() {
    let refusal = error(
        "ClientError.BadRequest.NoTransferItems",
        "A transfer requires at least one item",
    );
    let (server, client) = answering("POST", "/v0.10/transfer", 400, refusal).await;
    let error = client.submit(&document()).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.status(), Some(400));
    assert_eq!(error.operation(), Some("globus_transfer.submit_transfer"));
    assert_eq!(error.request_id(), Some("rq7"));
    assert!(error.has_code("NoTransferItems") && error.has_code("BadRequest") && !error.has_code("Bad"));
    assert_eq!(count(&server).await, 1, "a refusal is not repeated");
}

#[tokio::test]
async fn a_missing_consent_names_its_scopes() {
    let scope =
        "urn:globus:auth:scope:transfer.api.globus.org:all[*https://auth.globus.org/scopes/x/data_access]";
    let body = json!({"code": "ConsentRequired", "message": "Missing required data_access consent",
        "required_scopes": [scope], "request_id": "rq8"});
    let (_server, client) = answering("POST", "/v0.10/transfer", 403, body).await;
    let error = client.submit(&document()).send().await.unwrap_err();
    assert!(error.is_consent_required() && error.is_permission_denied());
    assert_eq!(error.required_scopes(), [scope]);
}

#[tokio::test]
async fn an_answer_without_a_task_is_no_success() {
    for body in [
        "",
        "{",
        "[]",
        r#"{"code":"Accepted"}"#,
        r#"{"code":"Accepted","task_id":null}"#,
    ] {
        let (_server, client) = answering_raw("POST", "/v0.10/transfer", 200, body).await;
        let error = client.submit(&document()).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body:?}");
    }
    let (_server, client) = answering_raw("GET", "/v0.10/submission_id", 200, "{}").await;
    assert_eq!(
        client.submission_id().send().await.unwrap_err().kind(),
        ErrorKind::Decode
    );
}
