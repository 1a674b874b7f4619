//! Following runs.

use futures_util::StreamExt;
use globus_flows::RunError;
use serde_json::{Value, json};
use wiremock::matchers::query_param;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{RUN, answer, client, on, run, run_document};

async fn readings(server: &MockServer, documents: Vec<Value>) {
    let at = format!("/runs/{RUN}");
    let last = documents.last().cloned().unwrap();
    for document in documents {
        on("GET", &at)
            .respond_with(answer(document))
            .up_to_n_times(1)
            .mount(server)
            .await;
    }
    on("GET", &at).respond_with(answer(last)).mount(server).await;
}

fn ended(status: &str, code: &str) -> Value {
    let mut run = run_document(status, "l");
    run["details"] =
        json!({"code": code, "description": "in words", "output": {"Result": 1}, "required_scope": "s[t]"});
    run
}

#[tokio::test]
async fn a_run_that_succeeds_is_waited_for() {
    let server = MockServer::start().await;
    on("GET", &format!("/runs/{RUN}"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    readings(
        &server,
        vec![run_document("ACTIVE", "l"), ended("SUCCEEDED", "FlowSucceeded")],
    )
    .await;
    let (tell, told) = std::sync::mpsc::channel();
    let wait = client(&server.uri()).run(run()).wait();
    let run = wait
        .on_update(move |run| tell.send(run.status.to_string()).unwrap())
        .await
        .unwrap();
    assert_eq!(run.output(), Some(&json!({"Result": 1})));
    assert_eq!(told.iter().collect::<Vec<_>>(), ["ACTIVE"]);
}

#[tokio::test]
async fn every_other_end_is_an_error_of_its_own() {
    let mut shown = Vec::new();
    for (status, code) in [
        ("FAILED", "FlowFailed"),
        ("FAILED", "FlowCanceled"),
        ("ENDED", "FlowCanceled"),
        ("INACTIVE", "ConsentRequired"),
    ] {
        let server = MockServer::start().await;
        readings(&server, vec![ended(status, code)]).await;
        let error = client(&server.uri()).run(run()).wait().await.unwrap_err();
        assert_eq!(error.may_still_run(), status == "INACTIVE");
        shown.push(error.to_string());
    }
    insta::assert_json_snapshot!(shown);
    let server = MockServer::start().await;
    on("GET", &format!("/runs/{RUN}"))
        .respond_with(ResponseTemplate::new(403))
        .mount(&server)
        .await;
    let error = client(&server.uri()).run(run()).wait().await.unwrap_err();
    assert!(matches!(error, RunError::Service(_)) && error.may_still_run());
}

#[tokio::test]
async fn the_log_is_told_as_it_grows_and_nothing_twice() {
    let server = MockServer::start().await;
    readings(
        &server,
        vec![
            run_document("ACTIVE", "l"),
            run_document("ACTIVE", "l"),
            ended("SUCCEEDED", "FlowSucceeded"),
        ],
    )
    .await;
    let entries = |codes: &[&str], more: Option<&str>| {
        let entries: Vec<Value> = codes
            .iter()
            .map(|code| json!({"code": code, "time": "2026-11-22T12:00:00Z", "description": "d", "details": {}}))
            .collect();
        json!({"entries": entries, "limit": 100, "has_next_page": more.is_some(), "marker": more})
    };
    let log = format!("/runs/{RUN}/log");
    on("GET", &log)
        .and(query_param("marker", "m1"))
        .respond_with(answer(entries(&["D", "E"], None)))
        .mount(&server)
        .await;
    for page in [
        entries(&["A"], None),
        entries(&["A", "B"], None),
        entries(&["A", "B", "C"], Some("m1")),
    ] {
        on("GET", &log)
            .respond_with(answer(page))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let told = client(&server.uri()).run(run()).follow_logs();
    let codes: Vec<String> = told.map(|entry| entry.unwrap().code.unwrap()).collect().await;
    assert_eq!(codes, ["A", "B", "C", "D", "E"]);
}
