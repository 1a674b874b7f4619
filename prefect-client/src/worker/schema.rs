//! The JSON schema of a flow's parameters, in the form that a deployment publishes.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema of `P`, with its definitions where the server and its user interface look for them.
pub(crate) fn of<P: JsonSchema>() -> Value {
    let schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<P>();
    let mut schema = match schema.to_value() {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    for key in ["$schema", "title"] {
        schema.remove(key);
    }
    schema.insert("title".to_owned(), json!("Parameters"));
    for (key, empty) in [
        ("type", json!("object")),
        ("properties", json!({})),
        ("definitions", json!({})),
    ] {
        schema.entry(key).or_insert(empty);
    }
    number(&mut schema);
    Value::Object(schema)
}

/// Gives each parameter its title and its place in a form: those that must be given first.
fn number(schema: &mut Map<String, Value>) {
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| {
            names
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    let mut names: Vec<String> = properties.keys().cloned().collect();
    names.sort_by_key(|name| !required.contains(name));
    for (position, name) in names.into_iter().enumerate() {
        if let Some(property) = properties.get_mut(&name).and_then(Value::as_object_mut) {
            property.entry("title").or_insert_with(|| json!(name));
            property.insert("position".to_owned(), json!(position));
        }
    }
}
