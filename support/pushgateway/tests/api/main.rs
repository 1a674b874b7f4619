//! What is sent to a gateway, and what becomes of its answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use pushgateway::{ErrorKind, Exposition, Gateway};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn figures() -> Exposition {
    let mut figures = Exposition::default();
    figures
        .gauge("backup_bytes", "Bytes of the last backup")
        .sample("volume", "data", 5_000_000_u32);
    figures
}

async fn gateway(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .respond_with(answer)
        .mount(&server)
        .await;
    server
}

#[test]
fn the_request() {
    let gateway = Gateway::new("http://gateway:9091/", "backup", "server 7").unwrap();
    insta::assert_json_snapshot!(gateway.push(&figures()).into_parts());
}

#[test]
fn values_that_cannot_stand_in_a_path_are_encoded() {
    for (job, instance, expected) in [
        ("a b", "c%d?e", "/metrics/job/a%20b/instance/c%25d%3Fe"),
        ("a/b", "é", "/metrics/job@base64/YS9i/instance/%C3%A9"),
        ("a", "", "/metrics/job/a/instance@base64/%3D"),
        ("/", "..", "/metrics/job@base64/Lw%3D%3D/instance@base64/Li4%3D"),
        ("??>/", "a", "/metrics/job@base64/Pz8-Lw%3D%3D/instance/a"),
    ] {
        let gateway = Gateway::new("gateway:9091", job, instance).unwrap();
        let sent = gateway.push(&figures()).into_parts().path();
        assert_eq!(sent.unwrap(), expected, "{job:?} {instance:?}");
    }
}

#[tokio::test]
async fn a_push_is_one_put_with_the_text_as_its_body() {
    let server = MockServer::start().await;
    Mock::given(method("PUT"))
        .and(path("/below/metrics/job/backup/instance/server-7"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let url = format!("{}/below/", server.uri());
    let gateway = Gateway::new(&url, "backup", "server-7").unwrap();
    gateway.push(&figures()).send().await.unwrap();

    let requests = server.received_requests().await.unwrap();
    assert_eq!(
        String::from_utf8(requests[0].body.clone()).unwrap(),
        "# HELP backup_bytes Bytes of the last backup\n# TYPE backup_bytes gauge\nbackup_bytes{volume=\"data\"} 5000000\n"
    );
    assert_eq!(
        requests[0].headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
}

#[tokio::test]
async fn a_refusal_says_why_and_is_not_repeated() {
    let server = gateway(ResponseTemplate::new(400).set_body_string("invalid metric name")).await;
    let gateway = Gateway::new(&server.uri(), "backup", "a").unwrap();
    let error = gateway.push(&figures()).send().await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    assert!(error.body().unwrap().contains("invalid metric name"));

    let server = self::gateway(ResponseTemplate::new(503)).await;
    let gateway = Gateway::new(&server.uri(), "backup", "a").unwrap();
    assert_eq!(
        gateway.push(&figures()).send().await.unwrap_err().status(),
        Some(503)
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_costs_the_time_limit_and_no_more() {
    let server = gateway(ResponseTemplate::new(200).set_delay(Duration::from_secs(600))).await;
    let gateway = Gateway::new(&server.uri(), "backup", "a").unwrap();
    let begun = Instant::now();
    let gateway = gateway.time_limit(Duration::from_millis(50));
    let error = gateway.push(&figures()).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn no_gateway_is_an_error_at_once() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let gateway = Gateway::new(&format!("127.0.0.1:{port}"), "backup", "a").unwrap();
    let error = gateway.push(&figures()).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
}

#[test]
fn a_url_that_cannot_be_right_is_refused_without_showing_it() {
    for url in [
        "",
        "ftp://x",
        "http://ida:hush@x",
        "http://x?token=hush",
        "http://[",
    ] {
        let error = Gateway::new(url, "a", "b").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{url}");
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}
