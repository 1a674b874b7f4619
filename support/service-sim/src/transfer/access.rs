//! Access rules of collections: kept and listed, not enforced. Whoever asks administers every collection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::Transfer;
use super::caller::Caller;
use super::refusal::Refusal;
use super::submission::read;
use super::times::task_time;

/// The fields of a rule that its maker sets.
const GIVEN: [&str; 5] = [
    "principal_type",
    "principal",
    "path",
    "permissions",
    "expiration_date",
];

/// The rules by the uuid of their collection, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Rules(Mutex<HashMap<String, Vec<Value>>>);

impl Rules {
    fn with<R>(&self, uuid: &str, act: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(uuid.to_owned()).or_default())
    }
}

fn no_rule(id: &str) -> Refusal {
    Refusal::new(404, "AccessRuleNotFound", format!("No such access rule '{id}'"))
}

/// `GET /v0.10/endpoint/{endpoint_id}/access_list`
pub(crate) async fn list(
    State(transfer): State<Arc<Transfer>>,
    Path(endpoint): Path<String>,
    caller: Caller,
) -> Response {
    let listed = transfer.collection(&endpoint).map(|_| {
        let rules = transfer.rules.with(&endpoint, |rules| rules.clone());
        json!({ "DATA_TYPE": "access_list", "endpoint": endpoint, "length": rules.len(), "DATA": rules })
    });
    caller.answer(listed)
}

/// `GET /v0.10/endpoint/{endpoint_id}/access/{rule_id}`
pub(crate) async fn one(
    State(transfer): State<Arc<Transfer>>,
    Path((endpoint, id)): Path<(String, String)>,
    caller: Caller,
) -> Response {
    let found = transfer.rules.with(&endpoint, |rules| {
        rules.iter().find(|rule| rule["id"] == id.as_str()).cloned()
    });
    caller.answer(found.ok_or_else(|| no_rule(&id)))
}

/// `POST /v0.10/endpoint/{endpoint_id}/access`
pub(crate) async fn create(
    State(transfer): State<Arc<Transfer>>,
    Path(endpoint): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Response {
    let create = || {
        transfer.collection(&endpoint)?;
        let given: Map<String, Value> = read(&body)?;
        let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
        if !text("path").starts_with('/') || !text("path").ends_with('/') {
            return Err(Refusal::bad_request("path must begin and end with '/'"));
        }
        if !["r", "rw"].contains(&text("permissions")) {
            return Err(Refusal::bad_request("permissions must be 'r' or 'rw'"));
        }
        let who = text("principal_type");
        if !["identity", "group", "all_authenticated_users", "anonymous"].contains(&who) {
            return Err(Refusal::bad_request("principal_type is not known"));
        }
        let id = uuid::Uuid::new_v4().to_string();
        let mut rule = json!({
            "DATA_TYPE": "access",
            "id": id,
            "role_id": null,
            "role_type": null,
            "create_time": task_time(transfer.clock.now()),
        });
        for name in GIVEN {
            rule[name] = given.get(name).cloned().unwrap_or_default();
        }
        let same = |known: &Value| GIVEN[..3].iter().all(|name| known[*name] == rule[*name]);
        transfer.rules.with(&endpoint, |rules| {
            if rules.iter().any(same) {
                let message = "This principal already has an access rule on this path";
                return Err(Refusal::new(409, "Exists", message));
            }
            rules.push(rule.clone());
            Ok(())
        })?;
        let mut result = caller.result(
            "access_create_result",
            "Created",
            "Access rule created successfully.",
        );
        result["access_id"] = json!(id);
        Ok(result)
    };
    caller.answer(create())
}

/// `PUT /v0.10/endpoint/{endpoint_id}/access/{rule_id}`: only the permissions and the end can be changed.
pub(crate) async fn update(
    State(transfer): State<Arc<Transfer>>,
    Path((endpoint, id)): Path<(String, String)>,
    caller: Caller,
    body: Bytes,
) -> Response {
    let update = || {
        let given: Map<String, Value> = read(&body)?;
        transfer.rules.with(&endpoint, |rules| {
            let rule = rules.iter_mut().find(|rule| rule["id"] == id.as_str());
            let rule = rule.ok_or_else(|| no_rule(&id))?;
            for name in ["permissions", "expiration_date"] {
                if let Some(value) = given.get(name) {
                    rule[name] = value.clone();
                }
            }
            Ok(())
        })
    };
    let message = "Access rule updated successfully.";
    caller.answer(update().map(|()| caller.result("result", "Updated", message)))
}

/// `DELETE /v0.10/endpoint/{endpoint_id}/access/{rule_id}`
pub(crate) async fn delete(
    State(transfer): State<Arc<Transfer>>,
    Path((endpoint, id)): Path<(String, String)>,
    caller: Caller,
) -> Response {
    let deleted = transfer.rules.with(&endpoint, |rules| {
        let before = rules.len();
        rules.retain(|rule| rule["id"] != id.as_str());
        before > rules.len()
    });
    let message = "Access rule deleted successfully.";
    caller.answer(if deleted {
        Ok(caller.result("result", "Deleted", message))
    } else {
        Err(no_rule(&id))
    })
}
