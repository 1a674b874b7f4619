//! A client of a mock server, and answers in the service's shapes.

use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use globus_auth::{ApiClient, Client, ClientBuilder, NativeClient};
use rest_core::{ManualClock, StaticToken, Token};
use serde_json::{Value, json};
use wiremock::matchers::{basic_auth, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

pub(crate) const SECRET: &str = "c2VjcmV0LW9mLXRlc3Rz+/==";
pub(crate) const TOKEN: &str = "AgTokenForTransfer";
pub(crate) const OTHER: &str = "AgTokenForGroups";

pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, 12, 0, 0).unwrap()
}

fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
}

/// With connections of this test alone: those that the process shares die with the test that opened them, and
/// the mock servers' ports are used again.
pub(crate) fn builder(server: &MockServer) -> ClientBuilder {
    Client::builder("the-client", SECRET)
        .base_url(server.uri())
        .http(http())
        .clock(Arc::new(ManualClock::new(noon())))
}

pub(crate) fn token_endpoint() -> MockBuilder {
    Mock::given(method("POST"))
        .and(path("/v2/oauth2/token"))
        .and(basic_auth("the-client", SECRET))
}

pub(crate) async fn answering(status: u16, body: Value) -> (MockServer, Client) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    token_endpoint().respond_with(answer).mount(&server).await;
    let client = builder(&server).build().unwrap();
    (server, client)
}

/// Two tokens, the one for Transfer not on top.
pub(crate) fn two_tokens() -> Value {
    json!({
        "access_token": OTHER, "scope": "urn:groups:view urn:groups:all", "expires_in": 60,
        "token_type": "Bearer", "resource_server": "groups.api.globus.org",
        "other_tokens": [{
            "access_token": TOKEN, "scope": "urn:globus:auth:scope:transfer.api.globus.org:all",
            "expires_in": 172_800, "token_type": "Bearer", "resource_server": "transfer.api.globus.org",
            "refresh_token": null,
        }],
    })
}

pub(crate) fn transfer_token() -> Value {
    json!({"access_token": TOKEN, "scope": "urn:globus:auth:scope:transfer.api.globus.org:all",
        "expires_in": 172_800, "token_type": "Bearer", "resource_server": "transfer.api.globus.org",
        "other_tokens": []})
}

pub(crate) async fn count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

/// A native client of the mock server.
pub(crate) fn native(server: &MockServer) -> NativeClient {
    NativeClient::builder("the-native-client")
        .base_url(server.uri())
        .http(http())
        .clock(Arc::new(ManualClock::new(noon())))
        .build()
        .unwrap()
}

/// A client of everything else, with a token.
pub(crate) fn api(server: &MockServer) -> ApiClient {
    ApiClient::builder()
        .base_url(server.uri())
        .http(http())
        .clock(Arc::new(ManualClock::new(noon())))
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .build()
        .unwrap()
}
