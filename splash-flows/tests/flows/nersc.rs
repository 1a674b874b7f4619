//! Reconstruction at NERSC: real scripts, run by a shell on the simulated machine.

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Value, json};

use splash_flows::ingest::{open_flow, open_flows};

use crate::bench::{Bench, config};

const SCRIPTS: &str = "nersc832_alsdev_recon_scripts";

/// A facility with NERSC, and a scan that stands there.
fn bench() -> Bench {
    let mut bench = Bench::with(service_sim::SimBuilder::sfapi);
    bench.configure(&json!({ "nersc_recon": { "settle": "2s" }, "deletion": "on" }));
    let path = bench.sim.collection("nersc832_alsdev_raw").path("f/scan.h5");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_scan(&path, &ScanSpec::new(3, 16, 16)).unwrap();
    bench.scan("raw/f/scan.h5");
    bench
}

/// Reconstructs the scan, which the catalogue has.
async fn recon(bench: &Bench, run_id: &str) -> Value {
    let raw = json!({ "dataset_path": "/global/raw/f/scan.h5" });
    let raw = bench.run("raw", "scicat-ingest-flow", raw).await.unwrap();
    assert!(raw.ok, "{:#}", raw.report);
    reconstruct(bench, run_id).await
}

async fn reconstruct(bench: &Bench, run_id: &str) -> Value {
    let parameters = json!({ "file_path": "/global/raw/f/scan.h5" });
    bench
        .run(run_id, "nersc_recon_flow", parameters)
        .await
        .unwrap()
        .report
}

fn endpoints(copies: &Value) -> Vec<&str> {
    let copies = copies.as_array().unwrap().iter();
    copies.map(|copy| copy["endpoint"].as_str().unwrap()).collect()
}

fn jobs_that_worked(bench: &Bench) -> usize {
    let scratch = bench
        .sim
        .collection("nersc832_alsdev_pscratch_scratch")
        .path("../.runs");
    let runs = std::fs::read_dir(scratch).unwrap();
    runs.flat_map(|run| std::fs::read_dir(run.unwrap().path()).unwrap())
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn slices_and_volume_come_home_proved_and_their_prunes_are_scheduled() {
    let bench = bench();
    let report = recon(&bench, "R").await;
    assert_eq!(report["ok"], true, "{report:#}");
    let steps: Vec<_> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["step"])
        .collect();
    assert_eq!(steps, ["reconstruct", "multiresolution"]);
    assert_eq!(
        endpoints(&report["copies"]),
        [
            "nersc832_alsdev_scratch",
            "data832_scratch",
            "nersc832_alsdev_scratch",
            "data832_scratch"
        ]
    );
    for key in ["nersc832_alsdev_scratch", "data832_scratch"] {
        for result in ["f/recscan", "f/recscan.zarr"] {
            let folder = bench.sim.collection(key).path(result);
            assert!(std::fs::read_dir(folder).unwrap().count() > 0, "{key} {result}");
        }
    }
    let prunes = report["prunes"].as_array().unwrap();
    let pairs: Vec<(&str, &str, &str)> = prunes
        .iter()
        .map(|prune| {
            let text = |name: &str| prune[name].as_str().unwrap();
            (text("endpoint"), text("check_endpoint"), text("path"))
        })
        .collect();
    assert_eq!(
        pairs,
        [
            ("nersc832_alsdev_pscratch_raw", "nersc832_alsdev_raw", "f/scan.h5"),
            (
                "nersc832_alsdev_pscratch_scratch",
                "nersc832_alsdev_scratch",
                "f/recscan"
            ),
            ("data832_scratch", "nersc832_alsdev_scratch", "f/recscan"),
            (
                "nersc832_alsdev_pscratch_scratch",
                "nersc832_alsdev_scratch",
                "f/recscan.zarr"
            ),
            ("data832_scratch", "nersc832_alsdev_scratch", "f/recscan.zarr"),
        ]
    );
    assert_eq!(
        recon(&bench, "R").await,
        report,
        "a run that ended well is not done again"
    );
    assert_eq!(jobs_that_worked(&bench), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_prune_of_a_result_finds_its_proof() {
    let bench = bench();
    let report = recon(&bench, "R").await;
    assert_eq!(report["ok"], true, "{report:#}");
    for (run_id, path, pair) in [
        ("P1", "f/recscan", ("data832_scratch", "nersc832_alsdev_scratch")),
        (
            "P2",
            "f/recscan.zarr",
            ("nersc832_alsdev_pscratch_scratch", "nersc832_alsdev_scratch"),
        ),
    ] {
        let pruned = bench.prune_of(run_id, path, pair).await;
        assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    }
}

fn derived(bench: &Bench) -> Vec<Value> {
    let datasets = bench.sim.datasets().into_iter();
    let mut derived: Vec<Value> = datasets.filter(|one| one["type"] == "derived").collect();
    derived.sort_by_key(|one| one["datasetName"].to_string());
    derived
}

fn raw_pid(bench: &Bench) -> Value {
    let mut datasets = bench.sim.datasets().into_iter();
    datasets.find(|one| one["type"] == "raw").unwrap()["pid"].clone()
}

/// The hosts and paths that the catalogue tells of for a dataset.
async fn copies(bench: &Bench, pid: &Value) -> Vec<String> {
    let client = bench.facility.catalogue().unwrap();
    let locations = client
        .dataset(scicat::DatasetPid::new(pid.as_str().unwrap()))
        .locations();
    let mut list: Vec<String> = locations
        .list()
        .await
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    list.sort();
    list
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_catalogued_as_computed_from_the_scan_and_their_copies_with_them() {
    let bench = bench();
    let report = recon(&bench, "R").await;
    assert_eq!(report["ok"], true, "{report:#}");
    let raw = raw_pid(&bench);
    let results = derived(&bench);
    assert_eq!(results.len(), 2);
    for (result, name, script, step) in [
        (&results[0], "recscan", "sfapi_reconstruction.py in ", 0),
        (&results[1], "recscan.zarr", "tiff_to_zarr.py in ", 1),
    ] {
        assert_eq!(result["datasetName"], name);
        assert_eq!(result["sourceFolder"], format!("/global/scratch/f/{name}"));
        assert_eq!(result["inputDatasets"], json!([raw]));
        let software = result["usedSoftware"][0].as_str().unwrap();
        assert!(software.starts_with(script), "{software}");
        assert_eq!(result["jobParameters"]["site"], "nersc");
        assert_eq!(result["jobParameters"]["job_id"], report["steps"][step]["id"]);
        let folder = bench.sim.collection("data832_scratch").path(format!("f/{name}"));
        let files = walk(&folder);
        assert_eq!(result["numberOfFiles"], files.len());
        assert_eq!(result["size"], files.iter().sum::<u64>());
        let copies = copies(&bench, &result["pid"]).await;
        assert_eq!(copies.len(), 3, "{copies:?}");
        assert!(
            copies.iter().all(|copy| copy.ends_with(&format!("/f/{name}"))),
            "{copies:?}"
        );
    }
    let pids: Vec<&Value> = report["scicat"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["pid"])
        .collect();
    assert_eq!(pids, [&results[0]["pid"], &results[1]["pid"]]);
    let of_scan = copies(&bench, &raw).await;
    assert_eq!(of_scan.len(), 1, "that of the job: {of_scan:?}");
    assert!(of_scan[0].contains("/8.3.2/raw/f/scan.h5"), "{of_scan:?}");

    let pair = ("data832_scratch", "nersc832_alsdev_scratch");
    let pruned = bench.prune_of("P", "f/recscan", pair).await;
    assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
    assert_eq!(copies(&bench, &results[0]["pid"]).await.len(), 2);
    assert_eq!(copies(&bench, &results[1]["pid"]).await.len(), 3);
}

/// The sizes of all files below a folder.
fn walk(folder: &std::path::Path) -> Vec<u64> {
    let mut sizes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.metadata().unwrap() {
            facts if facts.is_dir() => sizes.extend(walk(&entry.path())),
            facts => sizes.push(facts.len()),
        }
    }
    sizes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_is_down_keeps_no_result_and_each_is_tried_again_until_it_stands() {
    let mut bench = bench();
    bench.sim.fault("scicat.*:status=403".parse().unwrap());
    let report = reconstruct(&bench, "R").await;
    assert_eq!(
        (&report["ok"], &report["error"]["step"]),
        (&json!(false), &json!("ingest")),
        "{report:#}"
    );
    assert_eq!(report["copies"].as_array().unwrap().len(), 4);
    assert_eq!(report["prunes"].as_array().unwrap().len(), 5);
    let open = open_flows(&bench.facility).await.unwrap();
    let mut files: Vec<&str> = open.iter().map(|one| one.file.as_str()).collect();
    files.sort_unstable();
    let expected = [
        "/global/raw/f/scan.h5",
        "/global/scratch/f/recscan",
        "/global/scratch/f/recscan.zarr",
    ];
    assert_eq!(files, expected, "the results, and the scan's copy");
    assert_eq!(report["again"].as_array().unwrap().len(), 3);
    assert!(
        open.iter().all(|one| one.elsewhere.is_some()),
        "the server has a deployment for it: {open:?}"
    );

    // Meanwhile one copy is gone; this machine does not see the slices, others of their copies do.
    let gone = bench.sim.collection("data832_scratch").path("f/recscan");
    std::fs::remove_dir_all(gone).unwrap();
    bench.sim.clear_faults();
    let raw = json!({ "dataset_path": "/global/raw/f/scan.h5" });
    assert!(bench.run("raw", "scicat-ingest-flow", raw).await.unwrap().ok);
    for one in &open {
        bench.restart();
        let due = open_flow(&bench.facility, &one.id).await.unwrap();
        let retried = bench.run(&due.run_id, &due.flow, due.parameters).await.unwrap();
        assert!(retried.ok, "{:#}", retried.report);
    }
    assert!(open_flows(&bench.facility).await.unwrap().is_empty());
    let results = derived(&bench);
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["inputDatasets"], json!([raw_pid(&bench)]));
    assert_eq!(
        copies(&bench, &results[0]["pid"]).await.len(),
        2,
        "only those that stand"
    );
    assert_eq!(copies(&bench, &results[1]["pid"]).await.len(), 3);
    assert_eq!(copies(&bench, &raw_pid(&bench)).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_ends_the_run_with_its_last_words_and_a_rerun_may_succeed() {
    let mut bench = bench();
    let scripts = bench.sim.collection(SCRIPTS);
    let good = scripts.read("sfapi_reconstruction.py");
    scripts.write(
        "sfapi_reconstruction.py",
        b"import sys; print('no flats', file=sys.stderr); sys.exit(3)",
    );
    let report = recon(&bench, "R").await;
    let error = &report["error"];
    assert_eq!(
        (&error["code"], &error["step"]),
        (&json!("FAILED"), &json!("reconstruct")),
        "{report:#}"
    );
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("no flats") && message.contains('3'), "{message}");
    assert_eq!((&report["copies"], &report["prunes"]), (&json!([]), &json!([])));
    bench
        .sim
        .collection(SCRIPTS)
        .write("sfapi_reconstruction.py", good);
    bench.configure(&json!({ "nersc_recon": { "settle": "2s" } }));
    let report = recon(&bench, "R").await;
    assert_eq!(report["ok"], true, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_around_the_submission_one_job_does_the_work() {
    for hold in ["hold", "hold-before"] {
        let mut bench = bench();
        let point = format!("sfapi.job_submit:{hold}=point,nth=1");
        bench.dropped_at(recon(&bench, "R"), &point).await;
        bench.sim.release("point");
        bench.configure(&json!({ "nersc_recon": { "settle": "2s" } }));
        let report = recon(&bench, "R").await;
        assert_eq!(report["ok"], true, "{hold}: {report:#}");
        assert_eq!(jobs_that_worked(&bench), 2, "{hold}: one for each step");
    }
}

/// The same for a folder, whose task is its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_submission_of_results_does_not_overwrite_what_was_delivered_since() {
    let mut bench = bench();
    let keys = json!({ "nersc_recon": { "settle": "2s" } });
    bench
        .dropped_at(
            reconstruct(&bench, "A"),
            "transfer.submit:hold-before=never,nth=1",
        )
        .await;
    bench.configure(&keys);
    let report = recon(&bench, "B").await;
    assert_eq!(report["ok"], true, "{report:#}");
    let made = bench
        .sim
        .collection("nersc832_alsdev_pscratch_scratch")
        .path("f/recscan");
    let slice = std::fs::read_dir(made).unwrap().next().unwrap().unwrap().path();
    let home = bench.sim.collection("nersc832_alsdev_scratch").path("f/recscan");
    let home = home.join(slice.file_name().unwrap());
    let good = std::fs::read(&home).unwrap();
    std::fs::write(&slice, &good[..good.len() / 2]).unwrap();
    let submitted = bench.requests("transfer.submit");
    let report = reconstruct(&bench, "A").await;
    assert_eq!(report["error"]["code"], "source_changed", "{report:#}");
    assert_eq!(bench.requests("transfer.submit"), submitted);
    assert!(std::fs::read(&home).unwrap() == good, "the copy was overwritten");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_at_nersc_or_may_not_be_there_is_refused_before_any_job() {
    let bench = bench();
    for (path, code) in [
        ("/global/raw/f/other.h5", "FILE_NOT_FOUND"),
        ("/global/raw/f/deep/scan.h5", "path"),
        ("/global/raw/f/$(id)\n.h5", "path"),
    ] {
        let outcome = bench
            .run(
                &format!("R{path}"),
                "nersc_recon_flow",
                json!({ "file_path": path }),
            )
            .await
            .unwrap();
        assert_eq!(outcome.report["error"]["code"], code, "{:#}", outcome.report);
    }
    assert_eq!(bench.requests("sfapi.job_submit"), 0);
    let controlled = bench.run(
        "E",
        "new_832_file_flow",
        json!({ "file_path": "/global/raw/f/scan.h5", "is_export_control": true }),
    );
    controlled.await.unwrap();
    let report = recon(&bench, "C").await;
    assert_eq!(report["error"]["code"], "export_control", "{report:#}");
    assert_eq!(bench.requests("sfapi.job_submit"), 0);
}

#[test]
fn an_image_with_a_blank_is_refused_with_its_key() {
    let sim = service_sim::Sim::builder().transfer().start().unwrap();
    for (section, key) in [
        ("ghcr_images832", "recon_image"),
        ("ghcr_images832", "multires_image"),
        ("nersc_streaming", "image"),
    ] {
        for image in ["registry/recon latest", "registry/recon\t", "", "--privileged"] {
            let error = config(&sim, &json!({ section: { key: image } }))
                .unwrap_err()
                .to_string();
            assert!(error.contains(&format!("{section}.{key}")), "{image:?}: {error}");
            assert!(
                error.contains("must be one word, without blanks"),
                "{image:?}: {error}"
            );
        }
    }
}

#[test]
fn a_machine_that_runs_no_jobs_and_a_time_beyond_the_qos_are_refused_with_their_keys() {
    let sim = service_sim::Sim::builder().transfer().start().unwrap();
    for (section, keys, told) in [
        (
            "nersc_recon",
            json!({ "machine": "permutter" }),
            "nersc_recon.machine",
        ),
        (
            "nersc_streaming",
            json!({ "machine": "dtns" }),
            "nersc_streaming.machine",
        ),
        (
            "nersc_recon",
            json!({ "qos": "debug", "time": "31m" }),
            "nersc_recon.time",
        ),
        ("nersc_recon", json!({ "time": "0s" }), "nersc_recon.time"),
    ] {
        let error = config(&sim, &json!({ section: keys })).unwrap_err().to_string();
        assert!(error.contains(told), "{keys}: {error}");
        assert_eq!(error.matches(told).count(), 1, "{keys}: {error}");
    }
    config(
        &sim,
        &json!({ "nersc_recon": { "machine": "perlmutter", "qos": "debug", "time": "30m" } }),
    )
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walltime_of_nothing_or_beyond_the_qos_is_refused_before_any_request_to_nersc() {
    let mut bench = bench();
    bench.configure(&json!({ "nersc_streaming": { "qos": "debug" } }));
    for (n, parameters) in [
        json!({ "walltime": "soon" }),
        json!({ "walltime": 0 }),
        json!({ "walltime": "PT0S" }),
        json!({ "walltime": "0:00:00" }),
        json!({ "walltime": -300 }),
        json!({ "walltime": "0:30:01" }),
        json!({ "walltime": "P30D" }),
        json!({ "monitor_interval": 0 }),
    ]
    .into_iter()
    .enumerate()
    {
        let run_id = format!("W{n}");
        let outcome = bench.run(&run_id, "nersc_streaming_flow", parameters.clone());
        let report = outcome.await.unwrap().report;
        assert_eq!(report["error"]["code"], "parameters", "{parameters}: {report:#}");
    }
    let journal = bench.sim.journal();
    let asked = journal.count(|entry| entry.operation.starts_with("sfapi."));
    assert_eq!(asked, 0, "{:#?}", journal.entries());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streaming_job_shows_how_it_stands_and_is_called_off_with_its_run() {
    let mut bench = bench();
    let home = bench.sim.collection("nersc_alsdev").path("..");
    let settings = home.join("gits/als-epics-streaming/operators/832/recon");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join(".env"), "").unwrap();
    let parameters = json!({ "walltime": "PT5M", "monitor_interval": 1 });
    let run = async {
        let outcome = bench.run("S", "nersc_streaming_flow", parameters.clone()).await;
        outcome.unwrap().report
    };
    // The flow of a run that is cancelled is dropped once its job's state was published.
    bench
        .dropped_at(run, "prefect.variable_create:hold=published,nth=1")
        .await;
    bench.sim.release("published");
    bench.restart();
    let cancelled = splash_flows::flows::cancel(&bench.facility, "nersc_streaming_flow", "S").await;
    assert_eq!(cancelled.unwrap().len(), 1);
    let jobs = bench.sim.jobs();
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].state.starts_with("CANCELLED"), "{jobs:?}");
    assert_eq!(
        bench.requests("prefect.variable_delete"),
        1,
        "nothing is left that looks alive"
    );
}

/// The ids of the jobs that the watcher has asked the queue for.
fn watched(bench: &Bench) -> Vec<String> {
    let entries = bench.sim.journal().entries().into_iter();
    let queries = entries
        .filter(|entry| entry.operation == "sfapi.jobs")
        .filter_map(|entry| entry.query);
    queries
        .filter_map(|query| Some(query.split("jobid%3D").nth(1)?.split('&').next()?.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_jobs_of_a_doubled_submission_the_one_that_lives_is_waited_for() {
    let bench = bench();
    for fault in [
        "sfapi.job_submit:duplicate,nth=1",
        "job:hold=both,name=tomo_recon*",
    ] {
        bench.sim.fault(fault.parse().unwrap());
    }
    let killer = async {
        bench.until(|_| !watched(&bench).is_empty()).await;
        let id = watched(&bench).remove(0);
        let superfacility = bench.facility.superfacility().unwrap();
        let compute = superfacility.client().compute(&sfapi::Machine::perlmutter());
        compute.job(&sfapi::JobId::new(id)).cancel().send().await.unwrap();
        // The other begins only when the end of the first has been seen.
        bench.until(|_| bench.requests("sfapi.download") > 0).await;
        bench.sim.release("both");
    };
    let (report, ()) = tokio::join!(recon(&bench, "R"), killer);
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(jobs_that_worked(&bench), 2, "one for each step");
    let states: Vec<String> = bench.sim.jobs().into_iter().map(|job| job.state).collect();
    assert_eq!(states.len(), 3, "{states:?}");
    assert_eq!(
        states.iter().filter(|state| *state == "COMPLETED").count(),
        2,
        "{states:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_leaves_neither_of_two_jobs() {
    let mut bench = bench();
    for fault in [
        "sfapi.job_submit:duplicate,nth=1",
        "job:hold=both,name=tomo_recon*",
    ] {
        bench.sim.fault(fault.parse().unwrap());
    }
    tokio::select! {
        report = recon(&bench, "R") => panic!("the jobs are held: {report:#}"),
        () = bench.until(|_| !watched(&bench).is_empty()) => {}
    }
    bench.configure(&json!({ "nersc_recon": { "settle": "2s" } }));
    let cancelled = splash_flows::flows::cancel(&bench.facility, "nersc_recon_flow", "R")
        .await
        .unwrap();
    assert_eq!(cancelled.len(), 2);
    let jobs = bench.sim.jobs();
    assert!(
        jobs.iter().all(|job| job.state.starts_with("CANCELLED")),
        "{jobs:?}"
    );
}
