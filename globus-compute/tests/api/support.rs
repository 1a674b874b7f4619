//! A client of a mock server, and answers in the service's shapes.

use std::sync::Arc;

use globus_compute::{Client, EndpointId, FunctionId};
use rest_core::{StaticToken, Token};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

pub(crate) const TOKEN: &str = "AgComputeTokenOfTheTests";
pub(crate) const ENDPOINT: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
pub(crate) const FUNCTION: &str = "22222222-aaaa-4bbb-8ccc-000000000002";
pub(crate) const GROUP: &str = "33333333-aaaa-4bbb-8ccc-000000000003";

pub(crate) fn endpoint() -> EndpointId {
    EndpointId::parse(ENDPOINT).unwrap()
}

pub(crate) fn function() -> FunctionId {
    FunctionId::parse(FUNCTION).unwrap()
}

/// The id of the nth task.
pub(crate) fn task(n: usize) -> String {
    format!("44444444-aaaa-4bbb-8ccc-{n:012}")
}

/// Connections of this test alone: those that the process shares die with the test that opened them.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
}

pub(crate) fn client(url: &str) -> Client {
    Client::builder()
        .base_url(url)
        .http(http())
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .build()
        .unwrap()
}

/// A client for tests that send nothing.
pub(crate) fn idle() -> Client {
    client("https://compute.example.org/")
}

pub(crate) fn on(verb: &str, at: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(at))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
}

pub(crate) fn answer(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A server that knows the endpoint, takes functions, and makes task 0 of what is submitted.
pub(crate) async fn service() -> MockServer {
    let server = MockServer::start().await;
    let endpoint = json!({"uuid": ENDPOINT, "endpoint_version": "4.19.0"});
    on("GET", &format!("/v2/endpoints/{ENDPOINT}"))
        .respond_with(answer(endpoint))
        .mount(&server)
        .await;
    on("POST", "/v3/functions")
        .respond_with(answer(json!({"function_uuid": FUNCTION})))
        .mount(&server)
        .await;
    server
}

pub(crate) fn submitted(count: usize) -> Value {
    let ids: Vec<String> = (0..count).map(task).collect();
    json!({"request_id": "r", "task_group_id": GROUP, "endpoint_id": ENDPOINT, "tasks": {FUNCTION: ids}})
}

/// The paths of all requests, in their order.
pub(crate) async fn paths(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect()
}
