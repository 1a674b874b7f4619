//! A run is not started twice in effect.

use globus_flows::{RunOnce, Sent};
use serde_json::{Value, json};
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::support::{FLOW, answer, client, flow, on, run_document, sent};

const KEY: &str = "9b1c0000-0000-4000-8000-00000000000a";

fn once(server: &MockServer) -> RunOnce {
    let flow = client(&server.uri()).flow(flow());
    flow.run_once(KEY, json!({"input": {}})).unwrap().label("scan 17")
}

async fn runs(server: &MockServer, labels: &[&str]) {
    let runs: Vec<Value> = labels.iter().map(|label| run_document("ACTIVE", label)).collect();
    on("GET", "/runs")
        .respond_with(answer(
            json!({"runs": runs, "has_next_page": false, "marker": null}),
        ))
        .mount(server)
        .await;
}

async fn starting(server: &MockServer, response: ResponseTemplate) {
    on("POST", &format!("/flows/{FLOW}/run"))
        .respond_with(response)
        .mount(server)
        .await;
}

fn starts(requests: &[String]) -> usize {
    requests
        .iter()
        .filter(|request| request.starts_with("POST"))
        .count()
}

#[tokio::test]
async fn a_start_that_is_answered_is_a_start() {
    let server = MockServer::start().await;
    let echo = |request: &Request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        answer(run_document("ACTIVE", body["label"].as_str().unwrap()))
    };
    on("POST", &format!("/flows/{FLOW}/run"))
        .respond_with(echo)
        .mount(&server)
        .await;
    let started = once(&server).send().await.unwrap();
    assert!(!started.found);
    assert_eq!(started.run.label, Some(format!("scan 17 {KEY}")));
    assert_eq!(sent(&server).await.len(), 1);
}

#[tokio::test]
async fn after_a_lost_answer_the_run_is_found_and_not_started_again() {
    let server = MockServer::start().await;
    starting(&server, ResponseTemplate::new(504)).await;
    runs(
        &server,
        &["another 9b1c", &format!("{KEY} first"), &format!("scan 17 {KEY}")],
    )
    .await;
    let started = once(&server).send().await.unwrap();
    assert!(started.found && started.run.label == Some(format!("scan 17 {KEY}")));
    assert_eq!(starts(&sent(&server).await), 1);
}

#[tokio::test]
async fn a_lost_start_that_left_no_run_stays_in_doubt() {
    let server = MockServer::start().await;
    starting(&server, ResponseTemplate::new(504)).await;
    runs(&server, &["another"]).await;
    let error = once(&server).send().await.unwrap_err();
    assert_eq!(error.was_sent(), Sent::Maybe);
    let requests = sent(&server).await;
    assert_eq!((starts(&requests), requests.len()), (1, 4), "{requests:?}");
}

#[tokio::test]
async fn after_a_crash_it_looks_before_it_starts() {
    let server = MockServer::start().await;
    runs(&server, &[&format!("scan 17 {KEY}")]).await;
    assert!(once(&server).resume().await.unwrap().found);
    assert_eq!(starts(&sent(&server).await), 0);

    let server = MockServer::start().await;
    runs(&server, &[]).await;
    starting(&server, answer(run_document("ACTIVE", KEY))).await;
    assert!(!once(&server).resume().await.unwrap().found);

    let server = MockServer::start().await;
    on("GET", "/runs")
        .respond_with(ResponseTemplate::new(403))
        .mount(&server)
        .await;
    assert!(once(&server).resume().await.is_err());
    assert_eq!(starts(&sent(&server).await), 0, "nothing is started blindly");
}
