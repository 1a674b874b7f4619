//! Tokens for codes, refresh tokens and other tokens; and what becomes of tokens.

use globus_auth::{ErrorExt, ErrorKind, NativeClient};
use rest_core::ExposeSecret;
use serde_json::json;
use wiremock::matchers::{body_string_contains, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{OTHER, TOKEN, answering, builder, count, native, noon, transfer_token};

#[tokio::test]
async fn a_refresh_keeps_the_refresh_token_unless_there_is_another() {
    for (answered, expected) in [
        (json!(null), "old-refresh"),
        (json!("new-refresh"), "new-refresh"),
    ] {
        let mut body = transfer_token();
        body["refresh_token"] = answered;
        let (_server, client) = answering(200, body).await;
        let tokens = client.refresh("old-refresh").send().await.unwrap();
        let token = tokens.by_resource_server("transfer.api.globus.org").unwrap();
        assert_eq!(token.access_token.expose_secret(), TOKEN);
        assert_eq!(token.refresh_token.as_ref().unwrap().expose_secret(), expected);
    }
}

#[tokio::test]
async fn dependent_tokens_come_as_a_list() {
    let body = json!([
        {"access_token": OTHER, "scope": "urn:groups:view", "expires_in": 120, "token_type": "bearer",
            "resource_server": "groups.api.globus.org", "refresh_token": "groups-refresh"},
        {"access_token": TOKEN, "resource_server": "transfer.api.globus.org", "expires_in": null, "new": [1]},
    ]);
    let (_server, client) = answering(200, body).await;
    let tokens = client.dependent_tokens("callers-token").send().await.unwrap();
    assert_eq!(tokens.iter().count(), 2);
    let groups = tokens.by_resource_server("groups.api.globus.org").unwrap();
    assert_eq!(
        groups.refresh_token.as_ref().unwrap().expose_secret(),
        "groups-refresh"
    );
    assert_eq!(groups.expires_at, Some(noon() + chrono::TimeDelta::minutes(2)));
    let (_server, client) = answering(200, json!([])).await;
    assert_eq!(
        client.dependent_tokens("t").send().await.unwrap().iter().count(),
        0
    );
    let (_server, client) = answering(200, transfer_token()).await;
    let error = client.dependent_tokens("t").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "an object is no list");
}

#[tokio::test]
async fn a_consent_that_is_missing_is_named() {
    let body = json!({"error": "dependent_consent_required", "error_description": "consent first",
        "errors": [{"id": "e1", "status": "403", "unapproved_scopes": ["urn:a", "urn:b[*urn:c]"]}]});
    let (_server, client) = answering(403, body).await;
    let error = client.dependent_tokens("t").send().await.unwrap_err();
    assert_eq!(error.service_code(), Some("dependent_consent_required"));
    assert_eq!(error.request_id(), Some("e1"));
    assert!(error.is_consent_required() && error.needs_login());
    let wanted = globus_auth::AuthorizationRequirements::from_error(&error).unwrap();
    assert_eq!(wanted.code, "ConsentRequired");
    assert_eq!(wanted.session_message.as_deref(), Some("consent first"));
    let scopes: Vec<String> = wanted.scopes().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(scopes, ["urn:a", "urn:b[*urn:c]"]);
    let login = client
        .login("https://app.example/", ["openid"])
        .requirements(&wanted)
        .begin();
    let url = login.unwrap().url().clone();
    let scope = url
        .query_pairs()
        .find(|(key, _)| key == "scope")
        .unwrap()
        .1
        .into_owned();
    assert_eq!(scope, "openid urn:a urn:b[*urn:c]");
}

#[tokio::test]
async fn a_dead_grant_needs_a_login_and_is_not_sent_again() {
    for status in [400, 401] {
        let (server, client) = answering(status, json!({"error": "invalid_grant"})).await;
        for error in [
            client.refresh("r").send().await.unwrap_err(),
            client
                .exchange_code("c", "https://app.example/")
                .send()
                .await
                .unwrap_err(),
            client
                .token([("grant_type".to_owned(), "x".to_owned())])
                .send()
                .await
                .unwrap_err(),
        ] {
            assert_eq!(error.service_code(), Some("invalid_grant"));
            assert_eq!(error.body(), None);
            assert!(error.needs_login());
        }
        assert_eq!(count(&server).await, 3);
    }
}

#[tokio::test]
async fn a_code_is_not_sent_twice_but_a_refresh_token_is() {
    let (server, client) = answering(503, json!({})).await;
    client
        .exchange_code("c", "https://app.example/")
        .send()
        .await
        .unwrap_err();
    assert_eq!(count(&server).await, 1);
    client.refresh("r").send().await.unwrap_err();
    assert_eq!(count(&server).await, 1 + 5);
}

#[tokio::test]
async fn a_native_client_names_itself_and_has_no_password() {
    let server = MockServer::start().await;
    Mock::given(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(500))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/v2/oauth2/token"))
        .and(body_string_contains("client_id=the-native-client"))
        .and(body_string_contains("refresh_token=old"))
        .respond_with(ResponseTemplate::new(200).set_body_json(transfer_token()))
        .expect(1)
        .mount(&server)
        .await;
    native(&server).refresh("old").send().await.unwrap();
}

#[tokio::test]
async fn revoking_and_looking_at_tokens() {
    let server = MockServer::start().await;
    let client = builder(&server).build().unwrap();
    for (place, body) in [
        ("/v2/oauth2/token/revoke", json!({"active": false})),
        (
            "/v2/oauth2/token/introspect",
            json!({"active": true, "scope": "openid", "client_id": "c", "sub": "s", "username": "a@lbl.gov",
                "exp": 1_715_289_767, "iat": "1715116967", "nbf": null, "aud": "auth.globus.org",
                "identity_set": ["s", null, "t"], "new": {}}),
        ),
    ] {
        Mock::given(method("POST"))
            .and(path(place))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
    }
    assert!(!client.revoke("t").send().await.unwrap().active);
    let told = client.introspect("t").send().await.unwrap();
    assert!(told.active);
    assert_eq!(told.aud, ["auth.globus.org"]);
    assert_eq!(told.identity_set.len(), 2);
    assert_eq!(told.exp.unwrap().timestamp(), 1_715_289_767);
    assert_eq!(told.iat.unwrap().timestamp(), 1_715_116_967);
}

#[tokio::test]
async fn a_token_that_is_not_good_is_no_error() {
    let server = MockServer::start().await;
    let client = builder(&server).build().unwrap();
    Mock::given(path("/v2/oauth2/token/introspect"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"active": false})))
        .mount(&server)
        .await;
    assert!(!client.introspect("t").send().await.unwrap().active);
}

#[tokio::test]
async fn nothing_empty_is_sent() {
    let server = MockServer::start().await;
    let client = builder(&server).build().unwrap();
    let errors = [
        client.refresh(" ").into_parts().unwrap_err(),
        client.revoke("").into_parts().unwrap_err(),
        client.introspect("").into_parts().unwrap_err(),
        client.dependent_tokens("").into_parts().unwrap_err(),
        client.exchange_code("\n", "x").into_parts().unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.kind() == ErrorKind::Config));
    assert!(NativeClient::new(" ").is_err());
}

#[tokio::test]
async fn any_form_can_be_sent() {
    let (server, client) = answering(200, transfer_token()).await;
    let form = [
        ("grant_type".to_owned(), "urn:x".to_owned()),
        ("assertion".to_owned(), "a b".to_owned()),
    ];
    client.token(form).send().await.unwrap();
    let sent = &server.received_requests().await.unwrap()[0];
    assert_eq!(sent.body, b"grant_type=urn%3Ax&assertion=a+b");
}
