//! Clients of a mock server, and keys.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;

use rest_core::{ManualClock, StaticToken, Token};
use serde_json::{Value, json};
use sfapi::rest_core;
use sfapi::{Client, Machine};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const TOKEN: &str = "SfTokenOfTheTests";
pub(crate) const CLIENT_ID: &str = "abcdefghij123";
/// Made for these tests with `openssl genrsa`, and nowhere else of use.
pub(crate) const PKCS1: &str = include_str!("keys/pkcs1.pem");
pub(crate) const PKCS8: &str = include_str!("keys/pkcs8.pem");
pub(crate) const JWK: &str = include_str!("keys/private.jwk.json");

/// A folder of this process's own, removed by the system with its temporary files.
pub(crate) static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// A file with these permissions.
pub(crate) fn file(name: &str, text: &str, mode: u32) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = FOLDER.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// Connections of this test alone.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap()
}

/// Whose pauses take no time.
pub(crate) fn client(server: &MockServer) -> Client {
    Client::builder()
        .base_url(server.uri())
        .http(http())
        .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
        .clock(Arc::new(ManualClock::new(chrono::DateTime::UNIX_EPOCH)))
        .build()
        .unwrap()
}

/// A client for tests that send nothing.
pub(crate) fn idle() -> Client {
    let tokens = Arc::new(StaticToken(Token::bearer(TOKEN)));
    Client::new("https://api.example.org/api/v1.2", tokens).unwrap()
}

pub(crate) fn machine() -> Machine {
    Machine::perlmutter()
}

/// A server with one answer.
pub(crate) async fn answering(verb: &str, at: &str, status: u16, body: Value) -> (MockServer, Client) {
    let server = MockServer::start().await;
    on(&server, verb, at, status, body).await;
    let client = client(&server);
    (server, client)
}

/// Adds an answer.
pub(crate) async fn on(server: &MockServer, verb: &str, at: &str, status: u16, body: Value) {
    Mock::given(method(verb))
        .and(path(at))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(server)
        .await;
}

/// What the service says to what becomes task 7.
pub(crate) fn accepted() -> Value {
    json!({"task_id": "7", "status": "OK", "error": null})
}

/// Task 7, done, with this result.
pub(crate) fn done(result: &Value) -> Value {
    json!({"id": "7", "status": "completed", "result": result.to_string()})
}
