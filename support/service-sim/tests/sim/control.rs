//! The control port.

use serde_json::{Value, json};

use crate::support::{Client, fault, globus, to_data832};

async fn post(url: &str, body: &Value) -> (u16, Value) {
    let response = reqwest::Client::new()
        .post(url)
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    (
        response.status().as_u16(),
        serde_json::from_str(&response.text().await.unwrap()).unwrap(),
    )
}

async fn text(url: &str) -> String {
    reqwest::Client::new()
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

#[tokio::test]
async fn everything_can_be_done_over_http() {
    let sim = globus().start().unwrap();
    let control = sim.env()["SERVICE_SIM_URL"].clone() + "/sim/";
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "x");

    let (status, body) = post(&format!("{control}fault"), &json!({"spec": "task:hold=it"})).await;
    assert_eq!((status, &body["faults"]), (200, &json!(["task:hold=it"])));
    let (status, body) = post(&format!("{control}fault"), &json!({"spec": "nonsense"})).await;
    assert!(status == 400 && body["error"].as_str().unwrap().contains("TARGET:EFFECT"));
    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let state: Value = serde_json::from_str(&text(&format!("{control}state")).await).unwrap();
    assert_eq!(
        (&state["tasks"][0]["task_id"], &state["tasks"][0]["status"]),
        (&json!(id), &json!("ACTIVE"))
    );
    assert_eq!(
        post(&format!("{control}release"), &json!({"name": "it"})).await.0,
        200
    );
    client.done(&id).await;

    let before = state["now"].as_str().unwrap().to_owned();
    let (status, body) = post(&format!("{control}advance"), &json!({"seconds": 86400})).await;
    assert!(status == 200 && body["now"].as_str().unwrap() > before.as_str());
    assert_eq!(
        post(&format!("{control}advance"), &json!({"seconds": -1}))
            .await
            .0,
        400
    );

    let collections: Value = serde_json::from_str(&text(&format!("{control}collections")).await).unwrap();
    assert_eq!(collections["data832"]["root_path"], "/data");
    assert_eq!(
        collections["data832"]["dir"],
        sim.collection("data832").dir().to_str().unwrap()
    );

    let journal = text(&format!("{control}journal")).await;
    let lines: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines.len(),
        sim.journal().entries().len(),
        "the control port itself is not in it"
    );
    assert_eq!(
        (&lines[0]["operation"], &lines[0]["service"]),
        (&json!("auth.token"), &json!("globus_auth"))
    );
    let submit = lines
        .iter()
        .find(|line| line["operation"] == "transfer.submit")
        .unwrap();
    assert_eq!(
        (&submit["task_id"], &submit["status"], &submit["fault"]),
        (&json!(id), &json!(200), &Value::Null)
    );
    assert!(submit["submission_id"].is_string() && submit["path"] == "/v0.10/transfer");
}

#[tokio::test]
async fn the_journal_is_read_on() {
    let sim = globus().start().unwrap();
    let url = sim.env()["SERVICE_SIM_URL"].clone() + "/sim/journal";
    let client = Client::new(&sim).await;
    for _ in 0..3 {
        client.submission_id().await;
    }
    for (since, numbers) in [
        ("0", vec![0, 1, 2, 3]),
        ("2", vec![2, 3]),
        ("4", vec![]),
        ("99", vec![]),
    ] {
        let lines = text(&format!("{url}?since={since}")).await;
        let found: Vec<u64> = lines
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["n"]
                    .as_u64()
                    .unwrap()
            })
            .collect();
        assert_eq!(found, numbers, "{since}");
    }
    assert!(text(&format!("{url}?since=x")).await.contains("whole number"));
}

#[tokio::test]
async fn the_state_is_whole() {
    let sim = globus().fault(fault("task:hold=it")).start().unwrap();
    let control = sim.env()["SERVICE_SIM_URL"].clone() + "/sim/";
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("x", "bytes");
    let id = client.transfer(&to_data832(&sim, &[("/x", "/data/x")])).await;
    let state = async || serde_json::from_str::<Value>(&text(&format!("{control}state")).await).unwrap();
    let before = state().await;
    assert_eq!(
        (&before["offset_seconds"], &before["holding"], &before["entries"]),
        (&json!(0), &json!(["it"]), &json!(3))
    );
    post(&format!("{control}advance"), &json!({"seconds": 90.5})).await;
    post(&format!("{control}clear"), &Value::Null).await;
    client.done(&id).await;
    let after = state().await;
    assert_eq!(
        (&after["offset_seconds"], &after["holding"], &after["faults"]),
        (&json!(90), &json!([]), &json!([]))
    );
    let task = &after["tasks"][0];
    for (field, value) in [
        ("status", json!("SUCCEEDED")),
        ("type", json!("TRANSFER")),
        ("bytes_transferred", json!(5)),
        ("files_transferred", json!(1)),
        ("faults", json!(0)),
        ("fatal_error", Value::Null),
    ] {
        assert_eq!(task[field], value, "{field}");
    }
    assert!(task["deadline"].is_string() && task["completion_time"].is_string());
    // What does not run is empty, and there all the same.
    #[cfg(feature = "bin")]
    for part in ["datasets", "origdatablocks", "flow_runs"] {
        assert_eq!(after[part], json!([]), "{part}");
    }
}

#[tokio::test]
async fn files_are_planted_from_outside() {
    let sim = globus().start().unwrap();
    let url = sim.env()["SERVICE_SIM_URL"].clone() + "/sim/plant";
    let raw = sim.collection("data832_raw");
    let plant = async |what: Value| {
        let mut document = json!({"collection": "data832_raw", "path": "scan/x.h5"});
        document
            .as_object_mut()
            .unwrap()
            .extend(what.as_object().unwrap().clone());
        post(&url, &document).await
    };
    let ten = json!({"bytes_base64": "dGVuIGJ5dGVzLg==", "mtime": "2020-01-02T03:04:05Z"});
    assert_eq!(plant(ten).await, (200, json!({"size": 10})));
    assert_eq!(raw.read("scan/x.h5"), b"ten bytes.");
    let modified = raw.path("scan/x.h5").metadata().unwrap().modified().unwrap();
    let expected = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_577_934_245);
    assert_eq!(modified, expected);
    assert_eq!(plant(json!({"truncate": 3})).await, (200, json!({"size": 3})));
    assert_eq!(raw.read("scan/x.h5"), b"ten");
    assert_eq!(plant(json!({"mtime": "2021-01-01T00:00:00Z"})).await.0, 200);

    for (what, why) in [
        (json!({}), "one of bytes_base64"),
        (json!({"truncate": 1, "delete": true}), "one of bytes_base64"),
        (json!({"delete": true, "path": "../../x"}), "without `..`"),
        (
            json!({"delete": true, "path": "/"}),
            "below the collection's root_path",
        ),
        (json!({"delete": true, "path": "none"}), "none: "),
        (json!({"bytes_base64": "?"}), "bytes_base64: "),
        (json!({"delete": true, "collection": "nowhere"}), "no collection"),
        (json!({"remove": true}), "unknown field"),
    ] {
        let (status, body) = plant(what).await;
        let error = body["error"].as_str().unwrap_or_default();
        assert!(status == 400 && error.contains(why), "{why}: {body}");
    }
    assert_eq!(plant(json!({"delete": true})).await, (200, json!({"size": null})));
    assert_eq!(plant(json!({"delete": true, "path": "scan"})).await.0, 200);
    assert!(!raw.exists("scan"));
}

#[tokio::test]
async fn clients_need_not_know_the_folders() {
    let sim = globus().no_local_mounts().start().unwrap();
    let url = sim.env()["SERVICE_SIM_URL"].clone() + "/sim/collections";
    let collections: Value = serde_json::from_str(&text(&url).await).unwrap();
    assert_eq!(collections["data832"]["root_path"], "/data");
    assert!(collections["data832"].get("dir").is_none());
    assert!(sim.collections_json()["data832"]["dir"].is_string() && !sim.has_local_mounts());
}
