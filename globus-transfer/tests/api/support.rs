//! A client of a mock server, and answers in the service's shapes.

use std::sync::Arc;

use globus_transfer::{Client, EndpointId};
use rest_core::{ManualClock, StaticToken, Token};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

pub(crate) const TOKEN: &str = "AgTransferTokenOfTheTests";
pub(crate) const SOURCE: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
pub(crate) const DESTINATION: &str = "22222222-aaaa-4bbb-8ccc-000000000002";

pub(crate) fn source() -> EndpointId {
    EndpointId::parse(SOURCE).unwrap()
}

pub(crate) fn destination() -> EndpointId {
    EndpointId::parse(DESTINATION).unwrap()
}

/// Connections of this test alone: those that the process shares die with the test that opened them, and the
/// mock servers' ports are used again.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
}

/// Whose pauses between retries take no time.
pub(crate) fn client(server: &MockServer) -> Client {
    Client::builder()
        .base_url(server.uri())
        .http(http())
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .clock(Arc::new(ManualClock::new(chrono::DateTime::UNIX_EPOCH)))
        .build()
        .unwrap()
}

/// A client for tests that send nothing.
pub(crate) fn idle() -> Client {
    Client::new(
        "https://transfer.example.org/",
        Arc::new(StaticToken(Token::bearer(TOKEN))),
    )
    .unwrap()
}

/// A server that answers one request with one document; anything else gets a 404 of no service.
pub(crate) async fn answering(verb: &str, at: &str, status: u16, body: Value) -> (MockServer, Client) {
    let server = MockServer::start().await;
    on(verb, at)
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(&server)
        .await;
    let client = client(&server);
    (server, client)
}

/// As [`answering`], with any body.
pub(crate) async fn answering_raw(verb: &str, at: &str, status: u16, body: &str) -> (MockServer, Client) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_raw(body, "application/json");
    on(verb, at).respond_with(answer).mount(&server).await;
    let client = client(&server);
    (server, client)
}

pub(crate) fn on(verb: &str, at: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(at))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
}

pub(crate) fn error(code: &str, message: &str) -> Value {
    json!({"code": code, "message": message, "request_id": "rq7", "resource": "/v0.10/some/thing"})
}

/// The body of the nth request, as JSON.
pub(crate) async fn sent(server: &MockServer, n: usize) -> Value {
    serde_json::from_slice(&server.received_requests().await.unwrap()[n].body).unwrap()
}

pub(crate) async fn count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}
