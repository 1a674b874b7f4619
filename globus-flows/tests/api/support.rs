//! A client of a mock server, and answers in the service's shapes.

use std::sync::Arc;

use globus_flows::{Client, FlowId, RunId};
use rest_core::{ManualClock, StaticToken, Token};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

pub(crate) const TOKEN: &str = "AgFlowsTokenOfTheTests";
pub(crate) const FLOW: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
pub(crate) const RUN: &str = "22222222-aaaa-4bbb-8ccc-000000000002";

pub(crate) fn flow() -> FlowId {
    FlowId::parse(FLOW).unwrap()
}

pub(crate) fn run() -> RunId {
    RunId::parse(RUN).unwrap()
}

/// Whose pauses take no time.
pub(crate) fn client(url: &str) -> Client {
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    Client::builder()
        .base_url(url)
        .http(http)
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .clock(Arc::new(ManualClock::new(chrono::DateTime::UNIX_EPOCH)))
        .build()
        .unwrap()
}

/// A client for tests that send nothing.
pub(crate) fn idle() -> Client {
    client("https://flows.example.org/")
}

pub(crate) fn on(verb: &str, at: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(at))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
}

pub(crate) fn answer(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn run_document(status: &str, label: &str) -> Value {
    json!({"run_id": RUN, "flow_id": FLOW, "flow_title": "Reconstruction flow", "status": status, "label": label,
        "display_status": status, "start_time": "2026-11-22T12:00:00.123456+00:00", "completion_time": null,
        "details": {"code": "FlowStarting", "description": "The Flow is starting execution", "details": {"input": {}}},
        "tags": ["t"], "new": 1})
}

pub(crate) async fn sent(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let line = |request: &wiremock::Request| format!("{} {}", request.method, request.url.path());
    requests.iter().map(line).collect()
}
