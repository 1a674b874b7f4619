//! The worker against a server that keeps the rules.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prefect_client::worker::{
    Flow, FlowContext, RunLogs, Stopped, Summary, UnhandledFailure, UnknownFlows, Worker, WorkerBuilder,
};
use prefect_client::{Client, ErrorKind};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::fake::{POOL, start};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

#[derive(Deserialize, JsonSchema)]
struct Scan {
    /// The scan's file.
    file_path: String,
    #[serde(default)]
    frames: Option<u32>,
}

async fn noop(_: FlowContext, _: Nothing) -> Result<(), String> {
    Ok(())
}

async fn fail(context: FlowContext, _: Nothing) -> Result<(), String> {
    Err(format!("attempt {} failed", context.attempt()))
}

async fn until_stopped(context: FlowContext, _: Nothing) -> Result<(), Stopped> {
    context.stopping().cancelled().await;
    context.ensure_owner().await
}

async fn for_ever(_: FlowContext, _: Nothing) -> Result<(), String> {
    std::future::pending().await
}

fn quick(client: Client) -> WorkerBuilder {
    Worker::builder(client)
        .name("w")
        .pool(POOL)
        .poll_interval(Duration::from_millis(50))
        .watch_interval(Duration::from_millis(50))
        .heartbeat_interval(Duration::from_secs(1))
        .cancel_grace(Duration::from_millis(200))
        .drain(Duration::from_millis(100))
}

/// A worker that runs, and how to end it.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<prefect_client::Result<Summary>>,
}

impl Running {
    fn start(builder: WorkerBuilder) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(builder.run(async {
            let _ = stopped.await;
        }));
        Self { stop, task }
    }

    async fn end(self) -> Summary {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_run_is_taken_run_and_told() {
    let (_server, fake, client) = start().await;
    let flow = Flow::new("copy", |context: FlowContext, scan: Scan| async move {
        context.log(20, format!("copying {}", scan.file_path));
        context
            .table("copies", &[json!({"file": scan.file_path})])
            .send()
            .await?;
        Ok::<_, prefect_client::Error>(json!({"frames": scan.frames}))
    });
    let run = fake.run("copy", &json!({"file_path": "/raw/a.h5", "frames": 3}));
    let worker = Running::start(quick(client).flow(flow.version("7")));
    fake.reaches(&run, "COMPLETED").await;
    let summary = worker.end().await;
    assert_eq!((summary.completed, summary.failed, summary.lost), (1, 0, 0));
    let first = fake.lines(&run).remove(0);
    assert!(first.starts_with("attempt 1 of copy 7 on worker w-"), "{first}");
    assert_eq!(fake.names(&run), ["Scheduled", "Pending", "Running", "Completed"]);
    assert!(
        fake.lines(&run).contains(&"copying /raw/a.h5".to_owned()),
        "{:?}",
        fake.lines(&run)
    );
    let artifacts = fake.with(|store| store.artifacts.clone());
    assert_eq!(artifacts[0]["type"], "table");
    assert_eq!(artifacts[1]["data"], json!({"frames": 3}));
    // It said goodbye.
    assert!(fake.with(|store| store.workers.is_empty()));
}

#[tokio::test]
async fn parameters_off_the_schema_fail_the_run_and_name_the_field() {
    let (_server, fake, client) = start().await;
    let flow = Flow::new("copy", |_, _: Scan| async { Ok::<_, String>(()) });
    let wrong = fake.run("copy", &json!({"file_path": "/a", "frames": "many"}));
    let missing = fake.run("copy", &json!({}));
    let worker = Running::start(quick(client).flow(flow));
    let state = fake.reaches(&wrong, "FAILED").await;
    assert!(
        state["message"]
            .as_str()
            .unwrap()
            .contains("parameter `frames` does not fit"),
        "{state}"
    );
    let state = fake.reaches(&missing, "FAILED").await;
    assert!(
        state["message"].as_str().unwrap().contains("`file_path`"),
        "{state}"
    );
    // The handler was never called.
    assert_eq!(fake.names(&missing), ["Scheduled", "Pending", "Failed"]);
    worker.end().await;
}

#[tokio::test]
async fn a_failed_run_is_scheduled_again_until_its_retries_are_used_up() {
    let (_server, fake, client) = start().await;
    let run = fake.run("fail", &json!({}));
    let flow = Flow::new("fail", fail).retries(2, Duration::ZERO);
    let worker = Running::start(quick(client).flow(flow));
    let state = fake.reaches(&run, "FAILED").await;
    assert_eq!(state["message"], "attempt 3 failed");
    let retries = fake
        .names(&run)
        .iter()
        .filter(|name| *name == "AwaitingRetry")
        .count();
    assert_eq!(retries, 2, "{:?}", fake.names(&run));
    let summary = worker.end().await;
    assert_eq!((summary.retried, summary.failed), (2, 1));
}

#[tokio::test]
async fn a_panic_ends_its_run_and_no_other() {
    let (_server, fake, client) = start().await;
    let panics = Flow::new("panic", |_, _: Nothing| async {
        assert!(
            std::env::args().next().is_none(),
            "token=abcdefghijklmnop and more"
        );
        Ok::<_, String>(())
    });
    let (bad, good) = (fake.run("panic", &json!({})), fake.run("noop", &json!({})));
    let worker = Running::start(quick(client).flow(panics).flow(Flow::new("noop", noop)));
    let state = fake.reaches(&bad, "CRASHED").await;
    let message = state["message"].as_str().unwrap();
    assert!(
        message.contains("panicked") && !message.contains("abcdefghijklmnop"),
        "{message}"
    );
    fake.reaches(&good, "COMPLETED").await;
    let later = fake.run("noop", &json!({}));
    fake.reaches(&later, "COMPLETED").await;
    assert_eq!(worker.end().await.crashed, 1);
}

#[tokio::test]
async fn a_cancelled_run_is_cleaned_up() {
    let (_server, fake, client) = start().await;
    let cleaned = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&cleaned);
    let clean_up = move |context: FlowContext, _: Nothing| {
        let seen = Arc::clone(&seen);
        async move {
            // The cleanup may still act for the run.
            context.ensure_owner().await?;
            seen.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Stopped>(())
        }
    };
    let polite = fake.run("polite", &json!({}));
    let deaf = fake.run("deaf", &json!({}));
    let flows = quick(client)
        .flow(Flow::new("polite", until_stopped).on_cancel(clean_up.clone()))
        .flow(Flow::new("deaf", for_ever).on_cancel(clean_up));
    let worker = Running::start(flows);
    for run in [&polite, &deaf] {
        fake.reaches(run, "RUNNING").await;
        fake.force(
            run,
            json!({"type": "CANCELLING", "name": "Cancelling", "state_details": {}}),
        );
    }
    for run in [&polite, &deaf] {
        fake.reaches(run, "CANCELLED").await;
    }
    assert_eq!(cleaned.load(Ordering::SeqCst), 2);
    assert_eq!(worker.end().await.cancelled, 2);
}

#[tokio::test]
async fn what_goes_on_when_the_worker_ends_is_handed_over() {
    let (_server, fake, client) = start().await;
    let runs = [fake.run("polite", &json!({})), fake.run("deaf", &json!({}))];
    let flows = |client| {
        quick(client)
            .flow(Flow::new("polite", until_stopped))
            .flow(Flow::new("deaf", for_ever))
    };
    let worker = Running::start(flows(client));
    for run in &runs {
        fake.reaches(run, "RUNNING").await;
    }
    assert_eq!(worker.end().await.handed_over, 2);
    for run in &runs {
        assert_eq!(fake.state(run)["name"], "AwaitingRetry");
    }
}

#[tokio::test]
async fn a_run_that_someone_else_ended_is_let_go() {
    let (_server, fake, client) = start().await;
    let run = fake.run("deaf", &json!({}));
    let worker = Running::start(quick(client).flow(Flow::new("deaf", for_ever)));
    fake.reaches(&run, "RUNNING").await;
    fake.force(
        &run,
        json!({"type": "FAILED", "name": "Failed", "message": "by hand", "state_details": {}}),
    );
    let summary = loop_until_lost(worker).await;
    assert_eq!(summary.lost, 1);
    assert_eq!(fake.state(&run)["message"], "by hand");
}

async fn loop_until_lost(worker: Running) -> Summary {
    // The watch is due every 50 ms; the run is no longer in flight once it is lost, so that the end need not wait.
    tokio::time::sleep(Duration::from_millis(300)).await;
    worker.end().await
}

#[tokio::test]
async fn the_run_of_a_dead_worker_is_taken_over_by_one() {
    let (_server, fake, client) = start().await;
    let run = fake.run("noop", &json!({}));
    fake.with(|store| store.workers.insert("dead-1".to_owned(), "OFFLINE"));
    fake.with(|store| store.workers.insert("alive-1".to_owned(), "ONLINE"));
    let other = fake.run("noop", &json!({}));
    for (id, owner) in [(&run, "dead-1"), (&other, "alive-1")] {
        let message = format!("taken by worker {owner}");
        fake.force(
            id,
            json!({"type": "RUNNING", "name": "Running", "message": message, "state_details": {}}),
        );
    }
    let workers = [
        Running::start(quick(client.clone()).flow(Flow::new("noop", noop))),
        Running::start(quick(client).flow(Flow::new("noop", noop))),
    ];
    fake.reaches(&run, "COMPLETED").await;
    let names = fake.names(&run);
    assert_eq!(
        names,
        [
            "Scheduled",
            "Running",
            "Crashed",
            "AwaitingRetry",
            "Pending",
            "Running",
            "Completed"
        ]
    );
    assert_eq!(
        fake.names(&other),
        ["Scheduled", "Running"],
        "its worker is alive"
    );
    let mut taken_over = 0;
    for worker in workers {
        taken_over += worker.end().await.taken_over;
    }
    assert_eq!(taken_over, 1);
}

#[tokio::test]
async fn an_effect_has_one_task_run_over_all_attempts() {
    let (_server, fake, client) = start().await;
    let flow = Flow::new("effect", |context: FlowContext, _: Nothing| async move {
        context
            .ensure_owner()
            .await
            .map_err(|stopped| stopped.to_string())?;
        context
            .task_run("transfer", "0")
            .send()
            .await
            .map_err(|error| error.to_string())?;
        if context.attempt() < 3 {
            Err("again".to_owned())
        } else {
            Ok(())
        }
    });
    let run = fake.run("effect", &json!({}));
    let worker = Running::start(quick(client).flow(flow.retries(5, Duration::ZERO)));
    fake.reaches(&run, "COMPLETED").await;
    worker.end().await;
    assert_eq!(fake.with(|store| store.tasks.len()), 1);
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let (_server, fake, client) = start().await;
    fake.with(|store| {
        store.busy = [
            ("set_state", 3),
            ("get_scheduled", 2),
            ("heartbeat", 1),
            ("logs", 2),
        ]
        .into();
    });
    let run = fake.run("noop", &json!({}));
    let worker = Running::start(quick(client).flow(Flow::new("noop", noop)));
    fake.reaches(&run, "COMPLETED").await;
    worker.end().await;
    assert_eq!(fake.names(&run), ["Scheduled", "Pending", "Running", "Completed"]);
    assert_eq!(fake.lines(&run).len(), 1, "{:?}", fake.lines(&run));
}

#[tokio::test]
async fn what_is_due_is_due_by_the_server_s_clock() {
    let (_server, fake, client) = start().await;
    fake.with(|store| store.ahead = 300);
    // Due now by the server's clock, in five minutes by ours.
    let run = fake.run("noop", &json!({}));
    let worker = Running::start(quick(client).flow(Flow::new("noop", noop)));
    fake.reaches(&run, "COMPLETED").await;
    worker.end().await;
    let line = fake.with(|store| store.logs[0]["timestamp"].as_str().unwrap().to_owned());
    let ahead = line.parse::<chrono::DateTime<chrono::Utc>>().unwrap() - chrono::Utc::now();
    assert!(ahead.num_seconds() > 200, "lines bear the server's time: {ahead}");
}

#[tokio::test]
async fn a_run_of_an_unknown_flow_fails_unless_another_may_have_it() {
    let (_server, fake, client) = start().await;
    let run = fake.run("mystery", &json!({}));
    let worker = Running::start(quick(client.clone()).flow(Flow::new("noop", noop)));
    let state = fake.reaches(&run, "FAILED").await;
    let message = state["message"].as_str().unwrap();
    assert!(message.contains("no flow `mystery`; it has: noop"), "{message}");
    worker.end().await;
    for unknown in [UnknownFlows::Leave, UnknownFlows::FailIfAlone] {
        fake.with(|store| store.workers.insert("other".to_owned(), "ONLINE"));
        let (left, done) = (fake.run("mystery", &json!({})), fake.run("noop", &json!({})));
        let builder = quick(client.clone())
            .unknown_flows(unknown)
            .flow(Flow::new("noop", noop));
        let worker = Running::start(builder);
        fake.reaches(&done, "COMPLETED").await;
        worker.end().await;
        assert_eq!(fake.names(&left), ["Scheduled"], "{unknown:?}");
    }
}

#[tokio::test]
async fn a_long_line_is_cut_and_a_secret_is_masked() {
    let (_server, fake, client) = start().await;
    let logs = RunLogs::default();
    logs.hide("correct horse".to_owned().into());
    let flow = Flow::new("talk", |context: FlowContext, _: Nothing| async move {
        context.log(30, "password=hunter2-password and correct horse");
        context.log(20, "x".repeat(2_000_000));
        Ok::<_, String>(())
    });
    let run = fake.run("talk", &json!({}));
    let worker = Running::start(quick(client).flow(flow).logs(logs));
    fake.reaches(&run, "COMPLETED").await;
    worker.end().await;
    let lines = fake.lines(&run);
    assert_eq!(lines.len(), 3, "the worker's own first line, and two");
    assert!(
        !lines[1].contains("hunter2") && !lines[1].contains("correct horse"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].ends_with("more bytes)") && lines[2].len() < 70_000,
        "{}",
        lines[2].len()
    );
}

#[tokio::test]
async fn healthz_and_metrics_answer() {
    let (_server, fake, client) = start().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let run = fake.run("noop", &json!({}));
    let worker = Running::start(quick(client).flow(Flow::new("noop", noop)).listen(port));
    fake.reaches(&run, "COMPLETED").await;
    let get = |path: &str| {
        let url = format!("http://{port}{path}");
        async move {
            let answer = crate::support::http().get(url).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        }
    };
    assert_eq!(get("/healthz").await, (200, "ok\n".to_owned()));
    let (status, text) = get("/metrics").await;
    assert_eq!(status, 200);
    assert!(text.contains("prefect_worker_run_limit 50"), "{text}");
    assert!(
        text.contains("prefect_worker_runs_total{outcome=\"completed\"}"),
        "{text}"
    );
    assert_eq!(get("/else").await.0, 404);
    worker.end().await;
}

#[tokio::test]
async fn a_worker_whose_server_is_not_there_yet_says_that_it_is_not_well() {
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (address, nobody) = (free(), free());
    let client = Client::builder().base_url(format!("http://{nobody}/api")).build();
    let flow = Flow::new("noop", noop);
    let worker = Running::start(quick(client.unwrap()).flow(flow).listen(address));
    let ask = async || {
        crate::support::http()
            .get(format!("http://{address}/healthz"))
            .send()
            .await
            .ok()
    };
    let answer = loop {
        match ask().await {
            Some(answer) => break answer,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    assert_eq!(answer.status().as_u16(), 503);
    assert!(answer.text().await.unwrap().contains("have not been asked"));
    worker.end().await;
}

#[tokio::test]
async fn a_pool_that_is_deleted_under_its_worker_is_created_again_and_runs_go_on() {
    let (_server, fake, client) = start().await;
    let worker = Running::start(quick(client).flow(Flow::new("noop", noop)));
    let first = fake.run("noop", &json!({}));
    fake.reaches(&first, "COMPLETED").await;
    fake.with(|store| store.unpooled = true);
    let second = fake.run("noop", &json!({}));
    fake.reaches(&second, "COMPLETED").await;
    assert!(!fake.with(|store| store.unpooled));
    assert_eq!(worker.end().await.completed, 2);
}

#[tokio::test]
async fn a_flow_that_takes_too_long_fails_after_its_cleanup() {
    let (_server, fake, client) = start().await;
    let flow = Flow::new("slow", for_ever)
        .timeout(Duration::from_millis(100))
        .on_cancel(|context: FlowContext, _: Nothing| async move {
            context.log(20, "cleaned up");
            Ok::<_, String>(())
        });
    let run = fake.run("slow", &json!({}));
    let worker = Running::start(quick(client).flow(flow));
    let state = fake.reaches(&run, "FAILED").await;
    assert_eq!(state["name"], "TimedOut");
    worker.end().await;
    assert!(fake.lines(&run).contains(&"cleaned up".to_owned()));
}

#[tokio::test]
async fn a_flow_that_waits_for_others_holds_no_slot() {
    let (_server, fake, client) = start().await;
    let child = fake.clone();
    let parent = Flow::new("parent", move |context: FlowContext, _: Nothing| {
        let child = child.clone();
        async move {
            let id = child.run("noop", &json!({}));
            context.without_slot(child.reaches(&id, "COMPLETED")).await;
            Ok::<_, String>(())
        }
    });
    let run = fake.run("parent", &json!({}));
    let worker = Running::start(quick(client).limit(1).flow(parent).flow(Flow::new("noop", noop)));
    fake.reaches(&run, "COMPLETED").await;
    assert_eq!(worker.end().await.completed, 2);
}

#[test]
fn a_worker_that_cannot_work_is_refused() {
    let builder = || Worker::builder(crate::support::offline());
    let flow = || Flow::new("noop", noop);
    for (builder, why) in [
        (builder().flow(flow()), "no pool"),
        (builder().pool("p"), "no flow"),
        (builder().queue("q").pool("p").flow(flow()), "before its pool"),
        (builder().pool("p").flow(flow()).limit(0), "limit is 0"),
        (
            builder()
                .pool("p")
                .flow(flow())
                .heartbeat_interval(Duration::from_millis(1500)),
            "whole seconds",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(why), "{error}");
    }
    let (a, b) = (
        builder().pool("p").flow(flow()).name("x/y").build(),
        builder().pool("p").flow(flow()).build(),
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    assert!(
        a.name().starts_with("x-y-") && a.name() != b.name(),
        "{} {}",
        a.name(),
        b.name()
    );
}

#[test]
fn a_flow_publishes_the_schema_of_its_parameters() {
    let flow = Flow::new("copy", |_, _: Scan| async { Ok::<_, String>(()) });
    insta::assert_json_snapshot!(flow.parameter_schema());
    let nothing: Value = Flow::new("noop", noop).parameter_schema().clone();
    assert_eq!(nothing["properties"], json!({}));
}

#[tokio::test]
async fn a_run_whose_deployment_is_gone_fails_where_nobody_may_take_it_and_says_why() {
    let (_server, fake, client) = start().await;
    fake.with(|store| store.undeployed = true);
    let known = fake.run("noop", &json!({}));
    let unknown = fake.run("sings", &json!({}));
    let worker = Running::start(quick(client).flow(Flow::new("noop", noop)));
    for run in [&known, &unknown] {
        let state = fake.reaches(run, "FAILED").await;
        let message = state["message"].as_str().unwrap();
        assert!(
            message.contains("deployment was deleted") && message.contains("submit it again"),
            "{message}"
        );
        assert_eq!(fake.names(run), ["Scheduled", "Failed"]);
    }
    assert_eq!(worker.end().await.failed, 2);
}

#[tokio::test]
async fn what_a_flow_cannot_tell_of_itself_is_told_to_the_hook() {
    let (_server, fake, client) = start().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = {
        let told = Arc::clone(&told);
        move |failed: UnhandledFailure| told.lock().unwrap().push(failed)
    };
    let flows = [
        Flow::new("copy", |_, _: Scan| async { Ok::<_, String>(()) }),
        Flow::new("fail", fail),
        Flow::new("panic", |_, _: Nothing| async {
            assert!(std::env::args().next().is_none(), "token=abcdefghijklmnop");
            Ok::<_, String>(())
        }),
        Flow::new("slow", for_ever)
            .timeout(Duration::from_millis(50))
            .retries(1, Duration::ZERO),
    ];
    let ends = [
        ("copy", "FAILED", Some("`file_path`")),
        // It tells of its failures itself.
        ("fail", "FAILED", None),
        ("mystery", "FAILED", Some("no flow `mystery`")),
        ("panic", "CRASHED", Some("panicked")),
        // Once, after its retry.
        ("slow", "FAILED", Some("longer than 0.05 s")),
    ];
    let runs = ends.map(|(flow, ..)| fake.run(flow, &json!({})));
    let worker = flows
        .into_iter()
        .fold(quick(client), WorkerBuilder::flow)
        .on_unhandled_failure(hook);
    let worker = Running::start(worker);
    for ((_, end, _), run) in ends.iter().zip(&runs) {
        fake.reaches(run, end).await;
    }
    worker.end().await;
    let mut told = told.lock().unwrap().clone();
    told.sort_by(|one, other| one.flow.cmp(&other.flow));
    let wanted = ends
        .iter()
        .zip(&runs)
        .filter_map(|(end, run)| Some((end.0, end.2?, run)));
    assert_eq!(told.len(), wanted.clone().count(), "{told:?}");
    for (failed, (flow, problem, run)) in told.iter().zip(wanted) {
        assert_eq!(
            (failed.flow.as_deref(), failed.flow_run_id.as_str()),
            (Some(flow), run.as_str())
        );
        assert!(failed.problem.contains(problem), "{failed:?}");
        assert!(!failed.problem.contains("abcdefghijklmnop"), "{failed:?}");
    }
}
