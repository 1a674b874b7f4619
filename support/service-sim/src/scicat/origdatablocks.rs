//! The files of a dataset.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{SciCat, datasets, dates, validate};
use crate::routes;

pub(super) async fn create(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(user) = scicat.user(&headers) else {
        return super::forbidden("Forbidden resource");
    };
    let given = match super::body(&headers, &body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    if let Err(complaints) = validate::origdatablock(&given) {
        return super::bad_request(&complaints);
    }
    let now = scicat.clock.now();
    let mut store = scicat.store();
    let Some(dataset) = store.dataset(&pid) else {
        return super::no_dataset(&pid);
    };
    let block = complete(&given, dataset, &user, &dates::text(now));
    let files = block["dataFileList"].as_array().map_or(0, Vec::len);
    let size = block["size"].as_u64().unwrap_or(0);
    datasets::add_files(dataset, size, u64::try_from(files).unwrap_or(u64::MAX), now);
    store.origdatablocks.push(block.clone());
    routes::json(201, &block)
}

pub(super) async fn list(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
) -> Response {
    if scicat.user(&headers).is_none() {
        return super::forbidden("Forbidden resource");
    }
    let mut store = scicat.store();
    if store.dataset(&pid).is_none() {
        return super::no_dataset(&pid);
    }
    let blocks = store
        .origdatablocks
        .iter()
        .filter(|block| block["datasetId"] == pid.as_str());
    routes::json(200, &Value::from(blocks.cloned().collect::<Vec<_>>()))
}

/// The stored document: what was given, ids, and the groups of the dataset.
fn complete(given: &Value, dataset: &Value, user: &str, now: &str) -> Value {
    let mut files = given["dataFileList"].clone();
    for file in files.as_array_mut().into_iter().flatten() {
        let time = file["time"].as_str().and_then(dates::parse);
        file["time"] = time.map_or(Value::Null, |time| Value::from(dates::text(time)));
        let mut id = Uuid::new_v4().simple().to_string();
        id.truncate(24);
        file["_id"] = Value::from(id.clone());
        file["id"] = Value::from(id);
    }
    let id = Uuid::new_v4();
    let mut block = json!({
        "_id": id,
        "id": id,
        "datasetId": dataset["pid"],
        "ownerGroup": dataset["ownerGroup"],
        "accessGroups": dataset["accessGroups"],
        "isPublished": given["isPublished"].as_bool().unwrap_or(false),
        "size": given["size"],
        "dataFileList": files,
        "createdBy": user,
        "updatedBy": user,
        "createdAt": now,
        "updatedAt": now,
        "__v": 0,
    });
    if let Some(algorithm) = given.get("chkAlg") {
        block["chkAlg"] = algorithm.clone();
    }
    block
}
