//! The server that the tests share, and what they ask of it.

use std::sync::OnceLock;

use http::Method;
use peer_tests::{PrefectServer, PrefectVersion};
use prefect_client::{Client, RequestParts};
use serde_json::{Value, json};
use uuid::Uuid;

/// One server for all tests that can share one: they tell their things apart by [`unique`] names.
///
/// It is started by the first test and ends with the process.
pub(crate) fn shared() -> &'static PrefectServer {
    static SERVER: OnceLock<PrefectServer> = OnceLock::new();
    SERVER.get_or_init(|| PrefectServer::start(PrefectVersion::from_env().unwrap()).unwrap())
}

/// A client of a server.
pub(crate) fn client(server: &PrefectServer) -> Client {
    Client::builder().base_url(server.api_url()).build().unwrap()
}

/// A name that no other test has.
pub(crate) fn unique(name: &str) -> String {
    format!("{name}-{}", &Uuid::new_v4().simple().to_string()[..8])
}

/// `POST path` with a body; the answer.
pub(crate) async fn post(client: &Client, path: &'static str, body: Value) -> Value {
    let parts = RequestParts::new("test.post", Method::POST, path)
        .idempotent(true)
        .json(&body)
        .unwrap();
    client.request(parts).await.unwrap()
}

/// Sets a flow run's state; the server's word on it.
pub(crate) async fn set_state(client: &Client, run: &str, kind: &str) -> String {
    let body = json!({"state": {"type": kind, "state_details": {"transition_id": Uuid::new_v4()}}});
    let parts = RequestParts::new("test.set_state", Method::POST, "/flow_runs/{id}/set_state")
        .path_param("id", run)
        .idempotent(true)
        .json(&body)
        .unwrap();
    let answer: Value = client.request(parts).await.unwrap();
    answer["status"].as_str().unwrap().to_owned()
}

/// A flow run that a worker has claimed and begun.
pub(crate) async fn running(client: &Client) -> String {
    let flow = post(client, "/flows/", json!({"name": unique("flow")})).await;
    // Only a run of a deployment can be scheduled again.
    let deployment = json!({"name": "d", "flow_id": flow["id"], "enforce_parameter_schema": false});
    let deployment = post(client, "/deployments/", deployment).await;
    let create = RequestParts::new("test.create", Method::POST, "/deployments/{id}/create_flow_run")
        .path_param("id", deployment["id"].as_str().unwrap())
        .idempotent(true)
        .json(&json!({"idempotency_key": unique("run")}))
        .unwrap();
    let run: Value = client.request(create).await.unwrap();
    let id = run["id"].as_str().unwrap().to_owned();
    assert_eq!(set_state(client, &id, "PENDING").await, "ACCEPT");
    assert_eq!(set_state(client, &id, "RUNNING").await, "ACCEPT");
    id
}

/// Sends again while the server is busy, for a request that may be made twice.
pub(crate) async fn sent<T>(send: impl AsyncFn() -> prefect_client::Result<T>) -> T {
    for _ in 0..20 {
        match send().await {
            Err(error) if error.is_transient() => {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            }
            answer => return answer.unwrap(),
        }
    }
    send().await.unwrap()
}
