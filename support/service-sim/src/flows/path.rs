//! Paths such as `$.input.name` into a run's values.

use serde_json::{Map, Value};

/// The value at a path.
pub(super) fn get<'a>(context: &'a Value, path: &str) -> Option<&'a Value> {
    let rest = path.strip_prefix('$')?;
    let mut value = context;
    for step in rest.split(['.', '[']).filter(|step| !step.is_empty()) {
        value = match step.strip_suffix(']') {
            Some(index) => value.get(index.parse::<usize>().ok()?)?,
            None => value.get(step)?,
        };
    }
    Some(value)
}

/// Puts a value at a path; objects on the way are made.
pub(super) fn put(context: &mut Value, path: &str, new: Value) {
    let mut place = context;
    for step in path
        .trim_start_matches('$')
        .split('.')
        .filter(|step| !step.is_empty())
    {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[step];
    }
    *place = new;
}

/// Parameters with the values that their paths stand for.
pub(super) fn evaluate(parameters: &Value, context: &Value) -> Result<Value, String> {
    Ok(match parameters {
        Value::Object(fields) => {
            let mut made = Map::new();
            for (name, value) in fields {
                match (name.strip_suffix(".$"), value.as_str()) {
                    (Some(name), Some(path)) => {
                        let found = get(context, path).ok_or_else(|| format!("{path} does not exist"))?;
                        made.insert(name.to_owned(), found.clone());
                    }
                    _ if name.ends_with(".=") => {
                        return Err(format!("{name}: expressions are not simulated"));
                    }
                    _ => {
                        made.insert(name.clone(), evaluate(value, context)?);
                    }
                }
            }
            Value::Object(made)
        }
        Value::Array(items) => items
            .iter()
            .map(|item| evaluate(item, context))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        plain => plain.clone(),
    })
}
