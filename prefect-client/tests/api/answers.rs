//! What the client makes of answers: transitions, pages, secrets, leases, tokens against forged requests.

use std::time::Duration;

use prefect_client::{LeaseId, NewState, StateType, Transition};
use rest_core::{ErrorKind, ExposeSecret};
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::{body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{RUN, client, noon, on, reply, run_id, stored_run};

fn set_state() -> String {
    format!("/flow_runs/{RUN}/set_state")
}

fn answer(status: &str, kind: &str, details: &Value) -> Value {
    json!({"status": status, "details": details, "state": {"id": RUN, "type": kind, "name": kind,
        "timestamp": "2026-03-01T12:00:00Z", "message": null, "data": null, "state_details": {"transition_id": Uuid::from_u128(7)}}})
}

async fn proposed(status: u16, body: Value) -> prefect_client::Result<Transition> {
    let server = MockServer::start().await;
    on("POST", &set_state(), reply(status, &body))
        .mount(&server)
        .await;
    let state = NewState::pending().transition_id(Uuid::from_u128(7));
    client(&server).flow_run(run_id()).set_state(state).send().await
}

#[tokio::test]
async fn the_server_s_word_counts_not_the_status() {
    let accepted = proposed(
        201,
        answer("ACCEPT", "PENDING", &json!({"type": "accept_details"})),
    )
    .await;
    assert!(accepted.unwrap().is_accepted());
    // Both of these come with 201 too.
    let slot = proposed(201, answer("REJECT", "SCHEDULED", &json!({"reason": "full"})))
        .await
        .unwrap();
    assert_eq!(
        (slot.reason(), slot.state().unwrap().kind.clone()),
        (Some("full"), StateType::Scheduled)
    );
    let lost = json!({"status": "ABORT", "state": {"type": "PENDING"}, "details": {"type": "abort_details"}});
    assert!(matches!(
        proposed(201, lost).await.unwrap(),
        Transition::Aborted { reason: None, .. }
    ));
    let wait = proposed(200, answer("WAIT", "PENDING", &json!({"delay_seconds": 30})))
        .await
        .unwrap();
    assert!(matches!(wait, Transition::Wait { delay, .. } if delay == Duration::from_secs(30)));
    let odd = proposed(200, answer("PERHAPS", "PENDING", &json!({})))
        .await
        .unwrap_err();
    assert_eq!(odd.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn a_proposal_whose_answer_was_lost_is_known_again() {
    let server = MockServer::start().await;
    let busy = reply(503, &json!({"exception_message": "Service Unavailable"}));
    on("POST", &set_state(), busy)
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    let repeated = answer(
        "REJECT",
        "PENDING",
        &json!({"reason": "This run has already made this state transition."}),
    );
    Mock::given(method("POST"))
        .and(path(format!("/api{}", set_state())))
        .and(body_partial_json(
            json!({"state": {"state_details": {"transition_id": Uuid::from_u128(7)}}}),
        ))
        .respond_with(reply(200, &repeated))
        .expect(1)
        .mount(&server)
        .await;
    let state = NewState::pending().transition_id(Uuid::from_u128(7));
    let transition = client(&server)
        .flow_run(run_id())
        .set_state(state)
        .send()
        .await
        .unwrap();
    assert!(transition.is_accepted());
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let server = MockServer::start().await;
    for (offset, count) in [(0, 2), (2, 2), (4, 1)] {
        let wanted = if offset == 0 {
            json!({"limit": 2})
        } else {
            json!({"limit": 2, "offset": offset})
        };
        Mock::given(method("POST"))
            .and(path("/api/flow_runs/filter"))
            .and(wiremock::matchers::body_json(wanted))
            .respond_with(reply(200, &Value::from(vec![stored_run(); count])))
            .expect(1)
            .mount(&server)
            .await;
    }
    let runs = client(&server)
        .flow_runs()
        .list()
        .limit(2)
        .collect()
        .await
        .unwrap();
    assert_eq!(runs.len(), 5);
}

#[tokio::test]
async fn pages_of_events_follow_the_server_s_mark_but_not_its_address() {
    let server = MockServer::start().await;
    let event = json!({"event": "copy.verified", "resource": {"prefect.resource.id": "file.1"}});
    let first = json!({"events": [event], "total": 2,
        "next_page": "http://elsewhere.example/api/events/filter/next?page-token=abc%3D"});
    on("POST", "/events/filter", reply(200, &first))
        .expect(1)
        .mount(&server)
        .await;
    let last = json!({"events": [event], "total": 2, "next_page": null});
    Mock::given(method("GET"))
        .and(path("/api/events/filter/next"))
        .and(query_param("page-token", "abc="))
        .respond_with(reply(200, &last))
        .expect(1)
        .mount(&server)
        .await;
    let events = client(&server)
        .events()
        .list(noon(), noon())
        .collect()
        .await
        .unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].resource_id(), Some("file.1"));
}

#[tokio::test]
async fn a_secret_is_read_and_not_shown() {
    let server = MockServer::start().await;
    let block = json!({"id": RUN, "name": "globus-client-id", "data": {"value": "s3cret-value"}});
    let route = "/block_types/slug/secret/block_documents/name/globus-client-id";
    on("GET", route, reply(200, &block)).mount(&server).await;
    on(
        "GET",
        "/block_types/slug/secret/block_documents/name/none",
        reply(404, &json!({"detail": "no"})),
    )
    .mount(&server)
    .await;
    let blocks = client(&server).blocks();
    let secret = blocks.secret("globus-client-id").await.unwrap().unwrap();
    assert_eq!(secret.expose_secret(), "s3cret-value");
    assert!(!format!("{secret:?}").contains("s3cret"));
    let document = blocks
        .by_name("secret", "globus-client-id")
        .include_secrets()
        .send()
        .await
        .unwrap();
    assert!(!format!("{document:?}").contains("s3cret"), "{document:?}");
    assert!(blocks.secret("none").await.unwrap().is_none());
}

#[tokio::test]
async fn a_secret_is_changed_where_it_is_and_created_where_it_is_not() {
    let server = MockServer::start().await;
    let (kind, schema) = (
        "deaedf5d-502a-49ba-a457-ea3b000b1ce5",
        "c9a00e3e-6984-4400-9a0d-755a8580eb50",
    );
    let place = "/block_types/slug/secret/block_documents/name";
    on("GET", &format!("{place}/old"), reply(200, &json!({"id": RUN})))
        .mount(&server)
        .await;
    on(
        "GET",
        &format!("{place}/new"),
        reply(404, &json!({"detail": "no"})),
    )
    .mount(&server)
    .await;
    on(
        "PATCH",
        &format!("/block_documents/{RUN}"),
        ResponseTemplate::new(204),
    )
    .expect(1)
    .mount(&server)
    .await;
    let of = json!({"id": kind, "name": "Secret", "slug": "secret"});
    on("GET", "/block_types/slug/secret", reply(200, &of))
        .mount(&server)
        .await;
    on(
        "POST",
        "/block_schemas/filter",
        reply(200, &json!([{"id": schema}])),
    )
    .mount(&server)
    .await;
    let body =
        json!({"name": "new", "data": {"value": "x-1234"}, "block_type_id": kind, "block_schema_id": schema});
    Mock::given(method("POST"))
        .and(path("/api/block_documents/"))
        .and(wiremock::matchers::body_json(body))
        .respond_with(reply(201, &json!({"id": schema})))
        .expect(1)
        .mount(&server)
        .await;
    let blocks = client(&server).blocks();
    assert_eq!(
        blocks.set_secret("old", &"x-1234".into()).await.unwrap().as_str(),
        RUN
    );
    assert_eq!(
        blocks.set_secret("new", &"x-1234".into()).await.unwrap().as_str(),
        schema
    );
}

#[tokio::test]
async fn a_lease_that_is_over_is_not_found_and_too_few_slots_are_told() {
    let server = MockServer::start().await;
    let gone = json!({"detail": "Lease not found - it may have expired or been revoked"});
    on("POST", "/v2/concurrency_limits/leases/l/renew", reply(410, &gone))
        .mount(&server)
        .await;
    let locked = reply(423, &json!({"detail": "Locked"})).insert_header("retry-after", "1.01");
    on("POST", "/v2/concurrency_limits/increment-with-lease", locked)
        .expect(1)
        .mount(&server)
        .await;
    let limits = client(&server).concurrency_limits();
    let minute = Duration::from_secs(60);
    assert!(
        limits
            .renew(&LeaseId::new("l"), minute)
            .send()
            .await
            .unwrap_err()
            .is_not_found()
    );
    let full = limits.lease(["beam"], 1, minute).send().await.unwrap_err();
    assert_eq!(full.status(), Some(423));
    assert_eq!(full.service_message(), Some("Locked"));
}

#[tokio::test]
async fn a_token_against_forged_requests_is_got_when_it_is_wanted_and_kept() {
    let server = MockServer::start().await;
    let token = json!({"token": "csrf-1", "client": "x", "expiration": "2026-03-01T13:00:00Z"});
    on("GET", "/csrf-token", reply(200, &token))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/logs/"))
        .and(header("prefect-csrf-token", "csrf-1"))
        .respond_with(ResponseTemplate::new(201).set_body_json(Value::Null))
        .with_priority(1)
        .expect(2)
        .mount(&server)
        .await;
    let refused = reply(403, &json!({"detail": "Missing CSRF token."}));
    on("POST", "/logs/", refused).expect(1).mount(&server).await;
    let client = client(&server);
    client.logs().create([]).send().await.unwrap();
    client.logs().create([]).send().await.unwrap();
    // Reading needs none.
    on("GET", "/health", reply(200, &json!(true)))
        .mount(&server)
        .await;
    assert!(client.health().send().await.unwrap());
}

#[tokio::test]
async fn of_several_requests_only_so_many_are_on_their_way() {
    let server = MockServer::start().await;
    let slow = reply(200, &json!(true)).set_delay(Duration::from_millis(100));
    on("GET", "/health", slow).mount(&server).await;
    let client = client(&server).at_most(1);
    let begun = std::time::Instant::now();
    let (a, b, c) = (client.health(), client.health(), client.health());
    let (a, b, c) = tokio::join!(a.send(), b.send(), c.send());
    assert!(a.unwrap() && b.unwrap() && c.unwrap());
    assert!(
        begun.elapsed() >= Duration::from_millis(300),
        "{:?}",
        begun.elapsed()
    );
}
