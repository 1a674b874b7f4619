//! Creating, finding and reading datasets.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::filter::Filter;
use super::{SciCat, dates, validate};
use crate::routes;

/// What stands before the slash of every pid.
const PID_PREFIX: &str = "20.500.12345";

pub(super) async fn create(State(scicat): State<Arc<SciCat>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(user) = scicat.user(&headers) else {
        return super::forbidden("Forbidden resource");
    };
    let given = match super::body(&headers, &body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let fields = match validate::dataset(&given) {
        Ok(fields) => fields,
        // The list stands in the document as text.
        Err(complaints) => {
            return routes::json(400, &json!({ "status": 400, "message": complaints.to_string() }));
        }
    };
    let deadly = fields.get("scientificMetadata").and_then(Value::as_object);
    let deadly = deadly.is_some_and(|metadata| metadata.values().any(Value::is_null));
    let dataset = complete(fields, &user, &scicat.now());
    let mut store = scicat.store();
    let pid = dataset["pid"].as_str().unwrap_or_default();
    if store.dataset(pid).is_some() {
        let message = format!("A dataset with pid {pid} already exists!");
        return routes::json(
            409,
            &json!({ "message": message, "error": "Conflict", "statusCode": 409 }),
        );
    }
    store.datasets.push(dataset.clone());
    scicat.dead.fetch_or(deadly, Ordering::SeqCst);
    routes::json(201, &dataset)
}

/// The stored document: the given fields, the defaults, and what the service adds.
fn complete(given: Map<String, Value>, user: &str, now: &str) -> Value {
    let mut dataset = json!({
        "accessGroups": [],
        "size": 0,
        "packedSize": 0,
        "numberOfFiles": 0,
        "numberOfFilesArchived": 0,
        "keywords": [],
        "classification": "IN=medium,AV=low,CO=low",
        "isPublished": false,
        "techniques": [],
        "sharedWith": [],
        "relationships": [],
        "datasetlifecycle": lifecycle(now),
        "inputDatasets": [],
        "usedSoftware": [],
        "pid": format!("{PID_PREFIX}/{}", Uuid::new_v4()),
        "version": "3",
        "createdBy": user,
        "updatedBy": user,
        "createdAt": now,
        "updatedAt": now,
        "__v": 0,
    });
    if let Some(fields) = dataset.as_object_mut() {
        fields.extend(given);
    }
    dataset["_id"] = dataset["pid"].clone();
    if dataset["datasetName"].is_null() {
        dataset["datasetName"] = Value::from(name_of(dataset["sourceFolder"].as_str().unwrap_or_default()));
    }
    // The newer names stand beside the older ones.
    for (old, new) in [
        ("principalInvestigator", "principalInvestigators"),
        ("proposalId", "proposalIds"),
        ("sampleId", "sampleIds"),
        ("instrumentId", "instrumentIds"),
    ] {
        if let Some(value) = dataset.get(old).cloned() {
            dataset[new] = json!([value]);
        }
    }
    dataset
}

fn lifecycle(now: &str) -> Value {
    json!({
        "archivable": true,
        "retrievable": false,
        "publishable": false,
        "dateOfDiskPurging": now,
        "publishedOn": now,
        "isOnCentralDisk": true,
        "archiveStatusMessage": "datasetCreated",
        "retrieveStatusMessage": "",
        "retrieveIntegrityCheck": false,
    })
}

/// A dataset without a name is called by the last two parts of its folder.
fn name_of(folder: &str) -> String {
    let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    parts[parts.len().saturating_sub(2)..].join("/")
}

#[derive(Debug, Deserialize)]
pub(super) struct FindQuery {
    filter: Option<String>,
}

pub(super) async fn find(
    State(scicat): State<Arc<SciCat>>,
    Query(query): Query<FindQuery>,
    headers: HeaderMap,
) -> Response {
    let filter = match Filter::parse(query.filter.as_deref().unwrap_or("{}")) {
        Ok(filter) => filter,
        Err(message) => return super::bad_request(&json!(message)),
    };
    if scicat.user(&headers).is_none() {
        return routes::json(200, &json!([]));
    }
    let found = filter.apply(&scicat.store().datasets);
    routes::json(200, &Value::from(found))
}

pub(super) async fn read(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
) -> Response {
    if scicat.user(&headers).is_none() {
        return super::forbidden("Forbidden resource");
    }
    match scicat.store().dataset(&pid) {
        Some(dataset) => routes::json(200, dataset),
        None => super::no_dataset(&pid),
    }
}

/// Adds what a new block of files brings to its dataset.
pub(super) fn add_files(dataset: &mut Value, size: u64, files: u64, now: chrono::DateTime<chrono::Utc>) {
    for (field, more) in [("size", size), ("numberOfFiles", files)] {
        let sum = dataset[field].as_u64().unwrap_or(0).saturating_add(more);
        dataset[field] = Value::from(sum);
    }
    dataset["updatedAt"] = Value::from(dates::text(now));
}
