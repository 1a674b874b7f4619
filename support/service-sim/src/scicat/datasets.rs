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

use super::fields::{self, Shape};
use super::filter::Words;
use super::lists::Asked;
use super::validate::Complaint;
use super::{SciCat, replies, resources, validate};
use crate::routes;

/// What stands before the slash of every pid.
pub(super) const PID_PREFIX: &str = "20.500.12345";

/// Names of version 3 and what they are in version 4, where they are lists.
const NAMES: [(&str, &str); 5] = [
    ("principalInvestigator", "principalInvestigators"),
    ("investigator", "principalInvestigators"),
    ("proposalId", "proposalIds"),
    ("sampleId", "sampleIds"),
    ("instrumentId", "instrumentIds"),
];

/// What the version lets a document say, if it is of this type.
pub(super) fn shape(words: Words, document: &Value) -> Shape {
    match words {
        Words::V3 => fields::v3(document["type"].as_str().unwrap_or_default()),
        Words::V4 => fields::v4(),
    }
}

/// The refusal in the words of a version.
pub(super) fn refused(words: Words, complaints: &[Complaint]) -> Response {
    let document = match words {
        Words::V3 => validate::as_text(complaints),
        Words::V4 => validate::as_list(complaints),
    };
    routes::json(400, &document)
}

pub(super) fn create(
    words: Words,
    State(scicat): State<Arc<SciCat>>,
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
    let shape = shape(words, &given);
    let fields = match validate::document(&given, &shape.fields, &shape.required) {
        Ok(fields) => fields,
        Err(complaints) => return refused(words, &complaints),
    };
    let group = fields["ownerGroup"].as_str().unwrap_or_default();
    let chooses_pid = fields.contains_key("pid") && caller.groups.is_some();
    if chooses_pid || !caller.may_write_for(group) {
        return replies::forbidden("Unauthorized to create this dataset");
    }
    if words == Words::V4 && !fields.contains_key("owner") {
        return replies::went_wrong();
    }
    let deadly = has_deadly_null(&fields);
    let dataset = complete(fields, user, &scicat.now(), words);
    let mut store = scicat.store();
    let pid = dataset["pid"].as_str().unwrap_or_default();
    if store.dataset(pid).is_some() {
        return replies::conflict(&format!("A dataset with pid {pid} already exists!"));
    }
    resources::policy_of(&mut store, &dataset, user, &scicat.now());
    store.add("datasets", dataset.clone());
    scicat.dead.fetch_or(deadly, Ordering::SeqCst);
    routes::json(201, &rendered(dataset, words))
}

/// Whether a null stands directly in the scientific metadata.
pub(super) fn has_deadly_null(fields: &Map<String, Value>) -> bool {
    let metadata = fields.get("scientificMetadata").and_then(Value::as_object);
    metadata.is_some_and(|metadata| metadata.values().any(Value::is_null))
}

/// The stored document: the given fields, the defaults, and what the service adds.
fn complete(given: Map<String, Value>, user: &str, now: &str, words: Words) -> Value {
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
        "version": match words { Words::V3 => "3", Words::V4 => "4" },
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
    pair_names(&mut dataset, words);
    dataset
}

/// The names of the other version stand beside those that were given.
pub(super) fn pair_names(dataset: &mut Value, words: Words) {
    for (old, new) in NAMES {
        if old == "investigator" && dataset["type"] != "derived" {
            continue;
        }
        match words {
            Words::V3 => {
                if let Some(value) = dataset.get(old).cloned() {
                    dataset[new] = json!([value]);
                }
            }
            Words::V4 => {
                let first = dataset.get(new).and_then(|list| list.get(0)).cloned();
                if let Some(value) = first {
                    dataset[old] = value;
                }
            }
        }
    }
}

/// Version 4 shows the new names only.
pub(super) fn rendered(mut dataset: Value, words: Words) -> Value {
    if let (Words::V4, Some(fields)) = (words, dataset.as_object_mut()) {
        for (old, _) in NAMES {
            fields.remove(old);
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

pub(super) fn is_valid(
    words: Words,
    State(scicat): State<Arc<SciCat>>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    if scicat.user(headers).is_none() {
        return replies::forbidden_resource();
    }
    let given = match replies::body(headers, body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let shape = shape(words, &given);
    let answer = match validate::document(&given, &shape.fields, &shape.required) {
        Ok(_) => json!({ "valid": true }),
        Err(complaints) => json!({ "valid": false, "error": validate::first(&complaints) }),
    };
    routes::json(200, &answer)
}

/// What a read may say.
#[derive(Debug, Deserialize)]
pub(super) struct ReadQuery {
    filter: Option<String>,
    include: Option<String>,
}

pub(super) fn read(
    words: Words,
    State(scicat): State<Arc<SciCat>>,
    Path(pid): Path<String>,
    Query(query): Query<ReadQuery>,
    headers: &HeaderMap,
) -> Response {
    let caller = scicat.caller(headers);
    let found = scicat.store().dataset(&pid).cloned();
    let Some(mut dataset) = found.filter(|_| caller.name.is_some()) else {
        return match &caller.name {
            Some(_) => replies::no_dataset(&pid),
            None => replies::forbidden_resource(),
        };
    };
    if !caller.sees(&dataset) {
        return replies::forbidden_resource();
    }
    let asked = query.filter.or(query.include).unwrap_or_default();
    let asked: Value = serde_json::from_str(&asked).unwrap_or_default();
    let list = asked.as_array().or_else(|| asked["include"].as_array());
    let relations = list.into_iter().flatten();
    let relations = relations.filter_map(|one| one.as_str().or_else(|| one["relation"].as_str()));
    let relations: Vec<String> = relations.map(str::to_owned).collect();
    scicat.include(&mut dataset, &relations);
    routes::json(200, &rendered(dataset, words))
}

pub(super) async fn metadata_keys(State(scicat): State<Arc<SciCat>>, headers: HeaderMap) -> Response {
    let rows = scicat.seen(&scicat.caller(&headers), "datasets");
    let metadata = rows
        .iter()
        .filter_map(|row| row["scientificMetadata"].as_object());
    let mut keys: Vec<&String> = metadata.flat_map(Map::keys).collect();
    keys.sort();
    keys.dedup();
    routes::json(200, &json!(keys))
}

pub(super) async fn facets(
    State(scicat): State<Arc<SciCat>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let rows = scicat.seen(&scicat.caller(&headers), "datasets");
    let names: Vec<String> =
        serde_json::from_str(asked.facets.as_deref().unwrap_or("[]")).unwrap_or_default();
    let mut facets = json!({ "all": [{ "totalSets": rows.len() }] });
    for name in names {
        let mut counts: Vec<(Value, usize)> = Vec::new();
        for value in rows.iter().map(|row| &row[name.as_str()]) {
            match counts.iter_mut().find(|(known, _)| known == value) {
                Some((_, count)) => *count += 1,
                None => counts.push((value.clone(), 1)),
            }
        }
        let counts = counts
            .into_iter()
            .map(|(value, count)| json!({ "_id": value, "count": count }));
        facets[name.as_str()] = counts.collect();
    }
    routes::json(200, &json!([facets]))
}
