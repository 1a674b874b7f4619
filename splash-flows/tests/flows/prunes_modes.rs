//! What the configuration and the request allow: trash, limits, retention, and what is refused at once.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::bench::{Bench, config};
use crate::prunes_folders::{CHECK, FILES, FOLDER, FROM, delivered, prune, tree};

const NAME: &str = "raw/2026/scan.h5";

async fn moved(keys: &Value) -> (Bench, String) {
    let mut bench = Bench::new();
    bench.configure(keys);
    let file = bench.scan(NAME);
    let report = bench.run_move("M", &file).await;
    assert_eq!(report["ok"], true, "{report:#}");
    (bench, file)
}

fn age(bench: &Bench, key: &str, name: &str, age: TimeDelta) {
    let path = bench.sim.collection(key).path(name);
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified((Utc::now() - age).into()).unwrap();
}

/// The scheduled deletion of what is in the trash.
fn expiry(bench: &Bench, trash: &Value) -> Value {
    let runs = bench.sim.flow_runs();
    let run = runs
        .iter()
        .find(|run| run["parameters"]["relative_path"] == *trash)
        .unwrap_or_else(|| panic!("nothing ends the stay of {trash} in the trash"));
    run["parameters"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_file_lies_in_the_trash_until_its_time_comes() {
    let keys = json!({ "deletion": "quarantine", "trash_days": 3 });
    let (mut bench, file) = moved(&keys).await;
    let bytes = bench.sim.collection("spot832").read(NAME);
    let report = bench.prune("P", &file).await;
    assert_eq!(report["outcome"], "quarantined", "{report:#}");
    let trash = format!(".trash/{}/{NAME}", Utc::now().format("%Y-%m-%d"));
    assert_eq!(report["trash"]["path"], trash);
    let until: DateTime<Utc> = report["trash"]["until"].as_str().unwrap().parse().unwrap();
    assert!((until - Utc::now() - TimeDelta::days(3)).abs() < TimeDelta::minutes(5));
    assert_eq!(bench.sim.collection("spot832").read(&trash), bytes);
    assert!(!bench.sim.collection("spot832").exists(NAME));
    assert_eq!(bench.requests("transfer.delete"), 0);
    let audit = std::fs::read_to_string(bench.state_dir().join("audit.jsonl")).unwrap();
    let line: Value = serde_json::from_str(audit.lines().next().unwrap()).unwrap();
    assert_eq!(line["action"], "quarantine");
    assert_eq!(line["moved_to"], trash);
    assert_eq!(line["evidence"]["witness"]["path"], "/data/raw/2026/scan.h5");

    bench.configure(&keys);
    assert_eq!(bench.prune("Q", &file).await["outcome"], "already_pruned");

    let parameters = expiry(&bench, &report["trash"]["path"]);
    let ended = bench
        .run("E", "prune_globus_endpoint", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(ended["outcome"], "deleted", "{ended:#}");
    assert!(!bench.sim.collection("spot832").exists(&trash));
    assert!(bench.sim.collection("data832").exists(NAME));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_the_trash_stays_if_its_witness_has_gone() {
    let (bench, file) = moved(&json!({ "deletion": "quarantine" })).await;
    let report = bench.prune("P", &file).await;
    let trash = report["trash"]["path"].as_str().unwrap().to_owned();
    std::fs::remove_file(bench.sim.collection("data832").path(NAME)).unwrap();
    let parameters = expiry(&bench, &report["trash"]["path"]);
    let refused = bench
        .run("E", "prune_globus_endpoint", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(refused["error"]["code"], "check_missing", "{refused:#}");
    assert!(bench.sim.collection("spot832").exists(&trash));
    assert_eq!(bench.requests("transfer.delete"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarantined_folder_is_deleted_whole_when_its_time_comes() {
    let mut bench = delivered().await;
    bench.deletion("quarantine");
    let report = prune(&bench, "P").await;
    assert_eq!(report["outcome"], "quarantined", "{report:#}");
    let trash = report["trash"]["path"].as_str().unwrap().to_owned();
    for name in FILES {
        assert!(bench.sim.collection(FROM).exists(format!("{trash}/{name}")));
    }
    let ended = bench
        .run(
            "E",
            "prune_globus_endpoint",
            expiry(&bench, &report["trash"]["path"]),
        )
        .await
        .unwrap()
        .report;
    assert_eq!(ended["outcome"], "deleted", "{ended:#}");
    assert!(!tree(&bench.sim, FROM).iter().any(|name| {
        std::path::Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "tif")
    }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_on_its_way_into_the_trash_is_put_back() {
    let (bench, file) = moved(&json!({ "deletion": "quarantine" })).await;
    bench
        .sim
        .fault("transfer.rename:hold=renamed,nth=1".parse().unwrap());
    let trash = format!(".trash/{}/{NAME}", Utc::now().format("%Y-%m-%d"));
    let meddle = async {
        bench.caught().await;
        bench
            .sim
            .collection("spot832")
            .write(&trash, b"written to meanwhile");
        bench.sim.release("renamed");
    };
    let (report, ()) = tokio::join!(bench.prune("P", &file), meddle);
    assert_eq!(report["ok"], false, "{report:#}");
    assert_eq!(
        bench.sim.collection("spot832").read(NAME),
        b"written to meanwhile"
    );
    assert!(!bench.sim.collection("spot832").exists(&trash));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_the_trash_is_taken_once_a_day() {
    let (bench, file) = moved(&json!({ "deletion": "quarantine" })).await;
    let trash = format!(".trash/{}/{NAME}", Utc::now().format("%Y-%m-%d"));
    bench.sim.collection("spot832").write(&trash, b"an earlier one");
    let report = bench.prune("P", &file).await;
    assert_eq!(report["error"]["code"], "trash_taken", "{report:#}");
    assert_eq!(bench.sim.collection("spot832").read(&trash), b"an earlier one");
    assert!(bench.sim.collection("spot832").exists(NAME));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_refused_before_any_request() {
    let mut bench = Bench::new();
    bench.configure(&json!({
        "deletion": "on",
        "never_delete": ["data832:/raw/keep", "/raw/calibration", "spot832:/raw/2026/best.h5"],
    }));
    let refused = [
        ("spot832", "data832", "/", "path"),
        ("spot832", "data832", "", "path"),
        ("spot832", "data832", "raw/../..", "path"),
        ("data832", "nersc832", "/raw", "endpoint_root"),
        ("data832", "nersc832", "/scratch", "endpoint_root"),
        ("data832", "nersc832", "/raw/keep", "never_delete"),
        ("data832", "nersc832", "/raw/keep/a/b.h5", "never_delete"),
        ("spot832", "data832", "/raw/calibration/x.h5", "never_delete"),
        ("spot832", "data832", "/raw", "never_delete"),
        ("spot832", "data832", "/raw/2026", "never_delete"),
        ("spot832", "data832", "/raw/2026/best.h5", "never_delete"),
        (
            "spot832",
            "data832",
            "/.trash/2026-01-01/raw/2026/best.h5",
            "never_delete",
        ),
        ("spot832", "data832", "/.trash", "path"),
        ("spot832", "data832", "/.trash/2026-01-01", "path"),
        ("spot832", "data832", "/raw/.prune-P-x", "path"),
        ("spot832", "nersc832", "/raw/x.h5", "no_rule"),
    ];
    for (n, (from, check, path, code)) in refused.into_iter().enumerate() {
        let report = bench.prune_of(&format!("P-{n}"), path, (from, check)).await;
        assert_eq!(report["error"]["code"], code, "{from} {path:?}: {report:#}");
        assert_eq!(report["again"], Value::Null, "{path:?} is refused for good");
    }
    let asked = bench.sim.journal().entries();
    // Whether such a prune stood in the list of open ones is all that is asked.
    assert!(
        asked
            .iter()
            .all(|entry| entry.operation == "prefect.artifact_latest_list"),
        "{asked:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn never_delete_holds_under_every_name_of_the_place() {
    let mut bench = delivered().await;
    for kept in [
        "data832:/scratch/globus_share/f",
        "data832_scratch:/f/recscan/deep/3.tif",
        "data832_scratch:/data/scratch/globus_share/f",
        "data832_raw:/",
        "/f/recscan",
        "/",
    ] {
        bench.configure(&json!({ "deletion": "on", "never_delete": [kept] }));
        let report = prune(&bench, &format!("P {kept}")).await;
        let refused = report["error"]["code"] == "never_delete";
        assert_eq!(refused, kept != "data832_raw:/", "{kept}: {report:#}");
        if !refused {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_prune_takes_no_more_than_the_limits_and_nothing_too_young() {
    for (keys, code) in [
        (json!({ "minimum_age": "1h" }), "too_young"),
        (json!({ "maximum_files": 3 }), "too_many_files"),
        (json!({ "maximum_bytes": 10 }), "too_many_bytes"),
    ] {
        let mut bench = delivered().await;
        let mut with = keys.clone();
        with["deletion"] = json!("on");
        bench.configure(&with);
        let report = prune(&bench, "P").await;
        assert_eq!(report["error"]["code"], code, "{report:#}");
        assert_eq!(
            bench.requests("transfer.rename") + bench.requests("transfer.delete"),
            0
        );
        let again: DateTime<Utc> = report["again"]["at"].as_str().unwrap().parse().unwrap();
        assert!((again - Utc::now() - TimeDelta::days(1)).abs() < TimeDelta::minutes(5));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_copy_of_derived_data_goes_by_its_age_alone() {
    let mut bench = Bench::new();
    let write = |bench: &Bench| {
        for name in FILES {
            let path = format!("{FOLDER}/{name}");
            bench.sim.collection(FROM).write(&path, b"slice");
            age(bench, FROM, &path, TimeDelta::days(31));
        }
    };
    write(&bench);
    let lapse = async |bench: &Bench, run_id: &str| {
        let parameters = json!({ "relative_path": FOLDER, "source_endpoint": FROM, "check_endpoint": null });
        bench
            .run(run_id, "prune_globus_endpoint", parameters)
            .await
            .unwrap()
            .report
    };
    let report = lapse(&bench, "A").await;
    assert_eq!(report["error"]["code"], "no_check_endpoint", "{report:#}");

    let keys = json!({ "deletion": "on", "retention": { FROM: "32d" } });
    bench.configure(&keys);
    let report = lapse(&bench, "B").await;
    assert_eq!(report["error"]["code"], "too_young", "{report:#}");

    bench.configure(&json!({ "deletion": "on", "retention": { FROM: "30d" } }));
    let report = lapse(&bench, "C").await;
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    assert_eq!(tree(&bench.sim, FROM), ["f"]);
    let audit = std::fs::read_to_string(bench.state_dir().join("audit.jsonl")).unwrap();
    let line: Value = serde_json::from_str(audit.lines().last().unwrap()).unwrap();
    assert_eq!(line["evidence"]["retention_days"], 30.0);

    write(&bench);
    bench.configure(&json!({ "deletion": "quarantine", "retention": { FROM: "30d" } }));
    let report = lapse(&bench, "D").await;
    assert_eq!(report["outcome"], "quarantined", "{report:#}");
    let ended = bench
        .run(
            "E",
            "prune_globus_endpoint",
            expiry(&bench, &report["trash"]["path"]),
        )
        .await
        .unwrap()
        .report;
    assert_eq!(ended["outcome"], "deleted", "{ended:#}");
}

#[test]
fn no_rule_lets_the_last_copy_of_raw_data_go() {
    let sim = service_sim::Sim::builder().transfer().start().unwrap();
    for key in [
        "spot832",
        "data832",
        "data832_raw",
        "nersc832",
        "nersc832_alsdev_raw",
        "alcf_home832",
    ] {
        let refused = config(&sim, &json!({ "retention": { key: "30d" } }))
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains(&format!("retention.{key} holds raw data")),
            "{refused}"
        );
    }
    for (keys, text) in [
        (json!({ "retention": { "nowhere": "30d" } }), "is no endpoint"),
        (json!({ "retention": { FROM: "soon" } }), "must be a time"),
        (json!({ "never_delete": ["raw/x"] }), "must be `/path`"),
        (json!({ "never_delete": ["nowhere:/x"] }), "must be `/path`"),
        (json!({ "never_delete": ["/a/../b"] }), "must be `/path`"),
        (json!({ "never_delete": "/a" }), "must be a list"),
        (json!({ "trash_days": -1 }), "must be a whole number"),
        (json!({ "trash_days": 99_999_999 }), "at most"),
        (json!({ "maximum_files": "many" }), "must be a whole number"),
        (json!({ "deletion": "maybe" }), "quarantine"),
    ] {
        let refused = config(&sim, &keys).unwrap_err().to_string();
        assert!(refused.contains(text), "{keys}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_in_a_name_is_that_name_and_no_other() {
    let bench = Bench::new();
    let names = ["raw/*.h5", "raw/a.h5", "raw/b.h5", "raw/[ab].h5", "raw/?.h5"];
    for (n, name) in names.iter().enumerate() {
        let file = bench.scan(name);
        assert_eq!(bench.run_move(&format!("M-{n}"), &file).await["ok"], true);
    }
    for (n, pattern) in ["raw/*.h5", "raw/[ab].h5", "raw/?.h5"].into_iter().enumerate() {
        let report = bench
            .prune(&format!("P-{n}"), &format!("/global/{pattern}"))
            .await;
        assert_eq!(report["outcome"], "deleted", "{pattern}: {report:#}");
        assert!(!bench.sim.collection("spot832").exists(pattern));
    }
    for name in ["raw/a.h5", "raw/b.h5"] {
        assert!(bench.sim.collection("spot832").exists(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_hours_apart_change_nothing() {
    for hours in [-5_i64, 7] {
        let bench = Bench::with(|sim| {
            sim.skew("data832", hours * 3600)
                .skew("globus_transfer", -hours * 3600)
                .skew("prefect", hours * 1800)
        });
        let file = bench.scan(NAME);
        let moved = bench.run_move("M", &file).await;
        assert_eq!(moved["ok"], true, "{hours}: {moved:#}");
        let report = bench.prune("P", &file).await;
        assert_eq!(report["outcome"], "deleted", "{hours}: {report:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_size_only_what_we_did_not_deliver_is_proved() {
    let bench = Bench::new();
    let by_size = async |run_id: &str| {
        let parameters = json!({
            "relative_path": FOLDER, "source_endpoint": FROM, "check_endpoint": CHECK, "verify": "size",
        });
        bench
            .run(run_id, "prune_globus_endpoint", parameters)
            .await
            .unwrap()
            .report
    };
    for key in [FROM, CHECK] {
        for name in FILES {
            bench
                .sim
                .collection(key)
                .write(format!("{FOLDER}/{name}"), b"slice");
        }
    }
    assert_eq!(prune(&bench, "P").await["error"]["code"], "no_delivery");
    bench
        .sim
        .collection(CHECK)
        .write(format!("{FOLDER}/deep/3.tif"), b"slic");
    assert_eq!(by_size("A").await["error"]["code"], "check_shorter");
    bench
        .sim
        .collection(CHECK)
        .write(format!("{FOLDER}/deep/3.tif"), b"slice");
    let report = by_size("B").await;
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    let audit = std::fs::read_to_string(bench.state_dir().join("audit.jsonl")).unwrap();
    assert!(audit.lines().last().unwrap().contains("\"verified_by\":\"size\""));

    let bench = delivered().await;
    let parameters = json!({
        "relative_path": FOLDER, "source_endpoint": FROM, "check_endpoint": CHECK, "verify": "size",
    });
    let report = bench
        .run("S", "prune_globus_endpoint", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["error"]["code"], "delivered", "{report:#}");
}
