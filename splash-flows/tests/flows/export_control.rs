//! Export control is a fact about a path, kept for ever.

use serde_json::{Value, json};

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
