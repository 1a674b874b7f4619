//! Setting up a client.

use std::sync::{Arc, Mutex};

use globus_transfer::{Client, ClientBuilder, ErrorKind};
use serde_json::json;
use wiremock::matchers::{basic_auth, body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{SOURCE, TOKEN, http, on, source};

fn vars<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    |name| {
        pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    }
}

#[test]
fn missing_variables_are_named_and_empty_ones_are_missing() {
    let error = Client::from_vars(vars(&[])).unwrap_err();
    assert!(error.to_string().contains("GLOBUS_CLIENT_ID"), "{error}");
    let pairs = [("GLOBUS_CLIENT_ID", "id"), ("GLOBUS_CLIENT_SECRET", " ")];
    let error = Client::from_vars(vars(&pairs)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("GLOBUS_CLIENT_SECRET"), "{error}");
}

#[test]
fn the_public_service_is_the_default() {
    let pairs = [
        ("GLOBUS_CLIENT_ID", "id"),
        ("GLOBUS_CLIENT_SECRET", "s"),
        ("GLOBUS_SDK_SERVICE_URL_TRANSFER", ""),
    ];
    let client = Client::from_vars(vars(&pairs)).unwrap();
    assert_eq!(
        client.rest().base_url().as_str(),
        "https://transfer.api.globus.org/"
    );
}

#[test]
fn tokens_are_not_sent_over_plain_http_unless_allowed() {
    let mut pairs = vec![
        ("GLOBUS_CLIENT_ID", "id"),
        ("GLOBUS_CLIENT_SECRET", "s"),
        (
            "GLOBUS_SDK_SERVICE_URL_TRANSFER",
            "http://transfer.internal:8080/",
        ),
    ];
    let error = Client::from_vars(vars(&pairs)).unwrap_err();
    assert!(
        error.to_string().contains("ALLOW_HTTP_HOSTS=transfer.internal"),
        "{error}"
    );
    pairs.push(("ALLOW_HTTP_HOSTS", "other, transfer.internal"));
    Client::from_vars(vars(&pairs)).unwrap();
}

#[test]
fn the_service_s_own_variable_comes_before_the_environment() {
    let pairs = |rest: &[(&'static str, &'static str)]| {
        let mut pairs = vec![("GLOBUS_CLIENT_ID", "id"), ("GLOBUS_CLIENT_SECRET", "s")];
        pairs.extend(rest);
        pairs
    };
    let preview = ("GLOBUS_SDK_ENVIRONMENT", "preview");
    let own = ("GLOBUS_SDK_SERVICE_URL_TRANSFER", "https://transfer.example/");
    for (given, expected) in [
        (pairs(&[preview]), "https://transfer.api.preview.globus.org/"),
        (pairs(&[preview, own]), "https://transfer.example/"),
    ] {
        let client = Client::from_vars(vars(&given)).unwrap();
        assert_eq!(client.rest().base_url().as_str(), expected);
    }
    let error = Client::from_vars(vars(&pairs(&[("GLOBUS_SDK_ENVIRONMENT", "prod")]))).unwrap_err();
    assert!(error.to_string().contains("`prod` is no environment"), "{error}");
}

#[tokio::test]
async fn access_to_the_data_of_mapped_collections_is_asked_for_with_the_token() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client"}));
    Mock::given(method("POST"))
        .respond_with(refusal)
        .mount(&server)
        .await;
    let uri = server.uri();
    let pairs = [
        ("GLOBUS_CLIENT_ID", "id"),
        ("GLOBUS_CLIENT_SECRET", "s"),
        ("GLOBUS_SDK_SERVICE_URL_AUTH", uri.as_str()),
    ];
    let client = ClientBuilder::from_vars(vars(&pairs))
        .unwrap()
        .http(http())
        .data_access([source()])
        .build()
        .unwrap();
    client.rest().authenticate().await.unwrap_err();
    let body = server.received_requests().await.unwrap().remove(0).body;
    let scope = format!(
        "urn%3Aglobus%3Aauth%3Ascope%3Atransfer.api.globus.org%3Aall%5B*\
         https%3A%2F%2Fauth.globus.org%2Fscopes%2F{SOURCE}%2Fdata_access%5D"
    );
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains(&scope), "{body}");
}

#[test]
fn a_client_needs_tokens_and_a_url() {
    assert!(
        Client::builder()
            .build()
            .unwrap_err()
            .to_string()
            .contains("tokens")
    );
    let builder =
        ClientBuilder::from_vars(vars(&[("GLOBUS_CLIENT_ID", "id"), ("GLOBUS_CLIENT_SECRET", "s")]));
    assert_eq!(
        builder.unwrap().base_url("not a url").build().unwrap_err().kind(),
        ErrorKind::Config
    );
}

#[tokio::test]
async fn the_token_is_fetched_once_and_every_request_is_counted() {
    let server = MockServer::start().await;
    let token = json!({"access_token": TOKEN, "scope": "urn:globus:auth:scope:transfer.api.globus.org:all",
        "expires_in": 172_800, "token_type": "Bearer", "resource_server": "transfer.api.globus.org",
        "other_tokens": []});
    Mock::given(method("POST"))
        .and(path("/v2/oauth2/token"))
        .and(basic_auth("id", "secret="))
        .and(body_string_contains("transfer.api.globus.org%3Aall"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .expect(1)
        .mount(&server)
        .await;
    let id = ResponseTemplate::new(200).set_body_json(json!({"value": "s-1"}));
    on("GET", "/prefix/v0.10/submission_id")
        .respond_with(id)
        .expect(2)
        .mount(&server)
        .await;
    let counted: Arc<Mutex<Vec<(&str, &str)>>> = Arc::default();
    let sink = counted.clone();
    let transfer_url = format!("{}/prefix", server.uri());
    let uri = server.uri();
    let pairs = [
        ("GLOBUS_CLIENT_ID", "id"),
        ("GLOBUS_CLIENT_SECRET", "secret="),
        ("GLOBUS_SDK_SERVICE_URL_AUTH", uri.as_str()),
        ("GLOBUS_SDK_SERVICE_URL_TRANSFER", &transfer_url),
    ];
    let client = ClientBuilder::from_vars(vars(&pairs))
        .unwrap()
        .http(http())
        .on_request(Arc::new(move |attempt| {
            sink.lock().unwrap().push((attempt.service, attempt.operation));
        }))
        .build()
        .unwrap();
    for _ in 0..2 {
        assert_eq!(client.submission_id().send().await.unwrap().as_str(), "s-1");
    }
    let expected = [
        ("globus_auth", "globus_auth.client_credentials"),
        ("globus_transfer", "globus_transfer.submission_id"),
        ("globus_transfer", "globus_transfer.submission_id"),
    ];
    assert_eq!(*counted.lock().unwrap(), expected);
}

#[tokio::test]
async fn anything_else_can_be_asked_for() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({"DATA_TYPE": "endpoint", "id": "e"}));
    on("GET", "/v0.10/endpoint/e")
        .respond_with(answer)
        .mount(&server)
        .await;
    let parts = globus_transfer::RequestParts::new(
        "globus_transfer.get_endpoint",
        http::Method::GET,
        "/v0.10/endpoint/{id}",
    )
    .path_param("id", "e");
    let answer: serde_json::Value = crate::support::client(&server).request(parts).await.unwrap();
    assert_eq!(answer["id"], "e");
}
