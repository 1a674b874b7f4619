//! The beamline's flows, served by our worker from a real server.

use std::sync::OnceLock;

use peer_tests::{Group, PrefectServer, PrefectVersion};
use prefect_client::worker::{Flow, FlowContext, Worker};
use prefect_client::{BlockSchemaId, BlockTypeId, Client, FlowRunId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::site::{Site, ended, state_name, wait_for};
use crate::support::{client, sent, unique};

/// A server with the beamline's deployments, a facility, and one worker: for all tests of this module.
struct Bench {
    server: PrefectServer,
    site: Site,
    #[expect(dead_code, reason = "it runs as long as this lives")]
    worker: Group,
}

/// The bench, one test at a time: a fault strikes whoever comes next.
async fn bench() -> (&'static Bench, MutexGuard<'static, ()>) {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    let bench = BENCH.get_or_init(|| {
        let server = PrefectServer::start(PrefectVersion::from_env().unwrap()).unwrap();
        let site = Site::new(&server);
        site.run(&["deploy", "832"]);
        let worker = site.worker("worker", &[]);
        Bench { server, site, worker }
    });
    (bench, turn)
}

impl Bench {
    /// A scan that no other test has; its path below the roots, and as flows are given it.
    fn scan(&self) -> (String, String) {
        let name = format!("raw/2026/{}.h5", unique("scan"));
        let path = self.site.scan(&name);
        (name, path)
    }

    async fn submit(&self, deployment: &str, parameters: Value) -> String {
        let client = client(&self.server);
        let (flow, name) = deployment.split_once('/').unwrap();
        let deployment = sent(async || client.deployment(flow, name).get().send().await).await;
        let run = client
            .create_flow_run(deployment.id)
            .parameters(parameters)
            .idempotency_key(unique("run"));
        sent(async || run.clone().send().await).await.id.to_string()
    }

    async fn ended(&self, id: &str) -> prefect_client::FlowRun {
        ended(&client(&self.server), id, &self.site.log("worker")).await
    }

    fn python(&self, arguments: &[&str]) -> Value {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/prefect_peer.py");
        let output = self
            .server
            .program("python")
            .arg(script)
            .args(arguments)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

async fn scheduled_prunes(client: &Client, name: &str) -> Vec<prefect_client::FlowRun> {
    let listed = client
        .flow_runs()
        .list()
        .flow_names(["prune_globus_endpoint"])
        .limit(200)
        .send()
        .await
        .unwrap();
    let of_scan = |run: &prefect_client::FlowRun| {
        run.parameters.as_ref().is_some_and(|given| {
            given["relative_path"]
                .as_str()
                .is_some_and(|path| path.ends_with(name))
        })
    };
    listed.items.into_iter().filter(of_scan).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_trigger_runs_here_and_python_reads_what_came_of_it() {
    let (bench, _turn) = bench().await;
    let (name, path) = bench.scan();
    let triggered = bench.python(&["trigger", "new_832_file_flow/new_file_832", &path]);
    let id = triggered["id"].as_str().unwrap();
    let run = bench.ended(id).await;
    assert!(state_name(&run).starts_with("Completed"), "{}", state_name(&run));
    assert_eq!(
        bench.site.sim.collection("nersc832").read(&name),
        bench.site.sim.collection("spot832").read(&name)
    );

    // A run that ended Completed has its prunes on the server.
    let client = client(&bench.server);
    let prunes = scheduled_prunes(&client, &name).await;
    assert_eq!(prunes.len(), 2, "{prunes:?}");
    assert!(
        prunes
            .iter()
            .all(|prune| prune.state_type == Some(prefect_client::StateType::Scheduled))
    );

    let read = bench.python(&["read", id]);
    assert_eq!(read["name"], name.rsplit('/').next().unwrap());
    assert_eq!(
        (&read["state"], &read["parameters"]["file_path"]),
        (&json!("Completed"), &json!(path))
    );
    let tasks = read["tasks"].as_array().unwrap();
    assert!(
        tasks
            .iter()
            .any(|task| task.as_str().unwrap().starts_with("copy ")),
        "{read:#}"
    );
    assert_eq!(read["states"], json!(["Completed"]), "{read:#}");

    // Logs, artifacts and events, over REST.
    let log = bench.site.log("worker");
    wait_for(&log, async || {
        let logs = bench.python(&["read", id])["logs"].to_string();
        logs.contains("transfer submitted").then_some(())
    })
    .await;
    let of_run = client
        .artifacts()
        .list()
        .flow_run_ids([id])
        .limit(50)
        .send()
        .await
        .unwrap();
    let kinds: Vec<_> = of_run.items.iter().filter_map(|one| one.kind.clone()).collect();
    assert!(
        kinds.iter().any(|kind| kind == "table")
            && kinds.iter().filter(|kind| *kind == "markdown").count() == 2,
        "{kinds:?}"
    );
    let resource = format!("splash.copy.{id}");
    wait_for(&log, async || {
        let (since, until) = (
            chrono::Utc::now() - chrono::TimeDelta::hours(1),
            chrono::Utc::now(),
        );
        let listed = client
            .events()
            .list(since, until)
            .names(["splash.copy.verified"])
            .limit(50);
        let events = listed.send().await.ok()?.items;
        let ours = |event: &&prefect_client::model::Event| event.resource_id() == Some(resource.as_str());
        (events.iter().filter(ours).count() == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prune_with_the_incumbent_s_parameters_deletes_what_is_proved_and_refuses_the_rest() {
    let (bench, _turn) = bench().await;
    let (name, path) = bench.scan();
    let moved = bench
        .submit(
            "new_832_file_flow/new_file_832",
            json!({"file_path": path, "is_export_control": false, "config": null}),
        )
        .await;
    assert!(state_name(&bench.ended(&moved).await).starts_with("Completed"));
    let document = |source: &str, check: Value| json!({"relative_path": name, "source_endpoint": bench.site.endpoint(source), "check_endpoint": check});
    // Null falls under the table: data832_raw is raw data.
    let raw = bench
        .submit(
            "prune_data832_raw/prune_data832_raw",
            document("data832_raw", Value::Null),
        )
        .await;
    let refused = bench.ended(&raw).await;
    assert!(
        state_name(&refused).starts_with("Failed"),
        "{}",
        state_name(&refused)
    );
    let mut foreign = document("spot832", bench.site.endpoint("data832"));
    foreign["source_endpoint"]["uuid"] = json!("00000000-0000-4000-8000-000000000000");
    let foreign = bench.submit("prune_spot832/prune_spot832", foreign).await;
    let refused = bench.ended(&foreign).await;
    assert!(
        state_name(&refused).starts_with("Failed"),
        "{}",
        state_name(&refused)
    );
    assert!(bench.site.sim.collection("spot832").exists(&name));

    let prune = bench
        .submit(
            "prune_spot832/prune_spot832",
            document("spot832", bench.site.endpoint("data832")),
        )
        .await;
    let done = bench.ended(&prune).await;
    assert!(
        state_name(&done).starts_with("Completed"),
        "{}",
        state_name(&done)
    );
    assert!(!bench.site.sim.collection("spot832").exists(&name));
    assert!(bench.site.sim.collection("data832").exists(&name));
    let client = client(&bench.server);
    wait_for(&bench.site.log("worker"), async || {
        let until = chrono::Utc::now();
        let list = client.events().list(until - chrono::TimeDelta::hours(1), until);
        let told = list.names(["splash.prune.done"]).send().await.ok()?.items;
        let ours = |event: &prefect_client::model::Event| {
            event.resource_id() == Some("splash.endpoint.spot832") && event.payload["outcome"] == "deleted"
        };
        told.iter().any(ours).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_do_not_fit_fail_the_run_by_the_field_s_name() {
    let (bench, _turn) = bench().await;
    let client = client(&bench.server);
    let deployment = client
        .deployment("new_832_file_flow", "new_file_832")
        .get()
        .send()
        .await
        .unwrap();
    let refused = client
        .create_flow_run(deployment.id.clone())
        .parameters(json!({"file_path": 7}))
        .send()
        .await;
    assert_eq!(refused.unwrap_err().status(), Some(409));
    let refused = bench
        .site
        .command(
            "state",
            &["submit", "new_832_file_flow/new_file_832", "--param", "nothing=1"],
        )
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("nothing"), "{said}");
    // A run that nobody checked.
    client
        .deployment_by_id(deployment.id.clone())
        .update()
        .enforce_parameter_schema(false)
        .send()
        .await
        .unwrap();
    let id = bench
        .submit("new_832_file_flow/new_file_832", json!({"file_path": 7}))
        .await;
    client
        .deployment_by_id(deployment.id)
        .update()
        .enforce_parameter_schema(true)
        .send()
        .await
        .unwrap();
    let run = bench.ended(&id).await;
    let state = state_name(&run);
    assert!(
        state.starts_with("Failed") && state.contains("file_path"),
        "{state}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_in_mid_transfer_ends_its_transfer() {
    let (bench, _turn) = bench().await;
    let (name, path) = bench.scan();
    let of_run = |task: &service_sim::TaskView| task.items.iter().any(|(source, _)| source.ends_with(&name));
    bench
        .site
        .sim
        .fault("task:hold=cancelled,times=1".parse().unwrap());
    let id = bench
        .submit("new_832_file_flow/new_file_832", json!({"file_path": path}))
        .await;
    let log = bench.site.log("worker");
    wait_for(&log, async || {
        let tasks = bench.site.sim.tasks();
        tasks.iter().any(of_run).then_some(())
    })
    .await;
    let client = client(&bench.server);
    // The bar is there while the transfer is.
    wait_for(&log, async || {
        let of_run = client.artifacts().list().flow_run_ids([&id]).limit(50);
        let found = of_run.send().await.ok()?.items;
        found
            .iter()
            .any(|one| one.kind.as_deref() == Some("progress"))
            .then_some(())
    })
    .await;
    client
        .flow_run(FlowRunId::new(&id))
        .cancel()
        .send()
        .await
        .unwrap();
    let run = bench.ended(&id).await;
    assert!(state_name(&run).starts_with("Cancelled"), "{}", state_name(&run));
    bench.site.sim.release("cancelled");
    wait_for(&log, async || {
        let tasks = bench.site.sim.tasks();
        let task = tasks.iter().find(|task| of_run(task))?;
        (task.status == "FAILED").then_some(())
    })
    .await;
    assert!(!bench.site.sim.collection("nersc832").exists(&name));
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
struct ReconParameters {
    file_path: String,
    #[serde(rename = "config")]
    #[expect(dead_code, reason = "handed over and not looked at")]
    config: Option<Value>,
}

async fn recon(_: FlowContext, parameters: ReconParameters) -> Result<bool, String> {
    if parameters.file_path.contains("bad") {
        Err("no memory".to_owned())
    } else {
        Ok(true)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dispatcher_moves_then_starts_the_branches_and_each_fails_alone() {
    let (bench, _turn) = bench().await;
    let client = client(&bench.server);
    let recon = Worker::builder(client.clone())
        .pool("nersc_recon_flow_pool")
        .poll_interval(std::time::Duration::from_secs(1))
        .flow(Flow::new("nersc_recon_flow", recon));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let recon = tokio::spawn(recon.run(async {
        let _ = stopped.await;
    }));
    let (_, path) = bench.scan();
    let id = bench
        .submit("dispatcher/run_832_dispatcher", json!({"file_path": path}))
        .await;
    let run = bench.ended(&id).await;
    assert!(state_name(&run).starts_with("Completed"), "{}", state_name(&run));
    assert_eq!(run.name, Some(format!("dispatcher-{path}")));

    let bad = bench.site.scan(&format!("raw/2026/{}.h5", unique("bad")));
    let override_ = json!({"alcf_recon_flow/alcf_recon_flow": false});
    let failed = bench
        .submit(
            "dispatcher/run_832_dispatcher",
            json!({"file_path": bad, "config": override_}),
        )
        .await;
    let state = state_name(&bench.ended(&failed).await);
    assert!(
        state.starts_with("Failed") && state.contains("nersc_recon_flow") && state.contains("no memory"),
        "{state}"
    );

    // What may not leave the site goes to no branch, and no later trigger changes that.
    let (name, secret) = bench.scan();
    let id = bench
        .submit(
            "dispatcher/run_832_dispatcher",
            json!({"file_path": secret, "is_export_control": true}),
        )
        .await;
    assert!(state_name(&bench.ended(&id).await).starts_with("Completed"));
    let again = bench
        .submit("new_832_file_flow/new_file_832", json!({"file_path": secret}))
        .await;
    assert!(state_name(&bench.ended(&again).await).starts_with("Completed"));
    assert!(!bench.site.sim.collection("nersc832").exists(&name));
    let runs = client
        .flow_runs()
        .list()
        .flow_names(["nersc_recon_flow"])
        .limit(50)
        .send()
        .await
        .unwrap();
    assert_eq!(runs.items.len(), 2);
    stop.send(()).unwrap();
    recon.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_triggers_of_one_scan_at_once_one_copies_and_catalogues_and_the_other_adopts() {
    let (bench, _turn) = bench().await;
    let (name, path) = bench.scan();
    let before = bench.site.sim.datasets().len();
    let trigger = || bench.submit("new_832_file_flow/new_file_832", json!({"file_path": path}));
    let (one, other) = futures_util::future::join(trigger(), trigger()).await;
    for id in [one, other] {
        let state = state_name(&bench.ended(&id).await);
        assert!(state.starts_with("Completed"), "{state}");
    }
    let of_scan =
        |task: &&service_sim::TaskView| task.items.iter().any(|(source, _)| source.ends_with(&name));
    let tasks = bench.site.sim.tasks();
    assert_eq!(tasks.iter().filter(of_scan).count(), 2, "{tasks:?}");
    assert_eq!(bench.site.sim.datasets().len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn submit_waits_for_the_end_or_schedules_for_later() {
    let (bench, _turn) = bench().await;
    let (_, path) = bench.scan();
    let of = |path: &str, more: &[&str]| {
        let param = format!("file_path={path}");
        let first = ["submit", "new_832_file_flow/new_file_832", "--param", &param];
        bench
            .site
            .command("state", &[&first[..], more].concat())
            .output()
            .unwrap()
    };
    let waited = tokio::task::block_in_place(|| of(&path, &["--wait"]));
    let said = String::from_utf8_lossy(&waited.stderr).into_owned();
    assert!(waited.status.success() && said.contains("Completed"), "{said}");
    let missing = tokio::task::block_in_place(|| of("/global/raw/2026/none.h5", &["--wait"]));
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(
        missing.status.code() == Some(1) && said.contains("Failed"),
        "{said}"
    );

    let before = chrono::Utc::now();
    let later = of(&path, &["--at", "2h", "--name", "later"]);
    let id = String::from_utf8(later.stdout).unwrap();
    let run = client(&bench.server)
        .flow_run(FlowRunId::new(id.trim()))
        .get()
        .send()
        .await
        .unwrap();
    assert_eq!(
        (run.name.as_deref(), &run.state_type),
        (Some("later"), &Some(prefect_client::StateType::Scheduled))
    );
    let wait = run.next_scheduled_start_time.unwrap() - before;
    assert!((7190..7260).contains(&wait.num_seconds()), "{wait}");
    let past = of(&path, &["--at", "yesterday"]);
    assert_eq!(past.status.code(), Some(2));
}

/// The type of JSON blocks and its schema; servers of today have none, and get one.
async fn json_blocks(client: &Client) -> (BlockTypeId, BlockSchemaId) {
    let blocks = client.blocks();
    if let Some(kind) = sent(async || blocks.type_by_slug("json").send_opt().await).await {
        let schemas = sent(async || blocks.schemas().type_ids([&kind.id]).limit(1).send().await).await;
        return (kind.id, schemas.items[0].id.clone());
    }
    let kind = sent(async || blocks.create_type("JSON", "json").send().await).await;
    let schema =
        json!({"title": "JSON", "type": "object", "properties": {"value": {}}, "block_type_slug": "json"});
    let schema = sent(async || blocks.create_schema(&kind.id, schema.clone()).send().await).await;
    (kind.id, schema.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_none_fail_a_run_before_its_first_copy_and_an_old_block_stands_in_for_the_variable() {
    let (bench, _turn) = bench().await;
    let client = client(&bench.server);
    let variable = || client.variable("bl832-settings");
    let usual = variable().get().send().await.unwrap().value;
    let before = bench.site.transfers();
    for days in [json!(-1), json!("NaN"), json!("soon")] {
        let mut bad = usual.clone();
        bad["delete_spot832_files_after_days"] = days;
        sent(async || variable().update().value(bad.clone()).send().await).await;
        let (_, path) = bench.scan();
        let id = bench
            .submit("new_832_file_flow/new_file_832", json!({"file_path": path}))
            .await;
        let state = state_name(&bench.ended(&id).await);
        assert!(
            state.starts_with("Failed") && state.contains("delete_spot832_files_after_days"),
            "{state}"
        );
    }
    assert_eq!(bench.site.transfers(), before);

    // As set-ups of version 2 keep it: a JSON block, and no variable.
    let blocks = client.blocks();
    let (kind, schema) = json_blocks(&client).await;
    let old = json!({"value": {"delete_spot832_files_after_days": 3, "delete_data832_files_after_days": 5}});
    let block = async || {
        let create = blocks.create("bl832-settings", old.clone(), &kind, &schema);
        create.send().await
    };
    sent(block).await;
    sent(async || variable().delete().send().await).await;
    let (name, path) = bench.scan();
    let id = bench
        .submit("new_832_file_flow/new_file_832", json!({"file_path": path}))
        .await;
    let state = state_name(&bench.ended(&id).await);
    sent(async || {
        client
            .variables()
            .create("bl832-settings", usual.clone())
            .send()
            .await
    })
    .await;
    assert!(state.starts_with("Completed"), "{state}");
    let now = chrono::Utc::now();
    let mut days: Vec<i64> = scheduled_prunes(&client, &name)
        .await
        .iter()
        .map(|prune| {
            (prune.next_scheduled_start_time.unwrap() - now + chrono::TimeDelta::hours(1)).num_days()
        })
        .collect();
    days.sort_unstable();
    assert_eq!(days, [3, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_streaming_run_calls_its_job_off() {
    let server = PrefectServer::start(PrefectVersion::from_env().unwrap()).unwrap();
    let site = Site::with(&server, service_sim::SimBuilder::sfapi);
    site.run(&["deploy", "832"]);
    let settings = site
        .sim
        .collection("nersc_alsdev")
        .path("..")
        .join("gits/als-epics-streaming/operators/832/recon");
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join(".env"), "").unwrap();
    // All pools of the beamline in one process.
    let log = std::fs::File::create(site.log("worker")).unwrap();
    let mut command = site.command("worker", &["worker", "--beamline", "832", "--poll", "1"]);
    command.stdout(log.try_clone().unwrap()).stderr(log);
    let _worker = Group::spawn(&mut command).unwrap();
    let client = client(&server);
    let deployment = client
        .deployment("nersc_streaming_flow", "nersc_streaming_flow")
        .get()
        .send()
        .await
        .unwrap();
    let create = client
        .create_flow_run(deployment.id)
        .parameters(json!({"walltime": "PT30M", "monitor_interval": 1}));
    let id = create.idempotency_key(unique("run")).send().await.unwrap().id;
    let shown = format!("{id}-metadata");
    wait_for(&site.log("worker"), async || {
        client.variable(&shown).get().send_opt().await.ok()?
    })
    .await;
    client.flow_run(id.clone()).cancel().send().await.unwrap();
    let run = ended(&client, id.as_str(), &site.log("worker")).await;
    assert!(state_name(&run).starts_with("Cancelled"), "{}", state_name(&run));
    let jobs = site.sim.jobs();
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].state.starts_with("CANCELLED"), "{jobs:?}");
    assert!(client.variable(&shown).get().send_opt().await.unwrap().is_none());
}
