//! Export control is a fact about a path, kept for ever.

use std::sync::Arc;

use serde_json::{Value, json};
use service_sim::default_collections;
use splash_flows::config::Config;
use splash_flows::copy::{Hop, Item, Kind, copy};
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows::progress::Progress;
use splash_flows::run::{Begun, RunContext};

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_controlled_scan_never_leaves_the_site_whoever_asks_later() {
    let mut bench = Bench::new();
    let file = bench.scan("raw/secret.h5");
    let parameters = json!({ "file_path": file, "is_export_control": true });
    let report = bench
        .run("R", "new_832_file_flow", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["copies"].as_array().unwrap().len(), 1);
    assert_eq!(report["prunes"].as_array().unwrap().len(), 1);

    // A second trigger, without the flag, in another process.
    bench.restart();
    let again = bench.run_move("S", &file).await;
    assert_eq!(again["ok"], true, "{again:#}");
    assert_eq!(again["copies"].as_array().unwrap().len(), 1);
    assert_eq!(again["scicat"], Value::Null);
    assert!(!bench.sim.collection("nersc832").exists("raw/secret.h5"));
    assert!(
        bench
            .sim
            .tasks()
            .iter()
            .all(|task| task.destination == bench.sim.collection("data832").uuid())
    );
}

/// The same facility in another process, with `patterns` under export_control.
fn under_patterns(bench: &Bench, patterns: &[&str]) -> Arc<Facility> {
    let endpoints: serde_json::Map<String, Value> = default_collections()
        .into_iter()
        .map(|spec| {
            let collection = bench.sim.collection(&spec.key);
            let endpoint = json!({
                "uuid": collection.uuid(), "uri": collection.host(), "root_path": collection.root_path(),
            });
            (spec.key, endpoint)
        })
        .collect();
    let environment = Environment::from_vars(bench.sim.env());
    let text = json!({ "export_control": patterns, "globus": { "globus_endpoints": endpoints } }).to_string();
    let config = Config::parse(
        &text,
        "the test's config",
        &environment,
        &splash_flows::SITE_RULES,
    )
    .unwrap();
    Arc::new(Facility::connect(config, environment, Some(&bench.state_dir())).unwrap())
}

/// Asks the mover itself, as any flow may: from one endpoint to another, in a run of its own.
async fn ask_the_mover(
    facility: &Arc<Facility>,
    run_id: &str,
    (from, to): (&str, &str),
    (path, kind): (&str, Kind),
) -> Result<(), Failure> {
    let begun = RunContext::open(
        Arc::clone(facility),
        "any",
        run_id,
        &json!({}),
        Progress::default(),
    )
    .await?;
    let Begun::Open(run) = begun else {
        panic!("a new run")
    };
    let config = facility.config();
    let hop = Hop {
        source: config.endpoint(from).unwrap(),
        destination: config.endpoint(to).unwrap(),
    };
    let item = Item {
        path,
        label: "any",
        kind,
    };
    copy(&run, item, hop, None).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mover_refuses_whatever_flow_asks_and_by_whatever_name_of_the_file() {
    let bench = Bench::new();
    for name in ["raw/f/x.h5", "raw/f/a_ec_b.h5", "raw/g/x.h5"] {
        let path = bench.sim.collection("data832").path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    let facility = under_patterns(&bench, &["*_ec_*"]);
    let refused = [
        ("A", "data832", "raw/f/a_ec_b.h5", Kind::File),
        ("B", "data832", "/raw/f", Kind::Folder),
        // The same files by their names below another root.
        ("C", "data832_raw", "f/a_ec_b.h5", Kind::File),
        ("D", "data832_raw", "f", Kind::Folder),
        ("E", "data832", "raw", Kind::Folder),
    ];
    for (run_id, from, path, kind) in refused {
        let failure = ask_the_mover(&facility, run_id, (from, "nersc832"), (path, kind))
            .await
            .unwrap_err();
        assert_eq!(failure.code, "export_control", "{run_id}: {failure}");
        assert!(failure.to_string().contains("*_ec_*"), "{run_id}: {failure}");
    }
    assert_eq!(bench.requests("transfer.submit"), 0);

    // On record now: the patterns are not needed any more.
    let facility = under_patterns(&bench, &[]);
    for (run_id, from, path, kind) in refused {
        let failure = ask_the_mover(&facility, &format!("{run_id}2"), (from, "nersc832"), (path, kind))
            .await
            .unwrap_err();
        assert_eq!(failure.code, "export_control", "{run_id}: {failure}");
    }
    assert_eq!(bench.requests("transfer.submit"), 0);

    // What is not controlled goes, and what is goes to disks on site.
    for (run_id, hop, item) in [
        ("F", ("data832", "nersc832"), ("raw/f/x.h5", Kind::File)),
        ("G", ("data832", "nersc832"), ("raw/g", Kind::Folder)),
        ("H", ("data832", "spot832"), ("raw/f/a_ec_b.h5", Kind::File)),
    ] {
        ask_the_mover(&facility, run_id, hop, item).await.unwrap();
    }
    assert!(!bench.sim.collection("nersc832").exists("raw/f/a_ec_b.h5"));
}
