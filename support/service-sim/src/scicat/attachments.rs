//! Attachments of datasets. Version 3 says by the path whose they are, version 4 in the document; each lists both.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::blocks::last;
use super::filter::Words;
use super::validate::{Fields, Kind};
use super::{SciCat, replies, validate};
use crate::routes;

const COMMON: Fields = &[
    ("ownerGroup", Kind::Text),
    ("accessGroups", Kind::Texts),
    ("instrumentGroup", Kind::Text),
    ("thumbnail", Kind::Text),
    ("caption", Kind::Text),
];
const V3: Fields = &[
    ("id", Kind::Text),
    ("datasetId", Kind::Text),
    ("proposalId", Kind::Text),
    ("sampleId", Kind::Text),
];
const V4: Fields = &[
    ("aid", Kind::Text),
    ("isPublished", Kind::Flag),
    ("relationships", Kind::List),
];

/// # Errors
/// The refusal.
#[allow(clippy::result_large_err)] // the refusal is what is sent
fn read(
    words: Words,
    is_change: bool,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Map<String, Value>, Response> {
    let given = replies::body(headers, body)?;
    let (fields, required): ([Fields; 2], &[&str]) = match words {
        Words::V3 => ([COMMON, V3], &["ownerGroup", "caption"]),
        Words::V4 => ([COMMON, V4], &["ownerGroup", "caption", "isPublished"]),
    };
    // Version 3 replaces, version 4 changes.
    let required = if is_change && words == Words::V4 {
        &[]
    } else {
        required
    };
    validate::document(&given, &fields, required)
        .map_err(|complaints| routes::json(400, &validate::as_list(&complaints)))
}

/// A new attachment; in version 3 the path names the dataset.
pub(super) fn create(
    words: Words,
    State(scicat): State<Arc<SciCat>>,
    pid: Option<Path<String>>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let caller = scicat.caller(headers);
    let Some(user) = &caller.name else {
        return replies::forbidden_resource();
    };
    let fields = match read(words, false, headers, body) {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    let pid = match pid {
        Some(Path(pid)) => pid,
        None => target(&fields).unwrap_or_default().to_owned(),
    };
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(dataset) = store.dataset(&pid) else {
        return replies::no_dataset(&pid);
    };
    if !caller.may_write_for(dataset["ownerGroup"].as_str().unwrap_or_default()) {
        return replies::forbidden("Unauthorized to create this attachment");
    }
    let given_id = fields.get("aid").or_else(|| fields.get("id")).cloned();
    let id = given_id.unwrap_or_else(|| json!(Uuid::new_v4()));
    let mut document = json!({
        "createdBy": user,
        "updatedBy": user,
        "accessGroups": [],
        "isPublished": false,
        "createdAt": now,
        "updatedAt": now,
        "__v": 0,
    });
    if let Some(all) = document.as_object_mut() {
        all.extend(fields);
    }
    document["_id"] = id.clone();
    document["aid"] = id;
    document["datasetId"] = json!(pid);
    document["relationships"] = json!([{
        "targetId": pid, "targetType": "dataset", "relationType": "is attached to",
    }]);
    store.add("attachments", document.clone());
    routes::json(201, &rendered(document, words))
}

fn target(fields: &Map<String, Value>) -> Option<&str> {
    fields.get("relationships")?[0]["targetId"].as_str()
}

/// The document in the words of a version.
pub(super) fn rendered(mut document: Value, words: Words) -> Value {
    let aid = document["aid"].clone();
    let Some(fields) = document.as_object_mut() else {
        return document;
    };
    match words {
        Words::V3 => {
            fields.remove("aid");
            fields.remove("relationships");
            fields.insert("id".to_owned(), aid);
        }
        Words::V4 => {
            for name in ["id", "_id", "datasetId"] {
                fields.remove(name);
            }
        }
    }
    document
}

pub(super) async fn list(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
) -> Response {
    let caller = scicat.caller(&headers);
    let mut store = scicat.store();
    match store.dataset(&pid) {
        None => replies::no_dataset(&pid),
        Some(dataset) if !caller.sees(dataset) => replies::forbidden_resource(),
        Some(_) => {
            let found = store.of_dataset("attachments", &pid).into_iter();
            routes::json(200, &found.map(|one| rendered(one, Words::V3)).collect())
        }
    }
}

pub(super) async fn thumbnail(
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: HeaderMap,
) -> Response {
    let caller = scicat.caller(&headers);
    let mut store = scicat.store();
    match store.dataset(&pid) {
        None => replies::no_dataset(&pid),
        Some(dataset) if !caller.sees(dataset) => replies::forbidden_resource(),
        Some(_) => {
            let found = store.of_dataset("attachments", &pid);
            let first = found.first().and_then(|one| one.get("thumbnail"));
            let answer = first.map_or_else(|| json!({}), |url| json!({ "thumbnail": url }));
            routes::json(200, &answer)
        }
    }
}

pub(super) fn update(
    words: Words,
    State(scicat): State<Arc<SciCat>>,
    path: &Path<Vec<(String, String)>>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    if scicat.user(headers).is_none() {
        return replies::forbidden_resource();
    }
    let fields = match read(words, true, headers, body) {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(document) = store.one("attachments", "_id", last(path)) else {
        return replies::nothing_to_change();
    };
    if let Some(all) = document.as_object_mut() {
        all.extend(fields);
    }
    document["updatedAt"] = Value::from(now);
    routes::json(200, &rendered(document.clone(), words))
}

pub(super) async fn delete(
    State(scicat): State<Arc<SciCat>>,
    path: Path<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    if scicat.user(&headers).is_none() {
        return replies::forbidden_resource();
    }
    if scicat.store().remove("attachments", "_id", last(&path)) {
        routes::json(200, &json!({}))
    } else {
        replies::not_found("Not Found")
    }
}
