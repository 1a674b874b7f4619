//! What a run pushes to a Pushgateway, and that no gateway can harm a run.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::flows;
use splash_flows::progress::{Event, Progress};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::bench::{Bench, config};

/// A facility whose environment names this gateway.
fn bench(url: Option<&str>) -> Bench {
    let mut bench = Bench::new();
    if let Some(url) = url {
        let mut env = bench.sim.env();
        for (name, value) in [
            ("PUSHGATEWAY_URL", url),
            ("JOB_NAME", "moves"),
            ("INSTANCE_LABEL", "beam/line"),
        ] {
            env.insert(name.to_owned(), value.to_owned());
        }
        let config = config(&bench.sim, &json!({ "deletion": "on" })).unwrap();
        let facility = Facility::connect(config, Environment::from_vars(env), Some(&bench.state_dir()));
        bench.facility = Arc::new(facility.unwrap());
    }
    bench
}

async fn gateway(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

/// Moves a file; the report and the remarks.
async fn moved(bench: &Bench, run_id: &str, file: &str) -> (Value, Vec<String>) {
    let notices = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&notices);
    let progress = Progress::new(move |_, event| {
        if let Event::Notice { text } = event {
            kept.lock().unwrap().push(text.clone());
        }
    });
    let parameters = json!({ "file_path": file });
    let outcome = flows::run(
        &bench.facility,
        "new_832_file_flow",
        &parameters,
        run_id,
        progress,
    )
    .await;
    let notices = notices.lock().unwrap().clone();
    (outcome.unwrap().report, notices)
}

/// The samples of a push: its lines without the comments.
fn samples(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Name, label and value, with numbers of the day replaced.
fn shape(sample: &str) -> String {
    let (head, value) = sample.rsplit_once(' ').unwrap();
    let head = match head.split_once("exec_") {
        Some((before, id)) => {
            assert!(
                uuid::Uuid::parse_str(id.trim_end_matches("\"}")).is_ok(),
                "{sample}"
            );
            format!("{before}exec_ID\"}}")
        }
        None => head.to_owned(),
    };
    let value: f64 = value.parse().unwrap();
    if head.contains("speed") || head.contains("time") {
        assert!(value > 0.0, "{sample}");
        return format!("{head} N");
    }
    format!("{head} {value}")
}

#[tokio::test]
async fn every_hop_is_pushed_in_the_incumbents_names() {
    let server = gateway(ResponseTemplate::new(200)).await;
    let bench = bench(Some(&server.uri()));
    let file = bench.scan("raw/scan.h5");
    let (report, notices) = moved(&bench, "R", &file).await;
    assert_eq!(
        (report["ok"].as_bool(), notices),
        (Some(true), Vec::new()),
        "{report:#}"
    );
    let bytes = report["bytes"].as_u64().unwrap();

    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2, "one push a hop");
    for request in &requests {
        assert_eq!(
            request.url.path(),
            "/metrics/job/moves/instance@base64/YmVhbS9saW5l"
        );
        assert_eq!(
            request.headers["content-type"],
            "text/plain; version=0.0.4; charset=utf-8"
        );
    }
    let first: Vec<String> = samples(&requests[0].body)
        .iter()
        .map(|line| shape(line))
        .collect();
    assert_eq!(
        first,
        [
            "nersc_transfer_request_count{execution_id=\"exec_ID\"} 1".to_owned(),
            format!("nersc_transfer_total_bytes{{execution_id=\"exec_ID\"}} {bytes}"),
            format!("nersc_transfer_file_bytes{{machine=\"data832\"}} {bytes}"),
            "nersc_transfer_speed_bytes_per_second{machine=\"data832\"} N".to_owned(),
            "nersc_transfer_time_seconds{machine=\"data832\"} N".to_owned(),
        ]
    );
    let second = samples(&requests[1].body);
    assert!(
        first.len() * 2 == second.len()
            && samples(&requests[0].body)
                .iter()
                .all(|line| second.contains(line))
    );
    assert!(second.iter().any(|line| line.starts_with(&format!(
        "nersc_transfer_file_bytes{{machine=\"nersc832\"}} {bytes}"
    ))));
}

#[tokio::test]
async fn a_rerun_and_a_copy_that_stood_already_push_nothing() {
    let server = gateway(ResponseTemplate::new(200)).await;
    let bench = bench(Some(&server.uri()));
    let file = bench.scan("raw/scan.h5");
    moved(&bench, "R", &file).await;
    for run_id in ["R", "another"] {
        let (report, _) = moved(&bench, run_id, &file).await;
        assert_eq!(report["ok"], true, "{report:#}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_push_that_fails_is_one_remark_and_no_failed_run() {
    let server = gateway(ResponseTemplate::new(400).set_body_string("bad metric")).await;
    let bench = bench(Some(&server.uri()));
    let file = bench.scan("raw/scan.h5");
    let (report, notices) = moved(&bench, "R", &file).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].contains("metrics were not pushed") && notices[0].contains("400"),
        "{notices:?}"
    );
    assert_eq!(
        server.received_requests().await.unwrap().len(),
        1,
        "a gateway that failed is left alone"
    );
}

#[tokio::test]
async fn a_gateway_that_never_answers_or_is_none_costs_seconds_at_most() {
    let server = gateway(ResponseTemplate::new(200).set_delay(Duration::from_secs(600))).await;
    for url in [server.uri(), "ftp://x".to_owned()] {
        let bench = bench(Some(&url));
        let file = bench.scan("raw/scan.h5");
        let begun = Instant::now();
        let (report, notices) = moved(&bench, "R", &file).await;
        assert_eq!(
            (report["ok"].as_bool(), notices.len()),
            (Some(true), 1),
            "{notices:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_pushed_where_no_gateway_is_named() {
    let bench = bench(None);
    let file = bench.scan("raw/scan.h5");
    let (report, notices) = moved(&bench, "R", &file).await;
    assert_eq!((report["ok"].as_bool(), notices), (Some(true), Vec::new()));
    assert!(!bench.facility.requests().contains_key("pushgateway"));
}
