//! The endpoints themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::Caller;
use super::refusal::Refusal;
use super::{Transfer, order};
use crate::collection::Collection;

fn document(collection: &Collection, owner: &str) -> Value {
    json!({
        "DATA_TYPE": "endpoint",
        "id": collection.uuid(),
        "display_name": collection.key(),
        "canonical_name": collection.host(),
        "entity_type": if collection.is_mapped() { "GCSv5_mapped_collection" } else { "GCSv5_guest_collection" },
        "high_assurance": false,
        "owner_id": owner,
        "owner_string": format!("{owner}@clients.auth.globus.org"),
        "default_directory": "/",
        "public": false,
        "non_functional": false,
        "DATA": [],
    })
}

/// `GET /v0.10/endpoint/{endpoint_id}`
pub(crate) async fn one(
    State(transfer): State<Arc<Transfer>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Response {
    caller.answer(
        transfer
            .collection(&id)
            .map(|collection| document(collection, &caller.user)),
    )
}

/// `GET /v0.10/endpoint_search`: by a part of the display name or of the host.
pub(crate) async fn search(State(transfer): State<Arc<Transfer>>, caller: Caller) -> Response {
    caller.answer(found(&transfer, &caller))
}

fn found(transfer: &Transfer, caller: &Caller) -> Result<Value, Refusal> {
    let text = caller.query("filter_fulltext").unwrap_or_default().to_lowercase();
    let mut seen = BTreeSet::new();
    let mut collections: Vec<&Collection> = transfer.shared.collections.iter().collect();
    collections.retain(|c| seen.insert(c.uuid()));
    collections.retain(|c| c.key().to_lowercase().contains(&text) || c.host().to_lowercase().contains(&text));
    let page = order::page(caller, collections, 10, 100)?;
    Ok(json!({
        "DATA_TYPE": "endpoint_list",
        "limit": page.limit,
        "offset": page.offset,
        "has_next_page": page.offset + page.items.len() < page.total,
        "DATA": page.items.iter().map(|c| document(c, &caller.user)).collect::<Vec<_>>(),
    }))
}
