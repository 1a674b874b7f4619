//! Workers that share pools, die, sleep and are cut off: minutes each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures_util::future::join_all;
use peer_tests::{PrefectServer, PrefectVersion};
use prefect_client::model::{NewSchedule, Schedule};
use prefect_client::{Client, StateType};
use rustix::process::Signal;
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};

use crate::site::{Site, ended, state_name, wait_for};
use crate::support::{client, unique};

/// Quick enough to wait for a worker's death.
const BEAT: &[&str] = &["--heartbeat", "5"];

/// One of these tests at a time: each loads the machine.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

fn scene(settings: &[(&str, &str)]) -> (PrefectServer, Site, Client) {
    let server = PrefectServer::start_with(PrefectVersion::from_env().unwrap(), settings).unwrap();
    let site = Site::new(&server);
    site.run(&["deploy", "832"]);
    let client = client(&server);
    (server, site, client)
}

/// Moves of as many scans, due now; the runs' ids.
async fn moves(site: &Site, client: &Client, scans: usize) -> Vec<String> {
    let deployment = client
        .deployment("new_832_file_flow", "new_file_832")
        .get()
        .send()
        .await
        .unwrap();
    let mut ids = Vec::new();
    for _ in 0..scans {
        let path = site.scan(&format!("raw/2026/{}.h5", unique("scan")));
        let run = client
            .create_flow_run(deployment.id.clone())
            .parameters(json!({"file_path": path}))
            .idempotency_key(unique("run"));
        ids.push(run.send().await.unwrap().id.to_string());
    }
    ids
}

/// Every run ended Completed; each scan was carried over each hop by one transfer.
async fn assert_once(site: &Site, client: &Client, ids: &[String], log: &Path) {
    for run in join_all(ids.iter().map(|id| ended(client, id, log))).await {
        assert!(state_name(&run).starts_with("Completed"), "{}", state_name(&run));
    }
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for task in site.sim.tasks() {
        let file = task.items[0].1.rsplit('/').next().unwrap_or_default().to_owned();
        *seen.entry((file, task.destination.clone())).or_default() += 1;
    }
    assert_eq!(seen.len(), ids.len() * 2);
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let files: BTreeSet<_> = seen.keys().map(|(file, _)| file).collect();
    assert_eq!(files.len(), ids.len());
    assert_eq!(site.sim.datasets().len(), ids.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_run_two_hundred_runs_once_each() {
    let _turn = turn().await;
    let (_server, site, client) = scene(&[]);
    let ids = moves(&site, &client, 200).await;
    let _workers = [
        site.worker("one", &["--limit", "10"]),
        site.worker("two", &["--limit", "10"]),
    ];
    assert_once(&site, &client, &ids, &site.log("one")).await;
    let took = |name: &str| {
        std::fs::read_to_string(site.log(name))
            .unwrap()
            .matches("run begins")
            .count()
    };
    assert!(
        took("one") > 0 && took("two") > 0,
        "{} {}",
        took("one"),
        took("two")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runs_of_a_killed_worker_go_on_elsewhere_and_nothing_is_done_twice() {
    let _turn = turn().await;
    let (_server, site, client) = scene(&[]);
    site.sim.fault("task:slow=2000".parse().unwrap());
    let ids = moves(&site, &client, 20).await;
    let mut first = site.worker("first", BEAT);
    wait_for(&site.log("first"), async || {
        let running = client
            .flow_runs()
            .count()
            .state_types([StateType::Running])
            .send()
            .await
            .ok()?;
        (running >= 15 && site.transfers() > 0).then_some(())
    })
    .await;
    first.kill();
    site.sim.clear_faults();
    let _second = site.worker("second", BEAT);
    assert_once(&site, &client, &ids, &site.log("second")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_up_after_it_was_declared_dead_does_nothing_more() {
    let _turn = turn().await;
    let (_server, site, client) = scene(&[]);
    site.sim.fault("task:hold=long".parse().unwrap());
    let ids = moves(&site, &client, 5).await;
    let first = site.worker("first", BEAT);
    wait_for(&site.log("first"), async || (site.transfers() > 0).then_some(())).await;
    first.signal(Signal::STOP);
    let _second = site.worker("second", BEAT);
    site.sim.release("long");
    site.sim.clear_faults();
    assert_once(&site, &client, &ids, &site.log("second")).await;
    let before = site.sim.tasks().len();
    first.signal(Signal::CONT);
    // It finds its runs lost when it looks, and says so.
    wait_for(&site.log("first"), async || {
        let log = std::fs::read_to_string(site.log("first")).unwrap();
        (log.contains("lost") || log.contains("no longer") || log.contains("taken over")).then_some(())
    })
    .await;
    assert_eq!(site.sim.tasks().len(), before);
    assert_once(&site, &client, &ids, &site.log("first")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_outlasts_its_server_s_restart() {
    let _turn = turn().await;
    let (mut server, site, client) = scene(&[]);
    site.sim.fault("task:hold=long".parse().unwrap());
    let ids = moves(&site, &client, 3).await;
    let _worker = site.worker("worker", &[]);
    wait_for(&site.log("worker"), async || (site.transfers() > 0).then_some(())).await;
    server.stop().unwrap();
    site.sim.release("long");
    site.sim.clear_faults();
    server.resume().unwrap();
    assert_once(&site, &client, &ids, &site.log("worker")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cron_schedule_starts_runs() {
    let _turn = turn().await;
    let (_server, site, client) = scene(&[]);
    let _worker = site.worker("worker", &[]);
    let path = site.scan(&format!("raw/2026/{}.h5", unique("scan")));
    let deployment = client
        .deployment("new_832_file_flow", "new_file_832")
        .get()
        .send()
        .await
        .unwrap();
    let every_minute =
        NewSchedule::from(Schedule::cron("* * * * *", "America/Los_Angeles")).parameter("file_path", path);
    client
        .deployment_by_id(deployment.id)
        .add_schedules([every_minute])
        .send()
        .await
        .unwrap();
    wait_for(&site.log("worker"), async || {
        let listed = client
            .flow_runs()
            .list()
            .flow_names(["new_832_file_flow"])
            .limit(50)
            .send()
            .await
            .ok()?;
        let is_done = |run: &prefect_client::FlowRun| {
            run.auto_scheduled == Some(true) && run.state_type == Some(StateType::Completed)
        };
        listed.items.iter().any(is_done).then_some(())
    })
    .await;
}
