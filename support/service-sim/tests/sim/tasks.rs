//! Submission, looking at tasks, cancelling, deadlines.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, TRANSFER_ALL, fault, globus, login, to_data832};

#[tokio::test]
async fn one_submission_id_makes_one_task() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let mut document = to_data832(&sim, &[("/x", "/data/x")]);
    document["submission_id"] = json!(client.submission_id().await);

    let answers = futures_util::future::join_all((0..8).map(|_| client.post("transfer", &document))).await;
    let ids: BTreeSet<&str> = answers
        .iter()
        .map(|a| a.json["task_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|a| a.code() == "Accepted").count(), 1);
    assert_eq!(answers.iter().filter(|a| a.code() == "Duplicate").count(), 7);

    client.done(ids.first().unwrap()).await;
    let again = client.post("transfer", &document).await;
    assert_eq!(
        (again.status, again.code()),
        (200, "Duplicate"),
        "after completion too"
    );
    assert_eq!(again.json["submission_id"], document["submission_id"]);
    assert_eq!(sim.tasks().len(), 1);
    let noted = sim
        .journal()
        .count(|e| e.operation == "transfer.submit" && e.task_id.as_deref() == ids.first().copied());
    assert_eq!(noted, 9);
}

#[tokio::test]
async fn wrong_submissions_are_refused() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let good = to_data832(&sim, &[("/x", "/data/x")]);
    let change = |field: &str, value: Value| {
        let mut document = good.clone();
        document[field] = value;
        document
    };
    let nil = "00000000-0000-0000-0000-000000000000";
    for (document, status, code) in [
        (
            change("DATA", json!([])),
            400,
            "ClientError.BadRequest.NoTransferItems",
        ),
        (
            change("DATA_TYPE", json!("delete")),
            400,
            "ClientError.BadRequest",
        ),
        (change("sync_level", json!(4)), 400, "ClientError.BadRequest"),
        (
            change("sync_level", json!("checksum")),
            400,
            "ClientError.BadRequest",
        ),
        (
            change("label", json!("x".repeat(129))),
            400,
            "ClientError.BadRequest",
        ),
        (change("label", json!("a\nb")), 400, "ClientError.BadRequest"),
        (change("label", json!(" a")), 400, "ClientError.BadRequest"),
        (change("deadline", json!("soon")), 400, "ClientError.BadRequest"),
        (
            change("filter_rules", json!([{"method": "leave", "name": "x"}])),
            400,
            "ClientError.BadRequest",
        ),
        (change("source_endpoint", json!(nil)), 404, "EndpointNotFound"),
    ] {
        let mut document = document;
        document["submission_id"] = json!(client.submission_id().await);
        let answer = client.post("transfer", &document).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{:?}",
            answer.json
        );
        assert!(answer.json["request_id"].is_string() && answer.json["resource"] == "/v0.10/transfer");
    }
    let unknown = client
        .post("transfer", &change("submission_id", json!(nil)))
        .await;
    assert_eq!((unknown.status, unknown.code()), (400, "ClientError.BadRequest"));
    assert_eq!(
        client.post("transfer", &good).await.status,
        400,
        "no submission id"
    );
    assert!(sim.tasks().is_empty());
}

#[tokio::test]
async fn tokens_are_checked() {
    let sim = globus().start().unwrap();
    let secret = sim.env()["GLOBUS_CLIENT_SECRET"].clone();
    let grant = ("grant_type", "client_credentials");
    assert_eq!(
        login(&sim, "wrong", &[grant]).await,
        (401, json!({"error": "invalid_client"}))
    );
    let (status, body) = login(&sim, &secret, &[("grant_type", "password")]).await;
    assert_eq!((status, &body["error"]), (400, &json!("unsupported_grant_type")));
    let (status, body) = login(&sim, &secret, &[grant, ("scope", "nonsense")]).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_scope")));

    let scopes = format!("openid {TRANSFER_ALL}[*https://auth.globus.org/scopes/x/data_access]");
    let (status, body) = login(&sim, &secret, &[grant, ("scope", &scopes)]).await;
    assert_eq!(
        (status, &body["resource_server"]),
        (200, &json!("auth.globus.org"))
    );
    assert_eq!(
        body["other_tokens"][0]["resource_server"],
        "transfer.api.globus.org"
    );
    assert_eq!(body["other_tokens"][0]["scope"], TRANSFER_ALL);
    assert_eq!(
        (&body["expires_in"], &body["token_type"]),
        (&json!(172_800), &json!("Bearer"))
    );

    let url = sim.env()["GLOBUS_SDK_SERVICE_URL_TRANSFER"].clone() + "v0.10/task_list";
    let http = reqwest::Client::new();
    // The token of another resource server, no token, and a made-up one.
    for token in [body["access_token"].as_str(), None, Some("made-up")] {
        let mut request = http.get(&url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(
            response
                .text()
                .await
                .unwrap()
                .contains("\"AuthenticationFailed\"")
        );
    }
    let journal = serde_json::to_string(&sim.journal().entries()).unwrap();
    assert!(!journal.contains(&secret) && !journal.contains("made-up"));
}

#[tokio::test]
async fn tasks_are_listed_and_filtered() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");
    let mut ids = Vec::new();
    for n in 0..12 {
        let mut document = to_data832(&sim, &[("/x", &format!("/data/{n}"))]);
        document["label"] = json!(format!("Scan {n}"));
        ids.push(client.transfer(&document).await);
    }
    for id in &ids {
        client.done(id).await;
    }
    let all = client.get("task_list", &[("limit", "1000")]).await.json;
    assert_eq!(
        (&all["total"], &all["length"], &all["DATA_TYPE"]),
        (&json!(12), &json!(12), &json!("task_list"))
    );
    assert_eq!(all["DATA"][0]["task_id"], ids[11].as_str(), "newest first");
    assert!(all["DATA"][0].get("DATA_TYPE").is_none());
    let page = client
        .get("task_list", &[("limit", "5"), ("offset", "10")])
        .await
        .json;
    assert_eq!((&page["length"], &page["total"]), (&json!(2), &json!(12)));
    let oldest = client
        .get(
            "task_list",
            &[("orderby", "label ASC"), ("fields", "task_id,label")],
        )
        .await
        .json;
    assert_eq!(oldest["DATA"][0], json!({"task_id": ids[0], "label": "Scan 0"}));

    let two = format!("task_id:{},{}/status:SUCCEEDED", ids[3], ids[7]);
    for (filter, found) in [
        (two.as_str(), 2),
        ("status:ACTIVE", 0),
        ("status:ACTIVE,SUCCEEDED/type:TRANSFER", 12),
        ("type:DELETE", 0),
        ("label:~scan 1*", 3),
        ("label:!Scan 1", 11),
        ("request_time:2000-01-01,", 12),
        ("completion_time:,2000-01-01", 0),
    ] {
        let list = client.get("task_list", &[("filter", filter)]).await.json;
        assert_eq!(list["total"], found, "{filter}");
    }
    for query in [
        ("filter", "colour:red"),
        ("orderby", "colour"),
        ("limit", "0"),
        ("limit", "2000"),
        ("offset", "x"),
    ] {
        let answer = client.get("task_list", &[query]).await;
        assert_eq!(
            (answer.status, answer.code()),
            (400, "ClientError.BadRequest"),
            "{query:?}"
        );
    }
    let missing = client.get("task/00000000-0000-0000-0000-000000000000", &[]).await;
    assert_eq!((missing.status, missing.code()), (404, "ClientError.NotFound"));
}

#[tokio::test]
async fn cancelled_and_expired_tasks_copy_nothing() {
    let sim = globus()
        .transfer_delay(Duration::from_secs(3600))
        .start()
        .unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");

    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let cancel = format!("task/{id}/cancel");
    let answer = client.post(&cancel, &Value::Null).await;
    assert_eq!((answer.status, answer.code()), (200, "Canceled"));
    let task = client.task(&id).await;
    assert_eq!(
        (&task["status"], &task["fatal_error"]["code"]),
        (&json!("FAILED"), &json!("CANCELED"))
    );
    assert_eq!(task["subtasks_canceled"], 1);
    assert_eq!(client.post(&cancel, &Value::Null).await.code(), "TaskComplete");
    let events = client.get(&format!("task/{id}/event_list"), &[]).await.json;
    assert_eq!(
        (&events["DATA"][0]["code"], &events["DATA"][0]["is_error"]),
        (&json!("CANCELED"), &json!(true))
    );

    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let past = json!({"DATA_TYPE": "task", "deadline": "2001-01-01T00:00:00+00:00"});
    let answer = client
        .request(reqwest::Method::PUT, &format!("task/{id}"), &[], Some(&past))
        .await
        .unwrap();
    assert_eq!(answer.code(), "Updated");
    assert_eq!(client.done(&id).await["fatal_error"]["code"], "EXPIRED");
    let answer = client
        .request(reqwest::Method::PUT, &format!("task/{id}"), &[], Some(&past))
        .await
        .unwrap();
    assert_eq!((answer.status, answer.code()), (409, "Conflict"));

    // A task that only waits is ended by its deadline of a day.
    sim.fault(fault("task:permission-denied"));
    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    sim.advance(Duration::from_secs(3601));
    client
        .until(&id, |task| task["nice_status"] == "PERMISSION_DENIED")
        .await;
    sim.advance(Duration::from_secs(23 * 3600));
    assert_eq!(client.done(&id).await["subtasks_expired"], 1);
    assert!(!sim.collection("data832").exists("x"));
}
