//! Bodies that the server refuses, and how it says so.

use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};

use crate::routes;

/// Reads a JSON object that holds none but these fields. An empty body is an empty object.
///
/// # Errors
/// The refusal to be sent.
#[allow(clippy::result_large_err)] // the refusal is what is sent
pub(super) fn object(body: &Bytes, fields: &[&str]) -> Result<Value, Response> {
    let text = if body.is_empty() { b"{}" as &[u8] } else { body };
    let document: Value = serde_json::from_slice(text).map_err(|error| {
        let context = json!({ "error": error.to_string() });
        let place = json!(["body", error.column()]);
        let complaint = json!({ "type": "json_invalid", "loc": place, "msg": "JSON decode error", "input": {}, "ctx": context });
        refusal(&[complaint], &Value::from(String::from_utf8_lossy(body).into_owned()))
    })?;
    let mut complaints = Vec::new();
    only(&document, &["body"], fields, &mut complaints);
    refuse_any(&complaints, &document)?;
    Ok(document)
}

/// Sends the complaints, if there are any.
///
/// # Errors
/// The refusal to be sent.
#[allow(clippy::result_large_err)] // the refusal is what is sent
pub(super) fn refuse_any(complaints: &[Value], document: &Value) -> Result<(), Response> {
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(refusal(complaints, document))
    }
}

/// Complains of a value that is no object, or has other fields than these.
pub(super) fn only(value: &Value, place: &[&str], fields: &[&str], complaints: &mut Vec<Value>) {
    let Some(object) = value.as_object() else {
        complaints.push(complaint(
            "model_attributes_type",
            place,
            "Input should be a valid dictionary",
            value,
        ));
        return;
    };
    for (name, value) in object.iter().filter(|(name, _)| !fields.contains(&name.as_str())) {
        let place = [place, &[name.as_str()]].concat();
        complaints.push(complaint(
            "extra_forbidden",
            &place,
            "Extra inputs are not permitted",
            value,
        ));
    }
}

/// One complaint about one place of the body.
pub(super) fn complaint(kind: &str, place: &[&str], message: &str, input: &Value) -> Value {
    json!({ "type": kind, "loc": place, "msg": message, "input": input })
}

/// As the real one does, the refusal repeats the whole body.
fn refusal(complaints: &[Value], document: &Value) -> Response {
    let document = json!({
        "exception_message": "Invalid request received.",
        "exception_detail": complaints,
        "request_body": document,
    });
    routes::json(422, &document)
}
