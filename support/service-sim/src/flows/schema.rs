//! The part of JSON schema that inputs of flows are checked by.

use serde_json::Value;

/// What is wrong with a value, each with its place.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    check(schema, value, "$", &mut found);
    found
}

fn check(schema: &Value, value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    let mut say = |what: String| found.push((place.to_owned(), what));
    let listed = |types: &Value| match types {
        Value::Array(types) => types.iter().any(|one| is(one, value)),
        one => is(one, value),
    };
    if let Some(types) = schema.get("type")
        && !listed(types)
    {
        return say(format!("{value} is not of type {types}"));
    }
    if let Some(wanted) = schema.get("const")
        && wanted != value
    {
        say(format!("{wanted} was expected"));
    }
    if let Some(choices) = schema["enum"].as_array()
        && !choices.contains(value)
    {
        say(format!("{value} is not one of {}", schema["enum"]));
    }
    if let Some(number) = value.as_f64() {
        if schema["minimum"].as_f64().is_some_and(|least| number < least) {
            say(format!(
                "{value} is less than the minimum of {}",
                schema["minimum"]
            ));
        }
        if schema["maximum"].as_f64().is_some_and(|most| number > most) {
            say(format!(
                "{value} is greater than the maximum of {}",
                schema["maximum"]
            ));
        }
    }
    if let (Some(text), Some(least)) = (value.as_str(), schema["minLength"].as_u64())
        && (text.chars().count() as u64) < least
    {
        say(format!("{value} is too short"));
    }
    if let Some(fields) = value.as_object() {
        for name in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !fields.contains_key(name) {
                say(format!("'{name}' is a required property"));
            }
        }
        for (name, field) in fields {
            match schema["properties"].get(name) {
                Some(of) => check(of, field, &format!("{place}.{name}"), found),
                None if schema["additionalProperties"] == Value::Bool(false) => {
                    let what = format!("Additional properties are not allowed ('{name}' was unexpected)");
                    found.push((place.to_owned(), what));
                }
                None => {}
            }
        }
    }
    if let (Some(items), Some(of)) = (value.as_array(), schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            check(of, item, &format!("{place}[{index}]"), found);
        }
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    }
}
