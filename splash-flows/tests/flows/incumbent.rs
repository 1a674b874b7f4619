//! Where the incumbent loses or misplaces data in a move or a prune, and what happens here instead.
//! RELIABILITY.md has the whole list; what other modules test already is not repeated.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use service_sim::default_collections;
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;
use splash_flows::facility::Facility;
use splash_flows::flows;
use splash_flows::progress::Progress;

use crate::bench::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn every_prune_of_twenty_moves_stands_in_the_schedule() {
    let bench = Bench::new();
    let files: Vec<String> = (0..20).map(|n| bench.scan(&format!("raw/many/{n}.h5"))).collect();
    let runs = files.iter().enumerate().map(|(n, file)| {
        let (bench, id) = (&bench, format!("R-{n}"));
        async move { bench.run_move(&id, file).await }
    });
    let reports = futures_util::future::join_all(runs).await;
    let scheduled = bench.sim.flow_runs();
    assert_eq!(scheduled.len(), 40);
    for report in reports {
        assert_eq!(report["ok"], true, "{report:#}");
        for prune in report["prunes"].as_array().unwrap() {
            let run = scheduled.iter().find(|run| run["id"] == prune["id"]);
            let run = run.unwrap_or_else(|| panic!("{prune} is reported and not scheduled"));
            assert_eq!(run["state_type"], "SCHEDULED");
            assert_eq!(run["parameters"]["relative_path"], prune["path"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prune_flows_of_the_endpoints_run_with_the_variables_of_the_set_up_script() {
    let bench = Bench::new();
    let file = bench.scan("raw/2026/scan.h5");
    assert_eq!(bench.run_move("R", &file).await["ok"], true);
    for (flow, source, check) in [
        ("prune_spot832", "spot832", "data832"),
        ("prune_data832", "data832", "nersc832"),
    ] {
        let parameters = json!({
            "relative_path": "/raw/2026/scan.h5", "source_endpoint": source, "check_endpoint": check,
        });
        let report = bench.run(flow, flow, parameters).await.unwrap().report;
        assert_eq!(report["outcome"], "deleted", "{report:#}");
        assert!(!bench.sim.collection(source).exists("raw/2026/scan.h5"));
    }
    assert!(bench.sim.collection("nersc832").exists("raw/2026/scan.h5"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_global_twice_moves_and_prunes_that_file_and_no_other() {
    let bench = Bench::new();
    let others = ["raw/alice/1.h5", "raw/bob/2.h5", "raw/carol/3.h5"];
    for other in others {
        bench.scan(other);
    }
    for (n, name) in ["raw/global/x.h5", "raw/global_x/f.h5"].into_iter().enumerate() {
        let file = bench.scan(name);
        assert_eq!(bench.run_move(&format!("R-{n}"), &file).await["ok"], true);
        bench.assert_everywhere(name);
        assert_eq!(bench.prune(&format!("P-{n}"), &file).await["outcome"], "deleted");
        assert!(!bench.sim.collection("spot832").exists(name));
        for other in others {
            assert!(
                bench.sim.collection("spot832").exists(other),
                "{other} was pruned"
            );
            assert!(
                !bench.sim.collection("data832").exists(other),
                "{other} was moved"
            );
        }
    }
    assert!(bench.sim.tasks().iter().all(|task| task.items.len() == 1));
}

/// A move whose hop over `destination` the fault struck: nothing comes after it, and a rerun mends it.
async fn assert_hop_fails(bench: &mut Bench, destination: &str, what: &str) {
    let file = bench.scan("raw/scan.h5");
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["ok"], false, "{what} on {destination}: {report:#}");
    assert_eq!(report["error"]["step"], "copy", "{what}");
    assert!(report["error"]["task_id"].is_string(), "{what}");
    assert!(
        report["error"]["hop"].as_str().unwrap().ends_with(destination),
        "{what}"
    );
    assert!(bench.sim.datasets().is_empty(), "{what}: catalogued");
    assert!(bench.sim.flow_runs().is_empty(), "{what}: a prune is scheduled");

    bench.restart();
    let again = bench.run_move("R", &file).await;
    assert_eq!(again["ok"], true, "{what} on {destination}: {again:#}");
    bench.assert_everywhere("raw/scan.h5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_fails_late_expires_skips_the_file_or_cuts_it_short_is_a_failed_hop() {
    let mut cases = Vec::new();
    for what in ["fail", "expire", "skipped", "truncate"] {
        for destination in ["data832", "nersc832"] {
            cases.push(async move {
                let fault = format!("task:{what},destination={destination},times=1");
                let late = Duration::from_millis(500);
                let mut bench = Bench::with(|sim| sim.transfer_delay(late).fault(fault.parse().unwrap()));
                assert_hop_fails(&mut bench, destination, what).await;
            });
        }
    }
    futures_util::future::join_all(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inactive_credentials_are_named_and_the_task_is_kept() {
    let bench = Bench::faulty(&["task:inactive,destination=data832,times=1"]);
    let file = bench.scan("raw/scan.h5");
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["error"]["code"], "INACTIVE", "{report:#}");
    assert!(
        report["error"]["remedy"]
            .as_str()
            .unwrap()
            .contains("credentials")
    );
    assert_eq!(bench.sim.tasks()[0].status, "INACTIVE");
    assert!(bench.sim.flow_runs().is_empty());
}

/// The facility with other settings in config.yml.
fn with_settings(bench: &Bench, state: &Path, local: Option<&Path>, settings: &Value) -> Arc<Facility> {
    let sim = &bench.sim;
    let endpoints: serde_json::Map<String, Value> = default_collections()
        .into_iter()
        .map(|spec| {
            let collection = sim.collection(&spec.key);
            let local = local.map_or_else(|| collection.path(""), Path::to_owned);
            let endpoint = json!({
                "uuid": collection.uuid(), "uri": collection.host(), "name": spec.key,
                "root_path": collection.root_path(), "local_path": local,
            });
            (spec.key, endpoint)
        })
        .collect();
    let mut text = json!({ "deletion": "on", "globus": { "globus_endpoints": endpoints } });
    for (name, value) in settings.as_object().unwrap() {
        text[name] = value.clone();
    }
    let environment = Environment::from_vars(sim.env());
    let config = Config::parse(
        &text.to_string(),
        "the test's config",
        &environment,
        &splash_flows::SITE_RULES,
    )
    .unwrap();
    Arc::new(Facility::connect(config, environment, Some(state)).unwrap())
}

async fn move_in(facility: &Arc<Facility>, run_id: &str, file: &str) -> Value {
    let parameters = json!({ "file_path": file });
    flows::run(
        facility,
        "new_832_file_flow",
        &parameters,
        run_id,
        Progress::default(),
    )
    .await
    .unwrap()
    .report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_moves_no_byte_is_cancelled_by_name_and_done_again() {
    let cases = ["stall", "disk-full", "quota"].map(|what| async move {
        let bench = Bench::faulty(&[&format!("task:{what},destination=data832,times=1")]);
        let state = tempfile::tempdir().unwrap();
        let facility = with_settings(&bench, state.path(), None, &json!({ "stall": "1s" }));
        let file = bench.scan("raw/scan.h5");
        let report = move_in(&facility, "R", &file).await;
        assert_eq!(report["ok"], false, "{what}: {report:#}");
        assert_eq!(report["error"]["code"], "STALLED", "{what}: {report:#}");
        assert_eq!(bench.sim.tasks()[0].status, "FAILED", "{what}: cancelled");
        let again = move_in(&facility, "R", &file).await;
        assert_eq!(again["ok"], true, "{what}: {again:#}");
        bench.assert_everywhere("raw/scan.h5");
    });
    futures_util::future::join_all(cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_that_name_on_this_machine_is_not_what_is_moved() {
    let bench = Bench::new();
    let (state, local) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let trap = local.path().join("raw/scan.h5");
    std::fs::create_dir_all(trap.join("below")).unwrap();
    std::fs::write(trap.join("unrelated_local.txt"), b"not ours").unwrap();
    let facility = with_settings(&bench, state.path(), Some(local.path()), &json!({}));
    let file = bench.scan("raw/scan.h5");
    let report = move_in(&facility, "R", &file).await;
    assert_eq!(report["copies"].as_array().unwrap().len(), 2, "{report:#}");
    bench.assert_everywhere("raw/scan.h5");
    for task in bench.sim.tasks() {
        assert_eq!(task.items.len(), 1, "{task:?}");
        assert!(task.items[0].0.ends_with("/raw/scan.h5"), "{task:?}");
    }
    assert_eq!(
        report["error"]["step"], "ingest",
        "only the metadata is out of reach"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_by_hours_neither_stop_a_move_nor_a_prune() {
    for faults in [
        ["transfer.*:skew=10800", "task:skew=7200"],
        ["transfer.*:skew=-10800", "task:skew=-7200"],
    ] {
        let bench = Bench::faulty(&faults);
        let file = bench.scan("raw/scan.h5");
        let report = bench.run_move("R", &file).await;
        assert_eq!(report["ok"], true, "{report:#}");
        bench.assert_everywhere("raw/scan.h5");
        assert_eq!(bench.prune("P", &file).await["outcome"], "deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_the_network_delivers_twice_are_acted_on_once() {
    let bench = Bench::faulty(&["transfer.*:duplicate", "prefect.*:duplicate"]);
    let file = bench.scan("raw/scan.h5");
    let report = bench.run_move("R", &file).await;
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(bench.sim.tasks().len(), 2);
    assert_eq!(bench.sim.flow_runs().len(), 2);
    assert_eq!(bench.prune("P", &file).await["outcome"], "deleted");
    assert_eq!(bench.sim.tasks().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_listing_that_lies_about_a_time_fails_the_hop_and_not_the_reruns() {
    // The first listings of a move are: the source, then both sides of the first hop, then of the second.
    for nth in 1..=5 {
        let mut bench = Bench::faulty(&[&format!("transfer.stat:skew=7200,nth={nth}")]);
        let file = bench.scan("raw/scan.h5");
        let first = bench.run_move("R", &file).await;
        if first["ok"] == false {
            assert_eq!(first["error"]["code"], "source_changed", "{nth}: {first:#}");
            bench.restart();
            let again = bench.run_move("R", &file).await;
            assert_eq!(again["ok"], true, "listing {nth}: {again:#}");
        }
        bench.assert_everywhere("raw/scan.h5");
        assert_eq!(bench.sim.flow_runs().len(), 2);
        assert_eq!(bench.sim.datasets().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_catalogue_showed_to_a_stranger_makes_no_second_dataset() {
    let bench = Bench::new();
    let (one, other) = (bench.scan("raw/1/scan.h5"), bench.scan("raw/2/scan.h5"));
    assert_eq!(bench.run_move("R-1", &one).await["ok"], true);
    bench
        .sim
        .fault("scicat.origdatablock_create:status=400,times=1".parse().unwrap());
    assert_eq!(bench.run_move("R-2", &other).await["ok"], false);
    assert_eq!(bench.sim.datasets().len(), 2, "its datablock is missing");

    // By the catalogue's clock the login has ended: a search shows public datasets only, and does not say so.
    bench.sim.advance(Duration::from_secs(40 * 3600));
    bench
        .sim
        .fault("scicat.dataset_create:401,times=1".parse().unwrap());
    let parameters = json!({ "file_path": other });
    for _ in 0..2 {
        let run = bench.run("R-2", "new_832_file_flow", parameters.clone()).await;
        assert!(run.is_ok());
    }
    let datasets = bench.sim.datasets();
    assert_eq!(datasets.len(), 2, "{datasets:#?}");
    assert!(datasets.iter().all(|dataset| dataset["numberOfFiles"] == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_listing_that_shows_the_check_copy_as_it_was_deletes_nothing() {
    for nth in 1..=5 {
        let bench = Bench::new();
        let file = bench.scan("raw/scan.h5");
        assert_eq!(bench.run_move("R", &file).await["ok"], true);
        let copy = bench.sim.collection("data832").path("raw/scan.h5");
        let whole = std::fs::read(&copy).unwrap();
        std::fs::write(&copy, &whole[..100]).unwrap();
        bench
            .sim
            .fault(format!("transfer.stat:stale,nth={nth}").parse().unwrap());
        let report = bench.prune("P", &file).await;
        assert_eq!(report["ok"], false, "listing {nth}: {report:#}");
        assert_eq!(report["error"]["code"], "check_shorter", "{report:#}");
        assert!(
            bench.sim.collection("spot832").exists("raw/scan.h5"),
            "listing {nth}"
        );
        assert_eq!(bench.requests("transfer.delete"), 0);
    }
}
