//! Waiting for the end, and believing it only if the command succeeded.

use std::time::Duration;

use globus_compute::{CommandOutput, Task, TaskError, TaskId, Value};
use proved_transfer::failure::Failure;
use proved_transfer::session::Session;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::submit::{AGAIN, again, noted};
use super::{CallReport, Functions, Recorded, SERVICE};

/// How many characters of a traceback or an output a failure shows.
const TAIL: usize = 2_000;
/// How often the wait may turn to another task of the same call.
const TURNS: u32 = 4;
/// How long after its time limit a command is surely dead.
const MARGIN: Duration = Duration::from_secs(60);

/// Whose work it is, as the function tells beside the command's outcome.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mark {
    /// Another task had made the claim.
    duplicate: bool,
    owner: Option<TaskId>,
    /// How long ago, in seconds.
    age: Option<f64>,
    returncode: Option<i64>,
}

/// What the end of one task means.
enum Verdict {
    /// The command ended, in this task or in the owner of the claim.
    Ended(CommandOutput, Option<TaskId>),
    /// Another task is at it, or was.
    Elsewhere(Mark),
    /// The result is gone, or the service gave the task up.
    Gone(Failure),
    /// The attempt is over.
    Over(Failure),
}

/// Waits for the task, or for the one that made the claim before it.
pub(super) async fn waited(
    run: &Session,
    functions: &Functions,
    step: &str,
    mut recorded: Recorded,
    mut task: TaskId,
) -> Result<CallReport, Failure> {
    let patience = functions.patience + Duration::from_secs(recorded.facts.limit_seconds);
    let (mut sent_again, mut seen, mut gone) = (false, Vec::new(), None);
    for _ in 0..TURNS {
        seen.push(task.clone());
        let mut handle = functions.executor.attach(task.clone());
        let Ok(ended) = run.holding(step, timeout(patience, handle.ended())).await? else {
            let text = format!(
                "compute task {task} has not ended within {} s",
                patience.as_secs()
            );
            return Err(Failure::new(step, "no_end", text).of(SERVICE).remedy(
                "see how the endpoint stands: splash-flows check compute; a run with the same --run-id waits on",
            ));
        };
        match verdict(step, &task, ended)? {
            Verdict::Ended(output, owner) if output.is_success() => {
                return succeeded(step, recorded, owner.unwrap_or(task), &output).await;
            }
            Verdict::Ended(output, _) => return Err(over(recorded, failed(step, &task, &output)).await),
            Verdict::Over(failure) => return Err(over(recorded, failure).await),
            Verdict::Gone(failure) if sent_again => return Err(over(recorded, failure).await),
            // What was recorded at the claim comes back; what never began runs now.
            Verdict::Gone(failure) => {
                (sent_again, gone) = (true, Some(failure));
                (recorded, task) = again(run, functions, step, recorded).await?;
            }
            Verdict::Elsewhere(mark) => match mark.owner.clone().filter(|owner| !seen.contains(owner)) {
                Some(owner) => (recorded, task) = noted(run, step, recorded, owner).await?,
                None => return Err(unfinished(step, recorded, &mark, gone).await),
            },
        }
    }
    let text = format!(
        "each task of the call names another one: {}",
        recorded.facts.claim
    );
    Err(Failure::new(step, "in_doubt", text).of(SERVICE).remedy(AGAIN))
}

fn verdict(
    step: &str,
    id: &TaskId,
    ended: Result<std::sync::Arc<Task>, TaskError>,
) -> Result<Verdict, Failure> {
    let of = |code: &str, text: String| Failure::new(step, code, text).of(SERVICE).task(id, code);
    let task = match ended {
        Ok(task) => task,
        Err(TaskError::Lost { .. }) => {
            let text = format!("the service does not know compute task {id} any more");
            return Ok(Verdict::Gone(of("GIVEN_UP", text)));
        }
        Err(TaskError::Service { source, .. }) => {
            return Err(Failure::service(step, SERVICE, &source)
                .task(id, "unknown")
                .remedy(AGAIN));
        }
        Err(other) => return Ok(Verdict::Over(of("FAILED", other.to_string()))),
    };
    if let Some(traceback) = &task.exception {
        let text = format!("the function raised in compute task {id}: {}", tail(traceback));
        return Ok(Verdict::Over(of("EXCEPTION", text)));
    }
    if !task.status.is_success() || task.result.is_none() {
        let reason = task.reason.as_deref().unwrap_or("it says no more");
        let text = format!("the service gave compute task {id} up: {}", tail(reason));
        return Ok(Verdict::Gone(of("GIVEN_UP", text)));
    }
    let read = task.value().map_err(|error| error.to_string()).and_then(read);
    Ok(match read {
        Ok((mark, _)) if mark.duplicate && mark.returncode.is_none() => Verdict::Elsewhere(mark),
        Ok((mark, output)) => Verdict::Ended(output, mark.owner),
        Err(error) => Verdict::Over(of(
            "UNREADABLE",
            format!("the result of compute task {id} cannot be read: {error}"),
        )),
    })
}

/// What the function returned. Anything without a return code that is no duplicate is not what a wrapper returns.
fn read(value: Value) -> Result<(Mark, CommandOutput), String> {
    let mark = Mark::deserialize(value.clone()).map_err(|error| error.to_string())?;
    if mark.returncode.is_none() && !mark.duplicate {
        return Err("it has no returncode".to_owned());
    }
    let output = CommandOutput::deserialize(value).map_err(|error| error.to_string())?;
    Ok((mark, output))
}

async fn succeeded(
    step: &str,
    recorded: Recorded,
    task_id: TaskId,
    output: &CommandOutput,
) -> Result<CallReport, Failure> {
    let seconds = output
        .seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let report = CallReport {
        step: step.to_owned(),
        endpoint_id: recorded.facts.compute_endpoint.clone(),
        task_id,
        seconds: seconds.map(|seconds| seconds.as_secs()),
    };
    let done = recorded.slot.done(&json!(report)).await;
    done.map_err(|error| Failure::store(step, &error))?;
    Ok(report)
}

/// A command that did not end well, with its last words.
fn failed(step: &str, id: &TaskId, output: &CommandOutput) -> Failure {
    let (code, how) = if output.timed_out {
        (
            "TIMEOUT",
            "was killed with all it had started, its time was up".to_owned(),
        )
    } else {
        ("FAILED", format!("ended with status {}", output.returncode))
    };
    let mut text = format!("the command of compute task {id} {how}");
    for (name, said) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !said.trim().is_empty() {
            text = format!("{text}\n{name}: {}", tail(said));
        }
    }
    Failure::new(step, code, text).of(SERVICE).task(id, code)
}

/// The claim is made and nobody knows what became of the work. It may still be at it while its time is not up.
async fn unfinished(step: &str, recorded: Recorded, mark: &Mark, gone: Option<Failure>) -> Failure {
    let why = gone
        .map(|failure| format!(": {}", failure.message))
        .unwrap_or_default();
    let text = format!("the work was begun and not ended ({}){why}", recorded.facts.claim);
    let limit = Duration::from_secs(recorded.facts.limit_seconds) + MARGIN;
    let failure = Failure::new(step, "cut_off", text).of(SERVICE);
    if mark.age.unwrap_or(f64::INFINITY) < limit.as_secs_f64() {
        let text = format!(
            "it may still be at work; run again with the same --run-id {} s after it began",
            limit.as_secs()
        );
        return failure.remedy(text);
    }
    over(recorded, failure).await
}

/// The attempt is over: a rerun makes another.
pub(super) async fn over(recorded: Recorded, failure: Failure) -> Failure {
    match recorded.slot.failed(&json!({ "error": failure })).await {
        Ok(()) => failure,
        Err(error) => Failure::store(&failure.step, &error),
    }
}

fn tail(text: &str) -> &str {
    let text = text.trim();
    let start = text.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or(text)
}
