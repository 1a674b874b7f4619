//! Reconstruction at ALCF: real functions, run by a Python on the simulated endpoint.

use std::path::PathBuf;

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Value, json};
use service_sim::SimBuilder;

use crate::bench::Bench;

const FILE: &str = "/global/raw/f/scan.h5";

/// A facility with a compute endpoint at ALCF, and a scan on data832.
fn bench() -> Bench {
    bench_of(SimBuilder::compute, "f/scan.h5")
}

fn bench_of(change: impl FnOnce(SimBuilder) -> SimBuilder, scan: &str) -> Bench {
    let mut bench = Bench::with(change);
    configure(&mut bench);
    let path = bench.sim.collection("data832_raw").path(scan);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_scan(&path, &ScanSpec::new(3, 16, 16)).unwrap();
    bench
}

fn configure(bench: &mut Bench) {
    bench.configure(&json!({ "alcf_recon": { "settle": "1s" }, "deletion": "on" }));
}

async fn recon_of(bench: &Bench, run_id: &str, file: &str) -> Value {
    let parameters = json!({ "file_path": file });
    let outcome = bench.run(run_id, "alcf_recon_flow", parameters).await.unwrap();
    assert_eq!(outcome.ok, outcome.report["ok"] == true);
    outcome.report
}

async fn recon(bench: &Bench, run_id: &str) -> Value {
    recon_of(bench, run_id, FILE).await
}

fn texts<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one[key].as_str().unwrap()).collect()
}

/// The folder of the allocation, on this machine.
fn allocation(bench: &Bench) -> PathBuf {
    bench.sim.collection("alcf832_raw").dir().to_owned()
}

/// How often the site's scripts have worked: one claim each.
fn worked(bench: &Bench) -> usize {
    let runs = std::fs::read_dir(allocation(bench).join("data/.runs")).unwrap();
    runs.flat_map(|run| std::fs::read_dir(run.unwrap().path()).unwrap())
        .filter(|claim| claim.as_ref().unwrap().path().join("outcome.json").exists())
        .count()
}

fn script(bench: &Bench) -> PathBuf {
    allocation(bench).join("scripts/globus_reconstruction.py")
}

fn same_everywhere(bench: &Bench, result: &str) {
    let [there, home] =
        ["alcf832_scratch", "data832_scratch"].map(|key| bench.sim.collection(key).path(result));
    let mut files = 0;
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(there.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                assert!(
                    std::fs::read(entry.path()).unwrap() == std::fs::read(home.join(&path)).unwrap(),
                    "{}",
                    path.display()
                );
                files += 1;
            }
        }
    }
    assert!(files > 0, "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_and_volume_come_home_proved_and_what_stands_at_alcf_is_scheduled_to_go() {
    let bench = bench();
    bench.scan("raw/f/scan.h5");
    let raw = json!({ "dataset_path": FILE });
    assert!(bench.run("raw", "scicat-ingest-flow", raw).await.unwrap().ok);
    let report = recon(&bench, "R").await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(
        texts(&report["steps"], "step"),
        ["reconstruct", "multiresolution"]
    );
    assert_eq!(texts(&report["steps"], "site"), ["alcf", "alcf"]);
    assert_eq!(
        texts(&report["copies"], "endpoint"),
        ["alcf832_raw", "data832_scratch", "data832_scratch"]
    );
    for result in ["f/recscan", "f/recscan.zarr"] {
        same_everywhere(&bench, result);
    }
    let planned = &report["prunes"];
    assert_eq!(
        texts(planned, "endpoint"),
        ["alcf832_raw", "alcf832_scratch", "alcf832_scratch"]
    );
    assert_eq!(
        texts(planned, "check_endpoint"),
        ["data832_raw", "data832_scratch", "data832_scratch"]
    );
    assert_eq!(
        texts(planned, "path"),
        ["f/scan.h5", "f/recscan", "f/recscan.zarr"]
    );

    let datasets = bench.sim.datasets();
    let of = |kind: &str| {
        datasets
            .iter()
            .filter(|one| one["type"] == kind)
            .collect::<Vec<_>>()
    };
    let (raw, derived) = (of("raw"), of("derived"));
    assert_eq!((raw.len(), derived.len()), (1, 2));
    for result in derived {
        assert_eq!(result["inputDatasets"], json!([raw[0]["pid"]]));
        assert_eq!(result["jobParameters"]["site"], "alcf");
        let software = result["usedSoftware"][0].as_str().unwrap();
        assert!(software.contains("/scripts"), "{software}");
    }

    assert_eq!(
        recon(&bench, "R").await,
        report,
        "a run that ended well is not done again"
    );
    assert_eq!((worked(&bench), bench.requests("compute.submit")), (2, 2));

    for (run_id, path, pair) in [
        ("P1", "f/scan.h5", ("alcf832_raw", "data832_raw")),
        ("P2", "f/recscan", ("alcf832_scratch", "data832_scratch")),
        ("P3", "f/recscan.zarr", ("alcf832_scratch", "data832_scratch")),
    ] {
        let pruned = bench.prune_of(run_id, path, pair).await;
        assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    }
    assert!(bench.sim.collection("data832_raw").path("f/scan.h5").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_data_on_all_ways() {
    let scan = "f $(touch PWNED)/a 'b\" ; c&d.h5";
    let bench = bench_of(SimBuilder::compute, scan);
    let report = recon_of(&bench, "R", &format!("/global/raw/{scan}")).await;
    assert_eq!(
        report["error"]["step"], "ingest",
        "no catalogue has this scan: {report:#}"
    );
    same_everywhere(&bench, "f $(touch PWNED)/reca 'b\" ; c&d");
    same_everywhere(&bench, "f $(touch PWNED)/reca 'b\" ; c&d.zarr");
    let mut folders = vec![allocation(&bench)];
    while let Some(folder) = folders.pop() {
        assert!(!folder.join("PWNED").exists(), "{}", folder.display());
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_the_incumbent_s_time_runs_the_same_functions() {
    let bench = bench_of(|sim| sim.compute().compute_version("2.25.0"), "f/scan.h5");
    let report = recon(&bench, "R").await;
    assert_eq!(
        texts(&report["steps"], "step"),
        ["reconstruct", "multiresolution"],
        "{report:#}"
    );
    same_everywhere(&bench, "f/recscan.zarr");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconstruction_that_fails_stops_there_with_its_last_words_and_a_rerun_may_succeed() {
    let mut bench = bench();
    let good = std::fs::read(script(&bench)).unwrap();
    let bad = "import sys; print('3 of 8'); print('no flats', file=sys.stderr); sys.exit(2)";
    std::fs::write(script(&bench), bad).unwrap();
    let report = recon(&bench, "R").await;
    let error = &report["error"];
    assert_eq!(
        (&error["code"], &error["step"]),
        (&json!("FAILED"), &json!("reconstruct")),
        "{report:#}"
    );
    let message = error["message"].as_str().unwrap();
    for words in ["status 2", "3 of 8", "no flats"] {
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(error["file"], FILE);
    assert_eq!(
        (&report["prunes"], bench.requests("compute.submit")),
        (&json!([]), 1)
    );
    assert_eq!(texts(&report["copies"], "endpoint"), ["alcf832_raw"]);

    std::fs::write(script(&bench), good).unwrap();
    configure(&mut bench);
    let report = recon(&bench, "R").await;
    assert_eq!(
        texts(&report["steps"], "step"),
        ["reconstruct", "multiresolution"],
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_come_home_whatever_becomes_of_the_volume_and_the_scan_stays_for_another_try() {
    let bench = bench();
    std::fs::write(
        allocation(&bench).join("scripts/tiff_to_zarr.py"),
        "raise SystemExit('no zarr')",
    )
    .unwrap();
    let report = recon(&bench, "R").await;
    let failures = [&report["error"], &report["further_errors"][0]];
    assert!(
        failures
            .iter()
            .any(|one| one["step"] == "multiresolution" && one["code"] == "FAILED"),
        "{report:#}"
    );
    same_everywhere(&bench, "f/recscan");
    assert_eq!(texts(&report["prunes"], "path"), ["f/recscan"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_hangs_is_killed_by_its_time_limit() {
    let mut bench = bench();
    bench.configure(&json!({ "alcf_recon": { "settle": "1s", "time": "3s" } }));
    std::fs::write(script(&bench), "import time; time.sleep(1000)").unwrap();
    let report = recon(&bench, "R").await;
    assert_eq!(report["error"]["code"], "TIMEOUT", "{report:#}");
    assert_eq!(report["prunes"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_raises_is_a_failure_in_python_s_words() {
    let bench = bench();
    // Where claims are made stands a file.
    let data = allocation(&bench).join("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join(".runs"), "").unwrap();
    let report = recon(&bench, "R").await;
    assert_eq!(report["error"]["code"], "EXCEPTION", "{report:#}");
    assert!(
        report["error"]["message"].as_str().unwrap().contains("Error"),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_around_each_submission_one_task_does_the_work() {
    for (hold, nth) in [("hold", 1), ("hold-before", 1), ("hold", 2), ("hold-before", 2)] {
        let mut bench = bench();
        let point = format!("compute.submit:{hold}=point,nth={nth}");
        bench.dropped_at(recon(&bench, "R"), &point).await;
        bench.sim.release("point");
        configure(&mut bench);
        let report = recon(&bench, "R").await;
        assert_eq!(
            texts(&report["steps"], "step").len(),
            2,
            "{hold} {nth}: {report:#}"
        );
        assert_eq!(worked(&bench), 2, "{hold} {nth}: one for each step");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_waits_for_the_task_of_the_first() {
    let mut bench = bench();
    let good = String::from_utf8(std::fs::read(script(&bench)).unwrap()).unwrap();
    let waits = "import os, time\nwhile not os.path.exists('../go'):\n    time.sleep(0.05)\n";
    std::fs::write(script(&bench), format!("{waits}{good}")).unwrap();
    tokio::select! {
        report = recon(&bench, "R") => panic!("the script waits: {report:#}"),
        () = bench.until(|sim| sim.compute_tasks().iter().any(|task| task.status == "running")) => {}
    }
    let cancelled = splash_flows::flows::cancel(&bench.facility, "alcf_recon_flow", "R").await;
    assert_eq!(cancelled.unwrap_err().code, "cannot_cancel");
    configure(&mut bench);
    std::fs::write(allocation(&bench).join("data/go"), "").unwrap();
    let report = recon(&bench, "R").await;
    assert_eq!(texts(&report["steps"], "step").len(), 2, "{report:#}");
    assert_eq!((worked(&bench), bench.requests("compute.submit")), (2, 2));
    let tasks = bench.sim.compute_tasks();
    assert_eq!(report["steps"][0]["id"], tasks[0].task_id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_right_is_refused_before_anything_leaves() {
    let bench = bench();
    for (path, code) in [
        ("/global/raw/f/other.h5", "FILE_NOT_FOUND"),
        ("/global/raw/f/deep/scan.h5", "path"),
        ("/global/raw/f/../scan.h5", "path"),
        ("/global/raw/f/x\n.h5", "path"),
    ] {
        let report = recon_of(&bench, &format!("R{path}"), path).await;
        assert_eq!(report["error"]["code"], code, "{report:#}");
    }
    bench.sim.set_compute_online(false);
    let report = recon(&bench, "off").await;
    assert_eq!(report["error"]["code"], "endpoint_offline", "{report:#}");
    let remedy = report["error"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("check compute"), "{remedy}");
    bench.sim.set_compute_online(true);

    let controlled = json!({ "file_path": FILE, "is_export_control": true });
    bench.run("E", "new_832_file_flow", controlled).await.unwrap();
    let before = bench.requests("transfer.submit");
    let report = recon(&bench, "C").await;
    assert_eq!(report["error"]["code"], "export_control", "{report:#}");
    assert_eq!(bench.requests("transfer.submit"), before);
    assert_eq!(
        (
            bench.requests("compute.submit"),
            bench.requests("compute.function_register")
        ),
        (0, 0)
    );
    assert!(!bench.sim.collection("alcf832_raw").path("f/scan.h5").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_is_named_by_the_configuration_the_environment_or_not_at_all() {
    let mut bench = bench();
    let mut env = bench.sim.env();
    let endpoint = env.remove("GLOBUS_COMPUTE_ENDPOINT").unwrap();
    bench.environment(env.clone());
    let report = recon(&bench, "none").await;
    assert_eq!(report["error"]["code"], "no_endpoint", "{report:#}");
    let remedy = report["error"]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("GLOBUS_COMPUTE_ENDPOINT") && remedy.contains("globus-compute-endpoint"),
        "{remedy}"
    );

    bench.sim.set_prefect_secret("globus-compute-endpoint", &endpoint);
    let found = bench.facility.compute_endpoint(None).await.unwrap();
    assert_eq!(found.as_str(), endpoint, "the Secret block of the server");
    bench.sim.set_prefect_secret("globus-compute-endpoint", "s3cr3t");
    let failure = bench.facility.compute_endpoint(None).await.unwrap_err();
    assert_eq!(failure.code, "no_endpoint");
    let told = format!("{failure} {failure:?}");
    assert!(
        told.contains("globus-compute-endpoint") && !told.contains("s3cr3t"),
        "{told}"
    );

    env.insert("GLOBUS_COMPUTE_ENDPOINT".into(), "polaris".into());
    bench.environment(env.clone());
    let report = recon(&bench, "wrong").await;
    assert_eq!(report["error"]["code"], "no_endpoint", "{report:#}");

    bench.configure(&json!({ "alcf_recon": { "settle": "1s", "endpoint": endpoint } }));
    bench.environment(env);
    let found = bench
        .facility
        .compute_endpoint(Some(endpoint.as_str()))
        .await
        .unwrap();
    assert_eq!(found.as_str(), endpoint);
    let report = recon(&bench, "named").await;
    assert_eq!(texts(&report["steps"], "step").len(), 2, "{report:#}");
}
