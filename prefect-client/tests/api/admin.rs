//! Health and version.

use rest_core::ErrorKind;
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{client, offline, on, reply};

#[test]
fn the_requests() {
    insta::assert_json_snapshot!([
        offline().health().into_parts().unwrap(),
        offline().version().into_parts().unwrap(),
    ]);
}

#[tokio::test]
async fn health_outlasts_503() {
    let server = MockServer::start().await;
    let busy = reply(503, &json!({"exception_message": "Service Unavailable"}));
    on("GET", "/health", busy)
        .up_to_n_times(2)
        .expect(2)
        .mount(&server)
        .await;
    on("GET", "/health", reply(200, &json!(true)))
        .expect(1)
        .mount(&server)
        .await;
    assert!(client(&server).health().send().await.unwrap());
}

#[tokio::test]
async fn something_else_at_that_address_is_no_health() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<!doctype html><title>UI</title>", "text/html");
    on("GET", "/health", page).mount(&server).await;
    assert_eq!(
        client(&server).health().send().await.unwrap_err().kind(),
        ErrorKind::Decode
    );
}

#[tokio::test]
async fn a_version_and_a_refused_one() {
    let server = MockServer::start().await;
    on("GET", "/admin/version", reply(200, &json!("3.8.8")))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on(
        "GET",
        "/admin/version",
        reply(401, &json!({"exception_message": "Unauthorized"})),
    )
    .mount(&server)
    .await;
    let client = client(&server);
    assert_eq!(client.version().send().await.unwrap(), "3.8.8");
    let error = client.version().send().await.unwrap_err();
    assert!(error.is_unauthenticated());
    assert_eq!(error.service_message(), Some("Unauthorized"));
}
