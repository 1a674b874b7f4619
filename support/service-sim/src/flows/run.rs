//! Runs.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::{Caller, Refusal, answer};
use super::flow::json_body;
use super::{Flows, Run, engine, schema, time_text};

/// The input of a run, if it fits the flow.
fn input(flows: &Flows, id: &str, body: &[u8]) -> Result<(Value, Value), Refusal> {
    let body = json_body(body)?;
    let flow = flows.store().flow(id).cloned();
    let flow = flow.ok_or_else(|| Refusal::unknown("Flow", id))?;
    let problems = schema::problems(&flow["input_schema"], &body["body"]);
    if problems.is_empty() {
        return Ok((flow, body));
    }
    let each =
        |(place, what): &(String, String)| json!({"loc": [place], "type": "InvalidActionInput", "msg": what});
    let detail: Vec<Value> = problems.iter().map(each).collect();
    Err(Refusal::new(400, "FLOW_INPUT_ERROR", detail))
}

pub(super) async fn validate(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    answer(input(&flows, &id, &body).map(|_| json!({"message": "validation successful"})))
}

pub(super) async fn start(
    State(flows): State<Arc<Flows>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let start = || {
        let (flow, body) = input(&flows, &id, &body)?;
        let run_id = uuid::Uuid::new_v4().to_string();
        let document = json!({
            "run_id": run_id, "action_id": run_id, "flow_id": id, "flow_title": flow["title"],
            "flow_last_updated": flow["updated_at"], "start_time": time_text(flows.now()), "completion_time": null,
            "status": "ACTIVE", "display_status": "ACTIVE", "label": body["label"],
            "tags": body.get("tags").cloned().unwrap_or_else(|| json!([])), "run_owner": caller.user,
            "run_managers": [], "run_monitors": [], "user_role": "run_owner",
            "details": {"code": "FlowStarting", "description": "The Flow is starting execution",
                "details": {"input": body["body"]}},
        });
        let run = Run {
            document: document.clone(),
            definition: flow["definition"].clone(),
            input_schema: flow["input_schema"].clone(),
            log: Vec::new(),
        };
        flows.store().runs.push(run);
        let user = caller.user.rsplit(':').next().unwrap_or_default().to_owned();
        engine::start(
            &flows,
            run_id,
            &user,
            flow["definition"].clone(),
            body["body"].clone(),
        );
        Ok(document)
    };
    answer(start())
}

pub(super) async fn list(State(flows): State<Arc<Flows>>, caller: Caller) -> Response {
    let wanted: Option<Vec<&str>> = caller.query("filter_flow_id").map(|ids| ids.split(',').collect());
    let runs: Vec<Value> = flows
        .runs()
        .into_iter()
        .rev()
        .filter(|run| {
            let flow = run["flow_id"].as_str().unwrap_or_default();
            wanted.as_ref().is_none_or(|wanted| wanted.contains(&flow))
        })
        .collect();
    answer(Ok(
        json!({"runs": runs, "limit": 1000, "has_next_page": false, "marker": null}),
    ))
}

fn of<T>(flows: &Flows, id: &str, look: impl FnOnce(&mut Run) -> T) -> Result<T, Refusal> {
    let mut store = flows.store();
    store.run(id).map(look).ok_or_else(|| Refusal::unknown("Run", id))
}

pub(super) async fn read(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    answer(of(&flows, &id, |run| run.document.clone()))
}

pub(super) async fn definition(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    answer(of(&flows, &id, |run| {
        json!({
            "flow_id": run.document["flow_id"], "definition": run.definition, "input_schema": run.input_schema,
        })
    }))
}

/// Pages of `limit` entries, whose markers are where they begin.
pub(super) async fn log(State(flows): State<Arc<Flows>>, caller: Caller, Path(id): Path<String>) -> Response {
    let number = |name: &str| caller.query(name).and_then(|text| text.parse::<usize>().ok());
    let (limit, begin) = (
        number("limit").unwrap_or(10).clamp(1, 100),
        number("marker").unwrap_or(0),
    );
    let newest_first = caller.query("reverse_order") == Some("True");
    answer(of(&flows, &id, |run| {
        let mut log = run.log.clone();
        if newest_first {
            log.reverse();
        }
        let more = log.len() > begin + limit;
        let entries: Vec<Value> = log.into_iter().skip(begin).take(limit).collect();
        let marker = more.then(|| (begin + limit).to_string());
        json!({"entries": entries, "limit": limit, "has_next_page": more, "marker": marker})
    }))
}

pub(super) async fn cancel(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    if let Some(task) = flows.store().tasks.remove(&id) {
        task.abort();
    }
    let at = time_text(flows.now());
    answer(of(&flows, &id, |run| {
        if run.document["status"] == "ACTIVE" {
            let words = "The Flow Instance was canceled by the user";
            run.document["status"] = json!("FAILED");
            run.document["display_status"] = json!("FAILED");
            run.document["completion_time"] = json!(at);
            run.document["details"] =
                json!({"code": "FlowCanceled", "description": words, "time": at, "details": {}});
            run.log
                .push(json!({"time": at, "code": "FlowCanceled", "description": words, "details": {}}));
        }
        run.document.clone()
    }))
}

pub(super) async fn release(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    let release = || {
        let mut store = flows.store();
        let at = store
            .runs
            .iter()
            .position(|run| run.document["run_id"] == id.as_str());
        let at = at.ok_or_else(|| Refusal::unknown("Run", &id))?;
        let status = store.runs.get(at).map(|run| run.document["status"].clone());
        if status == Some(json!("ACTIVE")) {
            let detail = format!(
                "Run {id} has status 'ACTIVE' but must have status in {{'ENDED', 'SUCCEEDED', 'FAILED'}} for requested operation"
            );
            return Err(Refusal::new(409, "STATE_CONFLICT", detail));
        }
        Ok(store.runs.remove(at).document)
    };
    answer(release())
}
