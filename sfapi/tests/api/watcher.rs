//! Waiting for jobs, in paused time, against a Slurm that a script plays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rest_core::{Clock, ManualClock, Pace, StaticToken, Token, system_clock};
use serde_json::{Value, json};
use sfapi::rest_core;
use sfapi::{Client, JobId, JobState, JobWatcher, WaitError};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{TOKEN, http, machine};

/// What squeue and sacct show of a job at the n-th tick.
type Play = fn(tick: usize) -> (Option<Value>, Option<Value>);

struct Scene {
    server: MockServer,
    client: Client,
    asked: Arc<Mutex<Vec<(bool, usize)>>>,
}

impl Scene {
    /// Whose pauses take no time.
    async fn new(play: Play) -> Self {
        Self::by(play, Arc::new(ManualClock::new(chrono::DateTime::UNIX_EPOCH))).await
    }

    async fn by(play: Play, clock: Arc<dyn Clock>) -> Self {
        let server = MockServer::start().await;
        let asked: Arc<Mutex<Vec<(bool, usize)>>> = Arc::default();
        let log = asked.clone();
        let answer = move |request: &Request| {
            let query: HashMap<String, String> = request.url.query_pairs().into_owned().collect();
            let accounting = query["sacct"] == "true";
            assert_eq!(query["cached"], "false");
            let ids: Vec<&str> = query["kwargs"]
                .strip_prefix("jobid=")
                .unwrap()
                .split(',')
                .collect();
            let mut log = log.lock().unwrap();
            log.push((accounting, ids.len()));
            let tick = log.iter().filter(|(accounting, _)| !accounting).count();
            let (queue, ended) = play(tick);
            let row = if accounting { ended } else { queue };
            let rows: Vec<Value> = ids
                .iter()
                .filter_map(|id| {
                    let mut row = row.clone()?;
                    row["jobid"] = json!(id);
                    Some(row)
                })
                .collect();
            ResponseTemplate::new(200).set_body_json(json!({"status": "OK", "output": rows, "error": null}))
        };
        Mock::given(method("GET"))
            .and(path("/compute/jobs/perlmutter"))
            .respond_with(answer)
            .mount(&server)
            .await;
        let client = Client::builder()
            .base_url(server.uri())
            .http(http())
            .tokens(Arc::new(StaticToken(Token::bearer(TOKEN))))
            .clock(clock)
            .build()
            .unwrap();
        Self {
            server,
            client,
            asked,
        }
    }

    async fn wait(&self) -> Result<sfapi::Job, WaitError> {
        JobWatcher::new(&self.client, &machine())
            .wait(&JobId::new("17"))
            .await
    }

    fn asked(&self) -> Vec<(bool, usize)> {
        self.asked.lock().unwrap().clone()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "half of what a tick shows")]
fn state(text: &str) -> Option<Value> {
    Some(json!({ "state": text }))
}

#[expect(clippy::unnecessary_wraps, reason = "half of what a tick shows")]
fn ended(text: &str, exit: &str) -> Option<Value> {
    Some(json!({"state": text, "exitcode": exit, "reason": "None"}))
}

#[tokio::test]
async fn a_job_that_completes_is_a_job() {
    let scene = Scene::new(|tick| match tick {
        0..=2 => (state("PENDING"), None),
        3..=4 => (state("RUNNING"), None),
        _ => (None, ended("COMPLETED", "0:0")),
    })
    .await;
    let mut seen = Vec::new();
    let watcher = JobWatcher::new(&scene.client, &machine());
    let job = watcher
        .wait(&JobId::new("17"))
        .on_update(|job| seen.push(job.state.to_string()))
        .await
        .unwrap();
    assert_eq!(job.exit_code.unwrap().code, 0);
    assert_eq!(seen, ["PENDING", "PENDING", "RUNNING", "RUNNING", "COMPLETED"]);
    assert_eq!(
        scene.asked().iter().filter(|(accounting, _)| *accounting).count(),
        1
    );
}

#[tokio::test]
async fn every_other_end_is_an_error_with_state_and_exit_code() {
    let plays: [(&str, Play); 8] = [
        ("FAILED", |_| (None, ended("FAILED", "3:0"))),
        ("TIMEOUT", |_| (None, ended("TIMEOUT", "0:1"))),
        ("OUT_OF_MEMORY", |_| (None, ended("OUT_OF_MEMORY", "0:125"))),
        ("NODE_FAIL", |_| (None, ended("NODE_FAIL", "1:0"))),
        ("BOOT_FAIL", |_| (None, ended("BOOT_FAIL", "1:0"))),
        ("DEADLINE", |_| (None, ended("DEADLINE", "0:0"))),
        ("REVOKED", |_| (None, ended("REVOKED", "0:0"))),
        ("PREEMPTED", |_| (None, ended("PREEMPTED", "0:0"))),
    ];
    for (code, play) in plays {
        let error = Scene::new(play).await.wait().await.unwrap_err();
        assert!(matches!(error, WaitError::Failed { .. }) && !error.may_still_run());
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains("exit code"), "{error}");
    }
    let error = Scene::new(|_| (None, ended("CANCELLED by 0", "0:15")))
        .await
        .wait()
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Cancelled { .. }), "{error}");
}

/// A job that Slurm queues again after a preemption is in the queue, whatever the accounting says.
#[tokio::test]
async fn a_preempted_job_that_is_queued_again_is_waited_for() {
    let scene = Scene::new(|tick| match tick {
        0..=3 => (state("REQUEUED"), ended("PREEMPTED", "0:0")),
        4 => (state("RUNNING"), ended("PREEMPTED", "0:0")),
        _ => (None, ended("COMPLETED", "0:0")),
    })
    .await;
    scene.wait().await.unwrap();
}

#[tokio::test]
async fn a_new_job_is_not_known_yet_and_then_it_is() {
    let scene = Scene::new(|tick| match tick {
        0..=5 => (None, None),
        _ => (None, ended("COMPLETED", "0:0")),
    })
    .await;
    scene.wait().await.unwrap();
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_lost_after_two_minutes() {
    let scene = Scene::new(|_| (None, None)).await;
    let begun = scene.client.rest().clock().now();
    let error = scene.wait().await.unwrap_err();
    assert!(
        matches!(error, WaitError::Lost { .. }) && error.may_still_run(),
        "{error}"
    );
    let took = (scene.client.rest().clock().now() - begun).num_seconds();
    assert!((120..140).contains(&took), "{took} s");
}

/// The queue shows that it ended, the accounting still has it running: its exit code is waited for.
#[tokio::test]
async fn a_late_accounting_is_waited_for() {
    let scene = Scene::new(|tick| match tick {
        0..=1 => (state("RUNNING"), None),
        2..=5 => (state("COMPLETED"), state("RUNNING")),
        _ => (None, ended("FAILED", "3:0")),
    })
    .await;
    assert_eq!(scene.wait().await.unwrap_err().code(), "FAILED");
}

#[tokio::test]
async fn without_accounting_the_queue_is_believed_in_the_end() {
    let scene = Scene::new(|_| (state("FAILED"), None)).await;
    assert_eq!(scene.wait().await.unwrap_err().code(), "FAILED");
}

#[tokio::test]
async fn an_unknown_state_is_waited_on() {
    let scene = Scene::new(|tick| match tick {
        0..=4 => (state("HIBERNATING"), None),
        _ => (None, ended("COMPLETED", "0:0")),
    })
    .await;
    scene.wait().await.unwrap();
}

#[tokio::test]
async fn a_job_that_can_never_begin_is_said_so() {
    for reason in ["PartitionTimeLimit", "QOSMaxWallDurationPerJobLimit"] {
        let play: Play = match reason {
            "PartitionTimeLimit" => |_| {
                (
                    Some(json!({"state": "PENDING", "reason": "PartitionTimeLimit"})),
                    None,
                )
            },
            _ => |_| {
                (
                    Some(json!({"state": "PENDING", "reason": "QOSMaxWallDurationPerJobLimit"})),
                    None,
                )
            },
        };
        let error = Scene::new(play).await.wait().await.unwrap_err();
        assert!(error.may_still_run() && error.code() == reason, "{error}");
    }
}

#[tokio::test]
async fn until_begun_ends_when_the_job_runs_or_has_ended() {
    let scene = Scene::new(|tick| {
        if tick < 3 {
            (state("CONFIGURING"), None)
        } else {
            (state("RUNNING"), None)
        }
    })
    .await;
    let wait = JobWatcher::new(&scene.client, &machine()).wait(&JobId::new("17"));
    assert_eq!(wait.until_begun().await.unwrap().state, JobState::Running);
    let scene = Scene::new(|_| (None, ended("FAILED", "1:0"))).await;
    let wait = JobWatcher::new(&scene.client, &machine()).wait(&JobId::new("17"));
    assert_eq!(wait.until_begun().await.unwrap().state, JobState::Failed);
}

#[tokio::test]
async fn trouble_that_passes_is_got_over_and_other_trouble_is_told() {
    let scene = Scene::new(|_| (None, ended("COMPLETED", "0:0"))).await;
    let busy = ResponseTemplate::new(503);
    Mock::given(method("GET"))
        .respond_with(busy)
        .up_to_n_times(4)
        .with_priority(1)
        .mount(&scene.server)
        .await;
    scene.wait().await.unwrap();
    let refused = ResponseTemplate::new(403).set_body_json(json!({"detail": "Not authenticated"}));
    Mock::given(method("GET"))
        .respond_with(refused)
        .with_priority(1)
        .mount(&scene.server)
        .await;
    let error = scene.wait().await.unwrap_err();
    assert!(
        matches!(error, WaitError::Service(_)) && error.may_still_run(),
        "{error}"
    );
}

/// Two hundred waits cost what one does.
#[tokio::test]
async fn requests_do_not_grow_with_the_number_of_jobs() {
    let play: Play = |tick| {
        if tick < 40 {
            (state("RUNNING"), None)
        } else {
            (None, ended("COMPLETED", "0:0"))
        }
    };
    let mut counts = Vec::new();
    for jobs in [1, 200] {
        // Pauses of several waiters add up on a clock that only they move.
        let scene = Scene::by(play, system_clock()).await;
        let pause = Duration::from_millis(20);
        let pace = Pace {
            first: pause,
            growth: 0.0,
            max: pause,
        };
        let watcher = JobWatcher::new(&scene.client, &machine()).pace(pace);
        let waits = (0..jobs).map(|n| {
            let wait = watcher.wait(&JobId::new(n.to_string()));
            tokio::spawn(async move { wait.await.map(|job| job.state) })
        });
        for wait in waits.collect::<Vec<_>>() {
            assert_eq!(wait.await.unwrap().unwrap(), JobState::Completed);
        }
        counts.push(scene.asked().len());
    }
    assert!(counts[0] >= 40 && counts[1] <= counts[0] + 2, "{counts:?}");
}

#[test]
fn an_hour_costs_few_requests() {
    let pace = Pace {
        first: Duration::from_secs(1),
        growth: 0.1,
        max: Duration::from_secs(10),
    };
    let (mut age, mut ticks) = (Duration::ZERO, 0);
    while age < Duration::from_secs(3600) {
        age += pace.next(age);
        ticks += 1;
    }
    assert!((350..420).contains(&ticks), "{ticks}");
}
