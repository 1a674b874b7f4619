//! Blocks of files: original datablocks, and datablocks, which are copies elsewhere.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::validate::{Fields, Kind};
use super::{SciCat, dates, replies, validate};
use crate::routes;

/// How a kind of block is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) kind: &'static str,
    /// What the document may say.
    fields: &'static [Fields],
    required: &'static [&'static str],
    /// Whether a new one is added to what the dataset's sums are, or these are made anew.
    adds: bool,
}

const FILES: Fields = &[
    ("size", Kind::Integer),
    ("chkAlg", Kind::Text),
    ("dataFileList", Kind::List),
    ("isPublished", Kind::Flag),
];
const OWNED: Fields = &[
    ("ownerGroup", Kind::Text),
    ("accessGroups", Kind::Texts),
    ("instrumentGroup", Kind::Text),
];
const WHOSE: Fields = &[("datasetId", Kind::Text)];
const COPY: Fields = &[
    ("archiveId", Kind::Text),
    ("size", Kind::Integer),
    ("packedSize", Kind::Integer),
    ("chkAlg", Kind::Text),
    ("version", Kind::Text),
    ("dataFileList", Kind::List),
];

/// `POST v3/datasets/{pid}/origdatablocks`: whose groups it is of is not to be said.
pub(super) const OF_DATASET: Block = Block {
    kind: "origdatablocks",
    fields: &[FILES],
    required: &["size", "dataFileList"],
    adds: true,
};
/// `POST v3/origdatablocks` and `v4/origdatablocks`.
pub(super) const BY_ITSELF: Block = Block {
    kind: "origdatablocks",
    fields: &[FILES, OWNED, WHOSE],
    required: &["size", "dataFileList", "datasetId"],
    adds: false,
};
/// `PATCH` of an original datablock.
pub(super) const CHANGE: Block = Block {
    kind: "origdatablocks",
    fields: &[FILES, OWNED],
    required: &[],
    adds: false,
};
/// `POST v3/datasets/{pid}/datablocks`.
pub(super) const ELSEWHERE: Block = Block {
    kind: "datablocks",
    fields: &[COPY],
    required: &["archiveId", "size", "packedSize", "version", "dataFileList"],
    adds: false,
};
/// `PATCH v3/datasets/{pid}/datablocks/{id}`.
pub(super) const ELSEWHERE_CHANGE: Block = Block {
    required: &[],
    fields: &[COPY, OWNED],
    ..ELSEWHERE
};

impl Block {
    /// # Errors
    /// The refusal.
    #[allow(clippy::result_large_err)] // the refusal is what is sent
    fn read(self, headers: &HeaderMap, body: &Bytes) -> Result<Value, Response> {
        let given = replies::body(headers, body)?;
        let mut complaints = match validate::document(&given, self.fields, self.required) {
            Ok(_) => Vec::new(),
            Err(complaints) => complaints,
        };
        complaints.extend(validate::files(&given));
        if complaints.is_empty() {
            return Ok(given);
        }
        Err(routes::json(400, &validate::as_list(&complaints)))
    }
}

/// A new block. The dataset is named by the path, or by the document.
pub(super) fn create(
    block: Block,
    State(scicat): State<Arc<SciCat>>,
    pid: Option<Path<String>>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let caller = scicat.caller(headers);
    let Some(user) = &caller.name else {
        return replies::forbidden_resource();
    };
    let given = match block.read(headers, body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let pid = match pid {
        Some(Path(pid)) => pid,
        None => given["datasetId"].as_str().unwrap_or_default().to_owned(),
    };
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(dataset) = store.dataset(&pid) else {
        return replies::no_dataset(&pid);
    };
    if !caller.may_write_for(dataset["ownerGroup"].as_str().unwrap_or_default()) {
        return replies::forbidden("Unauthorized to create origdatablock");
    }
    let document = complete(&given, dataset, user, &now);
    if block.adds {
        let files = document["dataFileList"].as_array().map_or(0, Vec::len);
        let size = document["size"].as_u64().unwrap_or(0);
        for (field, more) in [("size", size), ("numberOfFiles", files as u64)] {
            let sum = dataset[field].as_u64().unwrap_or(0).saturating_add(more);
            dataset[field] = Value::from(sum);
        }
        dataset["updatedAt"] = Value::from(now.as_str());
    }
    store.add(block.kind, document.clone());
    if !block.adds {
        store.sum_up(block.kind, &pid, &now);
    }
    routes::json(201, &document)
}

pub(super) async fn is_valid(
    State(scicat): State<Arc<SciCat>>,
    Path(_): Path<String>,
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
    let checked = validate::document(&given, OF_DATASET.fields, OF_DATASET.required);
    let mut complaints = checked.err().unwrap_or_default();
    complaints.extend(validate::files(&given));
    routes::json(200, &json!({ "valid": complaints.is_empty() }))
}

pub(super) fn list(
    kind: &'static str,
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    headers: &HeaderMap,
) -> Response {
    let caller = scicat.caller(headers);
    if caller.name.is_none() {
        return replies::forbidden_resource();
    }
    let mut store = scicat.store();
    match store.dataset(&pid) {
        None => replies::no_dataset(&pid),
        Some(dataset) if !caller.sees(dataset) => replies::forbidden_resource(),
        Some(_) => routes::json(200, &Value::from(store.of_dataset(kind, &pid))),
    }
}

pub(super) fn update(
    block: Block,
    State(scicat): State<Arc<SciCat>>,
    path: &Path<Vec<(String, String)>>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    if scicat.user(headers).is_none() {
        return replies::forbidden_resource();
    }
    let given = match block.read(headers, body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(document) = store.one(block.kind, "_id", last(path)) else {
        return replies::nothing_to_change();
    };
    for (name, value) in given.as_object().into_iter().flatten() {
        document[name.as_str()] = match name.as_str() {
            "dataFileList" => stored_files(value),
            _ => value.clone(),
        };
    }
    document["updatedAt"] = Value::from(now.as_str());
    let document = document.clone();
    store.sum_up(
        block.kind,
        document["datasetId"].as_str().unwrap_or_default(),
        &now,
    );
    routes::json(200, &document)
}

pub(super) fn delete(
    kind: &'static str,
    State(scicat): State<Arc<SciCat>>,
    path: &Path<Vec<(String, String)>>,
    headers: &HeaderMap,
) -> Response {
    if !scicat.caller(headers).may_delete {
        return replies::forbidden_resource();
    }
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(document) = store.one(kind, "_id", last(path)).cloned() else {
        return replies::not_found("Not Found");
    };
    store.remove(kind, "_id", last(path));
    store.sum_up(kind, document["datasetId"].as_str().unwrap_or_default(), &now);
    routes::json(200, &document)
}

/// The last parameter of a path.
pub(super) fn last(Path(parameters): &Path<Vec<(String, String)>>) -> &str {
    parameters.last().map_or("", |(_, value)| value)
}

/// The stored document: what was given, ids, and the groups of the dataset.
fn complete(given: &Value, dataset: &Value, user: &str, now: &str) -> Value {
    let id = Uuid::new_v4();
    let mut block = json!({
        "_id": id,
        "id": id,
        "datasetId": dataset["pid"],
        "ownerGroup": dataset["ownerGroup"],
        "accessGroups": dataset["accessGroups"],
        "isPublished": given["isPublished"].as_bool().unwrap_or(false),
        "size": given["size"],
        "dataFileList": stored_files(&given["dataFileList"]),
        "createdBy": user,
        "updatedBy": user,
        "createdAt": now,
        "updatedAt": now,
        "__v": 0,
    });
    for name in ["chkAlg", "archiveId", "packedSize", "version"] {
        if let Some(value) = given.get(name) {
            block[name] = value.clone();
        }
    }
    block
}

fn stored_files(files: &Value) -> Value {
    let mut files = files.clone();
    for file in files.as_array_mut().into_iter().flatten() {
        let time = file["time"].as_str().and_then(dates::parse);
        file["time"] = time.map_or(Value::Null, |time| Value::from(dates::text(time)));
        let mut id = Uuid::new_v4().simple().to_string();
        id.truncate(24);
        file["_id"] = Value::from(id.clone());
        file["id"] = Value::from(id);
    }
    files
}
