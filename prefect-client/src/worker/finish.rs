//! Telling the server how an attempt ended.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::execute::clean_up;
use super::logs::{ERROR, INFO, WARNING};
use super::run_state::{Order, RunState};
use super::shared::{Shared, count};
use crate::Error;
use crate::model::{NewState, RunPolicy, StateType, Transition};

/// The longest text of a state's message, in bytes.
const MAX_MESSAGE: usize = 8 * 1024;
/// The largest result that is published, in bytes of JSON.
const MAX_RESULT: usize = 256 * 1024;
/// The longest pause between tries to tell the server.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// With this result.
    Completed(Value),
    /// With an error of its own.
    Failed(String),
    /// It took longer than the flow may.
    TimedOut(Duration),
    /// Before the handler was called: the parameters do not fit.
    Refused(String),
    /// With a panic.
    Panicked(String),
    /// As was wished; what went wrong in the cleanup.
    Cancelled(Option<String>),
    /// It is to go on in another process.
    HandedOver,
    /// It goes on when someone resumes it.
    Suspended,
    /// It is no longer ours.
    Lost,
}

pub(crate) async fn report(shared: &Arc<Shared>, run: &Arc<RunState>, ended: Ended) {
    let log = |level, text: String| shared.logs.push(&run.origin, "prefect.flow_runs", level, &text);
    let counts = &shared.counts;
    // What its handler did not live to say.
    let mut unhandled = None;
    let (state, counter) = match ended {
        Ended::Completed(result) => {
            publish(shared, run, result).await;
            (NewState::completed(), &counts.completed)
        }
        Ended::Failed(problem) => {
            log(ERROR, problem.clone());
            failed(shared, run, NewState::failed(text(shared, &problem)))
        }
        Ended::TimedOut(limit) => {
            let problem = format!("the run took longer than {} s", limit.as_secs_f64());
            log(ERROR, problem.clone());
            unhandled = Some(problem.clone());
            failed(shared, run, NewState::failed(problem).name("TimedOut"))
        }
        Ended::Refused(problem) => {
            log(ERROR, problem.clone());
            let problem = text(shared, &problem);
            unhandled = Some(problem.clone());
            (NewState::failed(problem), &counts.failed)
        }
        Ended::Panicked(problem) => {
            let problem = format!("the flow panicked: {problem}");
            log(ERROR, problem.clone());
            let problem = text(shared, &problem);
            unhandled = Some(problem.clone());
            (NewState::crashed(problem), &counts.crashed)
        }
        Ended::Cancelled(problem) => (cancelled(shared, problem.as_deref()), &counts.cancelled),
        Ended::HandedOver => {
            log(
                INFO,
                format!("worker {} ends and hands the run over", shared.settings.name),
            );
            (
                again(shared, TimeDelta::zero(), "handed over"),
                &counts.handed_over,
            )
        }
        Ended::Suspended => return,
        Ended::Lost => {
            count(&counts.lost);
            tracing::warn!(flow_run_id = %run.id(), "the run is no longer this worker's; it was stopped");
            return;
        }
    };
    let goes_on = state.kind() == &StateType::Scheduled;
    if goes_on {
        allow_reschedule(shared, run).await;
    }
    let is_settled = settle(shared, run, state, counter).await;
    if let Some(problem) = unhandled.filter(|_| is_settled && !goes_on) {
        let flow = Some(run.flow.name());
        shared.settings.on_unhandled.tell(run.id(), flow, problem);
    }
}

/// Proposes the end, and deals with a server that has another view of it; says whether it was taken.
async fn settle(shared: &Arc<Shared>, run: &Arc<RunState>, state: NewState, counter: &AtomicU64) -> bool {
    let kind = state.kind().clone();
    let Some(answer) = propose(shared, run, state).await else {
        count(&shared.counts.lost);
        return false;
    };
    let is_taken = answer.is_accepted();
    let now = answer.state().map(|state| state.kind.clone());
    match (answer, now) {
        (Transition::Accepted(_), _) => {
            tracing::info!(flow_run_id = %run.id(), flow = run.flow.name(), state = %kind, "told the server how the run stands");
            count(counter);
        }
        // Cancelled just as it ended.
        (_, Some(StateType::Cancelling)) if kind != StateType::Cancelled => {
            let problem = clean_up(shared, run).await.err();
            let accepted = propose(shared, run, cancelled(shared, problem.as_deref())).await;
            if accepted.is_some_and(|answer| answer.is_accepted()) {
                count(&shared.counts.cancelled);
            }
        }
        // The server's own retry, which waits for this process: give it to any.
        (_, Some(StateType::Scheduled)) if kind == StateType::Failed => {
            set_reschedule(shared, run).await;
            count(&shared.counts.retried);
        }
        (answer, now) => tracing::warn!(
            flow_run_id = %run.id(), proposed = %kind, is = ?now.map(|kind| kind.to_string()), reason = answer.reason(),
            "the server has the run in another state"
        ),
    }
    is_taken
}

/// Proposes a state until the server has said something to it; `None` if the run is not ours to speak of, or is gone.
pub(crate) async fn propose(shared: &Shared, run: &RunState, state: NewState) -> Option<Transition> {
    let set = shared
        .client
        .flow_run(run.id().clone())
        .set_state(state.transition_id(Uuid::new_v4()));
    let mut pause = Duration::from_secs(1);
    loop {
        owned(shared, run).await?;
        match set.send().await {
            Ok(answer) => return Some(answer),
            Err(error) if is_final(&error) => {
                tracing::error!(flow_run_id = %run.id(), %error, "the server does not take the run's state");
                return None;
            }
            Err(error) => {
                tracing::warn!(flow_run_id = %run.id(), %error, "the run's state waits for the server");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(MAX_PAUSE);
            }
        }
    }
}

/// Waits until it is certain whose the run is; `None` if it is not ours.
async fn owned(shared: &Shared, run: &RunState) -> Option<()> {
    while run.order() != Order::Lose {
        if shared.lease.covers(run.verified()) {
            return Some(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    None
}

/// Whether asking again is useless: the server knows the request and does not want it.
fn is_final(error: &Error) -> bool {
    error
        .status()
        .is_some_and(|status| matches!(status, 400 | 404 | 405 | 409 | 410 | 422))
}

/// What becomes of a failure: another try, or the end.
fn failed<'a>(shared: &'a Shared, run: &RunState, state: NewState) -> (NewState, &'a AtomicU64) {
    let policy = run.run.empirical_policy.clone().unwrap_or_default();
    let (retries, delay) = retries(&policy, run.flow.default_retries());
    if run.attempt() <= u64::from(retries) && run.run.deployment_id.is_some() {
        let why = format!("attempt {} of {} failed", run.attempt(), u64::from(retries) + 1);
        return (again(shared, delay, &why), &shared.counts.retried);
    }
    (state, &shared.counts.failed)
}

/// How often, and after which pause: what the run says, else what the flow says.
fn retries(policy: &RunPolicy, flow: Option<(u32, Duration)>) -> (u32, TimeDelta) {
    let (flow_retries, flow_delay) = flow.unwrap_or_default();
    let delay = policy
        .retry_delay
        .filter(|seconds| seconds.is_finite() && *seconds >= 0.0 && policy.retries.is_some())
        .map_or(flow_delay, |seconds| Duration::from_secs_f64(seconds.min(1e9)));
    (
        policy.retries.unwrap_or(flow_retries),
        TimeDelta::from_std(delay).unwrap_or(TimeDelta::days(365)),
    )
}

/// To be run again, by whichever worker takes it then.
fn again(shared: &Shared, delay: TimeDelta, why: &str) -> NewState {
    NewState::awaiting_retry(shared.clock.now() + delay)
        .message(format!("{why}; worker {}", shared.settings.name))
}

fn cancelled(shared: &Shared, problem: Option<&str>) -> NewState {
    let state = NewState::cancelled();
    match problem {
        Some(problem) => state.message(text(shared, problem)),
        None => state,
    }
}

/// A state's message: no secret in it, and of a length that people can bear.
fn text(shared: &Shared, problem: &str) -> String {
    let mut text = shared.logs.masked(problem);
    if text.len() > MAX_MESSAGE {
        let end = (0..=MAX_MESSAGE).rev().find(|&end| text.is_char_boundary(end));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

/// A run whose last retry was kept in a process would not be offered to any.
async fn allow_reschedule(shared: &Shared, run: &RunState) {
    let kept = run
        .run
        .empirical_policy
        .as_ref()
        .and_then(|policy| policy.retry_type.as_deref());
    if kept == Some("in_process") {
        set_reschedule(shared, run).await;
    }
}

async fn set_reschedule(shared: &Shared, run: &RunState) {
    let policy = run.run.empirical_policy.clone().unwrap_or_default();
    let policy =
        json!({"retries": policy.retries, "retry_delay": policy.retry_delay, "retry_type": "reschedule"});
    let update = shared
        .client
        .flow_run(run.id().clone())
        .update()
        .empirical_policy(policy);
    if let Err(error) = update.send().await {
        tracing::error!(flow_run_id = %run.id(), %error, "the run's retry stays with this process");
    }
}

/// Keeps the result as an artifact. It is not worth a run's state.
async fn publish(shared: &Shared, run: &RunState, result: Value) {
    if result.is_null() {
        return;
    }
    let size = result.to_string().len();
    let said = if size > MAX_RESULT {
        Err(format!("{size} bytes are more than {MAX_RESULT}"))
    } else {
        let create = shared
            .client
            .artifacts()
            .create("result", result)
            .flow_run_id(run.id());
        create
            .description("What the flow returned")
            .send()
            .await
            .map_err(|error| error.to_string())
    };
    if let Err(problem) = said {
        let text = format!("the flow's result was not published: {problem}");
        shared.logs.push(&run.origin, "prefect.flow_runs", WARNING, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_s_word_on_retries_counts_before_the_flow_s() {
        let policy = |retries, retry_delay| RunPolicy {
            retries,
            retry_delay,
            retry_type: None,
        };
        let flow = Some((3, Duration::from_secs(60)));
        for (given, of, wanted) in [
            (policy(None, None), flow, (3, 60)),
            (policy(None, Some(0.0)), flow, (3, 60)),
            (policy(Some(1), Some(5.0)), flow, (1, 5)),
            (policy(Some(0), None), flow, (0, 60)),
            (policy(None, None), None, (0, 0)),
            (policy(Some(2), Some(f64::NAN)), None, (2, 0)),
        ] {
            let (count, delay) = retries(&given, of);
            assert_eq!((count, delay.num_seconds()), wanted, "{given:?} {of:?}");
        }
    }
}
