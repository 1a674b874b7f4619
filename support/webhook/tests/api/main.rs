//! What is posted, and what is said of a post that failed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use webhook::{Webhook, WebhookError};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const SECRET: &str = "T000-s3cr3t-p4th";

async fn served(status: u16) -> (MockServer, Webhook) {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/services/{SECRET}")))
        .and(query_param("sig", "a/b"))
        .respond_with(ResponseTemplate::new(status))
        .mount(&server)
        .await;
    let url = format!("{}/services/{SECRET}?sig=a%2Fb", server.uri());
    (server, Webhook::new(&url.into()).unwrap())
}

#[tokio::test]
async fn a_document_goes_once_to_the_whole_address() {
    let (server, webhook) = served(204).await;
    webhook.post(&json!({"text": "x"})).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].body_json::<Value>().unwrap(), json!({"text": "x"}));
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_names_no_address() {
    let (server, webhook) = served(503).await;
    let refused = webhook.post(&json!({})).await.unwrap_err();
    assert_eq!(refused, WebhookError::Status(503));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    let nobody = Webhook::new(&format!("http://127.0.0.1:1/{SECRET}").into()).unwrap();
    let failed = nobody.post(&json!({})).await.unwrap_err();
    assert!(matches!(failed, WebhookError::NoAnswer(_)), "{failed}");
    assert!(!format!("{failed} {failed:?}").contains(SECRET));
}
