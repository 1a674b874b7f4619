//! Asking for tokens.

use globus_auth::{Client, ErrorKind, scopes};
use rest_core::ExposeSecret;
use serde_json::{Value, json};
use wiremock::matchers::body_string;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{
    OTHER, SECRET, TOKEN, answering, builder, count, noon, token_endpoint, transfer_token, two_tokens,
};

#[test]
fn the_request_is_known_beforehand() {
    let client = Client::new("the-client", SECRET).unwrap();
    let parts = client
        .client_credentials([scopes::TRANSFER_ALL, "openid"])
        .into_parts()
        .unwrap();
    insta::assert_json_snapshot!(parts);
}

#[tokio::test]
async fn the_form_is_what_the_service_expects() {
    let server = MockServer::start().await;
    let form =
        "grant_type=client_credentials&scope=urn%3Aglobus%3Aauth%3Ascope%3Atransfer.api.globus.org%3Aall";
    token_endpoint()
        .and(body_string(form))
        .respond_with(ResponseTemplate::new(200).set_body_json(transfer_token()))
        .expect(1)
        .mount(&server)
        .await;
    let client = builder(&server).build().unwrap();
    client
        .client_credentials([scopes::TRANSFER_ALL])
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn tokens_are_found_by_resource_server_wherever_they_stand() {
    let (_server, client) = answering(200, two_tokens()).await;
    let tokens = client.client_credentials(["x"]).send().await.unwrap();
    let transfer = tokens.by_resource_server("transfer.api.globus.org").unwrap();
    assert_eq!(transfer.access_token.expose_secret(), TOKEN);
    assert_eq!(transfer.expires_at, Some(noon() + chrono::TimeDelta::days(2)));
    assert_eq!(transfer.scopes, [scopes::TRANSFER_ALL]);
    let groups = tokens.by_resource_server("groups.api.globus.org").unwrap();
    assert_eq!(groups.access_token.expose_secret(), OTHER);
    assert_eq!(groups.scopes, ["urn:groups:view", "urn:groups:all"]);
    assert_eq!(
        groups.to_token().expiry(),
        Some(noon() + chrono::TimeDelta::minutes(1))
    );
    assert!(tokens.by_resource_server("funcx_service").is_none());
    assert_eq!(tokens.iter().count(), 2);
}

#[tokio::test]
async fn what_the_answer_leaves_out_is_not_missed() {
    for other in [json!(null), json!([])] {
        let body = json!({"access_token": TOKEN, "token_type": "bearer", "other_tokens": other, "new": 1,
            "resource_server": "transfer.api.globus.org"});
        let (_server, client) = answering(200, body).await;
        let tokens = client.client_credentials(["x"]).send().await.unwrap();
        let token = tokens.by_resource_server("transfer.api.globus.org").unwrap();
        assert_eq!(token.expires_at, None);
        assert!(token.scopes.is_empty());
    }
}

#[tokio::test]
async fn a_refusal_carries_the_oauth_error() {
    for (status, code) in [(401, "invalid_client"), (400, "invalid_scope")] {
        let (server, client) = answering(status, json!({"error": code})).await;
        let error = client.client_credentials(["x"]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert_eq!(error.service_code(), Some(code));
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.operation(), Some("globus_auth.client_credentials"));
        assert!(error.is_unauthenticated(), "no token could be had");
        assert_eq!(count(&server).await, 1, "refused credentials are not sent again");
    }
    let body = json!({"error": "invalid_grant", "error_description": "not today"});
    let (_server, client) = answering(400, body).await;
    let error = client.client_credentials(["x"]).send().await.unwrap_err();
    assert_eq!(error.service_message(), Some("not today"));
}

#[tokio::test]
async fn a_malformed_answer_is_an_error_without_its_body() {
    let bodies: [Value; 4] = [
        json!({"access_token": TOKEN}),
        json!([TOKEN]),
        json!(TOKEN),
        json!({"access_token": {"a": TOKEN}}),
    ];
    for body in bodies {
        let (_server, client) = answering(200, body.clone()).await;
        let error = client.client_credentials(["x"]).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.body(), None);
        let cause = std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(!format!("{error} {error:?} {cause}").contains(TOKEN), "{error:?}");
    }
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let server = MockServer::start().await;
    token_endpoint()
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let answer = ResponseTemplate::new(200).set_body_json(transfer_token());
    token_endpoint().respond_with(answer).mount(&server).await;
    builder(&server)
        .build()
        .unwrap()
        .client_credentials(["x"])
        .send()
        .await
        .unwrap();
    assert_eq!(count(&server).await, 3);
}

#[tokio::test]
async fn without_a_scope_nothing_is_asked() {
    let server = MockServer::start().await;
    let client = builder(&server).build().unwrap();
    let error = client
        .client_credentials(Vec::<String>::new())
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(count(&server).await, 0);
}
