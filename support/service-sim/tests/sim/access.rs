//! Who may reach what: mapped collections, access rules, tasks that an administrator has paused.

use reqwest::Method;
use serde_json::{Value, json};
use service_sim::{Sim, default_collections};

use crate::support::{Client, TRANSFER_ALL, delete_data832, fault, globus, login, to_data832};

/// data832 is a mapped collection.
fn mapped() -> Sim {
    let collections = default_collections().into_iter();
    let collections = collections.map(|spec| {
        let mapped = spec.key == "data832";
        spec.mapped(mapped)
    });
    globus().collections(collections.collect()).start().unwrap()
}

#[tokio::test]
async fn a_mapped_collection_wants_its_consent_for_everything_that_touches_data() {
    let sim = mapped();
    let client = Client::new(&sim).await;
    let (spot, data) = (sim.collection("spot832"), sim.collection("data832"));
    spot.write("x", b"x");
    let id = data.uuid().to_owned();
    let about = client.get(&format!("endpoint/{id}"), &[]).await.json;
    assert_eq!(about["entity_type"], "GCSv5_mapped_collection");

    let scope = format!("{TRANSFER_ALL}[*https://auth.globus.org/scopes/{id}/data_access]");
    let operation = |name: &str| format!("operation/endpoint/{id}/{name}");
    let path = [("path", "/data/")];
    let mut transfer = to_data832(&sim, &[("/x", "/data/x")]);
    transfer["submission_id"] = json!(client.submission_id().await);
    let mut delete = delete_data832(&sim, &["/data/x"]);
    delete["submission_id"] = json!(client.submission_id().await);
    let refused = [
        client.get(&operation("ls"), &path).await,
        client.get(&operation("stat"), &path).await,
        client
            .post(&operation("mkdir"), &json!({"path": "/data/new"}))
            .await,
        client
            .post(
                &operation("rename"),
                &json!({"old_path": "/data/a", "new_path": "/data/b"}),
            )
            .await,
        client.post("transfer", &transfer).await,
        client.post("delete", &delete).await,
    ];
    for answer in refused {
        assert_eq!((answer.status, answer.code()), (403, "ConsentRequired"));
        assert_eq!(answer.json["required_scopes"], json!([scope]));
    }

    let form = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
    let (_, token) = login(&sim, &sim.env()["GLOBUS_CLIENT_SECRET"], &form).await;
    assert_eq!(token["scope"], TRANSFER_ALL, "dependencies are not named");
    let mut client = client;
    client.with_token(token["access_token"].as_str().unwrap());
    assert_eq!(client.get(&operation("ls"), &path).await.status, 200);
    let task = client.post("transfer", &transfer).await;
    let task = client.done(task.json["task_id"].as_str().unwrap()).await;
    assert_eq!(task["status"], "SUCCEEDED");
    assert!(data.exists("x"));
}

#[tokio::test]
async fn access_rules_are_kept() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let endpoint = format!("endpoint/{}", sim.collection("data832").uuid());
    let rule = json!({"DATA_TYPE": "access", "principal_type": "identity", "principal": "i",
        "path": "/data/shared/", "permissions": "r"});
    let made = client.post(&format!("{endpoint}/access"), &rule).await;
    assert_eq!((made.status, made.code()), (200, "Created"), "{:?}", made.json);
    let again = client.post(&format!("{endpoint}/access"), &rule).await;
    assert_eq!((again.status, again.code()), (409, "Exists"));
    for (name, wrong) in [("path", "data"), ("permissions", "w"), ("principal_type", "me")] {
        let mut rule = rule.clone();
        rule[name] = json!(wrong);
        assert_eq!(
            client.post(&format!("{endpoint}/access"), &rule).await.status,
            400,
            "{name}"
        );
    }
    let one = format!("{endpoint}/access/{}", made.json["access_id"].as_str().unwrap());
    let change = json!({"permissions": "rw"});
    let changed = client
        .request(Method::PUT, &one, &[], Some(&change))
        .await
        .unwrap();
    assert_eq!(changed.code(), "Updated");
    let listed = client.get(&format!("{endpoint}/access_list"), &[]).await.json;
    assert_eq!(listed["DATA"][0]["permissions"], "rw");
    assert_eq!(listed["DATA"][0], client.get(&one, &[]).await.json);
    let gone = client.request(Method::DELETE, &one, &[], None).await.unwrap();
    assert_eq!(gone.code(), "Deleted");
    assert_eq!(client.get(&one, &[]).await.code(), "AccessRuleNotFound");
}

#[tokio::test]
async fn a_paused_task_moves_nothing_until_it_is_resumed() {
    let sim = globus().fault(fault("task:hold")).start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", b"x");
    let task_id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let events = format!("task/{task_id}/event_list");
    while client.get(&events, &[]).await.json["DATA"][0]["code"] != "STARTED" {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let list = json!([task_id]);
    let message = "the disk is being mended";
    let asked = json!({"task_id_list": list, "message": message});
    let paused = client.post("endpoint_manager/admin_pause", &asked).await;
    assert_eq!(paused.status, 200, "{:?}", paused.json);
    sim.release("hold");
    let task = client.task(&task_id).await;
    assert_eq!(
        (&task["status"], &task["is_paused"], &task["nice_status"]),
        (&json!("ACTIVE"), &json!(true), &json!("PAUSED_BY_ADMIN"))
    );
    let info = client.get(&format!("task/{task_id}/pause_info"), &[]).await.json;
    assert_eq!(info["source_pause_message"], message);
    // Ninety days are more than any deadline of a task that is not paused.
    sim.advance(std::time::Duration::from_secs(80 * 86_400));
    let task = client.task(&task_id).await;
    assert_eq!(task["status"], "ACTIVE");
    assert!(!sim.collection("data832").exists("x"));

    client
        .post("endpoint_manager/admin_resume", &json!({"task_id_list": list}))
        .await;
    let task = client.done(&task_id).await;
    assert_eq!(
        (&task["status"], &task["is_paused"]),
        (&json!("SUCCEEDED"), &json!(false))
    );
    let events = client.get(&events, &[]).await.json;
    let codes: Vec<&Value> = events["DATA"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["code"])
        .collect();
    assert_eq!(codes, ["SUCCEEDED", "UNPAUSED", "PAUSED", "STARTED"]);
    let nobody = json!({"task_id_list": ["nothing"], "message": "m"});
    assert_eq!(
        client.post("endpoint_manager/admin_pause", &nobody).await.status,
        404
    );
}
