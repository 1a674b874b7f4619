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
/// The code of a function that raised; so do engines that lost its worker.
const RAISED: &str = "EXCEPTION";
/// How often the wait may turn to another task of the same call.
const TURNS: u32 = 6;
/// How long after its time limit a command is surely dead.
const MARGIN: Duration = Duration::from_secs(60);

/// Whose work it is, as the function tells beside the command's outcome.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mark {
    /// Another task had made the claim.
    duplicate: bool,
    /// The worker's word for its task, whatever that is.
    owner: Option<String>,
    /// How long ago, in seconds.
    age: Option<f64>,
    returncode: Option<i64>,
}

/// What the end of one task means.
enum Verdict {
    /// The command ended, in this task or before it in another.
    Ended(CommandOutput, Mark),
    /// Another task is at it, or was.
    Elsewhere(Mark),
    /// The task has no end, or none that tells of the work: the claim is asked, by sending the call again.
    Unknown(Failure),
    /// The attempt is over.
    Over(Failure),
}

/// Waits for the task, or for the one that made the claim before it. A task that does not end in time, or of which the
/// service knows nothing more, says nothing about the work; the claim does.
pub(super) async fn waited(
    run: &Session,
    functions: &Functions,
    step: &str,
    mut recorded: Recorded,
    mut task: TaskId,
) -> Result<CallReport, Failure> {
    let limit = Duration::from_secs(recorded.facts.limit_seconds);
    let mut wait = functions.patience + limit;
    let (mut sent_again, mut asked, mut why) = (false, Vec::new(), None);
    for _ in 0..TURNS {
        let mut handle = functions.executor.attach(task.clone());
        let verdict = match run.holding(step, timeout(wait, handle.ended())).await? {
            Ok(ended) => {
                asked.push(task.clone());
                verdict(step, &task, ended)?
            }
            Err(_) => Verdict::Unknown(endless(step, &task, wait)),
        };
        match verdict {
            Verdict::Ended(output, mark) => {
                let worked = owner(run, functions, step, (&recorded, &mark), &[]).await?;
                task = worked.filter(|_| mark.duplicate).unwrap_or(task);
                if output.is_success() {
                    return succeeded(step, recorded, task, &output).await;
                }
                return Err(over(recorded, failed(step, &task, &output)).await);
            }
            Verdict::Over(failure) => return Err(over(recorded, failure).await),
            // It raises whenever it is called, and before it makes the claim.
            Verdict::Unknown(failure) if raised(&failure) && why.as_ref().is_some_and(raised) => {
                return Err(over(recorded, failure).await);
            }
            Verdict::Unknown(failure) if sent_again => return Err(failure),
            // What was recorded at the claim comes back; what never began runs now.
            Verdict::Unknown(failure) => {
                (sent_again, why, wait) = (true, Some(failure), functions.patience + limit);
                (recorded, task) = again(run, functions, step, recorded).await?;
            }
            Verdict::Elsewhere(mark) => {
                let left = left_of(limit, &mark);
                let owner = owner(run, functions, step, (&recorded, &mark), &asked).await?;
                match (owner, left) {
                    (Some(owner), Some(left)) => {
                        (sent_again, wait) = (false, left);
                        (recorded, task) = noted(run, step, recorded, owner).await?;
                    }
                    // What it told is as old as its end: the claim may tell more by now.
                    (None, Some(_)) if !sent_again => {
                        (sent_again, wait) = (true, functions.patience + limit);
                        (recorded, task) = again(run, functions, step, recorded).await?;
                    }
                    _ => return Err(unfinished(step, recorded, left, why).await),
                }
            }
        }
    }
    let text = format!(
        "each task of the call names another one: {}",
        recorded.facts.claim
    );
    Err(Failure::new(step, "in_doubt", text).of(SERVICE).remedy(AGAIN))
}
/// A task that has not ended, though its time is up.
fn endless(step: &str, task: &TaskId, wait: Duration) -> Failure {
    let text = format!("compute task {task} has not ended within {} s", wait.as_secs());
    Failure::new(step, "no_end", text).of(SERVICE).remedy(
        "see how the endpoint stands: splash-flows check compute; a run with the same --run-id waits on, and nothing runs twice",
    )
}

fn raised(failure: &Failure) -> bool {
    failure.code == RAISED
}

/// For how long the owner of the claim may still be at work; none when it is surely dead.
fn left_of(limit: Duration, mark: &Mark) -> Option<Duration> {
    let age = Duration::try_from_secs_f64(mark.age?).ok()?;
    (limit + MARGIN).checked_sub(age)
}

/// The task that made the claim: one of the call's own, and not one whose end was seen. What the function takes for its
/// task's id is another's where several run in one process.
async fn owner(
    run: &Session,
    functions: &Functions,
    step: &str,
    (recorded, mark): (&Recorded, &Mark),
    asked: &[TaskId],
) -> Result<Option<TaskId>, Failure> {
    if !mark.duplicate {
        return Ok(None);
    }
    let group = functions.client.task_group(&recorded.facts.task_group);
    let group = run.holding(step, group.send_opt()).await?;
    let group = group.map_err(|error| Failure::service(step, SERVICE, &error).remedy(AGAIN))?;
    let tasks = group.into_iter().flat_map(|group| group.tasks);
    let tasks: Vec<TaskId> = tasks
        .map(|task| task.id)
        .filter(|id| !asked.contains(id))
        .collect();
    let is_named = |task: &&TaskId| mark.owner.as_deref() == Some(task.as_str());
    Ok(tasks.iter().find(is_named).or(tasks.first()).cloned())
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
            return Ok(Verdict::Unknown(of("GIVEN_UP", text)));
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
        return Ok(Verdict::Unknown(of(RAISED, text)));
    }
    if !task.status.is_success() || task.result.is_none() {
        let reason = task.reason.as_deref().unwrap_or("it says no more");
        let text = format!("the service gave compute task {id} up: {}", tail(reason));
        return Ok(Verdict::Unknown(of("GIVEN_UP", text)));
    }
    let read = task.value().map_err(|error| error.to_string()).and_then(read);
    Ok(match read {
        Ok((mark, _)) if mark.duplicate && mark.returncode.is_none() => Verdict::Elsewhere(mark),
        Ok((mark, output)) => Verdict::Ended(output, mark),
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
async fn unfinished(step: &str, recorded: Recorded, left: Option<Duration>, why: Option<Failure>) -> Failure {
    let why = why
        .map(|failure| format!(": {}", failure.message))
        .unwrap_or_default();
    let text = format!("the work was begun and not ended ({}){why}", recorded.facts.claim);
    let failure = Failure::new(step, "cut_off", text).of(SERVICE);
    match left {
        Some(left) => failure.remedy(format!(
            "it may still be at work; run again with the same --run-id in {} s",
            left.as_secs() + 1
        )),
        None => {
            over(
                recorded,
                failure.remedy("run again with the same --run-id: it begins anew"),
            )
            .await
        }
    }
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
