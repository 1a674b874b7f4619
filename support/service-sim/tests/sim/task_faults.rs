//! Faults of tasks.

use std::time::Duration;

use serde_json::{Value, json};
use service_sim::Sim;

use crate::support::{Client, delete_data832, fault, globus, to_data832};

#[tokio::test]
async fn tasks_that_fail_or_hang() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "bytes");
    let run = async |spec: &str, to: &str| {
        sim.clear_faults();
        sim.fault(fault(spec));
        client.transfer(&to_data832(&sim, &[("/x", to)])).await
    };

    let id = run("task:fail,code=QUOTA_EXCEEDED", "/data/1").await;
    assert_eq!(client.done(&id).await["fatal_error"]["code"], "QUOTA_EXCEEDED");
    for (spec, nice) in [
        ("task:file-not-found", "FILE_NOT_FOUND"),
        ("task:permission-denied", "PERMISSION_DENIED"),
    ] {
        let id = run(spec, "/data/2").await;
        let task = client.until(&id, |task| task["nice_status"] == nice).await;
        assert_eq!((&task["status"], &task["faults"]), (&json!("ACTIVE"), &json!(1)));
    }
    let id = run("task:inactive", "/data/3").await;
    client.until(&id, |task| task["status"] == "INACTIVE").await;

    let id = run("task:corrupt", "/data/4").await;
    assert_eq!(client.done(&id).await["status"], "SUCCEEDED");
    let copy = sim.collection("data832").read("4");
    assert!(copy.len() == 5 && copy != b"bytes");

    let id = run("task:hold=here,destination=data832_raw", "/data/raw/5").await;
    let other = client.transfer(&to_data832(&sim, &[("/x", "/data/6")])).await;
    assert_eq!(
        client.done(&other).await["status"],
        "SUCCEEDED",
        "outside data832_raw"
    );
    assert_eq!(client.task(&id).await["status"], "ACTIVE");
    assert!(!sim.collection("data832").exists("raw/5"));
    sim.release("here");
    assert_eq!(client.done(&id).await["status"], "SUCCEEDED");
}

/// Submits a transfer of one file under this fault alone.
async fn struck(sim: &Sim, client: &Client, spec: &str, to: &str) -> String {
    sim.clear_faults();
    sim.fault(fault(spec));
    client.transfer(&to_data832(sim, &[("/x", to)])).await
}

#[tokio::test]
async fn a_destination_without_room() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "bytes");
    for (spec, nice) in [
        ("task:disk-full", "NO_SPACE_LEFT"),
        ("task:quota", "QUOTA_EXCEEDED"),
    ] {
        let id = struck(&sim, &client, spec, "/data/y").await;
        let task = client.until(&id, |task| task["nice_status"] == nice).await;
        assert_eq!(
            (&task["status"], &task["is_ok"]),
            (&json!("ACTIVE"), &json!(false))
        );
        let details = task["nice_status_details"].as_str().unwrap();
        assert!(
            details.contains("Endpoint: data832 (") && details.contains("/data/y"),
            "{details}"
        );
    }
    let mut document = to_data832(&sim, &[("/x", "/data/y")]);
    document["fail_on_quota_errors"] = json!(true);
    let id = client.transfer(&document).await;
    assert_eq!(client.done(&id).await["fatal_error"]["code"], "QUOTA_EXCEEDED");
    assert!(!sim.collection("data832").exists("y"));
}

#[tokio::test]
async fn success_that_is_none() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    sim.collection("spot832").write("x", "ten bytes.");

    let id = struck(&sim, &client, "task:truncate", "/data/short").await;
    let task = client.done(&id).await;
    assert_eq!(
        (&task["status"], &task["bytes_transferred"]),
        (&json!("SUCCEEDED"), &json!(10))
    );
    assert_eq!(data.read("short"), b"ten b");

    let id = struck(&sim, &client, "task:skipped", "/data/left-out").await;
    let task = client.done(&id).await;
    let facts = [
        "status",
        "subtasks_skipped_errors",
        "subtasks_succeeded",
        "files_transferred",
        "skip_source_errors",
    ];
    assert_eq!(
        facts.map(|field| task[field].clone()),
        [json!("SUCCEEDED"), json!(1), json!(0), json!(0), json!(false)]
    );
    let skipped = client.get(&format!("task/{id}/skipped_errors"), &[]).await.json;
    let item = &skipped["DATA"][0];
    assert_eq!(
        (
            &item["source_path"],
            &item["destination_path"],
            &item["error_code"]
        ),
        (
            &json!("/x"),
            &json!("/data/left-out"),
            &json!("PERMISSION_DENIED")
        )
    );
    assert!(!data.exists("left-out"));

    // Of a folder one file is left out.
    for name in ["f/1", "f/2", "f/3"] {
        sim.collection("spot832").write(name, name);
    }
    let id = client.transfer(&to_data832(&sim, &[("/f", "/data/f")])).await;
    let task = client.done(&id).await;
    assert_eq!(
        (&task["files_transferred"], &task["subtasks_skipped_errors"]),
        (&json!(2), &json!(1))
    );
    assert!(!data.exists("f/1") && data.exists("f/2") && data.exists("f/3"));
}

#[tokio::test]
async fn no_byte_moves() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "bytes");
    let id = struck(&sim, &client, "task:stall", "/data/y").await;
    let events = format!("task/{id}/event_list");
    // STARTED is written when the work begins, and no error follows.
    while client.get(&events, &[]).await.json["total"] == 0 {
        tokio::task::yield_now().await;
    }
    let task = client.task(&id).await;
    let facts = ["status", "nice_status", "is_ok", "bytes_transferred", "faults"];
    assert_eq!(
        facts.map(|field| task[field].clone()),
        [json!("ACTIVE"), json!("OK"), json!(true), json!(0), json!(0)]
    );
    sim.clear_faults();
    assert_eq!(
        client
            .post(&format!("task/{id}/cancel"), &Value::Null)
            .await
            .code(),
        "Canceled"
    );
    let again = client.transfer(&to_data832(&sim, &[("/x", "/data/y")])).await;
    assert_eq!(client.done(&again).await["status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_slow_task_follows_the_clock() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", vec![1; 100_000]);
    let id = struck(&sim, &client, "task:slow=1000", "/data/y").await;
    let moved = |task: &Value| task["bytes_transferred"].as_u64().unwrap();
    let first = moved(&client.until(&id, |task| moved(task) > 0).await);
    let second = moved(&client.until(&id, |task| moved(task) > first).await);
    assert!(second < 50_000, "{second}");
    sim.advance(Duration::from_secs(50));
    let third = moved(&client.until(&id, |task| moved(task) >= 50_000).await);
    assert!(third < 100_000, "{third}");
    sim.advance(Duration::from_secs(50));
    assert_eq!(client.done(&id).await["bytes_transferred"], 100_000);
    assert_eq!(sim.collection("data832").read("y").len(), 100_000);

    let id = struck(&sim, &client, "task:slow=1", "/data/z").await;
    client.until(&id, |task| moved(task) > 0).await;
    client.post(&format!("task/{id}/cancel"), &Value::Null).await;
    assert_eq!(client.task(&id).await["status"], "FAILED");
}

#[tokio::test]
async fn a_deadline_passes() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "bytes");
    let id = struck(&sim, &client, "task:expire", "/data/y").await;
    let task = client.done(&id).await;
    assert_eq!(
        (
            &task["status"],
            &task["fatal_error"]["code"],
            &task["subtasks_expired"]
        ),
        (&json!("FAILED"), &json!("EXPIRED"), &json!(1))
    );
    assert!(task["deadline"].as_str() <= task["completion_time"].as_str());
    assert!(!sim.collection("data832").exists("y"));
}

#[tokio::test]
async fn what_spoils_a_delivery_leaves_deletes_alone() {
    let sim = globus().fault(fault("task:truncate,times=1")).start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "bytes");
    sim.collection("data832").write("old", "old");
    let id = client.delete(&delete_data832(&sim, &["/data/old"])).await;
    assert_eq!(client.done(&id).await["status"], "SUCCEEDED");
    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/y")])).await;
    client.done(&id).await;
    assert_eq!(sim.collection("data832").read("y"), b"by");
}

#[tokio::test]
async fn files_from_another_time() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "bytes");
    let id = struck(&sim, &client, "task:skew=-7200", "/data/y").await;
    client.done(&id).await;
    let modified = sim
        .collection("data832")
        .path("y")
        .metadata()
        .unwrap()
        .modified()
        .unwrap();
    let age = modified.elapsed().unwrap().as_secs();
    assert!((7200..7260).contains(&age), "{age}");
}
