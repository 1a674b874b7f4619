//! Changing, replacing and deleting datasets.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::filter::Words;
use super::{SciCat, datasets, dates, replies, validate};
use crate::routes;

pub(super) fn update(
    words: Words,
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let caller = scicat.caller(headers);
    let Some(user) = &caller.name else {
        return replies::forbidden_resource();
    };
    let given = match replies::body(headers, body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(dataset) = store.dataset(&pid) else {
        return replies::nothing_to_change();
    };
    if !caller.may_write_for(dataset["ownerGroup"].as_str().unwrap_or_default()) {
        return replies::forbidden("Unauthorized to update this dataset");
    }
    let shape = datasets::shape(words, dataset).of_change();
    let fields = match validate::document(&given, &shape.fields, &shape.required) {
        Ok(fields) => fields,
        Err(complaints) => return datasets::refused(words, &complaints),
    };
    if words == Words::V4 && has_changed(dataset, headers) {
        return precondition_failed();
    }
    // Here it only stumbles.
    if datasets::has_deadly_null(&fields) {
        return replies::stumbled();
    }
    let merges = words == Words::V4 && replies::is_merge_patch(headers);
    for (name, value) in fields {
        if merges {
            merge(&mut dataset[name.as_str()], value);
        } else {
            dataset[name.as_str()] = value;
        }
    }
    datasets::pair_names(dataset, words);
    dataset["updatedBy"] = Value::from(user.as_str());
    dataset["updatedAt"] = Value::from(now);
    routes::json(200, &datasets::rendered(dataset.clone(), words))
}

/// A merge patch (RFC 7396).
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Some(target) = target.as_object_mut() {
        for (name, value) in patch {
            if value.is_null() {
                target.remove(&name);
            } else {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

/// By `If-Unmodified-Since`: the time must be later than that of the last change, to the millisecond.
fn has_changed(dataset: &Value, headers: &HeaderMap) -> bool {
    let asked = headers
        .get(http::header::IF_UNMODIFIED_SINCE)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| dates::parse(text).or_else(|| http_date(text)));
    let changed = dataset["updatedAt"].as_str().and_then(dates::parse);
    asked
        .zip(changed)
        .is_some_and(|(asked, changed)| asked <= changed)
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|time| time.to_utc())
}

fn precondition_failed() -> Response {
    routes::json(
        412,
        &json!({
            "message": "Resource has been modified on server", "error": "Precondition Failed", "statusCode": 412,
        }),
    )
}

pub(super) fn replace(
    words: Words,
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let caller = scicat.caller(headers);
    let Some(user) = &caller.name else {
        return replies::forbidden_resource();
    };
    let given = match replies::body(headers, body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(dataset) = store.dataset(&pid) else {
        return replies::nothing_to_change();
    };
    let shape = datasets::shape(words, dataset).of_replacement();
    let fields = match validate::document(&given, &shape.fields, &shape.required) {
        Ok(fields) => fields,
        Err(complaints) => return datasets::refused(words, &complaints),
    };
    if datasets::has_deadly_null(&fields) {
        return replies::stumbled();
    }
    let known = shape.fields.iter().copied().flatten();
    let kept = [
        "size",
        "packedSize",
        "numberOfFiles",
        "numberOfFilesArchived",
        "datasetlifecycle",
    ];
    if let Some(old) = dataset.as_object_mut() {
        for (name, _) in known.filter(|(name, _)| !kept.contains(name)) {
            old.remove(*name);
        }
        old.extend(fields);
    }
    datasets::pair_names(dataset, words);
    dataset["updatedBy"] = Value::from(user.as_str());
    dataset["updatedAt"] = Value::from(now);
    routes::json(200, &datasets::rendered(dataset.clone(), words))
}

pub(super) async fn delete(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !scicat.caller(&headers).may_delete {
        return replies::forbidden_resource();
    }
    let mut store = scicat.store();
    if !store.remove("datasets", "pid", &pid) {
        return replies::no_dataset(&pid);
    }
    for kind in ["origdatablocks", "datablocks", "attachments"] {
        while store.remove(kind, "datasetId", &pid) {}
    }
    routes::json(200, &json!({ "pid": pid }))
}

/// The query of an addition to a list.
#[derive(Debug, Deserialize)]
pub(super) struct Addition {
    #[serde(rename = "fieldName")]
    field: String,
    data: String,
}

pub(super) async fn append(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    Query(addition): Query<Addition>,
    headers: HeaderMap,
) -> Response {
    if scicat.user(&headers).is_none() {
        return replies::forbidden_resource();
    }
    let mut store = scicat.store();
    let Some(dataset) = store.dataset(&pid) else {
        return replies::no_dataset(&pid);
    };
    let Ok(more) = serde_json::from_str::<Vec<Value>>(&addition.data) else {
        return replies::stumbled();
    };
    let field = &mut dataset[addition.field.as_str()];
    if field.is_null() {
        *field = json!([]);
    }
    match field.as_array_mut() {
        Some(list) => list.extend(more),
        None => return replies::bad_request(&json!(["field is not an array"])),
    }
    routes::json(201, dataset)
}

pub(super) async fn lifecycle(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
) -> Response {
    let caller = scicat.caller(&headers);
    match scicat.store().dataset(&pid) {
        Some(dataset) if caller.sees(dataset) => routes::json(200, &dataset["datasetlifecycle"]),
        Some(_) => replies::forbidden_resource(),
        None => replies::no_dataset(&pid),
    }
}

pub(super) async fn update_lifecycle(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if scicat.user(&headers).is_none() {
        return replies::forbidden_resource();
    }
    let given = match replies::body(&headers, &body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let mut store = scicat.store();
    let Some(dataset) = store.dataset(&pid) else {
        return replies::nothing_to_change();
    };
    merge(&mut dataset["datasetlifecycle"], given);
    routes::json(200, dataset)
}
