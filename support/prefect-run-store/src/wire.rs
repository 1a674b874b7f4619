//! The server's documents, as far as they are needed here, and the calls that exchange them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::Method;
use prefect_client::{Client, RequestParts};
use run_store::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// How often a paused run is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// What the server gives at most in one answer.
pub(crate) const PAGE: usize = 200;

/// The part of a flow run that says who has it.
#[derive(Debug, Deserialize)]
pub(crate) struct FlowRun {
    pub(crate) state_type: Option<String>,
    #[serde(default)]
    pub(crate) run_count: u32,
    pub(crate) state: Option<Stamp>,
}

/// Which state it is, and when it was entered.
#[derive(Debug, Deserialize)]
pub(crate) struct Stamp {
    pub(crate) id: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) timestamp: Option<DateTime<Utc>>,
}

/// A task run with its inputs and its present state.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TaskRun {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) task_key: String,
    #[serde(default)]
    pub(crate) task_inputs: Value,
    pub(crate) state: Option<State>,
}

/// A state and the data in it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct State {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) data: Value,
    #[serde(default, rename = "state_details")]
    pub(crate) details: Value,
}

/// The answer to a proposed state.
#[derive(Debug, Deserialize)]
pub(crate) struct Orchestrated {
    pub(crate) status: String,
    pub(crate) state: Option<State>,
}

/// The answer to a document that may have been there before.
#[derive(Debug, Deserialize)]
pub(crate) struct Artifact {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) data: Value,
}

/// A variable.
#[derive(Debug, Deserialize)]
pub(crate) struct Variable {
    pub(crate) id: String,
    pub(crate) value: Value,
}

/// A failed call, as a failure of the store.
pub(crate) fn failed(error: prefect_client::Error) -> Error {
    Error::Other(Box::new(error))
}

/// A document of ours that does not hold what it should.
pub(crate) fn damaged(what: &'static str, error: &impl ToString) -> Error {
    Error::Damaged {
        what,
        reason: error.to_string(),
    }
}

fn post(operation: &'static str, path: &'static str, body: &Value) -> Result<RequestParts> {
    // Each of these says the same when it is said twice.
    RequestParts::new(operation, Method::POST, path)
        .idempotent(true)
        .json(body)
        .map_err(failed)
}

pub(crate) async fn flow_run(client: &Client, id: &str) -> Result<Option<FlowRun>> {
    let parts =
        RequestParts::new("prefect.flow_run_get", Method::GET, "/flow_runs/{id}").path_param("id", id);
    client.request_opt(parts).await.map_err(failed)
}

/// The states that a flow run has been in, the earliest first.
pub(crate) async fn states(client: &Client, id: &str) -> Result<Vec<Stamp>> {
    let parts = RequestParts::new("prefect.flow_run_states", Method::GET, "/flow_run_states/");
    let mut states: Vec<Stamp> = client
        .request(parts.query("flow_run_id", id))
        .await
        .map_err(failed)?;
    states.sort_by_key(|state| state.timestamp);
    Ok(states)
}

/// A flow run once it is not paused: what it is to do next waits until somebody resumes it, or ends it.
pub(crate) async fn unpaused(client: &Client, id: &str) -> Result<Option<FlowRun>> {
    loop {
        match flow_run(client, id).await? {
            Some(run) if run.state_type.as_deref() == Some("PAUSED") => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            run => return Ok(run),
        }
    }
}

/// Makes a task run, or gives the one that has its keys.
pub(crate) async fn create_task_run(client: &Client, body: &Value) -> Result<TaskRun> {
    let parts = post("prefect.task_run_create", "/task_runs/", body)?;
    client.request(parts).await.map_err(failed)
}

/// All task runs of a flow run.
pub(crate) async fn task_runs(client: &Client, flow_run: &str) -> Result<Vec<TaskRun>> {
    let mut found = Vec::new();
    loop {
        let body = json!({
            "flow_runs": {"id": {"any_": [flow_run]}}, "sort": "ID_DESC", "limit": PAGE, "offset": found.len(),
        });
        let parts = post("prefect.task_runs", "/task_runs/filter", &body)?;
        let page: Vec<TaskRun> = client.request(parts).await.map_err(failed)?;
        let is_last = page.len() < PAGE;
        found.extend(page);
        if is_last {
            return Ok(found);
        }
    }
}

/// What the server did with the state that was proposed for a task run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It took it; now, or by an earlier try whose answer was lost.
    Taken,
    /// Not while the flow run is paused.
    Paused,
    /// The flow run does not run.
    Refused,
}

/// Proposes a state.
pub(crate) async fn set_task_state(client: &Client, id: &str, kind: &str, data: Value) -> Result<Said> {
    let transition = Uuid::new_v4().to_string();
    let body = json!({
        "state": {"type": kind, "data": data, "state_details": {"transition_id": transition}}, "force": false,
    });
    let parts = post("prefect.task_run_set_state", "/task_runs/{id}/set_state", &body)?.path_param("id", id);
    let answer: Orchestrated = client.request(parts).await.map_err(failed)?;
    let is_ours = |state: &State| state.details["transition_id"].as_str() == Some(transition.as_str());
    Ok(match &answer.state {
        _ if answer.status == "ACCEPT" => Said::Taken,
        Some(state) if is_ours(state) => Said::Taken,
        Some(state) if state.kind == "PAUSED" => Said::Paused,
        _ => Said::Refused,
    })
}

pub(crate) async fn create_artifact(
    client: &Client,
    key: &str,
    kind: &str,
    data: &Value,
    description: &str,
) -> Result<()> {
    let body = json!({"key": key, "type": kind, "data": data, "description": description});
    let parts = post("prefect.artifact_create", "/artifacts/", &body)?;
    client.request::<Value>(parts).await.map(drop).map_err(failed)
}

/// The newest artifact of a key.
pub(crate) async fn latest_artifact(client: &Client, key: &str) -> Result<Option<Artifact>> {
    let parts = RequestParts::new("prefect.artifact_latest", Method::GET, "/artifacts/{key}/latest")
        .path_param("key", key);
    client.request_opt(parts).await.map_err(failed)
}

/// The newest artifact of each key with `part` in it, of one type if one is named.
pub(crate) async fn latest_artifacts(
    client: &Client,
    part: &str,
    kind: Option<&str>,
) -> Result<Vec<Artifact>> {
    let mut filter = json!({"key": {"like_": part}});
    if let Some(kind) = kind {
        filter["type"] = json!({"any_": [kind]});
    }
    let mut found = Vec::new();
    loop {
        let body = json!({"artifacts": filter, "sort": "ID_DESC", "limit": PAGE, "offset": found.len()});
        let parts = post("prefect.artifacts_latest", "/artifacts/latest/filter", &body)?;
        let page: Vec<Artifact> = client.request(parts).await.map_err(failed)?;
        let is_last = page.len() < PAGE;
        found.extend(page);
        if is_last {
            return Ok(found);
        }
    }
}

pub(crate) async fn variable(client: &Client, name: &str) -> Result<Option<Variable>> {
    let parts = RequestParts::new("prefect.variable_get", Method::GET, "/variables/name/{name}")
        .path_param("name", name);
    client.request_opt(parts).await.map_err(failed)
}

/// The variables that a filter finds, by name, from an offset.
pub(crate) async fn variables(client: &Client, filter: &Value, offset: usize) -> Result<Vec<Variable>> {
    let body = json!({"variables": filter, "sort": "NAME_ASC", "limit": PAGE, "offset": offset});
    let parts = post("prefect.variables", "/variables/filter", &body)?;
    client.request(parts).await.map_err(failed)
}

/// Makes a variable and answers its id; none if there is one of this name.
pub(crate) async fn make_variable(
    client: &Client,
    name: &str,
    value: &Value,
    tags: &[String],
) -> Result<Option<String>> {
    let body = json!({"name": name, "value": value, "tags": tags});
    let parts = post("prefect.variable_create", "/variables/", &body)?;
    match client.request::<Variable>(parts).await {
        Ok(made) => Ok(Some(made.id)),
        Err(error) if error.status() == Some(409) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Removes the variable of this id; that it is gone already is no error.
pub(crate) async fn delete_variable(client: &Client, id: &str) -> Result<()> {
    let parts =
        RequestParts::new("prefect.variable_delete", Method::DELETE, "/variables/{id}").path_param("id", id);
    match client.rest().empty(parts.sensitive()).await {
        Err(error) if error.status() != Some(404) => Err(failed(error)),
        _ => Ok(()),
    }
}

pub(crate) async fn update_variable(client: &Client, name: &str, value: &Value) -> Result<()> {
    let parts = RequestParts::new("prefect.variable_update", Method::PATCH, "/variables/name/{name}")
        .path_param("name", name)
        .idempotent(true)
        .json(&json!({"value": value}))
        .map_err(failed)?;
    client.rest().empty(parts.sensitive()).await.map_err(failed)
}
