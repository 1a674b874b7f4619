//! Globus transfers that the service makes, here copies within the host.

use std::path::Path as Here;
use std::sync::{Arc, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Sfapi, field, form, lacks};
use crate::routes;

pub(super) async fn start(State(sfapi): State<Arc<Sfapi>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let form = form(&body);
    for name in ["source_uuid", "target_uuid", "source_dir", "target_dir"] {
        if field(&form, name).is_none() {
            return lacks(name);
        }
    }
    let path = |name| sfapi.tree.here(field(&form, name).unwrap_or_default());
    let (from, to) = (path("source_dir"), path("target_dir"));
    let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
    let status = match copied {
        Ok(Ok(bytes)) => {
            json!({ "status": "OK", "reason": null, "globus_status": "SUCCEEDED", "bytes_transferred": bytes,
            "completion_time": sfapi.clock.now(), "effective_bytes_per_second": bytes })
        }
        _ => json!({ "status": "OK", "reason": null, "globus_status": "FAILED" }),
    };
    let id = Uuid::new_v4().to_string();
    sfapi
        .transfers
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(id.clone(), status);
    routes::json(200, &json!({ "transfer_id": id, "status": "OK", "reason": null }))
}

fn copy(from: &Here, to: &Here) -> std::io::Result<u64> {
    if !from.is_dir() {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        return std::fs::copy(from, to);
    }
    std::fs::create_dir_all(to)?;
    let mut bytes = 0;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if !entry.file_type()?.is_symlink() {
            bytes += copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(bytes)
}

pub(super) async fn one(
    State(sfapi): State<Arc<Sfapi>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = sfapi.check(&headers) {
        return refusal;
    }
    let found: Option<Value> = sfapi
        .transfers
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&id)
        .cloned();
    match found {
        Some(status) => routes::json(200, &status),
        None => routes::json(404, &json!({ "detail": "Item not found" })),
    }
}
