//! A prune deletes what is proved, and nothing else.

use serde_json::json;

use crate::bench::Bench;

const NAME: &str = "raw/2026/scan.h5";

/// A facility with one scan moved.
async fn moved() -> (Bench, String) {
    let bench = Bench::new();
    let file = bench.scan(NAME);
    let report = bench.run_move("M", &file).await;
    assert_eq!(report["ok"], true, "{report:#}");
    (bench, file)
}

/// Runs the prune and asserts that it refused for this reason, and that nothing was asked to be deleted.
async fn assert_refused(bench: &Bench, file: &str, code: &str) {
    let report = bench.prune("P", file).await;
    assert_eq!(report["ok"], false, "{code}: {report:#}");
    assert_eq!(report["error"]["code"], code, "{report:#}");
    assert_eq!(report["error"]["file"], file.strip_prefix("/global").unwrap());
    assert_eq!(bench.requests("transfer.delete"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proved_file_is_deleted_once_with_its_evidence_on_record() {
    let (mut bench, file) = moved().await;
    let report = bench.prune("P", &file).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["outcome"], "deleted");
    assert!(!bench.sim.collection("spot832").exists(NAME));
    assert!(bench.sim.collection("data832").exists(NAME));
    let audit = std::fs::read_to_string(bench.state_dir().join("audit.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(audit.lines().next().unwrap()).unwrap();
    assert_eq!(line["run_id"], "P");
    assert_eq!(line["evidence"]["subject"]["path"], "/raw/2026/scan.h5");
    assert_eq!(line["evidence"]["witness"]["path"], "/data/raw/2026/scan.h5");
    assert_eq!(audit.lines().count(), 1);

    bench.restart();
    let again = bench.prune("Q", &file).await;
    assert_eq!(again["outcome"], "already_pruned", "{again:#}");
    assert_eq!(bench.requests("transfer.delete"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_report_the_check_runs_and_nothing_goes() {
    let (mut bench, file) = moved().await;
    bench.deletion("report");
    let report = bench.prune("P", &file).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["outcome"], "would_delete");
    assert!(bench.sim.collection("spot832").exists(NAME));
    assert_eq!(bench.requests("transfer.delete"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_source_is_refused() {
    let (bench, file) = moved().await;
    std::fs::remove_file(bench.sim.collection("spot832").path(NAME)).unwrap();
    assert_refused(&bench, &file, "source_missing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_check_copy_is_refused() {
    let (bench, file) = moved().await;
    std::fs::remove_file(bench.sim.collection("data832").path(NAME)).unwrap();
    assert_refused(&bench, &file, "check_missing").await;
    assert!(bench.sim.collection("spot832").exists(NAME));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_copy_that_is_shorter_empty_or_a_folder_is_refused() {
    let (bench, file) = moved().await;
    let copy = bench.sim.collection("data832").path(NAME);
    let whole = std::fs::read(&copy).unwrap();
    std::fs::write(&copy, &whole[..100]).unwrap();
    assert_refused(&bench, &file, "check_shorter").await;

    let (bench, file) = moved().await;
    bench.sim.collection("data832").write(NAME, b"");
    assert_refused(&bench, &file, "check_empty").await;

    let (bench, file) = moved().await;
    let copy = bench.sim.collection("data832").path(NAME);
    std::fs::remove_file(&copy).unwrap();
    std::fs::create_dir(&copy).unwrap();
    assert_refused(&bench, &file, "check_not_a_file").await;
    assert!(bench.sim.collection("spot832").exists(NAME));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_since_its_delivery_is_refused_on_either_side() {
    for (key, code) in [("spot832", "source_changed"), ("data832", "check_changed")] {
        let (bench, file) = moved().await;
        let path = bench.sim.collection(key).path(NAME);
        let changed = std::fs::File::options().write(true).open(&path).unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
        changed.set_modified(later).unwrap();
        assert_refused(&bench, &file, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_we_did_not_deliver_proves_nothing() {
    let bench = Bench::new();
    let file = bench.scan(NAME);
    let bytes = bench.sim.collection("spot832").read(NAME);
    bench.sim.collection("data832").write(NAME, bytes);
    assert_refused(&bench, &file, "no_delivery").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotten_source_never_overwrites_the_good_copy() {
    let (bench, file) = moved().await;
    let path = bench.sim.collection("spot832").path(NAME);
    let good = std::fs::read(&path).unwrap();
    // Rot does not touch size or time.
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let mut rotten = good.clone();
    rotten[100] ^= 0xff;
    std::fs::write(&path, &rotten).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(modified)
        .unwrap();

    bench.run_move("S", &file).await;
    bench.prune("P", &file).await;
    assert_eq!(bench.sim.collection("data832").read(NAME), good);
    assert_eq!(bench.sim.collection("nersc832").read(NAME), good);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_check_endpoint_or_a_rule_nothing_is_deleted() {
    let (bench, _) = moved().await;
    for (check, code) in [
        (json!(null), "no_check_endpoint"),
        (json!("nersc832"), "no_rule"),
        (json!("spot832"), "no_rule"),
        (json!("nowhere"), "config"),
        (
            json!({"uuid": "00000000-0000-4000-8000-000000000000", "uri": "x", "root_path": "/data", "name": "data832"}),
            "config",
        ),
    ] {
        let parameters =
            json!({ "relative_path": NAME, "source_endpoint": "spot832", "check_endpoint": check });
        let run = format!("P-{code}-{check}");
        let report = bench
            .run(&run, "prune_globus_endpoint", parameters)
            .await
            .unwrap()
            .report;
        assert_eq!(report["error"]["code"], code, "{report:#}");
    }
    for path in ["", "/", "..", "raw/../../etc"] {
        let parameters =
            json!({ "relative_path": path, "source_endpoint": "spot832", "check_endpoint": "data832" });
        let report = bench
            .run(&format!("P-{path}"), "prune_spot832", parameters)
            .await
            .unwrap()
            .report;
        assert_eq!(report["error"]["code"], "path", "{path:?}: {report:#}");
    }
    assert_eq!(bench.requests("transfer.delete"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheduled_parameters_run_the_prune() {
    let (bench, _) = moved().await;
    let scheduled = bench.sim.flow_runs();
    let prune = scheduled
        .iter()
        .find(|run| run["name"] == "prune_from_spot832")
        .unwrap();
    let report = bench
        .run("P", "prune_globus_endpoint", prune["parameters"].clone())
        .await
        .unwrap()
        .report;
    assert_eq!(report["outcome"], "deleted", "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_a_deletion_makes_one_task() {
    let (bench, file) = moved().await;
    bench
        .sim
        .fault("transfer.delete:reset-after,nth=1".parse().unwrap());
    let report = bench.prune("P", &file).await;
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    assert_eq!(bench.sim.tasks().len(), 3, "two transfers and one deletion");
}
