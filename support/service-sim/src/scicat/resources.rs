//! Samples, proposals, instruments, policies and jobs: each a list of documents with a shape of their own.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::store::Store;
use super::validate::{Fields, Kind};
use super::{SciCat, datasets, replies, validate};
use crate::routes;

/// A kind of document.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) kind: &'static str,
    /// The field that names a document in URLs.
    pub(super) id: &'static str,
    fields: Fields,
    /// Further fields of a new one, which no change may name.
    at_creation: Fields,
    required: &'static [&'static str],
    /// What a second one of the same identifier gets.
    second: Second,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Second {
    Conflict,
    Stumbles,
}

pub(super) const SAMPLES: &Resource = &Resource {
    kind: "samples",
    id: "sampleId",
    fields: &[
        ("ownerGroup", Kind::Text),
        ("accessGroups", Kind::Texts),
        ("instrumentGroup", Kind::Text),
        ("owner", Kind::Text),
        ("description", Kind::Text),
        ("type", Kind::Text),
        ("proposalId", Kind::Text),
        ("parentSampleId", Kind::Text),
        ("sampleCharacteristics", Kind::Object),
        ("isPublished", Kind::Flag),
    ],
    at_creation: &[("sampleId", Kind::Text)],
    required: &["ownerGroup"],
    second: Second::Stumbles,
};

pub(super) const PROPOSALS: &Resource = &Resource {
    kind: "proposals",
    id: "proposalId",
    fields: &[
        ("ownerGroup", Kind::Text),
        ("accessGroups", Kind::Texts),
        ("instrumentGroup", Kind::Text),
        ("pi_email", Kind::Text),
        ("pi_firstname", Kind::Text),
        ("pi_lastname", Kind::Text),
        ("email", Kind::Text),
        ("firstname", Kind::Text),
        ("lastname", Kind::Text),
        ("title", Kind::Text),
        ("abstract", Kind::Text),
        ("startTime", Kind::Date),
        ("endTime", Kind::Date),
        ("MeasurementPeriodList", Kind::List),
        ("metadata", Kind::Object),
        ("parentProposalId", Kind::Text),
        ("type", Kind::Text),
        ("instrumentIds", Kind::Texts),
    ],
    at_creation: &[("proposalId", Kind::Text)],
    required: &["ownerGroup", "proposalId", "email", "title"],
    second: Second::Conflict,
};

pub(super) const INSTRUMENTS: &Resource = &Resource {
    kind: "instruments",
    id: "pid",
    fields: &[("name", Kind::Text), ("customMetadata", Kind::Object)],
    at_creation: &[("uniqueName", Kind::Text)],
    required: &["name", "uniqueName"],
    second: Second::Conflict,
};

pub(super) const POLICIES: &Resource = &Resource {
    kind: "policies",
    id: "_id",
    fields: &[
        ("ownerGroup", Kind::Text),
        ("accessGroups", Kind::Texts),
        ("manager", Kind::Texts),
        ("tapeRedundancy", Kind::Text),
        ("autoArchive", Kind::Flag),
        ("autoArchiveDelay", Kind::Integer),
        ("archiveEmailNotification", Kind::Flag),
        ("archiveEmailsToBeNotified", Kind::Texts),
        ("retrieveEmailNotification", Kind::Flag),
        ("retrieveEmailsToBeNotified", Kind::Texts),
        ("embargoPeriod", Kind::Integer),
    ],
    at_creation: &[],
    required: &[
        "ownerGroup",
        "manager",
        "tapeRedundancy",
        "autoArchive",
        "autoArchiveDelay",
        "archiveEmailNotification",
        "archiveEmailsToBeNotified",
        "retrieveEmailNotification",
        "retrieveEmailsToBeNotified",
        "embargoPeriod",
    ],
    second: Second::Conflict,
};

pub(super) const JOBS: &Resource = &Resource {
    kind: "jobs",
    id: "id",
    fields: &[
        ("executionTime", Kind::Date),
        ("jobStatusMessage", Kind::Text),
        ("statusCode", Kind::Text),
        ("statusMessage", Kind::Text),
        ("jobResultObject", Kind::Object),
    ],
    at_creation: &[
        ("type", Kind::Text),
        ("jobParams", Kind::Object),
        ("emailJobInitiator", Kind::Text),
        ("datasetList", Kind::List),
        ("ownerUser", Kind::Text),
        ("ownerGroup", Kind::Text),
        ("contactEmail", Kind::Text),
    ],
    required: &["type"],
    second: Second::Conflict,
};

/// The one type of job that this site is configured for.
const JOB_TYPE: &str = "retrieve";

pub(super) fn create(
    resource: &'static Resource,
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
    // Only administrators make instruments.
    if resource.kind == "instruments" && caller.groups.is_some() {
        return replies::forbidden_resource();
    }
    let shape = [resource.fields, resource.at_creation];
    let fields = match validate::document(&given, &shape, resource.required) {
        Ok(fields) => fields,
        Err(complaints) => return routes::json(400, &validate::as_list(&complaints)),
    };
    if resource.kind == "jobs" && fields.get("type").is_some_and(|kind| kind != JOB_TYPE) {
        let message = format!(
            "Invalid job type: {}",
            fields["type"].as_str().unwrap_or_default()
        );
        return routes::json(400, &json!({ "status": 400, "message": message }));
    }
    let now = scicat.now();
    let mut document = json!({
        "createdBy": user, "updatedBy": user, "createdAt": now, "updatedAt": now, "isPublished": false,
        "accessGroups": [],
    });
    if let Some(all) = document.as_object_mut() {
        all.extend(fields);
    }
    if document[resource.id].is_null() {
        let uuid = Uuid::new_v4().to_string();
        document[resource.id] = match resource.kind {
            // Between prefix and uuid of an instrument the service forgets the slash.
            "instruments" => json!(format!("{}{uuid}", datasets::PID_PREFIX)),
            "samples" => json!(format!("{}/{uuid}", datasets::PID_PREFIX)),
            _ => json!(uuid),
        };
    }
    if document["_id"].is_null() {
        document["_id"] = document[resource.id].clone();
    }
    let id = document[resource.id].as_str().unwrap_or_default().to_owned();
    let mut store = scicat.store();
    if store.one(resource.kind, resource.id, &id).is_some() {
        return match resource.second {
            Second::Stumbles => replies::stumbled(),
            Second::Conflict => replies::conflict(&format!("{} {id} already exists", resource.kind)),
        };
    }
    store.add(resource.kind, document.clone());
    routes::json(201, &document)
}

pub(super) fn read(
    resource: &'static Resource,
    State(scicat): State<Arc<SciCat>>,
    Path(id): Path<String>,
    headers: &HeaderMap,
) -> Response {
    let caller = scicat.caller(headers);
    if caller.name.is_none() {
        return replies::forbidden_resource();
    }
    match scicat.store().one(resource.kind, resource.id, &id) {
        Some(document) => routes::json(200, document),
        None => replies::not_found(&format!("{} {id} not found", resource.kind)),
    }
}

pub(super) fn update(
    resource: &'static Resource,
    State(scicat): State<Arc<SciCat>>,
    Path(id): Path<String>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let Some(user) = scicat.user(headers) else {
        return replies::forbidden_resource();
    };
    let given = match replies::body(headers, body) {
        Ok(given) => given,
        Err(refusal) => return refusal,
    };
    let fields = match validate::document(&given, &[resource.fields], &[]) {
        Ok(fields) => fields,
        Err(complaints) => return routes::json(400, &validate::as_list(&complaints)),
    };
    let now = scicat.now();
    let mut store = scicat.store();
    let Some(document) = store.one(resource.kind, resource.id, &id) else {
        return replies::nothing_to_change();
    };
    if let Some(all) = document.as_object_mut() {
        all.extend(fields);
    }
    document["updatedBy"] = Value::from(user);
    document["updatedAt"] = Value::from(now);
    routes::json(200, document)
}

pub(super) fn delete(
    resource: &'static Resource,
    State(scicat): State<Arc<SciCat>>,
    Path(id): Path<String>,
    headers: &HeaderMap,
) -> Response {
    if !scicat.caller(headers).may_delete {
        return replies::forbidden_resource();
    }
    if scicat.store().remove(resource.kind, resource.id, &id) {
        routes::json(200, &json!({}))
    } else {
        replies::not_found(&format!("{} {id} not found", resource.kind))
    }
}

/// The first dataset of a group brings its policy.
pub(super) fn policy_of(store: &mut Store, dataset: &Value, user: &str, now: &str) {
    let group = dataset["ownerGroup"].as_str().unwrap_or_default();
    if store.one("policies", "ownerGroup", group).is_some() {
        return;
    }
    let policy = json!({
        "_id": Uuid::new_v4(),
        "ownerGroup": group,
        "accessGroups": dataset["accessGroups"],
        "isPublished": false,
        "manager": [""],
        "tapeRedundancy": "low",
        "autoArchive": false,
        "autoArchiveDelay": 7,
        "archiveEmailNotification": true,
        "archiveEmailsToBeNotified": [],
        "retrieveEmailNotification": true,
        "retrieveEmailsToBeNotified": [],
        "embargoPeriod": 3,
        "createdBy": user,
        "updatedBy": user,
        "createdAt": now,
        "updatedAt": now,
    });
    store.add("policies", policy);
}
