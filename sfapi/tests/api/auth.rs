//! Tokens by signed assertions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use sfapi::key_file::Credentials;
use sfapi::rest_core::{ManualClock, SecretString};
use sfapi::{Client, ErrorKind};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{CLIENT_ID, JWK, PKCS1, PKCS8, http};

const TOKEN_PATH: &str = "/c2id/token";

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_360_720),
    ))
}

fn client(server: &MockServer, key: &str, clock: Arc<ManualClock>) -> Client {
    Client::builder()
        .base_url(format!("{}/api/v1.2", server.uri()))
        .token_url(format!("{}{TOKEN_PATH}", server.uri()))
        .credentials(Credentials::new(CLIENT_ID, &SecretString::from(key)).unwrap())
        .http(http())
        .clock(clock)
        .build()
        .unwrap()
}

/// A token endpoint that gives tokens t0, t1… and a user for each of them.
async fn service(life: u64) -> MockServer {
    let server = MockServer::start().await;
    let count = std::sync::atomic::AtomicU64::new(0);
    let give = move |_: &Request| {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        ResponseTemplate::new(200).set_body_json(
            json!({"access_token": format!("t{n}"), "token_type": "Bearer", "expires_in": life}),
        )
    };
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .respond_with(give)
        .mount(&server)
        .await;
    server
}

async fn users(server: &MockServer, tokens: &[&str]) {
    for token in tokens {
        Mock::given(method("GET"))
            .and(path("/api/v1.2/account/"))
            .and(header("authorization", format!("Bearer {token}").as_str()))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"uid": 1, "name": *token})))
            .mount(server)
            .await;
    }
}

async fn forms(server: &MockServer) -> Vec<BTreeMap<String, String>> {
    let requests = server.received_requests().await.unwrap();
    let tokens = requests.iter().filter(|request| request.url.path() == TOKEN_PATH);
    tokens
        .map(|request| {
            assert!(!request.headers.contains_key("authorization"));
            let body = String::from_utf8(request.body.clone()).unwrap();
            sfapi::rest_core::Url::parse(&format!("http://x/?{body}"))
                .unwrap()
                .query_pairs()
                .into_owned()
                .collect()
        })
        .collect()
}

fn part(jwt: &str, n: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(n).unwrap()).unwrap()).unwrap()
}

/// As authlib sends it: no client id, no scope, no `kid`.
#[tokio::test]
async fn the_assertion_is_what_the_endpoint_expects_for_every_form_of_key() {
    for key in [JWK, PKCS1, PKCS8] {
        let server = service(600).await;
        users(&server, &["t0"]).await;
        client(&server, key, clock())
            .account()
            .user()
            .send()
            .await
            .unwrap();
        let [form]: [_; 1] = forms(&server).await.try_into().unwrap();
        let names: Vec<&str> = form.keys().map(String::as_str).collect();
        assert_eq!(names, ["client_assertion", "client_assertion_type", "grant_type"]);
        assert_eq!(form["grant_type"], "client_credentials");
        assert_eq!(
            form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let assertion = &form["client_assertion"];
        assert_eq!(part(assertion, 0), json!({"typ": "JWT", "alg": "RS256"}));
        let claims = part(assertion, 1);
        let audience = format!("{}{TOKEN_PATH}", server.uri());
        assert_eq!(
            (&claims["iss"], &claims["sub"], &claims["aud"]),
            (&json!(CLIENT_ID), &json!(CLIENT_ID), &json!(audience))
        );
        assert_eq!(claims["iat"], 1_795_360_720);
        assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
        verify(assertion);
    }
}

/// The signature, by openssl's public half of the key.
fn verify(assertion: &str) {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let pem: String = include_str!("keys/public.pem")
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let public = base64::engine::general_purpose::STANDARD.decode(pem).unwrap();
    let key = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
        public,
    );
    key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_each_assertion_is_new() {
    let server = service(600).await;
    users(&server, &["t0", "t1"]).await;
    let clock = clock();
    let client = client(&server, JWK, clock.clone());
    let name = || async { client.account().user().send().await.unwrap().name };
    assert_eq!((name().await, name().await), ("t0".to_owned(), "t0".to_owned()));
    clock.advance(std::time::Duration::from_secs(545));
    assert_eq!(name().await, "t1");
    let ids: BTreeSet<String> = forms(&server)
        .await
        .iter()
        .map(|form| part(&form["client_assertion"], 1)["jti"].to_string())
        .collect();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_401_in_mid_run_is_got_over() {
    let server = service(600).await;
    users(&server, &["t1"]).await;
    Mock::given(path("/api/v1.2/account/"))
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({"detail": "expired"})))
        .mount(&server)
        .await;
    let user = client(&server, JWK, clock())
        .account()
        .user()
        .send()
        .await
        .unwrap();
    assert_eq!(user.name, "t1");
}

/// An endpoint takes an assertion once: a repeated request has one of its own.
#[tokio::test]
async fn a_busy_endpoint_is_asked_again_with_another_assertion() {
    let server = MockServer::start().await;
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let token = json!({"access_token": "t0", "token_type": "Bearer", "expires_in": 600});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    users(&server, &["t0"]).await;
    client(&server, JWK, clock())
        .account()
        .user()
        .send()
        .await
        .unwrap();
    let forms = forms(&server).await;
    let ids: BTreeSet<&String> = forms.iter().map(|form| &form["client_assertion"]).collect();
    assert_eq!((forms.len(), ids.len()), (3, 3));
}

#[tokio::test]
async fn an_expired_client_is_told_what_to_do_and_asked_once() {
    let server = MockServer::start().await;
    let refusal = json!({"error": "invalid_client", "error_description": "Client authentication failed"});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(401).set_body_json(refusal))
        .mount(&server)
        .await;
    let error = client(&server, JWK, clock())
        .account()
        .user()
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert_eq!(error.service_code(), Some("invalid_client"));
    assert!(error.to_string().contains("Iris"), "{error}");
    assert_eq!(forms(&server).await.len(), 1);
}

#[tokio::test]
async fn status_and_meta_go_without_a_token() {
    let server = MockServer::start().await;
    let perlmutter = json!({"name": "perlmutter", "status": "hibernating"});
    Mock::given(path("/api/v1.2/status/perlmutter"))
        .respond_with(ResponseTemplate::new(200).set_body_json(perlmutter))
        .mount(&server)
        .await;
    let found = client(&server, JWK, clock())
        .status()
        .of("perlmutter")
        .send()
        .await
        .unwrap();
    assert_eq!(found.status.as_str(), "hibernating");
    assert!(
        !server.received_requests().await.unwrap()[0]
            .headers
            .contains_key("authorization")
    );
}
