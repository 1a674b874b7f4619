//! Carrying runs out.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Flows, path, time_text};

/// More states than any sensible run goes through.
const MAX_STEPS: usize = 1000;
/// How long an action may take, in seconds, unless it says otherwise.
const WAIT_TIME_S: i64 = 300;
/// How often an action provider is asked.
const TICK: Duration = Duration::from_millis(20);

/// An error by its name, as catches know it.
struct Failure {
    name: &'static str,
    cause: String,
}

impl Failure {
    fn new(name: &'static str, cause: impl Into<String>) -> Self {
        let cause = cause.into();
        Self { name, cause }
    }

    fn runtime(cause: impl Into<String>) -> Self {
        Self::new("States.Runtime", cause)
    }
}

pub(super) fn start(flows: &Arc<Flows>, id: String, user: &str, definition: Value, input: Value) {
    let engine = Engine {
        flows: Arc::clone(flows),
        id: id.clone(),
        user: user.to_owned(),
        definition,
    };
    let task = tokio::spawn(async move {
        engine.log(
            "FlowStarted",
            "The Flow Instance started execution",
            &json!({ "input": input }),
        );
        let result = engine.run(input).await;
        engine.end(result);
    });
    flows.store().tasks.insert(id, task.abort_handle());
}

struct Engine {
    flows: Arc<Flows>,
    id: String,
    user: String,
    definition: Value,
}

impl Engine {
    fn log(&self, code: &str, description: &str, details: &Value) {
        let time = time_text(self.flows.now());
        let entry = json!({"time": time, "code": code, "description": description, "details": details});
        if let Some(run) = self.flows.store().run(&self.id) {
            run.log.push(entry);
        }
    }

    fn end(&self, result: Result<Value, Failure>) {
        let time = time_text(self.flows.now());
        let (status, details) = match result {
            Ok(output) => (
                "SUCCEEDED",
                json!({"code": "FlowSucceeded", "description": "The Flow run reached a successful completion state",
                    "output": output}),
            ),
            Err(failure) => (
                "FAILED",
                json!({"code": "FlowFailed", "description": "The Flow run failed",
                    "details": {"error": failure.name, "cause": failure.cause}}),
            ),
        };
        self.log(
            details["code"].as_str().unwrap_or_default(),
            details["description"].as_str().unwrap_or_default(),
            &details,
        );
        let mut store = self.flows.store();
        store.tasks.remove(&self.id);
        if let Some(run) = store.run(&self.id) {
            run.document["status"] = json!(status);
            run.document["display_status"] = json!(status);
            run.document["completion_time"] = json!(time);
            run.document["details"] = details;
        }
    }

    async fn run(&self, mut context: Value) -> Result<Value, Failure> {
        let mut name = self.definition["StartAt"].as_str().unwrap_or_default().to_owned();
        for _ in 0..MAX_STEPS {
            let state = &self.definition["States"][&name];
            let kind = state["Type"].as_str().unwrap_or_default();
            let told = |input: &Value| json!({"state_name": name, "state_type": kind, "input": input});
            self.log(
                &format!("{kind}Started"),
                &format!("State {name} of type {kind} started"),
                &told(&context),
            );
            let next = match self.state(kind, state, &mut context).await {
                Ok(next) => next,
                Err(failure) => {
                    let known = json!({"state_name": name, "error": failure.name, "cause": failure.cause});
                    self.log(
                        &format!("{kind}Failed"),
                        &format!("State {name} of type {kind} failed"),
                        &known,
                    );
                    let (next, place) = caught(state, &failure).ok_or(failure)?;
                    path::put(&mut context, &place, known);
                    Some(next)
                }
            };
            self.log(
                &format!("{kind}Completed"),
                &format!("State {name} of type {kind} completed"),
                &json!({"state_name": name, "state_type": kind, "output": context}),
            );
            match next {
                Some(next) => name = next,
                None => return Ok(context),
            }
        }
        Err(Failure::runtime(format!("more than {MAX_STEPS} states")))
    }

    /// Does what a state says; gives the name of the next.
    async fn state(&self, kind: &str, state: &Value, context: &mut Value) -> Result<Option<String>, Failure> {
        let parameters = path::evaluate(&state["Parameters"], context).map_err(Failure::runtime)?;
        let result = match kind {
            "Pass" if state.get("Parameters").is_some() => Some(parameters),
            "Pass" => None,
            "Wait" => {
                let seconds = state["Seconds"].as_i64().unwrap_or(0);
                let until = self.flows.now() + TimeDelta::try_seconds(seconds).unwrap_or_default();
                self.flows.clock.sleep_until(until).await;
                None
            }
            "Choice" => return choose(state, context),
            "Fail" => {
                let text = |key: &str| state[key].as_str().unwrap_or_default();
                return Err(Failure::new(
                    "Fail",
                    format!("{}: {}", text("Error"), text("Cause")),
                ));
            }
            "Action" => Some(self.action(state, parameters).await?),
            other => {
                return Err(Failure::runtime(format!(
                    "states of type {other:?} are not simulated"
                )));
            }
        };
        if let Some(result) = result {
            path::put(context, state["ResultPath"].as_str().unwrap_or("$"), result);
        }
        Ok(state["Next"].as_str().map(str::to_owned))
    }

    async fn action(&self, state: &Value, parameters: Value) -> Result<Value, Failure> {
        let url = state["ActionUrl"].as_str().unwrap_or_default();
        let seconds = state["WaitTime"].as_i64().unwrap_or(WAIT_TIME_S);
        let until = self.flows.now() + TimeDelta::try_seconds(seconds).unwrap_or_default();
        let work = async {
            if url.starts_with("https://compute.actions.globus.org/") {
                self.compute(&parameters).await
            } else if url.starts_with("https://transfer.actions.globus.org/transfer")
                || url.starts_with("https://actions.globus.org/transfer/transfer")
            {
                self.transfer(&parameters).await
            } else {
                Err(Failure::runtime(format!(
                    "the action provider {url} is not simulated"
                )))
            }
        };
        tokio::select! {
            result = work => result,
            () = self.flows.clock.sleep_until(until) => {
                Err(Failure::new("ActionTimeout", format!("the action took longer than its WaitTime of {seconds} s")))
            }
        }
    }

    async fn compute(&self, parameters: &Value) -> Result<Value, Failure> {
        let single = json!([parameters]);
        let tasks = parameters["tasks"].as_array().or_else(|| single.as_array());
        let mut results = Vec::new();
        for task in tasks.into_iter().flatten() {
            let endpoint = task["endpoint"]
                .as_str()
                .or_else(|| parameters["endpoint"].as_str());
            let failed = |cause: String| Failure::new("ActionFailedException", cause);
            let (id, outcome) = self
                .flows
                .compute
                .call(&self.user, endpoint.unwrap_or_default(), task)
                .await
                .map_err(failed)?;
            let output = outcome.map_err(failed)?;
            results.push(json!({"task_id": id, "output": output}));
        }
        let values: Vec<Value> = results.iter().map(|result| result["output"].clone()).collect();
        Ok(done(&json!({"result": values, "results": results})))
    }

    async fn transfer(&self, parameters: &Value) -> Result<Value, Failure> {
        let failed = |cause: String| Failure::new("ActionFailedException", cause);
        let id = self
            .flows
            .transfer
            .begin(&self.user, parameters)
            .map_err(failed)?;
        loop {
            let views = self.flows.transfer.views();
            let view = views.into_iter().find(|view| view.task_id == id);
            match view.as_ref().map(|view| view.status.as_str()) {
                Some("SUCCEEDED") => return Ok(done(&json!({"task_id": id, "status": "SUCCEEDED"}))),
                Some("FAILED") | None => return Err(failed(format!("the transfer {id} failed"))),
                Some(_) => tokio::time::sleep(TICK).await,
            }
        }
    }
}

/// What an action provider says when it is done.
fn done(details: &Value) -> Value {
    json!({"action_id": uuid::Uuid::new_v4().to_string(), "status": "SUCCEEDED", "display_status": "SUCCEEDED", "details": details})
}

/// Where a failure leads to, and where what is known about it is put.
fn caught(state: &Value, failure: &Failure) -> Option<(String, String)> {
    let catches = state["Catch"].as_array();
    let catch = catches.into_iter().flatten().find(|catch| {
        let errors = catch["ErrorEquals"].as_array().into_iter().flatten();
        errors
            .filter_map(Value::as_str)
            .any(|error| error == "States.ALL" || error == failure.name)
    })?;
    let place = catch["ResultPath"].as_str().unwrap_or("$");
    Some((catch["Next"].as_str()?.to_owned(), place.to_owned()))
}

fn choose(state: &Value, context: &Value) -> Result<Option<String>, Failure> {
    let rules = state["Choices"].as_array();
    for rule in rules.into_iter().flatten() {
        if holds(rule, context) {
            return Ok(rule["Next"].as_str().map(str::to_owned));
        }
    }
    match state["Default"].as_str() {
        Some(default) => Ok(Some(default.to_owned())),
        None => Err(Failure::new(
            "States.NoChoiceMatched",
            "no rule holds and there is no Default",
        )),
    }
}

fn holds(rule: &Value, context: &Value) -> bool {
    let each = |key: &str| rule[key].as_array().into_iter().flatten();
    if rule.get("And").is_some() {
        return each("And").all(|rule| holds(rule, context));
    }
    if rule.get("Or").is_some() {
        return each("Or").any(|rule| holds(rule, context));
    }
    if let Some(rule) = rule.get("Not") {
        return !holds(rule, context);
    }
    let found = path::get(context, rule["Variable"].as_str().unwrap_or_default());
    let number = found.and_then(Value::as_f64);
    let Some(fields) = rule.as_object() else {
        return false;
    };
    fields.iter().all(|(relation, wanted)| match relation.as_str() {
        "Variable" | "Next" => true,
        "IsPresent" => wanted.as_bool() == Some(found.is_some()),
        "StringEquals" | "BooleanEquals" => found == Some(wanted),
        "NumericEquals" => number.is_some() && number == wanted.as_f64(),
        "NumericGreaterThan" => number.zip(wanted.as_f64()).is_some_and(|(a, b)| a > b),
        "NumericLessThan" => number.zip(wanted.as_f64()).is_some_and(|(a, b)| a < b),
        _ => false,
    })
}
