//! Reconstruction at NERSC: real scripts, run by a shell on the simulated machine.

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Value, json};

use splash_flows::flows::bl832::cancel_streaming;
use splash_flows::run::{Begun, RunContext};

use crate::bench::Bench;

const SCRIPTS: &str = "nersc832_alsdev_recon_scripts";

/// A facility with NERSC, and a scan that stands there.
fn bench() -> Bench {
    let mut bench = Bench::with(service_sim::SimBuilder::sfapi);
    bench.configure(&json!({ "nersc_recon": { "settle": "2s" }, "deletion": "on" }));
    let path = bench.sim.collection("nersc832_alsdev_raw").path("f/scan.h5");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_scan(&path, &ScanSpec::new(3, 16, 16)).unwrap();
    bench
}

async fn recon(bench: &Bench, run_id: &str) -> Value {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_streaming_job_shows_how_it_stands_and_is_called_off_with_its_run() {
    let mut bench = bench();
    let wrong = bench.run("W", "nersc_streaming_flow", json!({ "walltime": "soon" }));
    let wrong = wrong.await.unwrap().report;
    assert_eq!(wrong["error"]["code"], "parameters", "{wrong:#}");

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
    let begun = RunContext::open(
        std::sync::Arc::clone(&bench.facility),
        "nersc_streaming_flow",
        "S",
        &parameters,
        splash_flows::progress::Progress::default(),
    );
    let Begun::Open(run) = begun.await.unwrap() else {
        panic!("the run is not over");
    };
    cancel_streaming(&run).await.unwrap();
    let jobs = bench.sim.jobs();
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].state.starts_with("CANCELLED"), "{jobs:?}");
    assert_eq!(
        bench.requests("prefect.variable_delete"),
        1,
        "nothing is left that looks alive"
    );
}
