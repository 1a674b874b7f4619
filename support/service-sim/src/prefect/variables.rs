//! Named values.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Prefect, catalogue, checks, detail, filter, no_content, time_text};
use crate::routes;

const NOT_FOUND: &str = "Variable not found.";

pub(super) async fn create(State(prefect): State<Arc<Prefect>>, body: Bytes) -> Response {
    let given = match checks::object(&body, &["name", "value", "tags"]) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let name = match checked_name(&given) {
        Ok(name) => name,
        Err(refusal) => return refusal,
    };
    let mut store = prefect.store();
    if store.variables.iter().any(|variable| variable["name"] == name) {
        return detail(409, &format!("A variable with the name '{name}' already exists."));
    }
    let tags = given.get("tags").cloned().unwrap_or_else(|| json!([]));
    let variable = catalogue::variable(name, &given["value"], &tags, &time_text(prefect.now()));
    store.variables.push(variable.clone());
    routes::json(201, &variable)
}

/// Names are lower-case letters, digits, dashes and underscores.
#[allow(clippy::result_large_err)] // the refusal is what is sent
fn checked_name(given: &Value) -> Result<&str, Response> {
    let name = given["name"].as_str().unwrap_or_default();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let mut complaints = Vec::new();
    if name.is_empty() || !name.chars().all(fits) {
        let message = "Value error, Variable name must only contain lowercase letters, numbers, and dashes or underscores.";
        complaints.push(checks::complaint(
            "value_error",
            &["body", "name"],
            message,
            &given["name"],
        ));
    }
    checks::refuse_any(&complaints, given)?;
    Ok(name)
}

pub(super) async fn read(State(prefect): State<Arc<Prefect>>, Path(name): Path<String>) -> Response {
    match prefect
        .store()
        .variables
        .iter()
        .find(|variable| variable["name"] == name.as_str())
    {
        Some(variable) => routes::json(200, variable),
        None => detail(404, NOT_FOUND),
    }
}

pub(super) async fn update(
    State(prefect): State<Arc<Prefect>>,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    let given = match checks::object(&body, &["name", "value", "tags"]) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let mut store = prefect.store();
    let Some(variable) = store
        .variables
        .iter_mut()
        .find(|variable| variable["name"] == name.as_str())
    else {
        return detail(404, NOT_FOUND);
    };
    for (field, value) in given.as_object().into_iter().flatten() {
        variable[field] = value.clone();
    }
    variable["updated"] = Value::from(time_text(prefect.now()));
    no_content()
}

pub(super) async fn remove(State(prefect): State<Arc<Prefect>>, Path(name): Path<String>) -> Response {
    let mut store = prefect.store();
    let before = store.variables.len();
    store
        .variables
        .retain(|variable| variable["name"] != name.as_str());
    if store.variables.len() < before {
        no_content()
    } else {
        detail(404, NOT_FOUND)
    }
}

pub(super) async fn list(State(prefect): State<Arc<Prefect>>, body: Bytes) -> Response {
    let asked = match checks::object(&body, &["variables", "sort", "limit", "offset"]) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let mut complaints = Vec::new();
    if !asked["variables"].is_null() {
        let (place, known) = (["body", "variables"], ["operator", "id", "name", "tags"]);
        checks::only(&asked["variables"], &place, &known, &mut complaints);
    }
    if let Err(refusal) = checks::refuse_any(&complaints, &asked) {
        return refusal;
    }
    let store = prefect.store();
    let mut found: Vec<&Value> = store
        .variables
        .iter()
        .filter(|variable| fits(&asked["variables"], variable))
        .collect();
    found.sort_by_key(|variable| variable["name"].to_string());
    filter::page(&asked, found)
}

/// Of the name `any_` and `like_` are known, of the tags `all_`; with the operator `or_` one of the two is enough.
fn fits(asked: &Value, variable: &Value) -> bool {
    let (name, tags) = (&asked["name"], &asked["tags"]);
    let named = filter::is_any(name, &variable["name"]) && filter::is_like(name, &variable["name"]);
    let tagged = filter::has_all(tags, &variable["tags"]);
    if asked["operator"] == "or_" {
        (!name.is_null() && named) || (!tags.is_null() && tagged)
    } else {
        named && tagged
    }
}
