//! A scan's way when nothing goes wrong.

use serde_json::{Value, json};

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_arrives_everywhere_is_catalogued_and_its_prunes_are_scheduled() {
    let bench = Bench::new();
    let file = bench.scan("raw/2026/scan.h5");
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["error"], Value::Null);
    bench.assert_everywhere("raw/2026/scan.h5");

    let copies: Vec<_> = report["copies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|copy| &copy["endpoint"])
        .collect();
    assert_eq!(copies, ["data832", "nersc832"]);
    assert_eq!(report["copies"][0]["path"], "/data/raw/2026/scan.h5");
    assert_eq!(report["copies"][0]["verified"], true);

    let datasets = bench.sim.datasets();
    assert_eq!(datasets.len(), 1);
    assert_eq!(report["scicat"]["pid"], datasets[0]["pid"]);
    assert_eq!(datasets[0]["sourceFolder"], "/global/raw/2026");
    assert_eq!(datasets[0]["size"], report["bytes"], "the size is counted once");
    assert_eq!(bench.requests("scicat.origdatablock_create"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheduled_prunes_have_the_incumbent_s_parameters_and_dates() {
    let bench = Bench::new();
    let file = bench.scan("raw/2026/scan.h5");
    let before = chrono::Utc::now();
    let report = bench.run_move("R", &file).await;
    let runs = bench.sim.flow_runs();
    assert_eq!(runs.len(), 2);
    for (prune, days) in report["prunes"].as_array().unwrap().iter().zip([1, 35]) {
        let run = runs.iter().find(|run| run["id"] == prune["id"]).unwrap();
        assert_eq!(
            run["name"],
            format!("prune_from_{}", prune["endpoint"].as_str().unwrap())
        );
        assert_eq!(run["parameters"]["relative_path"], "/raw/2026/scan.h5");
        assert_eq!(run["parameters"]["source_endpoint"]["name"], prune["endpoint"]);
        assert_eq!(
            run["parameters"]["check_endpoint"]["name"],
            prune["check_endpoint"]
        );
        let at: chrono::DateTime<chrono::Utc> = prune["at"].as_str().unwrap().parse().unwrap();
        // Dates are whole seconds.
        let late = (at - before).num_seconds() - days * 24 * 3600;
        assert!((-1..=60).contains(&late), "{late} s from the day it should be");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ended_well_is_not_done_again() {
    let mut bench = Bench::new();
    let file = bench.scan("raw/scan.h5");
    let first = bench.run_move("R", &file).await;
    let requests = bench.sim.journal().entries().len();
    bench.restart();
    assert_eq!(bench.run_move("R", &file).await, first);
    assert_eq!(bench.sim.journal().entries().len(), requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_for_a_delivered_scan_transfers_nothing_and_makes_no_second_dataset() {
    let bench = Bench::new();
    let file = bench.scan("raw/scan.h5");
    bench.run_move("R", &file).await;
    let again = bench.run_move("S", &file).await;
    assert_eq!(again["ok"], true, "{again:#}");
    assert_eq!(bench.requests("transfer.submit"), 2, "two hops, delivered once");
    assert_eq!(bench.sim.datasets().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_grew_is_copied_again_and_one_that_shrank_never_overwrites_its_copy() {
    let bench = Bench::new();
    let spot832 = bench.sim.collection("spot832");
    let parameters = json!({ "file_path": "/global/raw/x.txt", "send_to_nersc": false });
    let moved = async |run: &str| {
        bench
            .run(run, "new_832_file_flow", parameters.clone())
            .await
            .unwrap()
            .report
    };
    spot832.write("raw/x.txt", b"half");
    assert_eq!(moved("R-1").await["ok"], true);
    spot832.write("raw/x.txt", b"half and the rest");
    assert_eq!(moved("R-2").await["ok"], true);
    assert_eq!(
        bench.sim.collection("data832").read("raw/x.txt"),
        b"half and the rest"
    );

    spot832.write("raw/x.txt", b"rot");
    let report = moved("R-3").await;
    assert_eq!(report["error"]["code"], "source_changed", "{report:#}");
    assert_eq!(
        bench.sim.collection("data832").read("raw/x.txt"),
        b"half and the rest"
    );
    assert_eq!(bench.requests("transfer.submit"), 2);
}

/// A run that was killed before its submission is run again much later: another run delivered the scan, and then the
/// source rotted.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_submission_does_not_overwrite_what_was_delivered_since() {
    let mut bench = Bench::new();
    let spot832 = bench.sim.collection("spot832");
    let parameters = json!({ "file_path": "/global/raw/x.txt", "send_to_nersc": false });
    let moved = async |bench: &Bench, run: &str| {
        let outcome = bench.run(run, "new_832_file_flow", parameters.clone());
        outcome.await.unwrap().report
    };
    spot832.write("raw/x.txt", b"the scan");
    bench
        .dropped_at(moved(&bench, "A"), "transfer.submit:hold-before=never,nth=1")
        .await;
    bench.restart();
    assert_eq!(moved(&bench, "B").await["ok"], true);
    spot832.write("raw/x.txt", b"rot");
    let submitted = bench.requests("transfer.submit");
    let report = moved(&bench, "A").await;
    assert_eq!(report["error"]["code"], "source_changed", "{report:#}");
    assert_eq!(bench.sim.collection("data832").read("raw/x.txt"), b"the scan");
    assert_eq!(bench.requests("transfer.submit"), submitted);
    spot832.write("raw/x.txt", b"the scan, and the rest of it");
    bench.restart();
    let report = moved(&bench, "A").await;
    assert_eq!(report["ok"], true, "what has grown is copied: {report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_scans_of_one_folder_and_one_sample_name_are_two_datasets() {
    let bench = Bench::new();
    for n in 1..=2 {
        let file = bench.scan(&format!("raw/2026/{n}.h5"));
        assert_eq!(bench.run_move(&format!("R-{n}"), &file).await["ok"], true);
    }
    let datasets = bench.sim.datasets();
    assert_eq!(datasets.len(), 2);
    assert_eq!(datasets[0]["datasetName"], datasets[1]["datasetName"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_that_lost_its_datablock_is_completed_not_repeated() {
    let mut bench = Bench::faulty(&["scicat.origdatablock_create:status=403,times=1"]);
    let file = bench.scan("raw/scan.h5");
    assert_eq!(bench.run_move("R", &file).await["ok"], false);
    bench.restart();
    let again = bench.run_move("R", &file).await;
    assert_eq!(again["ok"], true, "{again:#}");
    let datasets = bench.sim.datasets();
    assert_eq!(datasets.len(), 1);
    assert_eq!(datasets[0]["size"], again["bytes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nersc_the_scan_stays_on_site_and_only_spot832_is_pruned() {
    let bench = Bench::new();
    let file = bench.scan("raw/scan.h5");
    let parameters = json!({ "file_path": file, "send_to_nersc": false, "config": {"any": "thing"} });
    let report = bench
        .run("R", "new_832_file_flow", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(report["copies"].as_array().unwrap().len(), 1);
    assert_eq!(report["scicat"], Value::Null);
    assert_eq!(report["prunes"].as_array().unwrap().len(), 1);
    assert_eq!(report["prunes"][0]["endpoint"], "spot832");
    assert!(!bench.sim.collection("nersc832").exists("raw/scan.h5"));
    assert!(bench.sim.datasets().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_runs_share_one_token_and_their_polling() {
    let bench = Bench::with(|sim| sim.transfer_delay(std::time::Duration::from_secs(1)));
    let files: Vec<String> = (0..20).map(|n| bench.scan(&format!("raw/many/{n}.h5"))).collect();
    let runs = files.iter().enumerate().map(|(n, file)| {
        let id = format!("R-{n}");
        let bench = &bench;
        async move { bench.run_move(&id, file).await }
    });
    for report in futures_util::future::join_all(runs).await {
        assert_eq!(report["ok"], true, "{report:#}");
    }
    assert_eq!(bench.requests("auth.token"), 1);
    let polls = bench.requests("transfer.task_list") + bench.requests("transfer.task_get");
    assert!(polls <= 20 * 2, "{polls} polls for 40 transfers");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_prefect_server_the_prunes_stand_in_the_local_schedule() {
    let sim = service_sim::Sim::builder().transfer().scicat().start().unwrap();
    let state = tempfile::tempdir().unwrap();
    let facility = std::sync::Arc::new(crate::bench::facility(&sim, state.path(), "report"));
    sim.collection("spot832")
        .write("raw/a.txt", b"not a scan, but a file");
    let parameters = json!({ "file_path": "/global/raw/a.txt", "send_to_nersc": false });
    let outcome = splash_flows::flows::run(
        &facility,
        "new_832_file_flow",
        &parameters,
        "R",
        splash_flows::progress::Progress::default(),
    );
    let report = outcome.await.unwrap().report;
    assert_eq!(report["ok"], true, "{report:#}");
    assert!(!report["prunes"][0]["id"].as_str().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_mounts_nothing_moves_and_proves_and_says_what_the_catalogue_lacks() {
    let sim = service_sim::Sim::builder()
        .transfer()
        .scicat()
        .prefect()
        .no_local_mounts()
        .start()
        .unwrap();
    let endpoints: serde_json::Map<String, Value> = service_sim::default_collections()
        .into_iter()
        .map(|spec| {
            let endpoint = json!({ "uuid": spec.uuid, "uri": spec.host, "root_path": spec.root_path });
            (spec.key, endpoint)
        })
        .collect();
    let keys = json!({ "globus": { "globus_endpoints": endpoints } });
    let state = tempfile::tempdir().unwrap();
    let environment = splash_flows::dotenv::Environment::from_vars(sim.env());
    let facility = splash_flows::facility::Facility::connect(
        crate::bench::config(&sim, &keys).unwrap(),
        environment,
        Some(state.path()),
    );
    let facility = std::sync::Arc::new(facility.unwrap());
    sim.collection("spot832")
        .write("raw/x.h5", b"bytes that this worker never sees");
    let parameters = json!({ "file_path": "/global/raw/x.h5" });
    let progress = splash_flows::progress::Progress::default();
    let outcome = splash_flows::flows::run(&facility, "new_832_file_flow", &parameters, "R", progress);
    let report = outcome.await.unwrap().report;
    assert_eq!(report["copies"].as_array().unwrap().len(), 2, "{report:#}");
    assert_eq!(report["prunes"].as_array().unwrap().len(), 2);
    assert_eq!(
        sim.collection("nersc832").read("raw/x.h5"),
        b"bytes that this worker never sees"
    );
    assert_eq!(report["error"]["step"], "ingest");
    assert_eq!(report["error"]["code"], "unreadable");
    let remedy = report["error"]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("globus.globus_endpoints.data832.local_path"),
        "{remedy}"
    );
    assert!(sim.datasets().is_empty());
}
