//! A client whose clock is the test's, and documents in the server's shapes.

use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use prefect_client::{Client, DeploymentId, FlowRunId};
use rest_core::{ManualClock, StaticToken, Token};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const RUN: &str = "0e4d61bc-daf6-4161-846a-15511160d896";
pub(crate) const DEPLOYMENT: &str = "b85bfb7d-3555-48e8-9bba-9ee5604cbf88";
pub(crate) const TOKEN: &str = "static-token-of-the-test";

pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

pub(crate) fn deployment_id() -> DeploymentId {
    DeploymentId::new(DEPLOYMENT)
}

pub(crate) fn run_id() -> FlowRunId {
    FlowRunId::new(RUN)
}

/// An HTTP client of this test alone: the one that a process shares would keep connections of tests that have ended,
/// and the mock's ports are used again.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A client with a fixed token, whose waits take no time.
pub(crate) fn client(server: &MockServer) -> Client {
    Client::builder()
        .base_url(format!("{}/api", server.uri()))
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .http(http())
        .clock(Arc::new(ManualClock::new(noon())))
        .build()
        .unwrap()
}

/// A client of no server, for requests that are only looked at.
pub(crate) fn offline() -> Client {
    Client::builder()
        .base_url("https://prefect.example.org/api")
        .build()
        .unwrap()
}

/// A flow run as the server of version 3 gives it, with fields that the client does not know.
pub(crate) fn stored_run() -> Value {
    json!({
        "id": RUN, "created": "2026-03-01T11:59:00.042989Z", "updated": "2026-03-01T11:59:00.062Z",
        "name": "prune_from_spot832", "flow_id": "ab991b8b-5e7b-46b9-8851-6bce1ab110ca",
        "state_id": "01a203dd-cbf2-7850-85c6-67b008882e8b", "deployment_id": DEPLOYMENT,
        "work_queue_name": "fast", "parameters": {"n": 3}, "idempotency_key": "key-1",
        "context": {}, "empirical_policy": {"retries": null}, "tags": ["bl832"], "labels": {},
        "parent_task_run_id": null, "state_type": "SCHEDULED", "state_name": "Scheduled", "run_count": 0,
        "expected_start_time": "2026-03-01T12:00:00Z", "next_scheduled_start_time": "2026-03-01T12:00:00+00:00",
        "start_time": null, "end_time": null, "total_run_time": 0.0, "work_pool_name": "pool",
        "state": {"id": "01a203dd-cbf2-7850-85c6-67b008882e8b", "type": "SCHEDULED", "name": "Scheduled",
            "timestamp": "2026-03-01T11:59:00.042718Z", "message": null, "data": null,
            "state_details": {"flow_run_id": RUN, "scheduled_time": "2026-03-01T12:00:00Z"}},
        "job_variables": {},
    })
}

/// Answers all `verb path` below `/api` with this.
pub(crate) fn on(verb: &str, route: &str, answer: ResponseTemplate) -> Mock {
    Mock::given(method(verb))
        .and(path(format!("/api{route}")))
        .respond_with(answer)
}

pub(crate) fn reply(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}
