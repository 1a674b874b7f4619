//! Functions.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::Compute;
use super::caller::{Caller, Refusal};
use super::store::Function;
use crate::routes;

pub(super) async fn register(State(compute): State<Arc<Compute>>, _caller: Caller, body: Bytes) -> Response {
    match taken(&body) {
        Ok(function) => {
            let id = uuid::Uuid::new_v4().to_string();
            compute.store().functions.insert(id.clone(), function);
            routes::json(200, &json!({ "function_uuid": id }))
        }
        Err(refusal) => refusal.response(),
    }
}

fn taken(body: &[u8]) -> Result<Function, Refusal> {
    let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::malformed("the body is no JSON"))?;
    let text = |key: &str| {
        let value = body[key].as_str().filter(|value| !value.is_empty());
        value
            .map(str::to_owned)
            .ok_or_else(|| Refusal::malformed(format!("{key}: field required")))
    };
    let (name, code) = (text("function_name")?, text("function_code")?);
    // Raw source is packed here.
    let code = if body["serialized"] == json!(false) {
        let buffer = format!("st\n{name}:{code}");
        format!("{}\n{buffer}", buffer.chars().count())
    } else {
        code
    };
    Ok(Function {
        name,
        code,
        description: body["description"].clone(),
        meta: body["meta"].clone(),
    })
}

pub(super) async fn read(
    State(compute): State<Arc<Compute>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    let found = compute.store().functions.get(&id).cloned();
    match found {
        Some(function) => routes::json(
            200,
            &json!({
                "function_uuid": id, "function_name": function.name, "function_code": function.code,
                "description": function.description, "metadata": function.meta,
            }),
        ),
        None => unknown(&id).response(),
    }
}

pub(super) async fn remove(
    State(compute): State<Arc<Compute>>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Response {
    match compute.store().functions.remove(&id) {
        Some(_) => routes::json(200, &json!({ "result": 302 })),
        None => unknown(&id).response(),
    }
}

pub(super) fn unknown(id: &str) -> Refusal {
    Refusal::new(
        404,
        "FUNCTION_NOT_FOUND",
        format!("Function {id} could not be resolved"),
    )
}
