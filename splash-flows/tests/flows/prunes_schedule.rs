//! A prune that is not done comes back until it is done or dropped.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use splash_flows::flows;
use splash_flows::progress::Progress;
use splash_flows::prune::{drop_prune, due_prunes, open_prune, open_prunes};

use crate::bench::Bench;

const NAME: &str = "raw/2026/scan.h5";

async fn moved(bench: Bench) -> (Bench, String) {
    let file = bench.scan(NAME);
    let parameters = json!({ "file_path": file, "send_to_nersc": false });
    let report = bench
        .run("M", "new_832_file_flow", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["ok"], true, "{report:#}");
    (bench, file)
}

fn at(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// Runs an open prune now.
async fn retry(bench: &Bench, id: &str) -> Value {
    let prune = open_prune(&bench.facility, id).await.unwrap();
    let outcome = flows::run(
        &bench.facility,
        &prune.flow,
        &prune.parameters,
        &prune.run_id,
        Progress::default(),
    );
    outcome.await.unwrap().report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_prune_is_tried_again_after_one_three_and_seven_days_then_weekly() {
    let (mut bench, file) = moved(Bench::local()).await;
    // As if there were no schedule: the refusal itself makes the row.
    for open in open_prunes(&bench.facility).await.unwrap() {
        drop_prune(&bench.facility, &open.id, "not this one")
            .await
            .unwrap();
    }
    let copy = bench.sim.collection("data832").path(NAME);
    let good = std::fs::read(&copy).unwrap();
    let modified = copy.metadata().unwrap().modified().unwrap();
    std::fs::write(&copy, b"short").unwrap();
    let report = bench.prune("P", &file).await;
    let id = report["again"]["id"].as_str().unwrap().to_owned();
    let mut last = report;
    for (tries, days) in [(1, 1), (2, 3), (3, 7), (4, 7)] {
        let due = at(&last["again"]["at"]);
        let open = open_prunes(&bench.facility).await.unwrap();
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].id.as_str(), open[0].tries), (id.as_str(), tries));
        assert!(open[0].reason.as_ref().unwrap().contains("check_shorter"));
        assert!(
            (due - Utc::now() - TimeDelta::days(days)).abs() < TimeDelta::minutes(5),
            "{tries}: {due}"
        );
        make_due(&bench, &id).await;
        bench.restart();
        last = retry(&bench, &id).await;
    }
    std::fs::write(&copy, &good).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&copy)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    bench.restart();
    let report = retry(&bench, &id).await;
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    assert_eq!(report["run_id"], "P", "it goes on with the run that failed");
    assert!(open_prunes(&bench.facility).await.unwrap().is_empty());
}

/// Moves the date of a row into the past, as the passing of time would; the store itself moves it with a try only.
async fn make_due(bench: &Bench, id: &str) {
    let past = (Utc::now() - TimeDelta::hours(1)).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    if id.starts_with("splash-flows-prune-") {
        let server = prefect_client::ClientBuilder::from_vars(|name| bench.sim.env().get(name).cloned())
            .unwrap()
            .build()
            .unwrap();
        let row = server.artifacts().latest(id).send().await.unwrap();
        let mut data = row.data.unwrap();
        data["row"]["prune"]["due"] = json!(past);
        let kind = row.kind.unwrap();
        let changed = server.artifacts().create(kind, data).key(id);
        changed.send().await.unwrap();
        return;
    }
    let database = rusqlite::Connection::open(bench.state_dir().join("runs.sqlite3")).unwrap();
    database
        .execute("UPDATE scheduled SET due = ? WHERE id = ?", [past.as_str(), id])
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_schedule_has_what_is_due_and_a_done_prune_leaves_it() {
    let (bench, file) = moved(Bench::local()).await;
    assert!(due_prunes(&bench.facility).await.unwrap().is_empty());
    let open = open_prunes(&bench.facility).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].endpoint.as_str(), open[0].path.as_str()),
        ("spot832", "/raw/2026/scan.h5")
    );
    assert!(!open[0].overdue);
    make_due(&bench, &open[0].id).await;
    assert!(open_prunes(&bench.facility).await.unwrap()[0].overdue);
    let due = due_prunes(&bench.facility).await.unwrap();
    assert_eq!(due.len(), 1);
    let report = retry(&bench, &due[0].id).await;
    assert_eq!(report["outcome"], "deleted", "{report:#}");
    assert!(open_prunes(&bench.facility).await.unwrap().is_empty());
    assert_eq!(bench.prune("Q", &file).await["outcome"], "already_pruned");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_reported_stays_in_the_list_and_goes_when_deletion_is_on() {
    let (mut bench, _) = moved(Bench::new()).await;
    let id = open_prunes(&bench.facility).await.unwrap()[0].id.clone();
    make_due(&bench, &id).await;
    bench.deletion("report");
    let parameters = bench.sim.flow_runs()[0]["parameters"].clone();
    let report = bench
        .run("F", "prune_globus_endpoint", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["outcome"], "would_delete", "{report:#}");
    assert_eq!(report["again"]["id"], id);
    assert_eq!(bench.sim.flow_runs().len(), 1, "Prefect need not run it again");

    make_due(&bench, &id).await;
    bench.deletion("on");
    assert_eq!(due_prunes(&bench.facility).await.unwrap()[0].id, id);
    assert_eq!(retry(&bench, &id).await["outcome"], "deleted");
    assert!(open_prunes(&bench.facility).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn at_prefect_the_next_try_is_a_scheduled_run_and_the_list_knows_it() {
    let (bench, file) = moved(Bench::new()).await;
    let open = open_prunes(&bench.facility).await.unwrap();
    assert_eq!(open.len(), 1);
    let first = bench.sim.flow_runs()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(open[0].elsewhere.as_deref(), Some(first.as_str()));
    std::fs::remove_file(bench.sim.collection("data832").path(NAME)).unwrap();

    // Before its date a refusal changes nothing: the scheduled run is still to come.
    let early = bench.prune("P", &file).await;
    assert_eq!(early["error"]["code"], "check_missing");
    assert_eq!(bench.sim.flow_runs().len(), 1);

    make_due(&bench, &open[0].id).await;
    assert!(
        due_prunes(&bench.facility).await.unwrap().is_empty(),
        "Prefect runs it"
    );
    let parameters = bench.sim.flow_runs()[0]["parameters"].clone();
    let report = bench
        .run(&first, "prune_globus_endpoint", parameters)
        .await
        .unwrap()
        .report;
    let runs = bench.sim.flow_runs();
    assert_eq!(runs.len(), 2, "{report:#}");
    let open = open_prunes(&bench.facility).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].due, at(&report["again"]["at"]));
    let next = runs.iter().find(|run| run["id"] != first.as_str()).unwrap();
    assert_eq!(open[0].elsewhere.as_deref(), next["id"].as_str());
    assert_eq!(next["parameters"]["check_endpoint"]["name"], "data832");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_scheduler_the_next_try_is_kept_here() {
    let (bench, file) = moved(Bench::new()).await;
    let open = open_prunes(&bench.facility).await.unwrap();
    make_due(&bench, &open[0].id).await;
    std::fs::remove_file(bench.sim.collection("data832").path(NAME)).unwrap();
    bench
        .sim
        .fault("prefect.flow_run_create:status=403".parse().unwrap());
    let report = bench.prune("P", &file).await;
    assert_eq!(report["error"]["code"], "check_missing", "{report:#}");
    let open = open_prunes(&bench.facility).await.unwrap();
    assert_eq!(open[0].elsewhere, None);
    assert!(open[0].due > Utc::now());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_prune_does_not_run_though_its_scheduler_starts_it() {
    let (bench, file) = moved(Bench::new()).await;
    let open = open_prunes(&bench.facility).await.unwrap();
    drop_prune(&bench.facility, &open[0].id, "kept for the paper")
        .await
        .unwrap();
    assert!(open_prunes(&bench.facility).await.unwrap().is_empty());
    let gone = drop_prune(&bench.facility, &open[0].id, "again")
        .await
        .unwrap_err();
    assert_eq!(gone.step, "prunes", "{gone}");
    assert_eq!(
        open_prune(&bench.facility, "nothing").await.unwrap_err().code,
        "no_prune"
    );

    let parameters = bench.sim.flow_runs()[0]["parameters"].clone();
    let report = bench
        .run("F", "prune_globus_endpoint", parameters)
        .await
        .unwrap()
        .report;
    assert_eq!(report["error"]["code"], "dropped", "{report:#}");
    assert!(
        report["error"]["message"]
            .as_str()
            .unwrap()
            .contains("kept for the paper")
    );
    assert_eq!(report["again"], Value::Null);
    assert!(bench.sim.collection("spot832").exists(NAME));
    // Who asks for it by hand means it.
    assert_eq!(bench.prune("P", &file).await["outcome"], "deleted");
}
