//! Beamline 7.0.1.2: scans to NERSC, reconstructions there.

use serde_json::{Value, json};
use splash_flows::ingest::{open_flow, open_flows};

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

/// The same with this variable set, or not set, in the environment.
fn with_variable(bench: &mut Bench, name: &str, value: Option<&str>) {
    let mut env = bench.sim.env();
    match value {
        Some(value) => env.insert(name.to_owned(), value.to_owned()),
        None => env.remove(name),
    };
    bench.environment(env);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconstruction_without_its_script_is_refused_before_the_move() {
    for (variable, value, wanted) in [
        ("PATH_CDTOOLS_NERSC", None, "PATH_CDTOOLS_NERSC"),
        ("PATH_CDTOOLS_NERSC", Some("cdtools.sh"), "absolute path"),
        ("PATH_JOB_SCRIPT", Some("nowhere/at/all"), "PATH_JOB_SCRIPT"),
    ] {
        let mut bench = bench(&json!({}));
        with_variable(&mut bench, variable, value);
        let report = run(
            &bench,
            "transfer_auto_recon",
            json!({ "file_path": SCAN, "do_cdtools": true }),
        )
        .await;
        assert_eq!(report["error"]["code"], "config", "{report:#}");
        let message = report["error"]["message"].as_str().unwrap();
        assert!(message.contains(wanted), "{message}");
        assert_eq!(bench.requests("transfer.submit"), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_reconstructions_run_as_jobs_whose_scripts_are_kept() {
    let mut bench = bench(&json!({}));
    let folder = tempfile::tempdir().unwrap();
    with_variable(&mut bench, "PATH_JOB_SCRIPT", folder.path().to_str());
    let chosen =
        json!({ "file_path": SCAN, "do_cdtools": true, "do_ptychocam": true, "n_gpu": 2, "n_iter": 7 });
    let report = run(&bench, "transfer_auto_recon", chosen).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["prunes"], json!([]), "nobody set a time");
    let nersc = bench.sim.collection("nersc7012");
    let made = |tool: &str| nersc.read(format!("{}.{tool}.txt", SCAN.trim_end_matches(".cxi")));
    let made = [made("cdtools"), made("ptychocam")].map(|text| String::from_utf8(text).unwrap());
    // Of b"frames".
    let sum = "594cfd2607d4f09e1ce6241203e418cacfed545063792bc5eab7afaadbf0c4e0";
    assert!(made.iter().all(|text| text.contains(sum)), "{made:?}");
    assert!(
        made[1].ends_with("argument -i\nargument 7\nargument NS_230216033_ccdframes_0_0.cxi\n"),
        "{}",
        made[1]
    );
    let kept: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(kept.len(), 2);
    for line in [
        "#SBATCH --constraint=gpu",
        "#SBATCH --gpus=2",
        "#SBATCH --time=4:00:00",
        "#SBATCH --nodes=1",
        "#SBATCH --qos=regular",
        "#SBATCH --account=als_g",
    ] {
        assert!(
            kept.iter().all(|script| script.lines().any(|one| one == line)),
            "{line}: {kept:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_whose_reconstruction_failed_stays_on_data7012() {
    let days = json!({ "delete_data7012_files_after_days": 30 });
    let mut bench = Bench::with(|sim| sim.sfapi().fault("job:fail,exit=3".parse().unwrap()));
    bench.sim.collection("data7012").write(SCAN, b"frames");
    let mut env = bench.sim.env();
    env.remove("PREFECT_API_URL");
    bench.configure(&json!({ "variables": { "bl7012-settings": days } }));
    bench.environment(env);
    let report = run(
        &bench,
        "transfer_auto_recon",
        json!({ "file_path": SCAN, "do_ptychocam": true }),
    )
    .await;
    let error = &report["error"];
    assert_eq!(
        (&error["code"], &error["step"]),
        (&json!("FAILED"), &json!("ptychocam")),
        "{report:#}"
    );
    assert_eq!(report["copies"][0]["endpoint"], "nersc7012");
    assert_eq!(report["prunes"], json!([]));
}

fn rules() -> Value {
    let rules = json!({
        "group": "7.0.1.2", "data_format": "CXI", "instrument": { "default": "Beamline 7.0.1.2" },
        "dataset_name": "/entry_1/title", "thumbnail": { "frames": "/entry_1/data_1/data" },
    });
    json!({ "ingest": { "rules": { "bl7012": rules } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_catalogued_by_the_rules_in_config_yml_and_again_until_it_stands() {
    let mut bench = bench(&rules());
    let path = bench.sim.collection("data7012").path(SCAN);
    let frames = scan_h5::ScanValue::Grid(vec![vec![1.0, 2.0], vec![3.0, 4.0]]);
    let spec = scan_h5::ScanSpec::new(1, 2, 2).set("/entry_1/data_1/data", frames);
    scan_h5::write_scan(&path, &spec.text("/entry_1/title", "NS 230216033")).unwrap();
    bench.sim.fault("scicat.*:status=403".parse().unwrap());
    let parameters = json!({ "file_path": SCAN });
    let report = run(&bench, "process_newfile_7012_ptycho4", parameters).await;
    assert_eq!(report["error"]["step"], "ingest", "{report:#}");
    assert_eq!(report["copies"].as_array().unwrap().len(), 1, "the copy stands");
    bench.sim.clear_faults();
    let open = open_flows(&bench.facility).await.unwrap();
    assert_eq!(
        (open.len(), open[0].file.as_str()),
        (1, format!("/{SCAN}").as_str())
    );
    bench.configure(&rules());
    let due = open_flow(&bench.facility, &open[0].id).await.unwrap();
    let retried = bench.run(&due.run_id, &due.flow, due.parameters).await.unwrap();
    assert!(retried.ok, "{:#}", retried.report);
    let dataset = &bench.sim.datasets()[0];
    assert_eq!(dataset["ownerGroup"], "7.0.1.2");
    assert_eq!(dataset["datasetName"], "NS 230216033");
    assert_eq!(dataset["sourceFolder"], "/2023/02/230216");
    assert_eq!(bench.sim.catalogued("attachments").len(), 1);
    assert_eq!(
        bench.sim.catalogued("datablocks").len(),
        2,
        "both copies are told of"
    );
}
