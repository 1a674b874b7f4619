//! Failures that end a run: named, and with nothing catalogued or scheduled for what is not there.

use serde_json::{Value, json};

use crate::bench::Bench;

/// A run whose hop to `destination` fails: what it must have left undone, and what its error must name.
fn assert_hop_failed(bench: &Bench, report: &Value, hop: &str, code: &str) {
    assert_eq!(report["ok"], false, "{report:#}");
    let error = &report["error"];
    assert_eq!(error["step"], "copy");
    assert_eq!(error["hop"], hop);
    assert_eq!(error["code"], code);
    assert_eq!(error["file"], report["file"]);
    let task = error["task_id"].as_str().expect("a task id");
    assert!(bench.sim.tasks().iter().any(|known| known.task_id == task));
    assert!(error["status"].is_string(), "{error}");
    assert!(error["remedy"].is_string(), "{error}");
    assert_eq!(report["scicat"], Value::Null);
    assert!(bench.sim.datasets().is_empty(), "nothing is catalogued");
    assert_eq!(report["prunes"], json!([]));
    assert!(bench.sim.flow_runs().is_empty(), "no prune is scheduled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_ends_failed_on_either_hop() {
    for (destination, hop, copies) in [
        ("data832", "spot832 -> data832", 0),
        ("nersc832", "data832 -> nersc832", 1),
    ] {
        let mut bench = Bench::faulty(&[&format!("task:fail,destination={destination},times=1")]);
        let file = bench.scan("raw/scan.h5");
        let report = bench.run_move("R", &file).await;
        let code = report["error"]["code"].as_str().unwrap_or_default().to_owned();
        assert_hop_failed(&bench, &report, hop, &code);
        assert_eq!(report["copies"].as_array().unwrap().len(), copies);

        // Once the cause is mended, the same run goes on with a new attempt of that hop only.
        bench.restart();
        let again = bench.run_move("R", &file).await;
        assert_eq!(again["ok"], true, "{again:#}");
        assert_eq!(bench.sim.tasks().len(), 3);
        bench.assert_everywhere("raw/scan.h5");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_task_cannot_find_or_read_on_either_hop() {
    for (effect, code) in [
        ("file-not-found", "FILE_NOT_FOUND"),
        ("permission-denied", "PERMISSION_DENIED"),
    ] {
        for (destination, hop) in [
            ("data832", "spot832 -> data832"),
            ("nersc832", "data832 -> nersc832"),
        ] {
            let bench = Bench::faulty(&[&format!("task:{effect},destination={destination}")]);
            let file = bench.scan("raw/scan.h5");
            let report = bench.run_move("R", &file).await;
            assert_hop_failed(&bench, &report, hop, code);
            let last = bench.sim.tasks().pop().unwrap();
            assert_eq!(
                last.status, "FAILED",
                "the task is cancelled, not left to its deadline"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_is_not_there_needs_no_task_to_fail() {
    let bench = Bench::new();
    let report = bench.run_move("R", "/global/raw/missing.h5").await;
    assert_eq!(report["ok"], false);
    assert_eq!(report["error"]["code"], "FILE_NOT_FOUND");
    assert_eq!(report["error"]["hop"], "spot832 -> data832");
    assert!(bench.sim.tasks().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_no_scan() {
    let bench = Bench::new();
    bench.scan("raw/folder/scan.h5");
    let report = bench.run_move("R", "/global/raw/folder").await;
    assert_eq!(report["error"]["code"], "NOT_A_FILE", "{report:#}");
    assert!(bench.sim.tasks().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_catalogue_is_down_the_moves_stand_and_a_rerun_completes_them() {
    let mut bench = Bench::faulty(&["scicat.*:status=403"]);
    let file = bench.scan("raw/scan.h5");
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["ok"], false);
    assert_eq!(report["error"]["step"], "ingest");
    assert_eq!(report["error"]["service"], "scicat");
    assert_eq!(report["copies"].as_array().unwrap().len(), 2);
    assert_eq!(report["prunes"].as_array().unwrap().len(), 2);
    bench.assert_everywhere("raw/scan.h5");
    assert_eq!(bench.sim.flow_runs().len(), 3, "two prunes, and the next try");

    bench.sim.clear_faults();
    bench.restart();
    let again = bench.run_move("R", &file).await;
    assert_eq!(again["ok"], true, "{again:#}");
    assert_eq!(bench.sim.tasks().len(), 2, "nothing is moved again");
    assert_eq!(bench.sim.flow_runs().len(), 3, "nothing is scheduled again");
    assert_eq!(bench.sim.datasets().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_without_metadata_is_moved_and_its_ingest_fails_by_name() {
    let bench = Bench::new();
    bench
        .sim
        .collection("spot832")
        .write("raw/bad.h5", b"this is no HDF5 file");
    let report = bench.run_move("R", "/global/raw/bad.h5").await;
    assert_eq!(report["ok"], false);
    assert_eq!(report["error"]["code"], "not_a_scan");
    assert_eq!(report["copies"].as_array().unwrap().len(), 2);
    assert_eq!(bench.requests("scicat.dataset_create"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_scheduled_is_not_begun() {
    for fault in [
        "prefect.deployment_by_name:status=404",
        "prefect.variable_get:status=404",
        "auth.token:status=401",
    ] {
        let bench = Bench::faulty(&[fault]);
        let file = bench.scan("raw/scan.h5");
        let report = bench.run_move("R", &file).await;
        assert_eq!(report["ok"], false, "{fault}");
        assert_eq!(report["error"]["step"], "preflight", "{fault}: {report:#}");
        assert!(bench.sim.tasks().is_empty(), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_id_stands_for_one_file() {
    let bench = Bench::new();
    let (one, other) = (bench.scan("raw/1.h5"), bench.scan("raw/2.h5"));
    bench.run_move("R", &one).await;
    let failure = bench
        .run("R", "new_832_file_flow", json!({ "file_path": other }))
        .await
        .unwrap_err();
    assert!(failure.message.contains("other parameters"), "{failure}");
    assert_eq!(bench.sim.tasks().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changes_while_it_is_copied_is_not_proved() {
    let bench = Bench::faulty(&["task:hold,destination=data832"]);
    let file = bench.scan("raw/scan.h5");
    let changed = async {
        let journal = bench.sim.journal();
        tokio::task::spawn_blocking(move || {
            journal.wait_for(crate::bench::PATIENCE, |seen| {
                seen.iter().any(|entry| entry.operation == "transfer.task_list")
            })
        })
        .await
        .unwrap()
        .unwrap();
        bench
            .sim
            .collection("spot832")
            .write("raw/scan.h5", b"another scan altogether");
        bench.sim.release("*");
    };
    let (report, ()) = tokio::join!(bench.run_move("R", &file), changed);
    assert_eq!(report["ok"], false, "{report:#}");
    assert_eq!(report["error"]["code"], "source_changed");
    assert!(bench.sim.flow_runs().is_empty());
}
