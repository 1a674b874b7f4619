//! Reading variables.

use rest_core::ErrorKind;
use serde_json::json;
use wiremock::MockServer;

use crate::support::{client, offline, on, reply};

#[test]
fn the_request() {
    insta::assert_json_snapshot!(offline().variable("bl832-settings").get().into_parts().unwrap());
}

#[tokio::test]
async fn any_json_is_a_value() {
    let server = MockServer::start().await;
    for (name, value) in [
        ("map", json!({"a": 1.5})),
        ("text", json!("x")),
        ("nothing", json!(null)),
    ] {
        let stored = json!({"id": "82889117-443d-41e4-a066-da7701d76acc", "created": "2026-03-01T11:59:00.268513Z",
            "updated": "2026-03-01T11:59:00.268614Z", "name": name, "value": value, "tags": ["t"]});
        on("GET", &format!("/variables/name/{name}"), reply(200, &stored))
            .mount(&server)
            .await;
        let variable = client(&server).variable(name).get().send().await.unwrap();
        assert_eq!((variable.name.as_str(), variable.value), (name, value));
    }
}

#[tokio::test]
async fn a_missing_variable_may_be_none() {
    let server = MockServer::start().await;
    on(
        "GET",
        "/variables/name/x",
        reply(404, &json!({"detail": "Variable not found."})),
    )
    .mount(&server)
    .await;
    let get = client(&server).variable("x").get();
    assert!(get.send_opt().await.unwrap().is_none());
    let error = get.send().await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.service_message(), Some("Variable not found."));
}

#[tokio::test]
async fn a_document_without_a_name_is_a_decode_error_without_its_text() {
    let server = MockServer::start().await;
    on(
        "GET",
        "/variables/name/x",
        reply(200, &json!({"value": "hidden-value"})),
    )
    .mount(&server)
    .await;
    let error = client(&server).variable("x").get().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let text = format!("{error} {error:?} {:?}", error.body());
    assert!(!text.contains("hidden-value"), "{text}");
}
