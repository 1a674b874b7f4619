//! The retry loop: how often, how long, and after which wait.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use proptest::prelude::*;
use rest_core::{
    Clock, ErrorKind, RequestParts, RestClient, RetryPolicy, Sent, ServiceError, parse_retry_after,
};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::setup::{builder, clock, get, noon, post};

async fn server(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/item"))
        .respond_with(ResponseTemplate::new(status))
        .mount(&server)
        .await;
    server
}

/// A server that fails once as `failure` says and is well from then on.
async fn server_failing_once(failure: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/item"))
        .respond_with(failure)
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/item"))
        .respond_with(ResponseTemplate::new(200).set_body_string("{}"))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn a_busy_service_is_asked_five_times_with_growing_waits() {
    let server = server(503).await;
    let clock = clock();
    clock.set_jitter(0.5);
    let client = builder(&server.uri()).clock(clock.clone()).build().unwrap();
    let error = client.empty(get()).await.unwrap_err();
    assert_eq!(error.attempts(), 5);
    assert!(error.is_exhausted() && !error.is_transient());
    assert_eq!(error.was_sent(), Sent::Maybe);
    let waits: Vec<u128> = clock.sleeps().iter().map(Duration::as_millis).collect();
    assert_eq!(waits, [375, 750, 1500, 3000], "three quarters of 0.5 s, doubling");
    assert_eq!(error.elapsed(), Duration::from_millis(5625));
}

#[tokio::test]
async fn the_wait_is_jittered_and_capped() {
    let server = server(503).await;
    let clock = clock();
    let policy = RetryPolicy::default()
        .attempts(4)
        .first_delay(Duration::from_secs(4))
        .max_delay(Duration::from_secs(6));
    let client = builder(&server.uri())
        .clock(clock.clone())
        .retry(policy)
        .build()
        .unwrap();
    client.empty(get()).await.unwrap_err();
    clock.set_jitter(0.999_999);
    client.empty(get()).await.unwrap_err();
    let waits: Vec<f64> = clock
        .sleeps()
        .iter()
        .map(|wait| wait.as_secs_f64().round())
        .collect();
    assert_eq!(waits, [2.0, 3.0, 3.0, 4.0, 6.0, 6.0]);
}

#[tokio::test]
async fn retry_after_in_seconds_is_honoured() {
    let server = server_failing_once(ResponseTemplate::new(429).insert_header("retry-after", "7")).await;
    let clock = clock();
    let client = builder(&server.uri()).clock(clock.clone()).build().unwrap();
    client.empty(get()).await.unwrap();
    assert_eq!(clock.sleeps(), [Duration::from_secs(7)]);
}

#[tokio::test]
async fn retry_after_as_a_date_is_honoured_by_the_clients_clock() {
    let failure = ResponseTemplate::new(503).insert_header("retry-after", "Sun, 01 Mar 2026 12:00:42 GMT");
    let server = server_failing_once(failure).await;
    let clock = clock();
    let client = builder(&server.uri()).clock(clock.clone()).build().unwrap();
    client.empty(get()).await.unwrap();
    assert_eq!(clock.sleeps(), [Duration::from_secs(42)]);
    assert_eq!(clock.now(), noon() + chrono::TimeDelta::seconds(42));
}

#[tokio::test]
async fn a_short_retry_after_does_not_shorten_the_wait() {
    let server = server_failing_once(ResponseTemplate::new(503).insert_header("retry-after", "0")).await;
    let clock = clock();
    let client = builder(&server.uri()).clock(clock.clone()).build().unwrap();
    client.empty(get()).await.unwrap();
    assert_eq!(clock.sleeps(), [Duration::from_millis(250)]);
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_not_begun() {
    for wait in ["3600", "99999999999999999999999999"] {
        let server = server_failing_once(ResponseTemplate::new(429).insert_header("retry-after", wait)).await;
        let clock = clock();
        let client = builder(&server.uri()).clock(clock.clone()).build().unwrap();
        let error = client.empty(get()).await.unwrap_err();
        assert!(error.is_rate_limited() && error.is_exhausted());
        assert!(error.retry_after().unwrap() >= Duration::from_secs(3600));
        assert_eq!(error.attempts(), 1);
        assert!(clock.sleeps().is_empty());
    }
}

#[tokio::test]
async fn the_budget_ends_a_call_before_its_attempts_do() {
    let server = server(500).await;
    let clock = clock();
    let policy = RetryPolicy::default()
        .attempts(1000)
        .budget(Duration::from_secs(60));
    let client = builder(&server.uri())
        .clock(clock.clone())
        .retry(policy)
        .build()
        .unwrap();
    let error = client.empty(get()).await.unwrap_err();
    assert!(error.is_exhausted());
    assert!(
        error.elapsed() <= Duration::from_secs(60),
        "{:?}",
        error.elapsed()
    );
    assert!(error.elapsed() > Duration::from_secs(40), "{:?}", error.elapsed());
}

#[tokio::test]
async fn the_budget_cuts_the_attempt_too() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    Mock::given(path("/item")).respond_with(slow).mount(&server).await;
    let policy = RetryPolicy::default().budget(Duration::from_millis(200));
    // The real clock: the budget is wall-clock time.
    let client = RestClient::builder("shop", &server.uri())
        .retry(policy)
        .build()
        .unwrap();
    let started = std::time::Instant::now();
    let error = client.empty(get()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn one_attempt_is_one_attempt() {
    let server = server(503).await;
    let none = builder(&server.uri()).retry(RetryPolicy::none()).build().unwrap();
    for error in [
        none.empty(get()).await.unwrap_err(),
        crate::setup::client(&server.uri())
            .empty(get().no_retry())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.attempts(), 1);
        assert!(error.is_transient(), "an outer loop may still try");
    }
}

#[tokio::test]
async fn a_post_is_resent_only_where_the_service_says_that_it_did_nothing() {
    fn did_nothing(_: &rest_core::ResponseFacts<'_>) -> ServiceError {
        ServiceError {
            transient: Some(true),
            ..ServiceError::default()
        }
    }
    for (status, attempts) in [(429, 5), (503, 5), (500, 1), (502, 1), (409, 1)] {
        let server = server(status).await;
        let error = crate::setup::client(&server.uri())
            .empty(post())
            .await
            .unwrap_err();
        assert_eq!(error.attempts(), 1, "{status} by itself");
        let client = builder(&server.uri()).error_parser(did_nothing).build().unwrap();
        let error = client.empty(post()).await.unwrap_err();
        assert_eq!(error.attempts(), attempts, "{status} with the service's word");
    }
}

#[tokio::test]
async fn a_service_can_call_an_error_final() {
    fn never(_: &rest_core::ResponseFacts<'_>) -> ServiceError {
        ServiceError {
            transient: Some(false),
            ..ServiceError::default()
        }
    }
    let server = server(503).await;
    let client = builder(&server.uri()).error_parser(never).build().unwrap();
    let error = client.empty(get()).await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    assert!(!error.is_transient() && !error.is_exhausted());
}

#[tokio::test]
async fn the_loop_does_as_the_rule_says_for_every_method() {
    for verb in [
        Method::GET,
        Method::PUT,
        Method::DELETE,
        Method::POST,
        Method::PATCH,
    ] {
        let server = MockServer::start().await;
        Mock::given(method(verb.as_str()))
            .respond_with(ResponseTemplate::new(502))
            .mount(&server)
            .await;
        let parts = RequestParts::new("shop.any", verb.clone(), "/item");
        let expected = if parts.is_idempotent() { 5 } else { 1 };
        let error = crate::setup::client(&server.uri())
            .empty(parts)
            .await
            .unwrap_err();
        assert_eq!(error.attempts(), expected, "{verb}");
        assert_eq!(
            server.received_requests().await.unwrap().len(),
            expected as usize,
            "{verb}"
        );
    }
}

#[tokio::test]
async fn every_request_is_counted() {
    let server = server_failing_once(ResponseTemplate::new(503)).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let client = builder(&server.uri())
        .on_request(Arc::new(move |attempt| {
            noted.lock().unwrap().push((
                attempt.service,
                attempt.operation,
                attempt.attempt,
                attempt.status,
            ));
        }))
        .build()
        .unwrap();
    client.empty(get()).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(
        seen,
        [
            ("shop", "shop.get_item", 1, Some(503)),
            ("shop", "shop.get_item", 2, Some(200))
        ]
    );
}

#[test]
fn retry_after_forms() {
    let read = |value: &str| parse_retry_after(value, noon());
    assert_eq!(read(" 120 "), Some(Duration::from_secs(120)));
    assert_eq!(read("1.5"), Some(Duration::from_millis(1500)));
    assert_eq!(
        read("Sun, 01 Mar 2026 12:01:00 GMT"),
        Some(Duration::from_secs(60))
    );
    assert_eq!(
        read("Sun, 01 Mar 2026 11:00:00 GMT"),
        Some(Duration::ZERO),
        "a date in the past"
    );
    assert_eq!(
        read("Sunday, 01-Mar-26 12:01:00 GMT"),
        Some(Duration::from_secs(60)),
        "RFC 850"
    );
    for junk in ["", "soon", "-1", "NaN", "inf", "1e300"] {
        assert_eq!(read(junk), None, "{junk}");
    }
}

proptest! {
    #[test]
    fn no_retry_after_panics(value in ".*") {
        let _ = parse_retry_after(&value, noon());
    }

    #[test]
    fn seconds_are_read(seconds in any::<u64>()) {
        prop_assert_eq!(parse_retry_after(&seconds.to_string(), noon()), Some(Duration::from_secs(seconds)));
    }
}
