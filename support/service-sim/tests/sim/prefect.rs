//! The simulated Prefect server.

use serde_json::{Value, json};
use service_sim::Sim;

use super::http::Caller;

fn start() -> (Sim, Caller) {
    let sim = Sim::builder().prefect().start().unwrap();
    let caller = Caller::new(&sim.env()["PREFECT_API_URL"]);
    (sim, caller)
}

async fn deployment_id(caller: &Caller, flow: &str, name: &str) -> String {
    let (status, document) = caller.get(&format!("/deployments/name/{flow}/{name}")).await;
    assert_eq!(status, 200, "{document}");
    document["id"].as_str().unwrap().to_owned()
}

async fn prune_runs(caller: &Caller) -> String {
    let id = deployment_id(caller, "prune_globus_endpoint", "prune_globus_endpoint").await;
    format!("/deployments/{id}/create_flow_run")
}

fn prune_run(key: Option<&str>) -> Value {
    let endpoint = json!({ "uuid": "u", "uri": "spot832.lbl.gov", "root_path": "/", "name": "spot832" });
    let details = json!({ "scheduled_time": "2999-11-23T12:00:00.5+00:00" });
    json!({
        "name": "prune_from_spot832",
        "parameters": { "relative_path": "raw/a b.h5", "source_endpoint": endpoint },
        "state": { "type": "SCHEDULED", "state_details": details },
        "idempotency_key": key,
        "tags": ["prune"],
    })
}

#[tokio::test]
async fn it_says_that_it_is_well() {
    let (_sim, caller) = start();
    assert_eq!(caller.get("/health").await, (200, json!(true)));
    assert_eq!(caller.get("/ready").await, (200, json!({ "message": "OK" })));
    assert_eq!(caller.get("/admin/version").await, (200, json!("3.8.8")));
    assert_eq!(
        caller.get("/no/such/route").await,
        (404, json!({ "detail": "Not Found" }))
    );
    let version = |text| caller.raw("GET", "/health", ("x-prefect-api-version", text), "");
    assert_eq!(version("0.8.4").await.0, 200);
    assert_eq!(version("0.7.9").await.0, 400);
    assert_eq!(version("junk").await.0, 400);
}

#[tokio::test]
async fn variables_of_the_beamline_and_others() {
    let (_sim, caller) = start();
    let (status, settings) = caller.get("/variables/name/bl832-settings").await;
    assert_eq!(
        (status, &settings["value"]["delete_data832_files_after_days"]),
        (200, &json!(35))
    );

    let hold = json!({ "name": "deletion-hold", "value": true });
    assert_eq!(caller.post("/variables/", &hold).await.0, 201);
    assert_eq!(caller.post("/variables/", &hold).await.0, 409);
    let bad_name = json!({ "name": "Deletion Hold", "value": true });
    assert_eq!(caller.post("/variables/", &bad_name).await.0, 422);
    let place = "/variables/name/deletion-hold";
    let change = json!({ "value": { "until": 7 } });
    assert_eq!(
        caller.send("PATCH", place, Some(&change)).await.unwrap(),
        (204, Value::Null)
    );
    assert_eq!(caller.get(place).await.1["value"], json!({ "until": 7 }));
    assert_eq!(
        caller.send("DELETE", place, None).await.unwrap(),
        (204, Value::Null)
    );
    assert_eq!(
        caller.get(place).await,
        (404, json!({ "detail": "Variable not found." }))
    );
}

#[tokio::test]
async fn deployments_of_the_beamline() {
    let (_sim, caller) = start();
    for (flow, name, pool, queue) in [
        (
            "new_832_file_flow",
            "new_file_832",
            "new_file_832_pool",
            "new_file_832_queue",
        ),
        (
            "dispatcher",
            "run_832_dispatcher",
            "dispatcher_832_pool",
            "dispatcher_832_queue",
        ),
        (
            "prune_data832_raw",
            "prune_data832_raw",
            "prune_832_pool",
            "prune_data832_raw_queue",
        ),
    ] {
        let (status, document) = caller.get(&format!("/deployments/name/{flow}/{name}")).await;
        assert_eq!(status, 200, "{flow}");
        assert_eq!(
            (&document["work_pool_name"], &document["work_queue_name"]),
            (&json!(pool), &json!(queue))
        );
    }
    let nowhere = (404, json!({ "detail": "Deployment not found" }));
    assert_eq!(
        caller.get("/deployments/name/dispatcher/new_file_832").await,
        nowhere
    );
}

#[tokio::test]
async fn a_run_is_scheduled_once_for_its_key() {
    let (sim, caller) = start();
    let place = prune_runs(&caller).await;
    let (status, run) = caller.post(&place, &prune_run(Some("k"))).await;
    assert_eq!(status, 201, "{run}");
    assert_eq!(
        (&run["state_type"], &run["state"]["name"]),
        (&json!("SCHEDULED"), &json!("Scheduled"))
    );
    let due = json!("2999-11-23T12:00:00.500000Z");
    assert_eq!(
        (
            &run["next_scheduled_start_time"],
            &run["state"]["state_details"]["scheduled_time"]
        ),
        (&due, &due)
    );
    assert_eq!(run["parameters"]["relative_path"], "raw/a b.h5");

    let mut other = prune_run(Some("k"));
    other["name"] = json!("another name");
    assert_eq!(caller.post(&place, &other).await, (200, run.clone()));
    for _ in 0..2 {
        assert_eq!(
            caller.post(&place, &prune_run(None)).await.0,
            201,
            "without a key each is new"
        );
    }
    assert_eq!(sim.flow_runs().len(), 3);
    let id = run["id"].as_str().unwrap();
    assert_eq!(caller.get(&format!("/flow_runs/{id}")).await, (200, run.clone()));
    assert_eq!(
        caller.get("/flow_runs/not-a-uuid").await,
        (404, json!({ "detail": "Not Found" }))
    );
    let absent = "/flow_runs/00000000-0000-4000-8000-000000000000";
    assert_eq!(
        caller.get(absent).await,
        (404, json!({ "detail": "Flow run not found" }))
    );
}

#[tokio::test]
async fn a_run_that_nobody_starts_is_late() {
    let (sim, caller) = start();
    let place = prune_runs(&caller).await;
    let mut run = prune_run(None);
    let due = chrono::Utc::now() + chrono::TimeDelta::days(2);
    run["state"]["state_details"]["scheduled_time"] = json!(due);
    let (_, run) = caller.post(&place, &run).await;
    let state = || sim.flow_runs()[0]["state_name"].clone();
    sim.advance(std::time::Duration::from_secs(2 * 86_400 - 60));
    assert_eq!(state(), "Scheduled");
    sim.advance(std::time::Duration::from_secs(80));
    assert_eq!(state(), "Late");
    let id = run["id"].as_str().unwrap();
    let (_, late) = caller.get(&format!("/flow_runs/{id}")).await;
    assert_eq!(
        (&late["state_type"], &late["state"]["name"]),
        (&json!("SCHEDULED"), &json!("Late"))
    );
    assert_ne!(late["state_id"], run["state_id"]);
    let ahead = sim.flow_runs()[0].clone();
    assert_eq!(ahead["state_id"], late["state_id"], "it becomes late once");
}

#[tokio::test]
async fn a_run_is_checked_as_the_real_server_does() {
    let (sim, caller) = start();
    let place = prune_runs(&caller).await;
    let (status, document) = caller
        .post(&place, &json!({ "parameters": {}, "surprise": 1 }))
        .await;
    assert_eq!(
        (status, &document["exception_detail"][0]["type"]),
        (422, &json!("extra_forbidden"))
    );
    assert_eq!(
        document["exception_detail"][0]["loc"],
        json!(["body", "surprise"])
    );
    assert_eq!(
        document["request_body"]["surprise"], 1,
        "the real one repeats the body too"
    );
    let missing =
        "Error creating flow run: Validation failed. Failure reason: 'relative_path' is a required property";
    assert_eq!(
        caller.post(&place, &json!({})).await,
        (409, json!({ "detail": missing }))
    );

    let with = |field: &str, value: Value| {
        let mut run = prune_run(None);
        run[field] = value;
        run
    };
    for run in [
        with("state", json!({ "type": "NONSENSE" })),
        with("state", json!({ "type": "SCHEDULED", "when": "now" })),
        with(
            "state",
            json!({ "type": "SCHEDULED", "state_details": { "scheduled_time": "tomorrow" } }),
        ),
        with("name", json!(7)),
        with("tags", json!("prune")),
        with(
            "parameters",
            json!({ "relative_path": "x".repeat(600_000), "source_endpoint": {} }),
        ),
    ] {
        let (status, document) = caller.post(&place, &run).await;
        assert_eq!(status, 422, "{document}");
    }
    let json = ("content-type", "application/json");
    assert_eq!(caller.raw("POST", &place, json, "{bad").await.0, 422);
    let nobody = "/deployments/00000000-0000-4000-8000-000000000000/create_flow_run";
    assert_eq!(
        caller.post(nobody, &json!({})).await,
        (404, json!({ "detail": "Deployment not found" }))
    );
    assert_eq!(sim.flow_runs(), Vec::<Value>::new());
}

#[tokio::test]
async fn runs_are_found_by_what_they_are() {
    let (_sim, caller) = start();
    let place = prune_runs(&caller).await;
    for name in ["a", "b", "c"] {
        let mut run = prune_run(Some(name));
        run["name"] = json!(name);
        assert_eq!(caller.post(&place, &run).await.0, 201);
    }
    let names = async |filter: Value| {
        let (status, runs) = caller.post("/flow_runs/filter", &filter).await;
        assert_eq!(status, 200, "{runs}");
        let names = runs
            .as_array()
            .unwrap()
            .iter()
            .map(|run| run["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(json!({})).await, ["c", "b", "a"]);
    assert_eq!(
        names(json!({ "sort": "NAME_ASC", "limit": 1, "offset": 1 })).await,
        ["b"]
    );
    assert_eq!(
        names(json!({ "flow_runs": { "idempotency_key": { "any_": ["a", "x"] } } })).await,
        ["a"]
    );
    assert_eq!(
        names(json!({ "flow_runs": { "state": { "name": { "any_": ["Late"] } } } }))
            .await
            .len(),
        0
    );
    assert_eq!(
        names(json!({ "flow_runs": { "tags": { "all_": ["prune"] } } }))
            .await
            .len(),
        3
    );
    assert_eq!(
        names(json!({ "flows": { "name": { "any_": ["prune_globus_endpoint"] } } }))
            .await
            .len(),
        3
    );
    assert_eq!(
        names(json!({ "deployments": { "name": { "any_": ["prune_spot832"] } } }))
            .await
            .len(),
        0
    );
    assert_eq!(names(json!({ "limit": 0 })).await.len(), 0);
    assert_eq!(
        caller.post("/flow_runs/filter", &json!({ "limit": 201 })).await.0,
        422
    );
    assert_eq!(
        caller
            .post("/flow_runs/filter", &json!({ "flow_runs": { "nonsense": 1 } }))
            .await
            .0,
        422
    );
}

#[tokio::test]
async fn a_repeated_request_after_a_lost_reply_makes_no_second_run() {
    let (sim, caller) = start();
    let place = prune_runs(&caller).await;
    sim.fault("prefect.flow_run_create:reset-after,times=1".parse().unwrap());
    let run = prune_run(Some("k"));
    assert!(caller.send("POST", &place, Some(&run)).await.is_err());
    assert_eq!(caller.post(&place, &run).await.0, 200);
    assert_eq!(sim.flow_runs().len(), 1);
}

#[tokio::test]
async fn variables_are_found_by_name_or_by_tag() {
    let (_sim, caller) = start();
    for (name, tags) in [
        ("ec-a", json!(["ec", "below-x"])),
        ("ec-b", json!(["ec"])),
        ("c", json!([])),
    ] {
        let variable = json!({ "name": name, "value": 1, "tags": tags });
        assert_eq!(caller.post("/variables/", &variable).await.0, 201);
    }
    let names = async |filter: Value| {
        let (status, found) = caller
            .post("/variables/filter", &json!({ "variables": filter }))
            .await;
        assert_eq!(status, 200, "{found}");
        let name = |variable: &Value| variable["name"].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(json!({ "tags": { "all_": ["ec"] } })).await,
        ["ec-a", "ec-b"]
    );
    let (name, tags) = (json!({ "any_": ["c"] }), json!({ "all_": ["below-x"] }));
    assert_eq!(
        names(json!({ "operator": "or_", "name": name, "tags": tags })).await,
        ["c", "ec-a"]
    );
    assert!(names(json!({ "name": name, "tags": tags })).await.is_empty());
    assert_eq!(
        caller
            .post("/variables/filter", &json!({ "variables": { "value": 1 } }))
            .await
            .0,
        422
    );
}

#[tokio::test]
async fn the_newest_artifact_of_a_key_counts() {
    let (_sim, caller) = start();
    let missing = (404, json!({ "detail": "Artifact not found." }));
    assert_eq!(caller.get("/artifacts/row-a/latest").await, missing);
    for (key, kind, data) in [("row-a", "open", 1), ("row-b", "open", 2), ("row-a", "closed", 3)] {
        let artifact = json!({ "key": key, "type": kind, "data": data, "description": "d" });
        assert_eq!(caller.post("/artifacts/", &artifact).await.0, 201);
    }
    assert_eq!(caller.get("/artifacts/row-a/latest").await.1["data"], 3);
    let data = async |filter: Value| {
        let (status, found) = caller
            .post("/artifacts/latest/filter", &json!({ "artifacts": filter }))
            .await;
        assert_eq!(status, 200, "{found}");
        found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["data"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(data(json!({ "key": { "like_": "row-" } })).await, [3, 2]);
    assert_eq!(
        data(json!({ "key": { "like_": "row-" }, "type": { "any_": ["open"] } })).await,
        [2]
    );
    assert_eq!(
        caller.post("/artifacts/", &json!({ "key": "Row A" })).await.0,
        422
    );
    assert_eq!(caller.post("/artifacts/", &json!({ "flow": 1 })).await.0, 422);
}
