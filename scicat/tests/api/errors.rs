//! Each error document of the backend, as a caller sees it.

use rest_core::Error;
use scicat::violations;
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{client, on, reply, scan};

async fn refused_with(answer: ResponseTemplate) -> Error {
    let server = MockServer::start().await;
    on("POST", "/datasets", answer).expect(1).mount(&server).await;
    client(&server)
        .datasets()
        .create(scan())
        .send()
        .await
        .unwrap_err()
}

async fn refused(status: u16, body: Value) -> Error {
    refused_with(reply(status, &body)).await
}

#[tokio::test]
async fn the_v3_validator_wraps_its_list_in_text() {
    let list = json!([
        {"property": "contactEmail", "children": [],
         "constraints": {"customEmailList": "Expected an email or a list of semicolon separated emails, got garbage"}},
        {"property": "foo", "constraints": {"whitelistValidation": "property foo should not exist"}},
        {"property": "dataFileList", "children": [{"property": "0", "children": [
            {"property": "time", "constraints": {"isDateString": "time must be a date"}}]}]},
    ]);
    let error = refused(400, json!({"status": 400, "message": list.to_string()})).await;
    let found = violations(&error);
    let fields: Vec<_> = found
        .iter()
        .map(|v| (v.property.as_str(), v.rule.as_deref().unwrap()))
        .collect();
    assert_eq!(
        fields,
        [
            ("contactEmail", "customEmailList"),
            ("foo", "whitelistValidation"),
            ("dataFileList.0.time", "isDateString")
        ]
    );
    assert_eq!(
        error.service_message(),
        Some(
            "Expected an email or a list of semicolon separated emails, got garbage; \
             property foo should not exist; time must be a date"
        )
    );
}

#[tokio::test]
async fn the_frameworks_validator_lists_messages() {
    let messages = [
        "dataFileList.0.time must be a valid ISO 8601 date string",
        "property ownerGroup should not exist",
    ];
    let error = refused(
        400,
        json!({"message": messages, "error": "Bad Request", "statusCode": 400}),
    )
    .await;
    let found = violations(&error);
    assert_eq!(
        found.iter().map(|v| v.property.as_str()).collect::<Vec<_>>(),
        ["dataFileList.0.time", "ownerGroup"]
    );
    assert_eq!(found[1].to_string(), messages[1]);
    assert_eq!(error.service_code(), Some("Bad Request"));
}

#[tokio::test]
async fn all_else_is_a_message() {
    let error = refused(
        403,
        json!({"message": "Forbidden resource", "error": "Forbidden", "statusCode": 403}),
    )
    .await;
    assert!(error.is_permission_denied());
    assert_eq!(error.service_message(), Some("Forbidden resource"));
    assert!(violations(&error).is_empty());
    let taken = "A dataset with pid my/own-pid.1 already exists!";
    let error = refused(
        409,
        json!({"message": taken, "error": "Conflict", "statusCode": 409}),
    )
    .await;
    assert!(error.is_conflict());
    assert!(error.to_string().contains(taken), "{error}");
    let error = refused(
        400,
        json!({"status": 400, "message": "Invalid job type: archive"}),
    )
    .await;
    assert_eq!(error.service_message(), Some("Invalid job type: archive"));
    assert!(violations(&error).is_empty());
}

#[tokio::test]
async fn a_document_that_is_none_still_gives_an_error() {
    let page = "<html><head><title>502 Bad Gateway</title></head></html>";
    for body in [
        "",
        "Internal server error",
        page,
        "{",
        "null",
        "[1]",
        r#"{"message":{"deep":1}}"#,
    ] {
        let error = refused_with(ResponseTemplate::new(500).set_body_string(body)).await;
        assert_eq!(error.status(), Some(500), "{body}");
        assert!(error.to_string().contains("500"), "{error}");
    }
}
