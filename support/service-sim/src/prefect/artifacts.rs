//! Artifacts: of each key the newest one counts, all of them stay.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Prefect, checks, detail, filter, time_text};
use crate::routes;

/// What a new artifact may say.
const FIELDS: &[&str] = &[
    "key",
    "type",
    "description",
    "data",
    "metadata_",
    "flow_run_id",
    "task_run_id",
];

pub(super) async fn create(State(prefect): State<Arc<Prefect>>, body: Bytes) -> Response {
    let given = match checks::object(&body, FIELDS) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    if let Err(refusal) = check_key(&given) {
        return refusal;
    }
    let now = time_text(prefect.now());
    let mut artifact = json!({ "id": Uuid::new_v4(), "created": now, "updated": now });
    for field in FIELDS {
        artifact[field] = given[*field].clone();
    }
    prefect.store().artifacts.push(artifact.clone());
    routes::json(201, &artifact)
}

/// Keys are lower-case letters, digits and dashes; there need be none.
#[allow(clippy::result_large_err)] // the refusal is what is sent
fn check_key(given: &Value) -> Result<(), Response> {
    let key = &given["key"];
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if key.is_null() || key.as_str().is_some_and(|key| key.chars().all(fits)) {
        return Ok(());
    }
    let message = "Value error, Artifact key must only contain lowercase letters, numbers, and dashes.";
    let complaint = checks::complaint("value_error", &["body", "key"], message, key);
    checks::refuse_any(&[complaint], given)
}

pub(super) async fn latest(State(prefect): State<Arc<Prefect>>, Path(key): Path<String>) -> Response {
    let store = prefect.store();
    let mut newest_first = store.artifacts.iter().rev();
    match newest_first.find(|artifact| artifact["key"] == key.as_str()) {
        Some(artifact) => routes::json(200, artifact),
        None => detail(404, "Artifact not found."),
    }
}

pub(super) async fn latest_list(State(prefect): State<Arc<Prefect>>, body: Bytes) -> Response {
    let asked = match checks::object(&body, &["artifacts", "sort", "limit", "offset"]) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let mut complaints = Vec::new();
    if !asked["artifacts"].is_null() {
        let place = ["body", "artifacts"];
        checks::only(
            &asked["artifacts"],
            &place,
            &["operator", "key", "type"],
            &mut complaints,
        );
    }
    if let Err(refusal) = checks::refuse_any(&complaints, &asked) {
        return refusal;
    }
    let store = prefect.store();
    let mut newest: Vec<&Value> = Vec::new();
    for artifact in store.artifacts.iter().rev().filter(|one| one["key"].is_string()) {
        if !newest.iter().any(|other| other["key"] == artifact["key"]) {
            newest.push(artifact);
        }
    }
    newest.retain(|artifact| fits(&asked["artifacts"], artifact));
    filter::page(&asked, newest)
}

/// Of the key `any_` and `like_` are known, of the type `any_`.
fn fits(asked: &Value, artifact: &Value) -> bool {
    filter::is_any(&asked["key"], &artifact["key"])
        && filter::is_any(&asked["type"], &artifact["type"])
        && filter::is_like(&asked["key"], &artifact["key"])
}
