//! Beamline 7.0.1.2: scans to NERSC, reconstructions there.

use serde_json::{Value, json};

use crate::bench::Bench;

const SCAN: &str = "2023/02/230216/NS_230216033_ccdframes_0_0.cxi";

fn bench(keys: &Value) -> Bench {
    let mut bench = Bench::with(service_sim::SimBuilder::sfapi);
    bench.configure(keys);
    bench.sim.collection("data7012").write(SCAN, b"frames");
    bench
}

async fn run(bench: &Bench, flow: &str, parameters: Value) -> Value {
    bench.run("R", flow, parameters).await.unwrap().report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_goes_to_nersc_and_stays_until_staff_set_its_time() {
    let bench = bench(&json!({}));
    let report = run(
        &bench,
        "process_newfile_7012_ptycho4",
        json!({ "file_path": format!("/{SCAN}") }),
    )
    .await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(bench.sim.collection("nersc7012").read(SCAN), b"frames");
    assert_eq!(report["prunes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn once_its_time_is_set_the_prune_is_scheduled_and_proved() {
    let mut bench = Bench::local();
    bench.sim.collection("data7012").write(SCAN, b"frames");
    let days = json!({ "delete_data7012_files_after_days": 30 });
    bench.configure(&json!({ "deletion": "on", "variables": { "bl7012-settings": days } }));
    let report = run(
        &bench,
        "process_newfile_7012_ptycho4",
        json!({ "file_path": SCAN }),
    )
    .await;
    assert_eq!(report["prunes"][0]["check_endpoint"], "nersc7012", "{report:#}");
    let pruned = bench.prune_of("P", SCAN, ("data7012", "nersc7012")).await;
    assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconstruction_without_its_script_is_refused_before_the_move() {
    let bench = bench(&json!({}));
    let report = run(
        &bench,
        "transfer_auto_recon",
        json!({ "file_path": SCAN, "do_cdtools": true }),
    )
    .await;
    assert_eq!(report["error"]["code"], "config", "{report:#}");
    assert!(
        report["error"]["message"]
            .as_str()
            .unwrap()
            .contains("PATH_CDTOOLS_NERSC")
    );
    assert_eq!(bench.requests("transfer.submit"), 0);
}
