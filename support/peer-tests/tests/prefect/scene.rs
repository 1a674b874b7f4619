//! A server with the beamline's deployments and a facility of its own, and many moves at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use peer_tests::{PrefectDatabase, PrefectServer, PrefectVersion};
use prefect_client::{Client, FlowRun, FlowRunId};
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};

use crate::site::{Site, has_ended, state_name, wait_for};
use crate::support::{client, unique};

/// Quick enough to wait for a worker's death.
pub(crate) const BEAT: &[&str] = &["--heartbeat", "5"];

/// One of these tests at a time: each loads the machine.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

pub(crate) fn scene(database: PrefectDatabase) -> (PrefectServer, Site, Client) {
    let version = PrefectVersion::from_env().unwrap();
    let server = PrefectServer::start_on(database, version, &[]).unwrap();
    let site = Site::new(&server);
    site.run(&["deploy", "832"]);
    let client = client(&server);
    (server, site, client)
}

/// Moves of as many scans, due now; the runs' ids.
pub(crate) async fn moves(site: &Site, client: &Client, scans: usize) -> Vec<String> {
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

/// The runs once all have ended. One question a second for all: a question for each would be most of the server's work.
async fn all_ended(site: &Site, client: &Client, ids: &[String], log: &Path) -> Vec<FlowRun> {
    let ids: Vec<FlowRunId> = ids.iter().map(FlowRunId::new).collect();
    let mut before = (0, 0, 0);
    loop {
        // For as long as it takes, if something happens meanwhile.
        let (now, runs) = wait_for(log, async || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let listed = client.flow_runs().list().ids(&ids).limit(200).send().await.ok()?;
            let runs: Vec<FlowRun> = listed.items.into_iter().filter(has_ended).collect();
            let now = (runs.len(), site.sim.tasks().len(), site.sim.datasets().len());
            (now != before).then_some((now, runs))
        })
        .await;
        before = now;
        if runs.len() == ids.len() {
            return runs;
        }
    }
}

/// Every run ended Completed; each scan was carried over each hop by one transfer.
pub(crate) async fn assert_once(site: &Site, client: &Client, ids: &[String], log: &Path) {
    for run in all_ended(site, client, ids, log).await {
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
