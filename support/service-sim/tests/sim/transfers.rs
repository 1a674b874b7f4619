//! What transfer tasks do to files.

use serde_json::{Value, json};

use crate::support::{Client, delete_data832, globus, to_data832};

#[tokio::test]
async fn a_file_arrives_and_the_task_says_so() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832")
        .write("raw/a b/it's\n$(x) é.h5", b"twelve bytes");
    let path = "/raw/a b/it's\n$(x) é.h5";
    let mut document = to_data832(&sim, &[(path, "/data/raw/a b/it's\n$(x) é.h5")]);
    document["label"] = json!("a scan");
    document["sync_level"] = json!(3);
    document["verify_checksum"] = json!(true);
    let id = client.transfer(&document).await;
    let task = client.done(&id).await;

    assert_eq!(
        sim.collection("data832").read("raw/a b/it's\n$(x) é.h5"),
        b"twelve bytes"
    );
    let folder = sim.collection("data832").path("raw/a b");
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        1,
        "no temporary file is left"
    );
    for (field, value) in [
        ("DATA_TYPE", json!("task")),
        ("status", json!("SUCCEEDED")),
        ("type", json!("TRANSFER")),
        ("label", json!("a scan")),
        ("nice_status", Value::Null),
        ("is_ok", Value::Null),
        ("fatal_error", Value::Null),
        ("files", json!(1)),
        ("files_transferred", json!(1)),
        ("files_skipped", json!(0)),
        ("bytes_transferred", json!(12)),
        ("faults", json!(0)),
        ("subtasks_total", json!(1)),
        ("subtasks_succeeded", json!(1)),
        ("subtasks_pending", json!(0)),
        ("sync_level", json!(3)),
        ("verify_checksum", json!(true)),
        ("source_endpoint_id", json!(sim.collection("spot832").uuid())),
    ] {
        assert_eq!(task[field], value, "{field}");
    }
    assert!(task["completion_time"].as_str().unwrap().ends_with("+00:00"));

    let delivered = client
        .get(&format!("task/{id}/successful_transfers"), &[])
        .await
        .json;
    assert_eq!(delivered["DATA"][0]["source_path"], path);
    assert_eq!(delivered["DATA"][0]["size"], 12);
    assert_eq!(delivered["next_marker"], Value::Null);
    let view = sim.tasks().remove(0);
    assert_eq!(
        (view.task_id.as_str(), view.status.as_str()),
        (id.as_str(), "SUCCEEDED")
    );
    assert_eq!(
        view.items,
        [(path.to_owned(), "/data/raw/a b/it's\n$(x) é.h5".to_owned())]
    );
}

#[tokio::test]
async fn folders_are_copied_whole_and_links_left_out() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let spot = sim.collection("spot832");
    for (name, bytes) in [("f/1", "one"), ("f/sub/2", "two"), ("f/sub/deep/3", "three")] {
        spot.write(name, bytes);
    }
    std::fs::create_dir(spot.path("f/empty")).unwrap();
    std::os::unix::fs::symlink("1", spot.path("f/link")).unwrap();
    let id = client.transfer(&to_data832(&sim, &[("/f/", "/data/f/")])).await;
    let task = client.done(&id).await;
    assert_eq!(
        (&task["files"], &task["directories"], &task["bytes_transferred"]),
        (&json!(3), &json!(4), &json!(11))
    );
    let data = sim.collection("data832");
    assert_eq!(data.read("f/sub/deep/3"), b"three");
    assert!(data.path("f/empty").is_dir());
    assert!(!data.exists("f/link"));

    let mut filtered = to_data832(&sim, &[("/f", "/data/h")]);
    filtered["filter_rules"] =
        json!([{"DATA_TYPE": "filter_rule", "method": "exclude", "name": "s*", "type": "dir"}]);
    let id = client.transfer(&filtered).await;
    assert_eq!(client.done(&id).await["files"], 1);
    assert!(data.exists("h/1") && !data.exists("h/sub"));

    let mut flat = to_data832(&sim, &[("/f", "/data/g")]);
    flat["DATA"][0]["recursive"] = json!(false);
    let id = client.transfer(&flat).await;
    client
        .until(&id, |task| task["nice_status"] == "IS_A_DIRECTORY")
        .await;
}

#[tokio::test]
async fn sync_levels_decide_what_is_copied() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let (spot, data) = (sim.collection("spot832"), sim.collection("data832"));
    // What the destination has, whether the source is older, and the levels at which the file is copied.
    for (n, (there, source_is_older, copied_at)) in [
        (Some("same"), true, vec![]),
        (Some("same"), false, vec![2]),
        (Some("diff"), true, vec![3]),
        (Some("longer"), true, vec![1, 2, 3]),
        (None, true, vec![0, 1, 2, 3]),
    ]
    .into_iter()
    .enumerate()
    {
        for level in 0..=3 {
            let name = format!("{n}-{level}");
            let source = spot.write(&name, "same");
            if let Some(there) = there {
                let target = data.write(&name, there);
                let aged = if source_is_older { source } else { target };
                std::fs::File::options()
                    .write(true)
                    .open(aged)
                    .unwrap()
                    .set_modified(old)
                    .unwrap();
            }
            let mut document = to_data832(&sim, &[(&format!("/{name}"), &format!("/data/{name}"))]);
            document["sync_level"] = json!(level);
            let task = client.done(&client.transfer(&document).await).await;
            let copied = u64::from(copied_at.contains(&level));
            assert_eq!(task["files_transferred"], copied, "{name}");
            assert_eq!(task["files_skipped"], 1 - copied, "{name}");
            assert_eq!(
                data.read(&name) == b"same",
                copied == 1 || there == Some("same"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn timestamps_are_fresh_unless_kept() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let source = sim.collection("spot832").write("x", "x");
    std::fs::File::options()
        .write(true)
        .open(source)
        .unwrap()
        .set_modified(old)
        .unwrap();
    for keep in [false, true] {
        let mut document = to_data832(&sim, &[("/x", "/data/x")]);
        document["preserve_timestamp"] = json!(keep);
        client.done(&client.transfer(&document).await).await;
        let at = sim
            .collection("data832")
            .path("x")
            .metadata()
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(at == old, keep);
    }
}

#[tokio::test]
async fn a_missing_source_keeps_the_task_active_until_it_appears() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("here", "here");
    let items = [("/late", "/data/late"), ("/here", "/data/here")];
    let id = client.transfer(&to_data832(&sim, &items)).await;
    let task = client
        .until(&id, |task| task["nice_status"] == "FILE_NOT_FOUND")
        .await;
    assert_eq!(
        (&task["status"], &task["is_ok"]),
        (&json!("ACTIVE"), &json!(false))
    );
    assert!(task["faults"].as_u64().unwrap() >= 1);
    assert!(task["nice_status_details"].as_str().unwrap().contains("/late"));
    let events = client.get(&format!("task/{id}/event_list"), &[]).await.json;
    assert_eq!(events["DATA"][0]["code"], "FILE_NOT_FOUND");
    assert_eq!(events["DATA"][0]["is_error"], true);
    assert!(
        sim.collection("data832").exists("here"),
        "the other item is not kept waiting"
    );

    sim.collection("spot832").write("late", "late");
    let task = client.done(&id).await;
    assert_eq!(
        (&task["status"], &task["files_transferred"]),
        (&json!("SUCCEEDED"), &json!(2))
    );
}

#[tokio::test]
async fn source_errors_are_skipped_on_request() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    sim.collection("spot832").write("here", "here");
    let mut document = to_data832(&sim, &[("/none", "/data/none"), ("/here", "/data/here")]);
    document["skip_source_errors"] = json!(true);
    let id = client.transfer(&document).await;
    let task = client.done(&id).await;
    assert_eq!(
        (&task["status"], &task["subtasks_skipped_errors"]),
        (&json!("SUCCEEDED"), &json!(1))
    );
    let skipped = client.get(&format!("task/{id}/skipped_errors"), &[]).await.json;
    assert_eq!(skipped["DATA"][0]["source_path"], "/none");
    assert_eq!(skipped["DATA"][0]["error_code"], "FILE_NOT_FOUND");
}

#[tokio::test]
async fn no_path_leads_out_of_a_host() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let (spot, data) = (sim.collection("spot832"), sim.collection("data832"));
    spot.write("x", "x");
    std::os::unix::fs::symlink(data.dir(), spot.path("out")).unwrap();
    data.write("secret", "secret");
    std::os::unix::fs::symlink(spot.dir(), data.path("back")).unwrap();
    for (from, to) in [
        ("/../data832.lbl.gov/data/secret", "/data/a"),
        ("/out/data/secret", "/data/b"),
        ("/x", "/../spot832.lbl.gov/c"),
        ("/x", "/data/back/d"),
    ] {
        let id = client.transfer(&to_data832(&sim, &[(from, to)])).await;
        client
            .until(&id, |task| task["nice_status"] == "PERMISSION_DENIED")
            .await;
    }
    assert!(!data.exists("a") && !data.exists("b") && !spot.exists("c") && !spot.exists("d"));
    let id = client.delete(&delete_data832(&sim, &["/data/back/x"])).await;
    assert_eq!(client.done(&id).await["fatal_error"]["code"], "PERMISSION_DENIED");
    assert!(spot.exists("x"));

    let ls = format!("operation/endpoint/{}/ls", spot.uuid());
    for path in ["/..", "/out", "/out/data"] {
        let answer = client.get(&ls, &[("path", path)]).await;
        assert_eq!(
            (answer.status, answer.code()),
            (403, "EndpointPermissionDenied"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn deletes() {
    let sim = globus().start().unwrap();
    let client = Client::new(&sim).await;
    let data = sim.collection("data832");
    data.write("f", "f");
    data.write("d/e/g", "g");

    let task = client
        .done(&client.delete(&delete_data832(&sim, &["/data/f"])).await)
        .await;
    assert_eq!(
        (&task["status"], &task["type"]),
        (&json!("SUCCEEDED"), &json!("DELETE"))
    );
    assert_eq!(task["destination_endpoint_id"], Value::Null);
    assert!(!data.exists("f"));

    let task = client
        .done(&client.delete(&delete_data832(&sim, &["/data/f"])).await)
        .await;
    assert_eq!(task["status"], "FAILED");
    assert_eq!(
        task["fatal_error"],
        json!({"code": "FILE_NOT_FOUND", "description": "file not found"})
    );
    assert_eq!(task["subtasks_failed"], 1);

    let mut document = delete_data832(&sim, &["/data/f"]);
    document["ignore_missing"] = json!(true);
    assert_eq!(
        client.done(&client.delete(&document).await).await["status"],
        "SUCCEEDED"
    );

    let task = client
        .done(&client.delete(&delete_data832(&sim, &["/data/d"])).await)
        .await;
    assert_eq!(task["status"], "FAILED");
    assert!(data.exists("d/e/g"), "a folder needs recursive");
    let mut document = delete_data832(&sim, &["/data/d"]);
    document["recursive"] = json!(true);
    assert_eq!(
        client.done(&client.delete(&document).await).await["status"],
        "SUCCEEDED"
    );
    assert!(!data.exists("d"));

    let mut document = delete_data832(&sim, &["/"]);
    document["recursive"] = json!(true);
    assert_eq!(
        client.done(&client.delete(&document).await).await["status"],
        "FAILED"
    );
}
