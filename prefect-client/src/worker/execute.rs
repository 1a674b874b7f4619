//! One attempt of one run.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tracing::Instrument;

use super::claim;
use super::context::FlowContext;
use super::finish::{self, Ended};
use super::flow::{Handled, Ready};
use super::logs::{ERROR, INFO};
use super::run_state::{Order, RunState};
use super::shared::Shared;
use crate::model::{NewState, StateType, Transition};

/// How long a cleanup may take.
const CLEANUP: Duration = Duration::from_secs(300);
/// How long a handler may take to end by itself when its worker ends.
const HANDOVER_GRACE: Duration = Duration::from_secs(2);
/// A time limit this far off is none.
const NEVER: Duration = Duration::from_secs(86_400 * 365);

/// Runs a run that was taken, to its end or to where it goes on elsewhere.
pub(crate) async fn execute(shared: &Arc<Shared>, run: &Arc<RunState>) {
    let ended = attempt(shared, run).await;
    finish::report(shared, run, ended).await;
}

async fn attempt(shared: &Arc<Shared>, run: &Arc<RunState>) -> Ended {
    let parameters = run.run.parameters.clone().unwrap_or_default();
    let ready = match run.flow.handler(&parameters) {
        Ok(ready) => ready,
        Err(problem) => return Ended::Refused(problem),
    };
    match begin(shared, run).await {
        Begun::Running => {}
        Begun::Cancelling => return cancelled(shared, run, None).await,
        Begun::Elsewhere => return Ended::Lost,
        Begun::HandOver => return Ended::HandedOver,
    }
    let context = context(shared, run, false);
    context.log(
        INFO,
        format!(
            "attempt {} of {} on worker {}",
            run.attempt(),
            run.flow,
            shared.settings.name
        ),
    );
    watch(shared, run, spawn(run, ready, context)).await
}

fn context(shared: &Arc<Shared>, run: &Arc<RunState>, cleans_up: bool) -> FlowContext {
    FlowContext {
        shared: Arc::clone(shared),
        run: Arc::clone(run),
        cleans_up,
    }
}

/// A handler in a task of its own, so that its panic ends nothing else; aborted when this is dropped.
struct Handler {
    task: JoinHandle<Handled>,
    abort: AbortOnDrop,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn spawn(run: &RunState, ready: Ready, context: FlowContext) -> Handler {
    // Of the highest level, so that no filter of levels takes it away and the run's lines with it.
    let span = tracing::error_span!("flow_run", flow_run_id = %run.id(), flow = run.flow.name());
    let task = tokio::spawn(ready(context).instrument(span));
    let abort = AbortOnDrop(task.abort_handle());
    Handler { task, abort }
}

/// How the run stands when its handler is about to be called.
enum Begun {
    Running,
    Cancelling,
    HandOver,
    Elsewhere,
}

/// Sets the run running, once its time has come.
async fn begin(shared: &Shared, run: &RunState) -> Begun {
    loop {
        match run.order() {
            Order::Cancel => return Begun::Cancelling,
            Order::HandOver => return Begun::HandOver,
            order if order.stops() => return Begun::Elsewhere,
            _ => {}
        }
        let state = NewState::running().message(claim::message(&shared.settings.name));
        match finish::propose(shared, run, state).await {
            Some(Transition::Accepted(_)) => return Begun::Running,
            Some(Transition::Wait { delay, .. }) => {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = run.stop.cancelled() => {}
                }
            }
            Some(refused) => {
                let cancelling = refused
                    .state()
                    .is_some_and(|state| state.kind == StateType::Cancelling);
                tracing::info!(flow_run_id = %run.id(), reason = refused.reason(), "the run is not to be begun");
                return if cancelling {
                    Begun::Cancelling
                } else {
                    Begun::Elsewhere
                };
            }
            None => return Begun::Elsewhere,
        }
    }
}

/// Awaits the handler, an order to stop, or the flow's time limit.
async fn watch(shared: &Arc<Shared>, run: &Arc<RunState>, mut handler: Handler) -> Ended {
    let limit = run.flow.time_limit();
    tokio::select! {
        biased;
        joined = &mut handler.task => return settle(shared, run, joined).await,
        () = run.stop.cancelled() => {}
        () = tokio::time::sleep(limit.unwrap_or(NEVER)) => {
            run.stop.cancel();
            let ended = wind_down(handler, shared.settings.cancel_grace).await;
            if let Some(joined @ Ok(Ok(_))) = ended {
                return settle(shared, run, joined).await;
            }
            let _ = clean_up(shared, run).await;
            return Ended::TimedOut(limit.unwrap_or_default());
        }
    }
    match run.order() {
        Order::Cancel => {
            let ended = wind_down(handler, shared.settings.cancel_grace).await;
            cancelled(shared, run, ended.and_then(Result::ok).and_then(Result::err)).await
        }
        Order::HandOver => match wind_down(handler, HANDOVER_GRACE).await {
            Some(joined @ (Ok(Ok(_)) | Err(_))) => settle(shared, run, joined).await,
            _ => Ended::HandedOver,
        },
        Order::Suspend => Ended::Suspended,
        Order::Run | Order::Pause | Order::Lose => Ended::Lost,
    }
}

/// What a handler's own end means, in view of what was ordered meanwhile.
async fn settle(shared: &Arc<Shared>, run: &Arc<RunState>, joined: Result<Handled, JoinError>) -> Ended {
    match (joined, run.order()) {
        (_, Order::Lose) => Ended::Lost,
        (joined, Order::Cancel) => cancelled(shared, run, joined.ok().and_then(Result::err)).await,
        (Ok(Ok(result)), _) => Ended::Completed(result),
        (Ok(Err(_)), Order::HandOver) => Ended::HandedOver,
        (Ok(Err(_)), Order::Suspend) => Ended::Suspended,
        (Ok(Err(problem)), _) => Ended::Failed(problem),
        (Err(error), _) => match error.try_into_panic() {
            Ok(panic) => Ended::Panicked(panic_text(&*panic)),
            Err(_) => Ended::HandedOver,
        },
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_owned())
}

/// Lets a handler end by itself for so long, then drops it. What it came to, if it did end.
async fn wind_down(mut handler: Handler, grace: Duration) -> Option<Result<Handled, JoinError>> {
    if let Ok(joined) = tokio::time::timeout(grace, &mut handler.task).await {
        return Some(joined);
    }
    drop(handler.abort);
    match handler.task.await {
        Err(error) if error.is_cancelled() => None,
        joined => Some(joined),
    }
}

/// Cleans up after a run that is being cancelled.
async fn cancelled(shared: &Arc<Shared>, run: &Arc<RunState>, said: Option<String>) -> Ended {
    if let Some(said) = said {
        context(shared, run, true).log(INFO, format!("stopped: {said}"));
    }
    Ended::Cancelled(clean_up(shared, run).await.err())
}

/// Runs the flow's cleanup, if it has one.
pub(crate) async fn clean_up(shared: &Arc<Shared>, run: &Arc<RunState>) -> Result<(), String> {
    let parameters = run.run.parameters.clone().unwrap_or_default();
    let Some(ready) = run.flow.cleanup(&parameters) else {
        return Ok(());
    };
    let context = context(shared, run, true);
    let outcome = match ready {
        Ok(ready) => {
            let mut handler = spawn(run, ready, context.clone());
            match tokio::time::timeout(CLEANUP, &mut handler.task).await {
                Ok(Ok(outcome)) => outcome.map(drop),
                Ok(Err(error)) => Err(match error.try_into_panic() {
                    Ok(panic) => format!("it panicked: {}", panic_text(&*panic)),
                    Err(_) => "it was stopped".to_owned(),
                }),
                Err(_) => Err(format!("it took longer than {} s", CLEANUP.as_secs())),
            }
        }
        Err(problem) => Err(problem),
    };
    outcome.map_err(|problem| {
        let problem = format!("the cleanup failed: {problem}");
        context.log(ERROR, &problem);
        problem
    })
}
