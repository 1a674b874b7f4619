//! What goes on beside the runs: heartbeats, and looking how the runs stand.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::Utc;
use tokio::time::Instant;

use super::claim;
use super::run_state::{Order, RunState};
use super::shared::Shared;
use crate::model::{NewEvent, StateType};
use crate::{FlowRun, Result, State};

/// The pause after a heartbeat that did not get through.
const BEAT_AGAIN: Duration = Duration::from_secs(1);
/// How long a heartbeat or a look may take.
const QUICK: Duration = Duration::from_secs(10);
/// How often the server hears of each run that goes on.
const RUN_HEARTBEAT: Duration = Duration::from_secs(30);
/// How long the slot of a deployment's concurrency limit is held for.
const SLOT_LEASE: Duration = Duration::from_secs(300);
/// The most runs that one look covers.
const LOOK_AT: usize = 200;

/// Says that the worker is alive, for as long as it is polled.
pub(crate) async fn beat(shared: &Arc<Shared>) {
    let mut warned = false;
    loop {
        let pause = match heartbeat(shared).await {
            Ok(()) => {
                warned = false;
                shared.settings.heartbeat_interval
            }
            Err(error) => {
                if !warned {
                    tracing::warn!(%error, "the server did not take a heartbeat");
                }
                warned = true;
                BEAT_AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// One heartbeat to each pool. One that was deleted meanwhile is created again: without it the worker would pass for
/// dead, in its other pools too.
pub(crate) async fn heartbeat(shared: &Shared) -> Result<()> {
    let sent = Instant::now();
    for pool in &shared.settings.pools {
        match beat_in(shared, &pool.name).await {
            Err(error) if error.is_not_found() => {
                create_pool(shared, &pool.name).await?;
                beat_in(shared, &pool.name).await?;
            }
            sent => sent?,
        }
    }
    shared.logs.set_ahead(shared.clock.ahead());
    shared.lease.renew(sent);
    Ok(())
}

async fn beat_in(shared: &Shared, pool: &str) -> Result<()> {
    let parts = shared
        .urgent
        .work_pool(pool)
        .heartbeat(&shared.settings.name)
        .heartbeat_interval_seconds(shared.settings.heartbeat_interval.as_secs())
        .into_parts()?
        .no_retry()
        .timeout(QUICK);
    let asked = Utc::now();
    let answer = shared.urgent.full(parts).await?;
    shared.clock.learn(&answer.headers, asked, Utc::now());
    Ok(())
}

/// Creates a pool, unless somebody else has.
pub(crate) async fn create_pool(shared: &Shared, pool: &str) -> Result<()> {
    let create = shared
        .urgent
        .work_pools()
        .create(pool, &shared.settings.pool_type);
    match create.send().await {
        Err(error) if !error.is_conflict() => Err(error),
        _ => {
            tracing::warn!(pool, "the server had no such pool; it was created");
            Ok(())
        }
    }
}

/// Looks how the runs stand, for as long as it is polled.
pub(crate) async fn watch(shared: &Arc<Shared>) {
    let mut warned = false;
    loop {
        tokio::time::sleep(shared.settings.watch_interval).await;
        match look(shared).await {
            Ok(()) => warned = false,
            Err(error) if !warned => {
                warned = true;
                tracing::warn!(%error, "it was not seen how the runs stand");
            }
            Err(_) => {}
        }
    }
}

async fn look(shared: &Shared) -> Result<()> {
    for some in shared.runs().chunks(LOOK_AT) {
        let sent = Instant::now();
        let parts = shared
            .urgent
            .flow_runs()
            .list()
            .ids(some.iter().map(|run| run.id()))
            .into_parts()?
            .no_retry()
            .timeout(QUICK);
        let found: Vec<FlowRun> = shared.urgent.request(parts).await?;
        for run in some {
            if let Some(one) = found.iter().find(|one| one.id == *run.id()) {
                judge(shared, run, one.state.as_ref(), sent);
            } else {
                tracing::warn!(flow_run_id = %run.id(), "the run was deleted");
                run.give(Order::Lose);
            }
        }
    }
    Ok(())
}

/// What a run's state on the server means for its handler.
fn judge(shared: &Shared, run: &RunState, state: Option<&State>, sent: Instant) {
    let Some(state) = state else { return };
    let order = match &state.kind {
        StateType::Pending | StateType::Running => {
            let owner = state.message.as_deref().and_then(claim::owner);
            // Without a name it was resumed, by someone who does not sign.
            if owner.is_none_or(|owner| owner == shared.settings.name) {
                Order::Run
            } else {
                Order::Lose
            }
        }
        StateType::Paused => {
            let details = state.state_details.as_ref();
            let gives_up = details
                .and_then(|details| details.pause_reschedule)
                .unwrap_or(false);
            if gives_up { Order::Suspend } else { Order::Pause }
        }
        StateType::Cancelling => Order::Cancel,
        kind if kind.is_terminal() || *kind == StateType::Scheduled => Order::Lose,
        _ => return,
    };
    if order != Order::Lose {
        run.verify(sent);
    }
    run.give(order);
}

/// Tells the server of the runs that go on, and keeps their slots of deployments' limits, for as long as it is polled.
pub(crate) async fn hold(shared: &Arc<Shared>) {
    let mut listens = true;
    loop {
        tokio::time::sleep(RUN_HEARTBEAT).await;
        let runs = shared.runs();
        tell(shared, &runs, &mut listens).await;
        for run in runs {
            let lease = run
                .slot_lease
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let Some(lease) = lease else { continue };
            let renewed = shared
                .client
                .concurrency_limits()
                .renew(&lease, SLOT_LEASE)
                .send()
                .await;
            if let Err(error) = renewed {
                tracing::warn!(flow_run_id = %run.id(), %error, "the run's slot of its deployment's limit was not kept");
            }
        }
    }
}

/// Tells the server of the runs that go on, unless it is too old to listen, which is said once.
async fn tell(shared: &Shared, runs: &[Arc<RunState>], listens: &mut bool) {
    if !*listens || runs.is_empty() {
        return;
    }
    let beats = runs.iter().map(|run| {
        let resource = format!("prefect.flow-run.{}", run.id());
        NewEvent::new("prefect.flow-run.heartbeat", resource, shared.clock.now())
    });
    if let Err(error) = shared.client.events().emit(beats).send().await {
        *listens = !error.is_not_found();
        tracing::info!(%error, for_good = !*listens, "the server was not told of the runs that go on");
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;

    use serde_json::json;
    use tokio::sync::Semaphore;
    use tracing_subscriber::fmt::MakeWriter;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

    use super::*;
    use crate::worker::{Flow, Worker};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn noop() -> Flow {
        Flow::new("noop", |_, (): ()| async { Ok::<_, String>(()) })
    }

    async fn run(shared: &Shared) -> Arc<RunState> {
        let run: FlowRun = serde_json::from_value(json!({"id": "r", "flow_id": "f", "name": "n"})).unwrap();
        let slot = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
        let state = RunState::new(run, None, "pool".to_owned(), noop(), slot, Instant::now());
        let state = Arc::new(state);
        shared.enter(&state);
        state
    }

    #[tokio::test]
    async fn a_server_without_events_is_told_of_no_run_again_and_one_line_says_so() {
        let server = MockServer::start().await;
        let missing = ResponseTemplate::new(404).set_body_json(json!({"detail": "Not Found"}));
        let asked = Mock::given(matchers::path("/api/events")).respond_with(missing);
        asked.expect(1).mount(&server).await;
        let client = crate::Client::builder().base_url(format!("{}/api", server.uri()));
        let worker = Worker::builder(client.build().unwrap()).pool("pool");
        let shared = worker.flow(noop()).build().unwrap().shared;
        let runs = [run(&shared).await];
        let lines = Lines::default();
        let logs = tracing_subscriber::fmt().with_writer(lines.clone()).finish();
        let _guard = tracing::subscriber::set_default(logs);
        let mut listens = true;
        for _ in 0..3 {
            tell(&shared, &runs, &mut listens).await;
        }
        assert!(!listens);
        let said = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("the server was not told of the runs that go on"),
            "{said}"
        );
    }
}
