//! Block documents: secrets by their names, as a test puts them there.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{Prefect, detail};
use crate::routes;

const SECRET: &str = "secret";

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    include_secrets: bool,
}

/// `GET /block_types/slug/{slug}/block_documents/name/{name}`
pub(super) async fn by_name(
    State(prefect): State<Arc<Prefect>>,
    Path((slug, name)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let store = prefect.store();
    let Some((id, value)) = store.secrets.get(&name).filter(|_| slug == SECRET) else {
        return detail(404, "Block document not found");
    };
    let value = if wanted.include_secrets { value } else { "********" };
    routes::json(
        200,
        &json!({ "id": id, "name": name, "data": { "value": value }, "block_type_name": "Secret" }),
    )
}
