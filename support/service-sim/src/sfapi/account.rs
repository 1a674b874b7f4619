//! The user, the facility's resources, and the service about itself.

use std::sync::{Arc, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};

use super::{Sfapi, field, form, lacks};
use crate::routes;

const RESOURCES: &[(&str, &str, &str)] = &[
    ("perlmutter", "Perlmutter", "compute"),
    ("dtns", "Data Transfer Nodes", "filesystem"),
    ("dtn01", "Data Transfer Node 1", "filesystem"),
    ("globus", "Globus", "service"),
    (
        "community_filesystem",
        "Community File System (CFS)",
        "filesystem",
    ),
];

fn describe(name: &str, full_name: &str, kind: &str) -> Value {
    json!({ "name": name, "full_name": full_name, "description": "System Active", "system_type": kind, "notes": [],
        "status": "active", "updated_at": "2026-11-22T15:00:00-08:00" })
}

pub(super) async fn resources() -> Response {
    let all: Vec<Value> = RESOURCES
        .iter()
        .map(|(name, full, kind)| describe(name, full, kind))
        .collect();
    routes::json(200, &json!(all))
}

pub(super) async fn resource(Path(name): Path<String>) -> Response {
    match RESOURCES.iter().find(|(known, ..)| *known == name) {
        Some((name, full, kind)) => routes::json(200, &describe(name, full, kind)),
        None => routes::json(404, &json!({ "detail": "Item not found" })),
    }
}

pub(super) async fn nothing_for_all() -> Response {
    routes::json(200, &json!([[]]))
}

pub(super) async fn nothing_for_one(Path(_name): Path<String>) -> Response {
    routes::json(200, &json!([]))
}

pub(super) async fn changelog() -> Response {
    routes::json(200, &json!([{ "date": "2026-01-01", "change": "simulated" }]))
}

pub(super) async fn config() -> Response {
    routes::json(200, &json!([{ "key": "simulated", "value": "yes" }]))
}

pub(super) async fn user(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let document = json!({ "uid": 1000, "name": sfapi.user, "firstname": "Data", "lastname": "Mover", "middlename": null,
        "workphone": null, "otherPhones": null, "email": "alsdev@example.org" });
    routes::json(200, &document)
}

pub(super) async fn projects(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap) -> Response {
    list(
        &sfapi,
        &headers,
        &json!([{ "id": 1, "description": "Simulated", "repo_name": "als", "iris_role": "user",
        "hours_given": 100.0, "hours_used": 1.5 }]),
    )
}

pub(super) async fn roles(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap) -> Response {
    list(
        &sfapi,
        &headers,
        &json!([{ "id": 1, "description": "Simulated", "repo_name": "als", "iris_role": "user" }]),
    )
}

pub(super) async fn clients(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap) -> Response {
    let end = sfapi.clients_end.to_rfc3339();
    list(
        &sfapi,
        &headers,
        &json!([{ "name": "simulated", "clientId": "simulated0001", "expiresAt": end, "comments": null }]),
    )
}

fn list(sfapi: &Sfapi, headers: &HeaderMap, document: &Value) -> Response {
    match sfapi.check(headers) {
        Ok(()) => routes::json(200, document),
        Err(refusal) => refusal,
    }
}

fn describe_group(name: &str, users: &[String]) -> Value {
    let users: Vec<Value> = users
        .iter()
        .enumerate()
        .map(|(n, user)| json!({ "uid": 1000 + n, "name": user }))
        .collect();
    json!({ "gid": 500, "name": name, "users": users })
}

pub(super) async fn groups(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap) -> Response {
    let mut all = vec![describe_group("als", std::slice::from_ref(&sfapi.user))];
    {
        let made = sfapi.groups.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(made.iter().map(|(name, users)| describe_group(name, users)));
    }
    list(&sfapi, &headers, &json!({ "groups": all }))
}

pub(super) async fn create_group(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let form = form(&body);
    let Some(name) = field(&form, "name") else {
        return lacks("name");
    };
    if field(&form, "repo_name").is_none() {
        return lacks("repo_name");
    }
    let mut groups = sfapi.groups.lock().unwrap_or_else(PoisonError::into_inner);
    if groups.contains_key(name) {
        return routes::json(200, &json!({ "details": format!("group {name} exists") }));
    }
    groups.insert(name.to_owned(), Vec::new());
    routes::json(200, &describe_group(name, &[]))
}

pub(super) async fn group(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let groups = sfapi.groups.lock().unwrap_or_else(PoisonError::into_inner);
    match groups.get(&name) {
        Some(users) => routes::json(200, &describe_group(&name, users)),
        None if name == "als" => routes::json(200, &describe_group("als", std::slice::from_ref(&sfapi.user))),
        None => routes::json(404, &json!({ "detail": "Item not found" })),
    }
}

pub(super) async fn update_group(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let form = form(&body);
    let Some(named) = field(&form, "usernames") else {
        return lacks("usernames");
    };
    let mut groups = sfapi.groups.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(users) = groups.get_mut(&name) else {
        return routes::json(404, &json!({ "detail": "Item not found" }));
    };
    let named: Vec<String> = named.split(',').map(str::to_owned).collect();
    users.retain(|user| !named.contains(user));
    if field(&form, "action") == Some("batch_add") {
        users.extend(named);
    }
    routes::json(200, &describe_group(&name, users))
}
