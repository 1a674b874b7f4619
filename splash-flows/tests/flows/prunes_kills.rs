//! A prune that is dropped at any request, before and after the service acted on it, is finished by its rerun:
//! nothing is left aside, nothing is deleted twice.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::prunes_folders::{CHECK, FILES, FOLDER, FROM, delivered, delivered_on, prune, tree};

/// The requests of one prune of a folder, in order.
async fn operations(bench: &Bench) -> Vec<String> {
    let before = bench.sim.journal().entries().len();
    let report = prune(bench, "P").await;
    assert_eq!(report["ok"], true, "{report:#}");
    let entries = bench.sim.journal().entries().split_off(before);
    entries.into_iter().map(|entry| entry.operation).collect()
}

/// Requests that change nothing: whether one was acted on makes no difference.
const READS: [&str; 6] = [
    "auth.token",
    "prefect.variable_get",
    "transfer.stat",
    "transfer.ls",
    "transfer.submission_id",
    "transfer.task_list",
];

/// Every request with how often it was made before, and the instants at which it may be cut off.
fn points(operations: &[String]) -> Vec<String> {
    let mut points = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        let nth = operations[..=at].iter().filter(|one| *one == operation).count();
        for hold in ["hold", "hold-before"] {
            if hold == "hold" || !READS.contains(&operation.as_str()) {
                points.push(format!("{operation}:{hold}=point,nth={nth}"));
            }
        }
    }
    points
}

async fn assert_finished_by_a_rerun(keys: &Value, point: &str, outcome: &str, left: &[&str]) {
    let mut bench = delivered().await;
    bench.configure(keys);
    bench.dropped_at(prune(&bench, "P"), point).await;
    bench.sim.release("point");
    bench.configure(keys);
    let report = prune(&bench, "P").await;
    assert_eq!(report["outcome"], outcome, "{point}: {report:#}");
    assert_eq!(tree(&bench.sim, FROM), left, "{point}");
    let deletions = bench
        .sim
        .tasks()
        .iter()
        .filter(|task| task.kind == "DELETE")
        .count();
    assert!(deletions <= 1, "{point}");
    let report = prune(&bench, "Q").await;
    assert_eq!(report["outcome"], "already_pruned", "{point}: {report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_dropped_at_any_request_is_finished_by_its_rerun() {
    let keys = json!({ "deletion": "on" });
    let bench = delivered().await;
    let points = points(&operations(&bench).await);
    assert!(points.iter().any(|point| point.starts_with("transfer.rename:")));
    for point in points {
        assert_finished_by_a_rerun(&keys, &point, "deleted", &["f"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantine_dropped_at_any_request_is_finished_by_its_rerun() {
    let keys = json!({ "deletion": "quarantine" });
    let mut bench = delivered().await;
    bench.configure(&keys);
    let points = points(&operations(&bench).await);
    let left = tree(&bench.sim, FROM);
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    for point in points {
        assert_finished_by_a_rerun(&keys, &point, "quarantined", &left).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_between_rename_and_deletion_it_is_put_back_when_deletions_may_not_go_on() {
    for keys in [
        json!({ "deletion": "report" }),
        json!({ "deletion": "on", "variables": { "deletion-hold": true } }),
    ] {
        let mut bench = delivered_on(Bench::local()).await;
        let before = tree(&bench.sim, FROM);
        bench
            .dropped_at(prune(&bench, "P"), "transfer.rename:hold=point,nth=1")
            .await;
        bench.sim.release("point");
        assert_ne!(tree(&bench.sim, FROM), before, "it stands aside");
        bench.configure(&keys);
        let report = prune(&bench, "P").await;
        assert_eq!(tree(&bench.sim, FROM), before, "{report:#}");
        if keys["variables"].is_object() {
            assert_eq!(report["error"]["code"], "deletion_hold", "{report:#}");
        } else {
            assert_eq!(report["outcome"], "would_delete", "{report:#}");
        }
        assert_eq!(bench.requests("transfer.delete"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_between_rename_and_deletion_it_goes_into_the_trash_when_that_is_the_rule_since() {
    let mut bench = delivered_on(Bench::local()).await;
    bench
        .dropped_at(prune(&bench, "P"), "transfer.rename:hold=point,nth=1")
        .await;
    bench.sim.release("point");
    bench.deletion("quarantine");
    let report = prune(&bench, "P").await;
    assert_eq!(report["outcome"], "quarantined", "{report:#}");
    assert_eq!(bench.requests("transfer.delete"), 0);
    let trash = report["trash"]["path"].as_str().unwrap();
    for name in FILES {
        assert!(
            bench.sim.collection(FROM).exists(format!("{trash}/{name}")),
            "{name}"
        );
    }
    assert!(!tree(&bench.sim, FROM).iter().any(|name| name.contains(".prune-")));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_after_the_rename_a_changed_witness_puts_it_back() {
    let mut bench = delivered().await;
    let before = tree(&bench.sim, FROM);
    bench
        .dropped_at(prune(&bench, "P"), "transfer.rename:hold=point,nth=1")
        .await;
    bench.sim.release("point");
    std::fs::remove_file(bench.sim.collection(CHECK).path(format!("{FOLDER}/0.tif"))).unwrap();
    bench.restart();
    let report = prune(&bench, "P").await;
    assert_eq!(report["error"]["code"], "check_missing", "{report:#}");
    assert_eq!(tree(&bench.sim, FROM), before);
}

/// A prune that has to put its folder back, because its witness lost a file. Just before the `nth` look from then on,
/// if one is named, something new appears at the old place. Its report, what stands afterwards, and how many looks
/// there were.
async fn put_back(nth: Option<usize>) -> (Value, Vec<String>, usize) {
    let bench = delivered().await;
    bench
        .sim
        .fault("transfer.rename:hold=aside,nth=1".parse().unwrap());
    let meddle = async {
        bench.caught().await;
        std::fs::remove_file(bench.sim.collection(CHECK).path(format!("{FOLDER}/0.tif"))).unwrap();
        let before = bench.requests("transfer.stat");
        if let Some(nth) = nth {
            let look = format!("transfer.stat:hold-before=back,nth={nth}");
            bench.sim.fault(look.parse().unwrap());
        }
        bench.sim.release("aside");
        if nth.is_some() {
            bench.caught().await;
            let new = format!("{FOLDER}/new.tif");
            bench.sim.collection(FROM).write(new, b"new");
            bench.sim.release("back");
        }
        before
    };
    let (report, before) = tokio::join!(prune(&bench, "P"), meddle);
    let looks = bench.requests("transfer.stat") - before;
    (report, tree(&bench.sim, FROM), looks)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_put_back_because_something_new_stands_there_is_never_called_put_back() {
    let (report, _, looks) = put_back(None).await;
    assert_eq!(report["error"]["code"], "check_missing", "{report:#}");
    let mut left_aside = 0;
    for nth in 1..=looks {
        let (report, stands, _) = put_back(Some(nth)).await;
        assert_eq!(report["ok"], false, "{nth}: {report:#}");
        let ours = stands.iter().filter(|path| path.ends_with("/0.tif"));
        let ours: Vec<&String> = ours.collect();
        assert_eq!(ours.len(), 1, "{nth}: {stands:?}");
        let is_aside = ours[0].contains(".prune-P-recscan");
        let error = &report["error"];
        let told = error["code"] == "left_aside"
            || error["remedy"]
                .as_str()
                .is_some_and(|remedy| remedy.contains("--run-id"));
        assert!(!is_aside || told, "{nth}: {report:#} {stands:?}");
        left_aside += usize::from(is_aside);
    }
    assert!(left_aside > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_finds_another_s_folder_aside_names_its_run() {
    let mut bench = delivered().await;
    bench
        .dropped_at(prune(&bench, "P"), "transfer.rename:hold=point,nth=1")
        .await;
    bench.sim.release("point");
    bench.restart();
    let report = prune(&bench, "Q").await;
    assert_eq!(report["error"]["code"], "source_missing", "{report:#}");
    let remedy = report["error"]["remedy"].as_str().unwrap();
    assert!(remedy.contains(".prune-P-recscan"), "{remedy}");
    assert_eq!(prune(&bench, "P").await["outcome"], "deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_that_are_lost_make_no_second_rename_and_no_second_deletion() {
    for fault in [
        "transfer.rename:reset-after,nth=1",
        "transfer.rename:status=503,nth=1",
        "transfer.rename:duplicate,nth=1",
        "transfer.delete:reset-after,nth=1",
        "transfer.mkdir:reset-after,nth=1",
    ] {
        for (mode, outcome) in [("on", "deleted"), ("quarantine", "quarantined")] {
            let mut bench = delivered().await;
            bench.deletion(mode);
            bench.sim.fault(fault.parse().unwrap());
            let report = prune(&bench, "P").await;
            assert_eq!(report["outcome"], outcome, "{fault}: {report:#}");
            assert!(!tree(&bench.sim, FROM).iter().any(|name| name.contains(".prune-")));
        }
    }
}
