//! Logins that end or are shared, requests that may not be sent, and what users are told to do.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use rest_core::ManualClock;
use scicat::{Client, ClientBuilder, ErrorKind, NewRawDataset, RequestParts, remedy};
use serde_json::{Value, json};
use service_sim::Sim;
use wiremock::{MockServer, ResponseTemplate};

use crate::support::{client, http, noon, offline, on, pid, reply, required, scan, stored};

fn builder(sim: &Sim) -> ClientBuilder {
    let env = sim.env();
    ClientBuilder::from_vars(|name| env.get(name).cloned())
        .unwrap()
        .http(http())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_callers_share_one_login() {
    let sim = Sim::builder().scicat().start().unwrap();
    let client = builder(&sim).build().unwrap();
    let calls = (0..100).map(|number| {
        let client = client.clone();
        tokio::spawn(async move {
            let mut fields = required();
            fields.dataset_name = format!("scan_{number}");
            client.datasets().create(NewRawDataset::new(fields)).send().await
        })
    });
    for outcome in join_all(calls).await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(sim.journal().count(|entry| entry.operation == "scicat.login"), 1);
    assert_eq!(sim.datasets().len(), 100);
    assert_eq!(
        client.datasets().find().limit(7).collect().await.unwrap().len(),
        100
    );
}

#[tokio::test]
async fn a_refusal_of_somebody_known_costs_no_login() {
    let sim = Sim::builder().scicat().scicat_groups(["other"]).start().unwrap();
    let client = builder(&sim).build().unwrap();
    for _ in 0..3 {
        let create = client.datasets().create(NewRawDataset::new(required()));
        let error = create.send().await.unwrap_err();
        assert!(error.is_permission_denied());
        assert!(
            remedy(&error).contains("CREATE_DATASET_PRIVILEGED_GROUPS"),
            "{}",
            remedy(&error)
        );
    }
    assert_eq!(sim.journal().count(|entry| entry.operation == "scicat.login"), 1);
}

fn jwt(exp: i64) -> String {
    let claims = json!({ "exp": exp, "iat": exp - 3600 }).to_string();
    format!(
        "eyJhbGciOiJIUzI1NiJ9.{}.signature",
        URL_SAFE_NO_PAD.encode(claims)
    )
}

#[tokio::test]
async fn a_given_token_that_has_ended_is_not_sent() {
    let server = MockServer::start().await;
    on("GET", "/datasets", reply(200, &json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let clock = Arc::new(ManualClock::new(noon()));
    let token = jwt(noon().timestamp() + 60);
    let client = Client::builder()
        .base_url(format!("{}/api/v3", server.uri()))
        .token(token.clone())
        .http(http())
        .clock(clock.clone())
        .build()
        .unwrap();
    client.datasets().find().send().await.unwrap();
    clock.advance(Duration::from_secs(60));
    // Sent, it would be answered with an empty list.
    let error = client.datasets().find().send().await.unwrap_err();
    assert!(error.is_unauthenticated(), "{error:?}");
    let told = error.to_string();
    assert!(told.contains("ended at 2026-03-01 12:01:00 UTC"), "{told}");
    assert!(!format!("{told} {error:?} {client:?}").contains(&token));
}

#[tokio::test]
async fn no_request_carries_a_null_directly_in_the_metadata() {
    let server = MockServer::start().await;
    let client = client(&server);
    let body = json!({"scientificMetadata": {"/a": {"deep": null}, "/b": null}});
    for (method, path) in [
        (http::Method::POST, "/v3/datasets"),
        (http::Method::PATCH, "/v3/datasets/x"),
        (http::Method::PUT, "/v4/datasets/x"),
    ] {
        let parts = || {
            let parts = RequestParts::new("scicat.raw", method.clone(), path);
            // As a hostile writer would spell it.
            parts.json_bytes(
                body.to_string()
                    .replace("scientificMetadata", "scientific\\u004detadata"),
            )
        };
        for error in [
            client.request::<Value>(parts()).await.unwrap_err(),
            client.request_opt::<Value>(parts()).await.unwrap_err(),
            client.request_empty(parts()).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("\"/b\" is null"), "{error}");
        }
    }
    let field = client
        .dataset(pid())
        .update()
        .field("scientificMetadata", body["scientificMetadata"].clone());
    assert_eq!(field.into_parts().unwrap_err().kind(), ErrorKind::Config);
    // A new dataset drops it and says so.
    let new = scan().field("scientificMetadata", body["scientificMetadata"].clone());
    assert_eq!(new.dropped().len(), 1);
    client.datasets().create(new).into_parts().map(drop).unwrap();
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[test]
fn what_can_be_known_to_be_wrong_is_said_before_anything_is_sent() {
    let client = offline();
    let blank = scan().field("owner", " ");
    let derived = crate::endpoints::derived().field("inputDatasets", json!([]));
    for (parts, words) in [
        (client.datasets().create(blank).into_parts(), "owner"),
        (client.datasets().create(derived).into_parts(), "inputDatasets"),
        (client.dataset(pid()).update().merge().into_parts(), "API v4"),
        (
            client
                .dataset(pid())
                .update()
                .unchanged_since(noon())
                .into_parts(),
            "/api/v4",
        ),
        (
            client.jobs().create("x").owner_group("g").into_parts(),
            "ownerGroup",
        ),
        (
            client
                .policies()
                .update_groups(["a,b"], serde_json::Map::new())
                .into_parts(),
            "comma",
        ),
    ] {
        let error = parts.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.operation().unwrap().starts_with("scicat."), "{error:?}");
    }
}

#[tokio::test]
async fn users_are_told_what_to_do() {
    let long: Vec<String> = (0..200)
        .map(|n| format!("property field{n} should not exist"))
        .collect();
    for (status, body, words) in [
        (
            400,
            json!({"message": ["owner must be a string"]}),
            "correct owner, as",
        ),
        (400, json!({"message": long}), "correct field0, field1"),
        (
            400,
            json!({"message": "Invalid job type: archive"}),
            "correct the request",
        ),
        (401, json!({"message": "Unauthorized"}), "SCICAT_INGEST_PASSWORD"),
        (403, json!({"message": "Forbidden resource"}), "ADMIN_GROUPS"),
        (404, json!({"message": "Cannot POST"}), "/api/v3"),
        (409, json!({"message": "exists"}), "read that one"),
        (413, json!("too large"), "smaller picture"),
        (
            500,
            json!({"message": "Internal server error"}),
            "before sending it again",
        ),
        (503, json!({"message": "down"}), "once the catalogue answers"),
    ] {
        let server = MockServer::start().await;
        on("POST", "/datasets", reply(status, &body)).mount(&server).await;
        let error = client(&server)
            .datasets()
            .create(scan())
            .send()
            .await
            .unwrap_err();
        assert!(remedy(&error).contains(words), "{status}: {}", remedy(&error));
    }
    let server = MockServer::start().await;
    on(
        "GET",
        "/datasets",
        ResponseTemplate::new(200).set_body_string("<html>"),
    )
    .mount(&server)
    .await;
    let error = client(&server).datasets().find().send().await.unwrap_err();
    assert!(remedy(&error).contains("SciCat backend"), "{}", remedy(&error));
    let sim = Sim::builder().scicat().start().unwrap();
    let client = builder(&sim).build().unwrap();
    let error = client.dataset(pid()).delete().send().await.unwrap_err();
    assert!(
        remedy(&error).contains("DELETE_GROUPS"),
        "{error}; {}",
        remedy(&error)
    );
}

#[tokio::test]
async fn a_request_id_is_kept_and_told() {
    let server = MockServer::start().await;
    let answer =
        reply(403, &json!({"message": "Forbidden resource"})).insert_header("x-request-id", "req-17");
    on("POST", "/datasets", answer).mount(&server).await;
    let error = client(&server)
        .datasets()
        .create(scan())
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.request_id(), Some("req-17"));
    assert!(error.to_string().contains("req-17"), "{error}");
}

#[tokio::test]
async fn rows_that_came_with_a_dataset_are_read() {
    let server = MockServer::start().await;
    let mut document = stored();
    document["attachments"] = json!([{"id": "a-1", "_id": "a-1", "thumbnail": "data:,x"}]);
    document["origdatablocks"] = json!([{"_id": "b-1", "size": 5, "dataFileList": []}]);
    document["proposalIds"] = json!(["ALS-11532"]);
    let route = "/datasets/20.500.12345%2Fcc461548-d698-41e6-9d29-869cae4278af";
    on("GET", route, reply(200, &document)).mount(&server).await;
    let dataset = client(&server)
        .dataset(pid())
        .get()
        .include(["attachments"])
        .send()
        .await
        .unwrap();
    assert_eq!(dataset.attachments.as_ref().unwrap().len(), 1);
    assert_eq!(dataset.origdatablocks.as_ref().unwrap()[0].size, Some(5));
    assert_eq!(
        (dataset.proposals(), dataset.investigators()),
        (vec!["ALS-11532"], vec!["Prin Investigator"])
    );
}
