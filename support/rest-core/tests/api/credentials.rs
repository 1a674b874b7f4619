//! Client credentials at a token endpoint.

use std::sync::Arc;

use rest_core::client_credentials::{
    ClientCredentials, EmptyExtraTokenFields, ExtraTokenFields, TokenResponse as _,
};
use rest_core::{ErrorKind, SecretString, StaticToken, Token};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wiremock::matchers::{basic_auth, body_string, body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::setup::{builder, client};

const OPERATION: &str = "shop.client_credentials";
/// As Globus gives them: base 64, with characters that a form would encode.
const SECRET: &str = "hush-hush+secret/==";
const TOKEN: &str = "hush-hush-token";

fn credentials(url: &str) -> ClientCredentials {
    let id_and_secret = Token::basic("shop-7", &SecretString::from(SECRET));
    let rest = builder(url)
        .tokens(Arc::new(StaticToken(id_and_secret)))
        .build()
        .unwrap();
    ClientCredentials::new(rest, OPERATION, "/v2/oauth2/token", ["urn:read", "urn:write"])
}

async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/v2/oauth2/token"))
        .respond_with(response)
        .mount(&server)
        .await;
    server
}

#[derive(Debug, Serialize, Deserialize)]
struct Extra {
    resource_server: String,
    #[serde(default)]
    other_tokens: Vec<Extra>,
}

impl ExtraTokenFields for Extra {}

#[tokio::test]
async fn a_token_with_the_fields_of_its_service() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v2/oauth2/token"))
        .and(basic_auth("shop-7", SECRET))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(body_string_contains("grant_type=client_credentials"))
        .and(body_string_contains("scope=urn%3Aread+urn%3Awrite"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "access_token": TOKEN, "token_type": "Bearer", "expires_in": 172_800, "scope": "urn:read",
            "resource_server": "shop", "other_tokens": [{"resource_server": "bank", "access_token": "x"}],
        })))
        .expect(1)
        .mount(&server)
        .await;
    let answer = credentials(&server.uri()).request::<Extra>().await.unwrap();
    assert_eq!(answer.access_token().secret(), TOKEN);
    assert_eq!(answer.expires_in().unwrap().as_secs(), 172_800);
    assert_eq!(answer.extra_fields().resource_server, "shop");
    assert_eq!(answer.extra_fields().other_tokens[0].resource_server, "bank");
    assert!(!format!("{answer:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_token_request_is_retried() {
    let server = MockServer::start().await;
    let good =
        ResponseTemplate::new(200).set_body_json(json!({"access_token": TOKEN, "token_type": "Bearer"}));
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(good)
        .mount(&server)
        .await;
    credentials(&server.uri())
        .request::<EmptyExtraTokenFields>()
        .await
        .unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_refusal_says_why() {
    for status in [400, 401, 403] {
        let document =
            json!({"error": "invalid_client", "error_description": format!("no client with {SECRET}")});
        let server = answering(ResponseTemplate::new(status).set_body_json(document)).await;
        let error = credentials(&server.uri())
            .request::<EmptyExtraTokenFields>()
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(status)));
        assert_eq!(error.service_code(), Some("invalid_client"));
        assert!(error.is_unauthenticated() && error.body().is_none());
        assert_eq!(error.attempts(), 1, "a refused secret is not sent twice");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_not_kept() {
    for body in [
        json!({"token": TOKEN}),
        json!({"access_token": TOKEN, "token_type": 7}),
        json!([TOKEN]),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_json(&body)).await;
        let error = credentials(&server.uri()).request::<Extra>().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Decode, Some(OPERATION))
        );
        let shown = format!(
            "{error} {error:?} {:?}",
            std::error::Error::source(&error).map(ToString::to_string)
        );
        assert!(!shown.contains("hush"), "{shown}");
    }
    let server = answering(ResponseTemplate::new(200)).await;
    let error = credentials(&server.uri()).request::<Extra>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = answering(ResponseTemplate::new(200)).await;
    let target = format!("{}/v2/oauth2/token", elsewhere.uri());
    let server = answering(ResponseTemplate::new(307).insert_header("location", target.as_str())).await;
    let error = credentials(&server.uri())
        .request::<EmptyExtraTokenFields>()
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(307));
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_assertion_goes_without_a_secret() {
    let server = MockServer::start().await;
    let form = "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A\
        client-assertion-type%3Ajwt-bearer&client_assertion=hush.hush.hush";
    Mock::given(body_string(form))
        .respond_with(
            ResponseTemplate::new(401).set_body_json(json!({"error": "invalid_client: hush.hush.hush"})),
        )
        .mount(&server)
        .await;
    let grant = ClientCredentials::new(client(&server.uri()), OPERATION, "/token", Vec::<String>::new())
        .field(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        .field("client_assertion", "hush.hush.hush");
    let error = grant.request::<EmptyExtraTokenFields>().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Auth, 1));
    let request = &server.received_requests().await.unwrap()[0];
    assert!(!request.headers.contains_key("authorization"));
    let parts = grant.into_parts();
    let shown = format!("{error} {error:?} {grant:?} {parts:?} {}", json!(parts));
    assert!(!shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn nothing_secret_goes_over_plain_http() {
    let grant = ClientCredentials::new(client("http://auth.invalid"), OPERATION, "/token", ["urn:read"]);
    let error = grant.request::<EmptyExtraTokenFields>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error.to_string().contains("ALLOW_HTTP_HOSTS=auth.invalid"),
        "{error}"
    );
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", credentials("https://auth.example.org"));
    assert!(shown.contains(OPERATION) && !shown.contains("hush"), "{shown}");
}
