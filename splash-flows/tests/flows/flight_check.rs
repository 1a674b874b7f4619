//! The flight checks: they say whether the way is open, and leave nothing behind either way.

use serde_json::{Value, json};

use crate::bench::Bench;

const FLOW: &str = "test_832_transfers";
const FOLDER: &str = "raw/transfer_tests";
const WAY: [&str; 3] = ["spot832", "data832", "nersc832"];

/// A facility with the test file in its place.
fn bench(faults: &[&str]) -> Bench {
    let bench = Bench::faulty(faults);
    let spot = bench.sim.collection("spot832");
    spot.write(format!("{FOLDER}/test.txt"), b"a test file");
    bench
}

async fn checked(bench: &Bench, run_id: &str) -> Value {
    bench.run(run_id, FLOW, json!({})).await.unwrap().report
}

/// What lies in the test folder of an endpoint.
fn names(bench: &Bench, key: &str) -> Vec<String> {
    let folder = bench.sim.collection(key).path(FOLDER);
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn assert_clean(bench: &Bench) {
    assert_eq!(names(bench, "spot832"), ["test.txt"]);
    for key in ["data832", "nersc832"] {
        assert_eq!(names(bench, key), [""; 0], "{key}");
    }
}

fn audited(bench: &Bench) -> Vec<Value> {
    let log = std::fs::read_to_string(bench.state_dir().join("audit.jsonl")).unwrap_or_default();
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_file_goes_the_way_of_the_scans_and_nothing_is_left_of_it() {
    let bench = bench(&[]);
    let report = checked(&bench, "R").await;
    assert_eq!(report["ok"], true, "{report:#}");
    let copies = report["copies"].as_array().unwrap();
    let on: Vec<&Value> = copies.iter().map(|copy| &copy["endpoint"]).collect();
    assert_eq!(on, ["data832", "nersc832"]);
    let path = copies[0]["path"].as_str().unwrap();
    let id = path.strip_prefix("/data/raw/transfer_tests/test_").unwrap();
    let id = id.strip_suffix(".txt").unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{path}");
    assert_clean(&bench);

    let log = audited(&bench);
    assert_eq!(log.len(), 3);
    for line in &log {
        assert_eq!(line["action"], "remove_own");
        assert!(line["path"].as_str().unwrap().contains(id), "{line}");
    }
    assert!(bench.sim.flow_runs().is_empty(), "nothing is scheduled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hop_that_fails_fails_the_check_and_what_was_made_is_removed() {
    for (fault, copies) in [
        ("task:file-not-found,destination=nersc832", 1),
        ("task:fail,code=PERMISSION_DENIED,destination=data832", 0),
        ("task:truncate,destination=data832", 0),
        ("task:skipped,destination=nersc832", 1),
    ] {
        let bench = bench(&[fault]);
        let report = checked(&bench, "R").await;
        assert_eq!(report["ok"], false, "{fault}: {report:#}");
        assert_eq!(report["copies"].as_array().unwrap().len(), copies, "{fault}");
        assert!(
            report["error"]["hop"].as_str().unwrap().contains(" -> "),
            "{report:#}"
        );
        assert_clean(&bench);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_file_that_is_missing_fails_the_check() {
    let bench = Bench::new();
    let report = checked(&bench, "R").await;
    assert_eq!(report["ok"], false, "{report:#}");
    assert_eq!(report["error"]["code"], "missing");
    assert_eq!(report["error"]["file"], "/raw/transfer_tests/test.txt");
    assert_eq!(bench.requests("transfer.submit"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_removed_fails_the_check_by_its_name() {
    let bench = bench(&["transfer.delete:status=403"]);
    let report = checked(&bench, "R").await;
    assert_eq!(report["ok"], false, "{report:#}");
    let errors = [
        vec![report["error"].clone()],
        report["further_errors"].as_array().unwrap().clone(),
    ]
    .concat();
    assert_eq!(errors.len(), 3);
    for (error, key) in errors.iter().zip(WAY.iter().rev()) {
        assert_eq!(error["hop"], *key);
        assert!(error["file"].as_str().unwrap().contains("test_"), "{error}");
    }
    bench.sim.clear_faults();
    let mut bench = bench;
    bench.restart();
    let report = checked(&bench, "R").await;
    assert_eq!(
        report["ok"], true,
        "the rerun removes both sessions' copies: {report:#}"
    );
    assert_clean(&bench);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_was_killed_anywhere_is_cleaned_up_by_its_rerun() {
    for point in [
        "transfer.submit:hold=point,nth=1",
        "transfer.submit:hold=point,nth=2",
        "transfer.submit:hold=point,nth=3",
        "transfer.delete:hold=point,nth=1",
        "transfer.delete:hold=point,nth=2",
    ] {
        let mut bench = bench(&[]);
        bench.dropped_at(checked(&bench, "R"), point).await;
        bench.sim.release("point");
        bench.restart();
        let report = checked(&bench, "R").await;
        assert_eq!(report["ok"], true, "{point}: {report:#}");
        assert_clean(&bench);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grafana_check_copies_a_folder_to_nersc_once() {
    let bench = Bench::new();
    let folder = "raw/transfer_tests/test";
    for name in ["a.txt", "deep/b.txt"] {
        bench
            .sim
            .collection("data832")
            .write(format!("{folder}/{name}"), name);
    }
    let flow = "test_832_transfers_grafana";
    for run_id in ["R", "another"] {
        let report = bench.run(run_id, flow, json!({})).await.unwrap().report;
        assert_eq!(report["ok"], true, "{report:#}");
        assert_eq!(report["copies"][0]["endpoint"], "nersc_alsdev");
        assert_eq!(
            bench
                .sim
                .collection("nersc_alsdev")
                .read(format!("{folder}/deep/b.txt")),
            b"deep/b.txt"
        );
    }
    assert_eq!(
        bench.requests("transfer.submit"),
        1,
        "a copy that stands is not made again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_are_none_are_refused() {
    let bench = Bench::new();
    for wrong in [
        json!([]),
        json!({"file": "x"}),
        json!({"file_path": 1}),
        json!("x"),
    ] {
        let refused = bench.run("R", FLOW, wrong.clone()).await.unwrap_err();
        assert_eq!(refused.code, "parameters", "{wrong}");
    }
    assert!(bench.sim.journal().entries().is_empty());
}
