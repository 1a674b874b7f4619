//! Runs of deployments.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Deployment, Prefect, catalogue, checks, detail, filter, time_text};
use crate::routes;

/// The fields of a new run.
const FIELDS: &[&str] = &[
    "state",
    "name",
    "parameters",
    "enforce_parameter_schema",
    "context",
    "infrastructure_document_id",
    "empirical_policy",
    "tags",
    "idempotency_key",
    "labels",
    "parent_task_run_id",
    "work_queue_name",
    "job_variables",
];
const STATE_FIELDS: &[&str] = &["type", "name", "message", "data", "state_details"];
/// The types of states, and the names that they have of themselves.
const STATES: &[(&str, &str)] = &[
    ("SCHEDULED", "Scheduled"),
    ("PENDING", "Pending"),
    ("RUNNING", "Running"),
    ("COMPLETED", "Completed"),
    ("FAILED", "Failed"),
    ("CANCELLED", "Cancelled"),
    ("CRASHED", "Crashed"),
    ("PAUSED", "Paused"),
    ("CANCELLING", "Cancelling"),
];
/// How long after its time a run is late.
const LATE_AFTER: TimeDelta = TimeDelta::seconds(15);
/// Above this a run's parameters are refused.
const MAX_PARAMETERS: usize = 524_288;

pub(super) async fn create(
    State(prefect): State<Arc<Prefect>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let given = match checks::object(&body, FIELDS).and_then(checked) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let now = prefect.now();
    let mut store = prefect.store();
    let Some(deployment) = store
        .deployments
        .iter()
        .find(|found| found.document["id"] == id.as_str())
    else {
        return detail(404, "Deployment not found");
    };
    let flow_id = deployment.document["flow_id"].clone();
    let key = &given["idempotency_key"];
    let same = |run: &&Value| !key.is_null() && run["idempotency_key"] == *key && run["flow_id"] == flow_id;
    if let Some(run) = store.flow_runs.iter().find(same) {
        return routes::json(200, run);
    }
    let enforced = given["enforce_parameter_schema"].as_bool().unwrap_or(true);
    if let Some(missing) = missing_parameter(deployment, &given).filter(|_| enforced) {
        let why = format!("Validation failed. Failure reason: '{missing}' is a required property");
        return detail(409, &format!("Error creating flow run: {why}"));
    }
    let run = document(&given, deployment, now, store.flow_runs.len());
    store.flow_runs.push(run.clone());
    routes::json(201, &run)
}

/// Checks what stands within the fields.
#[allow(clippy::result_large_err)] // the refusal is what is sent
fn checked(given: Value) -> Result<Value, Response> {
    let mut complaints = Vec::new();
    let mut complain = |kind: &str, field: &str, message: &str| {
        complaints.push(checks::complaint(kind, &["body", field], message, &given[field]));
    };
    for field in ["name", "idempotency_key"] {
        if !(given[field].is_string() || given[field].is_null()) {
            complain("string_type", field, "Input should be a valid string");
        }
    }
    let parameters = &given["parameters"];
    if !(parameters.is_object() || parameters.is_null()) {
        complain("dict_type", "parameters", "Input should be a valid dictionary");
    }
    if parameters.to_string().len() > MAX_PARAMETERS {
        let message = "Value error, Flow run parameters must be less than 524,288 bytes when serialized";
        complain("value_error", "parameters", message);
    }
    if !(given["tags"].is_null()
        || given["tags"]
            .as_array()
            .is_some_and(|tags| tags.iter().all(Value::is_string)))
    {
        complain("list_type", "tags", "Input should be a valid list of strings");
    }
    let state = &given["state"];
    if !state.is_null() {
        checks::only(state, &["body", "state"], STATE_FIELDS, &mut complaints);
        let place = ["body", "state", "type"];
        if !STATES.iter().any(|(name, _)| state["type"] == *name) {
            complaints.push(checks::complaint(
                "enum",
                &place,
                "Input should be a type of state",
                &state["type"],
            ));
        }
        let time = &state["state_details"]["scheduled_time"];
        if !time.is_null() && scheduled_time(&given).is_none() {
            let place = ["body", "state", "state_details", "scheduled_time"];
            complaints.push(checks::complaint(
                "datetime_parsing",
                &place,
                "Input should be a valid datetime",
                time,
            ));
        }
    }
    checks::refuse_any(&complaints, &given)?;
    Ok(given)
}

fn scheduled_time(given: &Value) -> Option<DateTime<Utc>> {
    let text = given["state"]["state_details"]["scheduled_time"].as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

/// The first parameter that the flow requires and nobody gives.
fn missing_parameter<'a>(deployment: &'a Deployment, given: &Value) -> Option<&'a str> {
    let required = deployment.document["parameter_openapi_schema"]["required"].as_array()?;
    let names = required.iter().filter_map(Value::as_str);
    let mut missing = names.filter(|name| given["parameters"].get(*name).is_none());
    missing.next()
}

/// A new run. Without a state it is scheduled for now.
fn document(given: &Value, deployment: &Deployment, now: DateTime<Utc>, number: usize) -> Value {
    let id = Uuid::new_v4();
    let of = &deployment.document;
    let state = state(given, id, now);
    let start = scheduled_time(given).unwrap_or(now);
    let name = given["name"]
        .as_str()
        .map_or_else(|| format!("simulated-run-{number}"), str::to_owned);
    let tags: Vec<&Value> = [&of["tags"], &given["tags"]]
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .collect();
    let or_empty = |field: &str| match &given[field] {
        Value::Null => Value::Object(Map::new()),
        value => value.clone(),
    };
    json!({
        "id": id,
        "created": time_text(now),
        "updated": time_text(now),
        "name": name,
        "flow_id": of["flow_id"],
        "state_id": state["id"],
        "deployment_id": of["id"],
        "deployment_version": of["version"],
        "work_queue_id": of["work_queue_id"],
        "work_queue_name": of["work_queue_name"],
        "work_pool_id": catalogue::id(&["pool", of["work_pool_name"].as_str().unwrap_or_default()]),
        "work_pool_name": of["work_pool_name"],
        "flow_version": null,
        "parameters": or_empty("parameters"),
        "idempotency_key": given["idempotency_key"],
        "context": or_empty("context"),
        "empirical_policy": or_empty("empirical_policy"),
        "tags": tags,
        "labels": { "prefect.flow.id": of["flow_id"], "prefect.deployment.id": of["id"] },
        "parent_task_run_id": given["parent_task_run_id"],
        "state_type": state["type"],
        "state_name": state["name"],
        "run_count": 0,
        "expected_start_time": time_text(start),
        "next_scheduled_start_time": if state["type"] == "SCHEDULED" { json!(time_text(start)) } else { Value::Null },
        "start_time": null,
        "end_time": null,
        "total_run_time": 0.0,
        "estimated_run_time": 0.0,
        "estimated_start_time_delta": 0.0,
        "auto_scheduled": false,
        "infrastructure_document_id": null,
        "infrastructure_pid": null,
        "created_by": null,
        "state": state,
        "job_variables": or_empty("job_variables"),
    })
}

fn state(given: &Value, run: Uuid, now: DateTime<Utc>) -> Value {
    let given_state = &given["state"];
    let kind = given_state["type"].as_str().unwrap_or("SCHEDULED");
    let own_name = STATES
        .iter()
        .find(|(name, _)| *name == kind)
        .map_or(kind, |(_, own)| own);
    let mut details = match &given_state["state_details"] {
        Value::Object(details) => details.clone(),
        _ => Map::new(),
    };
    details.insert("flow_run_id".to_owned(), json!(run));
    if kind == "SCHEDULED" {
        let start = time_text(scheduled_time(given).unwrap_or(now));
        details.insert("scheduled_time".to_owned(), Value::from(start));
    }
    json!({
        "id": Uuid::new_v4(),
        "type": kind,
        "name": given_state["name"].as_str().unwrap_or(own_name),
        "timestamp": time_text(now),
        "message": given_state["message"],
        "data": given_state["data"],
        "state_details": details,
    })
}

pub(super) async fn read(State(prefect): State<Arc<Prefect>>, Path(id): Path<String>) -> Response {
    if Uuid::try_parse(&id).is_err() {
        return detail(404, "Not Found");
    }
    match prefect
        .store()
        .flow_runs
        .iter()
        .find(|run| run["id"] == id.to_lowercase())
    {
        Some(run) => routes::json(200, run),
        None => detail(404, "Flow run not found"),
    }
}

pub(super) async fn list(State(prefect): State<Arc<Prefect>>, body: Bytes) -> Response {
    let fields = [
        "flow_runs",
        "deployments",
        "flows",
        "work_pools",
        "limit",
        "offset",
        "sort",
    ];
    let asked = match checks::object(&body, &fields) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let store = prefect.store();
    filter::apply(&asked, &store.flow_runs, &store.deployments)
}

/// What the server does to runs that nobody has picked up in time.
pub(super) fn mark_late(runs: &mut [Value], now: DateTime<Utc>) {
    for run in runs {
        let due = run["expected_start_time"].as_str();
        let due = due.and_then(|due| DateTime::parse_from_rfc3339(due).ok());
        let is_late =
            run["state_name"] == "Scheduled" && due.is_some_and(|due| now - due.to_utc() > LATE_AFTER);
        if is_late {
            let id = Uuid::new_v4();
            run["state_name"] = json!("Late");
            run["state_id"] = json!(id);
            run["updated"] = json!(time_text(now));
            run["state"]["id"] = json!(id);
            run["state"]["name"] = json!("Late");
            run["state"]["timestamp"] = json!(time_text(now));
        }
    }
}
