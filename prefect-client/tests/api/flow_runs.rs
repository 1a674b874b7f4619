//! Reading flow runs.

use prefect_client::StateType;
use rest_core::ErrorKind;
use serde_json::json;
use wiremock::MockServer;

use crate::support::{DEPLOYMENT, RUN, client, noon, offline, on, reply, run_id, stored_run};

#[test]
fn the_request() {
    insta::assert_json_snapshot!(offline().flow_run(run_id()).get().into_parts().unwrap());
}

#[tokio::test]
async fn a_run_is_read() {
    let server = MockServer::start().await;
    on("GET", &format!("/flow_runs/{RUN}"), reply(200, &stored_run()))
        .mount(&server)
        .await;
    let run = client(&server).flow_run(run_id()).get().send().await.unwrap();
    assert_eq!(run.id, run_id());
    assert_eq!(run.deployment_id.unwrap().as_ref(), DEPLOYMENT);
    assert_eq!(run.state_type, Some(StateType::Scheduled));
    assert_eq!(run.next_scheduled_start_time, Some(noon()));
    assert_eq!(run.state.unwrap().kind, StateType::Scheduled);
}

#[tokio::test]
async fn a_missing_run_may_be_none() {
    let server = MockServer::start().await;
    let missing = json!({"detail": "Flow run not found"});
    on("GET", &format!("/flow_runs/{RUN}"), reply(404, &missing))
        .mount(&server)
        .await;
    let get = client(&server).flow_run(run_id()).get();
    assert!(get.send_opt().await.unwrap().is_none());
    assert!(get.send().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_wrong_document_names_the_place() {
    let server = MockServer::start().await;
    let mut run = stored_run();
    run["state"]["timestamp"] = json!("yesterday");
    on("GET", &format!("/flow_runs/{RUN}"), reply(200, &run))
        .mount(&server)
        .await;
    let error = client(&server).flow_run(run_id()).get().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("state.timestamp"), "{error}");
}
