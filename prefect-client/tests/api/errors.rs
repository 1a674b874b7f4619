//! Each error document of the server, as a caller sees it.

use rest_core::Error;
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{DEPLOYMENT, client, deployment_id, on, reply};

async fn refused_with(answer: ResponseTemplate) -> Error {
    let server = MockServer::start().await;
    on(
        "POST",
        &format!("/deployments/{DEPLOYMENT}/create_flow_run"),
        answer,
    )
    .mount(&server)
    .await;
    let create = client(&server)
        .create_flow_run(deployment_id())
        .parameters(json!({"key": "s3cret-value"}));
    create.send().await.unwrap_err()
}

async fn refused(status: u16, body: Value) -> Error {
    refused_with(reply(status, &body)).await
}

fn problem() -> Value {
    json!({"type": "extra_forbidden", "loc": ["body", "parameters", 0], "msg": "Extra inputs are not permitted",
        "input": "s3cret-value", "ctx": {"given": "s3cret-value"}})
}

#[tokio::test]
async fn detail_is_text_or_a_list() {
    let error = refused(403, json!({"detail": "Missing CSRF token."})).await;
    assert!(error.is_permission_denied());
    assert_eq!(error.service_message(), Some("Missing CSRF token."));
    let error = refused(422, json!({"detail": [problem()]})).await;
    assert_eq!(
        error.service_message(),
        Some("body.parameters.0: Extra inputs are not permitted")
    );
}

#[tokio::test]
async fn the_server_names_its_exception() {
    let error = refused(500, json!({"exception_message": "Internal Server Error"})).await;
    assert_eq!(error.service_message(), Some("Internal Server Error"));
}

#[tokio::test]
async fn a_refused_document_is_not_repeated() {
    let echo = json!({"parameters": {"key": "s3cret-value"}});
    let long = json!({"exception_message": "Invalid request received.", "exception_detail": [problem()],
        "request_body": {"parameters": {"key": "s3cret-value", "rest": "x".repeat(70_000)}}});
    let cases = [
        json!({"exception_message": "Invalid request received.", "exception_detail": [problem()], "request_body": echo}),
        json!({"exception_message": "Invalid request received.", "exception_detail": problem(), "request_body": "s3cret-value"}),
        json!({"request_body": "s3cret-value"}),
        json!(["s3cret-value"]),
        json!("s3cret-value"),
        long,
    ];
    for body in cases {
        let error = refused(422, body).await;
        assert_eq!(error.status(), Some(422));
        assert_eq!(error.body(), None);
        let text = format!("{error} {error:?} {:?}", error.service_message());
        assert!(!text.contains("s3cret-value"), "{text}");
    }
}

#[tokio::test]
async fn a_document_that_is_none_still_gives_an_error() {
    for body in [
        "",
        "<html><head><title>502 Bad Gateway</title></head></html>",
        "{",
        "null",
    ] {
        let error = refused_with(ResponseTemplate::new(502).set_body_string(body)).await;
        assert_eq!(error.status(), Some(502), "{body}");
        assert!(error.to_string().contains("502"), "{error}");
    }
}
