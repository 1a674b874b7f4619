//! Reading deployments and creating their runs.

use prefect_client::DeploymentStatus;
use rest_core::ErrorKind;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{DEPLOYMENT, client, deployment_id, noon, offline, on, reply, run_id, stored_run};

fn stored() -> Value {
    json!({
        "id": DEPLOYMENT, "created": "2026-03-01T11:59:00.579488Z", "updated": "2026-03-01T11:59:00.618Z",
        "name": "prod", "version": "1", "flow_id": "ab991b8b-5e7b-46b9-8851-6bce1ab110ca", "paused": false,
        "schedules": [], "concurrency_limit": null, "job_variables": {}, "parameters": {"n": 2}, "tags": ["bl832"],
        "labels": {}, "work_queue_name": "fast", "work_pool_name": "pool", "parameter_openapi_schema": {"type": "object"},
        "pull_steps": [], "entrypoint": "flows:reduce", "status": "NOT_READY", "enforce_parameter_schema": true,
    })
}

fn create_route() -> String {
    format!("/deployments/{DEPLOYMENT}/create_flow_run")
}

#[test]
fn the_requests() {
    let client = offline();
    let full = client
        .create_flow_run(deployment_id())
        .name("prune_from_spot832")
        .parameters(json!({"relative_path": "raw/scan 42.h5", "check_endpoint": null}))
        .scheduled_at(noon())
        .message("after the copy was verified")
        .idempotency_key("run-17/prune/spot832")
        .tags(["bl832"])
        .work_queue_name("slow");
    insta::assert_json_snapshot!([
        client
            .deployment("prune globus/endpoint", "prod")
            .get()
            .into_parts()
            .unwrap(),
        full.into_parts().unwrap(),
        client.create_flow_run(deployment_id()).into_parts().unwrap(),
        client
            .create_flow_run(deployment_id())
            .message("now")
            .into_parts()
            .unwrap(),
    ]);
}

#[test]
fn parameters_that_cannot_be_are_refused_before_anything_is_sent() {
    let new = || offline().create_flow_run(deployment_id());
    let long = json!({"x": "y".repeat(512 * 1024)});
    for (create, why) in [
        (new().parameters(json!([1])), "must be a JSON object"),
        (new().parameters(Value::Null), "must be a JSON object"),
        (new().parameters(long), "less than 524288 bytes"),
        (new().idempotency_key(""), "must not be empty"),
    ] {
        let error = create.into_parts().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_deployment_is_read_by_its_names() {
    let server = MockServer::start().await;
    on(
        "GET",
        "/deployments/name/reduce%20scan/prod",
        reply(200, &stored()),
    )
    .mount(&server)
    .await;
    let deployment = client(&server)
        .deployment("reduce scan", "prod")
        .get()
        .send()
        .await
        .unwrap();
    assert_eq!(deployment.id, deployment_id());
    assert_eq!(deployment.status, Some(DeploymentStatus::NotReady));
    assert_eq!(deployment.parameters.unwrap()["n"], 2);
}

#[tokio::test]
async fn a_missing_deployment_may_be_none() {
    let server = MockServer::start().await;
    on(
        "GET",
        "/deployments/name/a/b",
        reply(404, &json!({"detail": "Deployment not found"})),
    )
    .mount(&server)
    .await;
    let get = client(&server).deployment("a", "b").get();
    assert!(get.send_opt().await.unwrap().is_none());
    assert!(get.send().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_run_is_created_at_a_time() {
    let server = MockServer::start().await;
    let body = json!({
        "name": "prune_from_spot832", "parameters": {"n": 3},
        "state": {"type": "SCHEDULED", "name": "Scheduled",
            "state_details": {"scheduled_time": "2026-03-01T12:00:00.000000Z"}},
    });
    Mock::given(method("POST"))
        .and(path(format!("/api{}", create_route())))
        .and(body_json(body))
        .respond_with(reply(201, &stored_run()))
        .expect(1)
        .mount(&server)
        .await;
    let create = client(&server)
        .create_flow_run(deployment_id())
        .name("prune_from_spot832")
        .parameters(json!({"n": 3}))
        .scheduled_at(noon());
    let run = create.send().await.unwrap();
    assert_eq!((run.id, run.expected_start_time), (run_id(), Some(noon())));
}

#[tokio::test]
async fn only_a_key_makes_a_creation_repeatable() {
    let server = MockServer::start().await;
    let busy = reply(503, &json!({"exception_message": "Service Unavailable"}));
    on("POST", &create_route(), busy)
        .up_to_n_times(2)
        .expect(2)
        .mount(&server)
        .await;
    on("POST", &create_route(), reply(200, &stored_run()))
        .expect(1)
        .mount(&server)
        .await;
    let create = client(&server).create_flow_run(deployment_id());
    let error = create.clone().send().await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 1));
    let run = create.idempotency_key("key-1").send().await.unwrap();
    assert_eq!(run.idempotency_key.as_deref(), Some("key-1"));
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_a_conflict() {
    let server = MockServer::start().await;
    let reason =
        "Error creating flow run: Validation failed. Failure reason: 'scan_id' is a required property";
    on("POST", &create_route(), reply(409, &json!({"detail": reason})))
        .mount(&server)
        .await;
    let error = client(&server)
        .create_flow_run(deployment_id())
        .send()
        .await
        .unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.service_message(), Some(reason));
}

#[tokio::test]
async fn a_deployment_that_is_none_is_a_decode_error() {
    let server = MockServer::start().await;
    for answer in [
        reply(200, &json!([])),
        ResponseTemplate::new(200),
        reply(200, &json!({"id": 5})),
    ] {
        on("GET", "/deployments/name/a/b", answer)
            .up_to_n_times(1)
            .mount(&server)
            .await;
        let error = client(&server)
            .deployment("a", "b")
            .get()
            .send()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
}
