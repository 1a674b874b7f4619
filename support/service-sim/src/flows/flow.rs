//! Flows.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::{Caller, Refusal, answer};
use super::{Flows, time_text};

/// What a flow's document holds beside what its owner gives.
const FIELDS: &[&str] = &[
    "title",
    "definition",
    "input_schema",
    "subtitle",
    "description",
    "flow_viewers",
    "flow_starters",
    "flow_administrators",
    "run_managers",
    "run_monitors",
    "keywords",
    "subscription_id",
    "authentication_policy_id",
    "flow_owner",
];

pub(super) fn json_body(body: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::new(422, "UNPROCESSABLE_ENTITY", "the body is no JSON"))
}

pub(super) async fn create(State(flows): State<Arc<Flows>>, caller: Caller, body: Bytes) -> Response {
    let create = || {
        let body = json_body(&body)?;
        for key in ["title", "definition", "input_schema"] {
            if body.get(key).is_none() {
                return Err(wrong(key, "field required"));
            }
        }
        check(&body["definition"])?;
        let id = uuid::Uuid::new_v4().to_string();
        let now = time_text(flows.now());
        let scope = format!(
            "https://auth.globus.org/scopes/{id}/flow_{}_user",
            id.replace('-', "_")
        );
        let mut flow = json!({
            "id": id, "globus_auth_scope": scope, "flow_owner": caller.user, "user_role": "flow_owner", "created_at": now,
            "updated_at": now, "subtitle": "", "description": "", "flow_viewers": [], "flow_starters": [],
            "flow_administrators": [], "run_managers": [], "run_monitors": [], "keywords": [], "subscription_id": null,
            "authentication_policy_id": null,
        });
        take(&mut flow, &body);
        flows.store().flows.push(flow.clone());
        Ok(flow)
    };
    answer(create())
}

pub(super) async fn list(State(flows): State<Arc<Flows>>, _caller: Caller) -> Response {
    let flows = flows.store().flows.clone();
    answer(Ok(
        json!({"flows": flows, "limit": 1000, "has_next_page": false, "marker": null}),
    ))
}

pub(super) async fn validate(_caller: Caller, body: Bytes) -> Response {
    let validate = || {
        check(&json_body(&body)?["definition"])?;
        Ok(json!({"scopes": {"User": []}}))
    };
    answer(validate())
}

pub(super) async fn read(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    let found = flows.store().flow(&id).cloned();
    answer(found.ok_or_else(|| Refusal::unknown("Flow", &id)))
}

pub(super) async fn update(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let update = || {
        let body = json_body(&body)?;
        if let Some(definition) = body.get("definition") {
            check(definition)?;
        }
        let now = time_text(flows.now());
        let mut store = flows.store();
        let flow = store.flows.iter_mut().find(|flow| flow["id"] == id.as_str());
        let flow = flow.ok_or_else(|| Refusal::unknown("Flow", &id))?;
        take(flow, &body);
        flow["updated_at"] = json!(now);
        Ok(flow.clone())
    };
    answer(update())
}

pub(super) async fn remove(
    State(flows): State<Arc<Flows>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    let mut store = flows.store();
    let at = store.flows.iter().position(|flow| flow["id"] == id.as_str());
    let removed = at.map(|at| store.flows.remove(at));
    answer(
        removed
            .ok_or_else(|| Refusal::unknown("Flow", &id))
            .map(|mut flow| {
                flow["DELETED"] = json!(true);
                flow
            }),
    )
}

fn take(flow: &mut Value, body: &Value) {
    for key in FIELDS {
        if let Some(value) = body.get(*key) {
            flow[*key] = value.clone();
        }
    }
}

fn wrong(place: &str, message: &str) -> Refusal {
    let detail = json!([{"loc": [place], "msg": message, "type": "value_error"}]);
    Refusal::new(422, "UNPROCESSABLE_ENTITY", detail)
}

/// What the service says of a definition first: that states end or go on, to states that exist.
fn check(definition: &Value) -> Result<(), Refusal> {
    let states = definition["States"].as_object();
    let states = states.ok_or_else(|| wrong("definition", "States: field required"))?;
    let exists = |name: &Value| name.as_str().is_some_and(|name| states.contains_key(name));
    if !exists(&definition["StartAt"]) {
        return Err(wrong("definition", "StartAt does not name a state"));
    }
    for (name, state) in states {
        let kind = state["Type"].as_str().unwrap_or_default();
        if matches!(kind, "Action" | "Pass" | "Wait") {
            let ends = state["End"] == json!(true);
            if ends == state.get("Next").is_some() {
                let message = format!(
                    "A state of type '{kind}' must be defined as either terminal (\"End\": true) or transitional (\"Next\": \"NextStateId\")"
                );
                return Err(wrong(name, &message));
            }
        }
        if state.get("Next").is_some_and(|next| !exists(next)) {
            return Err(wrong(name, "Next does not name a state"));
        }
    }
    Ok(())
}
