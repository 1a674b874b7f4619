//! Logging in: when it happens, when again, and what may go wrong.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rest_core::ManualClock;
use scicat::Client;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{PID, http, noon, on, pid, reply, stored};

const PASSWORD: &str = "correct horse";

fn client(server: &MockServer, clock: &Arc<ManualClock>) -> Client {
    Client::builder()
        .base_url(format!("{}/api/v3/", server.uri()))
        .login("ingestor", PASSWORD)
        .http(http())
        .clock(clock.clone())
        .build()
        .unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(noon()))
}

fn jwt(claims: &Value) -> String {
    format!(
        "eyJhbGciOiJIUzI1NiJ9.{}.signature",
        URL_SAFE_NO_PAD.encode(claims.to_string())
    )
}

fn login(token: &str, expires_in: i64) -> Mock {
    let answer = json!({"access_token": token, "id": token, "expires_in": expires_in, "ttl": expires_in,
        "created": "2026-03-01T12:00:00.000Z", "userId": "1", "user": {"username": "ingestor"}});
    on("POST", "/auth/login", reply(201, &answer))
}

fn dataset_for(token: &str) -> Mock {
    Mock::given(method("GET"))
        .and(path(format!("/api/v3/datasets/{}", PID.replace('/', "%2F"))))
        .and(header("authorization", format!("Bearer {token}").as_str()))
        .respond_with(reply(200, &stored()))
}

#[tokio::test]
async fn one_login_serves_many_calls() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v3/auth/login"))
        .and(body_json(json!({"username": "ingestor", "password": PASSWORD})))
        .respond_with(reply(201, &json!({"access_token": "one", "expires_in": 3600})))
        .expect(1)
        .mount(&server)
        .await;
    dataset_for("one").expect(2).mount(&server).await;
    let client = client(&server, &clock());
    client.dataset(pid()).get().send().await.unwrap();
    client.clone().dataset(pid()).get().send().await.unwrap();
}

#[tokio::test]
async fn an_expired_token_is_never_sent() {
    let server = MockServer::start().await;
    // The claims say ten minutes, although the reply says an hour; the server's clock is years behind ours.
    let first = jwt(&json!({"iat": 1_000_000, "exp": 1_000_600}));
    login(&first, 3600)
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    login("second", 3600).expect(1).mount(&server).await;
    dataset_for(&first).expect(1).mount(&server).await;
    dataset_for("second").expect(1).mount(&server).await;
    let clock = clock();
    let client = client(&server, &clock);
    client.dataset(pid()).get().send().await.unwrap();
    clock.advance(Duration::from_secs(601));
    client.dataset(pid()).get().send().await.unwrap();
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = MockServer::start().await;
    login("old", 3600).up_to_n_times(1).expect(1).mount(&server).await;
    login("new", 3600).expect(1).mount(&server).await;
    Mock::given(header("authorization", "Bearer old"))
        .respond_with(reply(401, &json!({"message": "Unauthorized", "statusCode": 401})))
        .expect(1)
        .mount(&server)
        .await;
    dataset_for("new").expect(1).mount(&server).await;
    client(&server, &clock())
        .dataset(pid())
        .get()
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_tried_again() {
    let server = MockServer::start().await;
    on(
        "POST",
        "/auth/login",
        reply(401, &json!({"message": "Unauthorized", "statusCode": 401})),
    )
    .expect(1)
    .mount(&server)
    .await;
    let error = client(&server, &clock())
        .dataset(pid())
        .get()
        .send()
        .await
        .unwrap_err();
    assert!(error.is_unauthenticated(), "{error:?}");
    let text = format!("{error} {error:?}");
    assert!(!text.contains(PASSWORD), "{text}");
}

#[tokio::test]
async fn a_login_outlasts_a_passing_fault() {
    let server = MockServer::start().await;
    on("POST", "/auth/login", ResponseTemplate::new(503))
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    login("one", 3600).expect(1).mount(&server).await;
    dataset_for("one").expect(1).mount(&server).await;
    client(&server, &clock())
        .dataset(pid())
        .get()
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reply_that_is_no_login_is_an_error_without_its_text() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(201).set_body_json(json!({"token_elsewhere": "hidden-value"}));
    on("POST", "/auth/login", answer).mount(&server).await;
    let error = client(&server, &clock())
        .dataset(pid())
        .get()
        .send()
        .await
        .unwrap_err();
    let text = format!("{error} {error:?} {:?}", error.body());
    assert!(!text.contains("hidden-value"), "{text}");
    // The old route answers 201 with nothing.
    let server = MockServer::start().await;
    on("POST", "/auth/login", ResponseTemplate::new(201))
        .mount(&server)
        .await;
    client(&server, &clock())
        .dataset(pid())
        .get()
        .send()
        .await
        .unwrap_err();
}
