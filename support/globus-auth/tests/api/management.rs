//! Identities, projects, clients, credentials, policies, scopes and consents: what is read of answers and errors.

use globus_auth::model::{ClientKind, ClientType, IdentityStatus, Visibility};
use globus_auth::{ApiClient, ClientId, ErrorKind, IdentityId, PolicyId, ProjectId, Scope, ScopeId, scopes};
use rest_core::{ExposeSecret, Sent};
use serde_json::{Value, json};
use wiremock::matchers::{any, body_json, header};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{TOKEN, api, count, native};

async fn answers(status: u16, body: Value) -> (MockServer, ApiClient) {
    let server = MockServer::start().await;
    Mock::given(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(&server)
        .await;
    let client = api(&server);
    (server, client)
}

#[tokio::test]
async fn identities_and_their_providers() {
    let body = json!({"identities": [
        {"id": "i", "username": "a@lbl.gov", "status": "unused", "email": null, "identity_provider": "p", "new": 1},
        null,
        {"id": "j", "status": "sleeping"},
    ]});
    let (_server, client) = answers(200, body).await;
    let found = client.identities_by_username(["a@lbl.gov"]).send().await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].status, Some(IdentityStatus::Unused));
    assert_eq!(
        found[1].status,
        Some(IdentityStatus::Unknown("sleeping".to_owned()))
    );
    let error = client.identities([]).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);

    let body = json!({"identity_providers": [{"id": "p", "name": "LBL", "domains": ["lbl.gov"], "alternative_names": null}]});
    let (_server, client) = answers(200, body).await;
    let found = client
        .identity_providers_by_domain(["lbl.gov"])
        .send()
        .await
        .unwrap();
    assert_eq!(found[0].domains, ["lbl.gov"]);
}

#[tokio::test]
async fn who_the_person_is() {
    let body = json!({"sub": "i", "preferred_username": "a@lbl.gov", "name": null, "last_authentication": 1,
        "identity_set": [{"sub": "i", "username": "a@lbl.gov"}, {"id": "j"}, {"odd": true}, 7]});
    let (_server, client) = answers(200, body).await;
    let person = client.userinfo().send().await.unwrap();
    let ids: Vec<&str> = person
        .identity_set
        .iter()
        .map(|identity| identity.id.as_str())
        .collect();
    assert_eq!(ids, ["i", "j"]);
    assert_eq!(person.other["last_authentication"], 1);
}

#[tokio::test]
async fn projects_and_policies() {
    let project = json!({"id": "p", "display_name": "ALS", "admin_ids": ["i"], "admin_group_ids": null,
        "admins": {"identities": [{"id": "i", "status": "used"}], "groups": [{"id": "g", "name": null}]}});
    let (_server, client) = answers(200, json!({"project": project})).await;
    let one = client.project(ProjectId::new("p")).send().await.unwrap();
    assert_eq!(one.admins.groups[0].id.as_str(), "g");
    assert!(one.admin_group_ids.is_empty());
    client.delete_project(ProjectId::new("p")).send().await.unwrap();
    client
        .update_project(ProjectId::new("p"))
        .display_name("n")
        .send()
        .await
        .unwrap();
    client.create_project("n", "e").send().await.unwrap();
    let (_server, client) = answers(200, json!({"projects": [project, {"id": "q", "admins": null}]})).await;
    assert_eq!(client.projects().send().await.unwrap().len(), 2);

    let policy = json!({"policy": {"id": "p", "authentication_assurance_timeout": "35", "high_assurance": false,
        "domain_constraints_include": null, "domain_constraints_exclude": []}});
    let (_server, client) = answers(200, policy).await;
    let policy = client.policy(PolicyId::new("p")).send().await.unwrap();
    assert_eq!(policy.authentication_assurance_timeout, Some(35));
    assert_eq!(policy.domain_constraints_include, None);
    assert_eq!(policy.domain_constraints_exclude, Some(Vec::new()));
    let (_server, client) = answers(200, json!({"policies": null})).await;
    assert!(client.policies().send().await.unwrap().is_empty());
}

#[tokio::test]
async fn clients_and_scopes() {
    let body = json!({"client": {"id": "c", "name": "n", "client_type": "of_tomorrow", "visibility": "private",
        "links": {"privacy_policy": null}, "redirect_uris": null, "scopes": [], "public_client": false, "fqdns": ["a.gov"]}});
    let (_server, client) = answers(200, body).await;
    for found in [
        client.client(ClientId::new("c")).send().await.unwrap(),
        client.client_by_fqdn("a.gov").send().await.unwrap(),
        client
            .update_client(ClientId::new("c"))
            .name("n")
            .send()
            .await
            .unwrap(),
    ] {
        assert_eq!(
            found.client_type,
            Some(ClientType::Unknown("of_tomorrow".to_owned()))
        );
        assert_eq!(found.visibility, Some(Visibility::Private));
    }
    let body = json!({"scope": {"id": "s", "scope_string": "x", "dependent_scopes": [{"scope": "t", "optional": true}]}});
    let (_server, client) = answers(200, body).await;
    let scope = client.scope(ScopeId::new("s")).send().await.unwrap();
    assert!(scope.dependent_scopes[0].optional && !scope.dependent_scopes[0].requires_refresh_token);
    client
        .update_scope(ScopeId::new("s"))
        .advertised(true)
        .send()
        .await
        .unwrap();
    client
        .create_scope(ClientId::new("c"), "n", "d", "x")
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_credential_has_its_secret_once_and_never_written() {
    let server = MockServer::start().await;
    let credential = json!({"credential": {"id": "d", "name": "n", "client": "c", "secret": "the-new-secret",
        "created": "2023-10-21T22:46:15.845937+00:00"}});
    Mock::given(body_json(json!({"credential": {"name": "n"}})))
        .respond_with(ResponseTemplate::new(200).set_body_json(credential))
        .mount(&server)
        .await;
    let made = api(&server)
        .create_client_credential(ClientId::new("c"), "n")
        .send()
        .await
        .unwrap();
    assert_eq!(made.secret.as_ref().unwrap().expose_secret(), "the-new-secret");
    assert_eq!(made.created.unwrap().timestamp(), 1_697_928_375);
    let shown = format!("{made:?} {}", serde_json::to_string(&made).unwrap());
    assert!(!shown.contains("the-new-secret"), "{shown}");
    let (_server, client) = answers(
        200,
        json!({"credentials": [{"id": "d", "secret": null, "created": ""}]}),
    )
    .await;
    let listed = client
        .client_credentials(ClientId::new("c"))
        .send()
        .await
        .unwrap();
    assert!(listed[0].secret.is_none() && listed[0].created.is_none());
}

#[tokio::test]
async fn an_installation_becomes_a_client() {
    let client = json!({"id": "c", "name": "here"});
    let included = json!({"client_credential": {"id": "d", "client": "c", "secret": "the-new-secret"}});
    for body in [
        json!({"client": client, "included": included}),
        json!({"client": {"client": client, "included": included}}),
    ] {
        let server = MockServer::start().await;
        Mock::given(body_json(
            json!({"client": {"name": "here", "template_id": "the-native-client"}}),
        ))
        .respond_with(ResponseTemplate::new(201).set_body_json(body))
        .mount(&server)
        .await;
        let instance = native(&server).create_instance("here").send().await.unwrap();
        assert_eq!(instance.client.id.unwrap().as_str(), "c");
        assert_eq!(
            instance.credential.secret.unwrap().expose_secret(),
            "the-new-secret"
        );
    }
    for body in [
        json!({"client": client}),
        json!({"client": client, "included": {"client_credential": {"secret": "the-new-secret"}}}),
        json!(["the-new-secret"]),
    ] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let error = native(&server).create_instance("here").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let cause = std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(
            !format!("{error} {error:?} {cause}").contains("the-new-secret"),
            "{error:?} {cause}"
        );
    }
}

#[tokio::test]
async fn consents_cover_scopes_with_what_they_depend_on() {
    let collection = "https://auth.globus.org/scopes/c1/data_access";
    let consent = |id: i64, path: Value, name: &str| json!({"id": id, "dependency_path": path, "scope_name": name, "status": "approved", "created": null});
    let body = json!({"consents": [
        consent(1, json!([1]), scopes::TRANSFER_ALL),
        consent(2, json!([1, 2]), collection),
        consent(3, json!([3]), "openid"),
        consent(4, json!(null), "broken"),
        consent(5, json!([9, 5]), "orphan"),
    ]});
    let (_server, client) = answers(200, body).await;
    let consents = client.consents(IdentityId::new("i")).send().await.unwrap();
    assert_eq!(consents.iter().count(), 5);
    let covered = |text: &str| consents.cover(&Scope::parse(text).unwrap());
    assert!(covered("openid") && covered(scopes::TRANSFER_ALL));
    assert!(consents.cover(&scopes::transfer_with_data_access(["c1"])));
    assert!(!consents.cover(&scopes::transfer_with_data_access(["c1", "c2"])));
    assert!(!covered(collection), "only over Transfer");
    assert!(!covered("broken") && !covered("orphan") && !covered("openid[profile]"));
}

#[tokio::test]
async fn what_needs_no_token_gets_none() {
    let server = MockServer::start().await;
    let bodies = json!({"issuer": "https://auth.globus.org", "keys": [{"kty": "RSA"}], "jwks_uri": "x"});
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(bodies))
        .mount(&server)
        .await;
    let client = api(&server);
    assert_eq!(
        client
            .openid_configuration()
            .send()
            .await
            .unwrap()
            .jwks_uri
            .as_deref(),
        Some("x")
    );
    assert_eq!(client.jwk().send().await.unwrap().keys.len(), 1);
    let requests = server.received_requests().await.unwrap();
    assert!(
        requests
            .iter()
            .all(|request| !request.headers.contains_key("authorization"))
    );
}

#[tokio::test]
async fn errors_say_what_the_service_said() {
    let body = json!({"errors": [{"status": "403", "id": "e1", "code": "FORBIDDEN", "detail": "not an admin",
        "title": "Forbidden"}], "error_description": "Forbidden", "error": "forbidden"});
    let (_server, client) = answers(403, body).await;
    for error in [
        client.projects().send().await.unwrap_err(),
        client.userinfo().send().await.unwrap_err(),
        client
            .identities([IdentityId::new("i")])
            .send()
            .await
            .unwrap_err(),
        client.consents(IdentityId::new("i")).send().await.unwrap_err(),
        client.policies().send().await.unwrap_err(),
        client.scopes().send().await.unwrap_err(),
        client
            .create_client_credential(ClientId::new("c"), "n")
            .send()
            .await
            .unwrap_err(),
        client
            .create_client("n", ProjectId::new("p"), ClientKind::PublicClient(true))
            .send()
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Api);
        assert!(error.is_permission_denied());
        assert_eq!(error.service_code(), Some("FORBIDDEN"));
        assert_eq!(error.service_message(), Some("not an admin"));
        assert_eq!(error.request_id(), Some("e1"));
    }
    let (_server, client) = answers(404, json!({"errors": []})).await;
    assert!(
        client
            .client(ClientId::new("c"))
            .send_opt()
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        client
            .client(ClientId::new("c"))
            .send()
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn what_is_made_is_not_made_twice() {
    let (server, client) = answers(503, json!({})).await;
    let error = client.create_project("n", "e").send().await.unwrap_err();
    assert_eq!(error.was_sent(), Sent::Maybe);
    assert_eq!(count(&server).await, 1);
    client
        .update_project(ProjectId::new("p"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(count(&server).await, 1 + 5, "a change has the same effect twice");
}

#[tokio::test]
async fn answers_of_another_kind_are_errors() {
    for body in [
        json!([]),
        json!({}),
        json!({"project": []}),
        json!("x"),
        json!({"project": null}),
    ] {
        let (_server, client) = answers(200, body.clone()).await;
        let error = client.project(ProjectId::new("p")).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
    let (_server, client) = answers(200, json!({})).await;
    for id in ["", ".", ".."] {
        let error = client.project(ProjectId::new(id)).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{id}");
    }
}
