//! `--param key=value`.

use serde_json::{Map, Number, Value};

use crate::serve::parameter_schema;

/// Reads `key=value` pairs into the parameters of `flow`.
///
/// A value is text, unless it is `true`, `false`, `null`, JSON that begins with `{`, `[` or `"`, or a number where the flow
/// takes one.
///
/// # Errors
/// A pair without `=`, without a key, with a key twice, or with JSON that does not parse.
pub fn parse(flow: &str, pairs: &[String]) -> Result<Value, String> {
    let (schema, _) = parameter_schema(flow);
    let mut parameters = Map::new();
    for pair in pairs {
        let (key, text) = pair
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| format!("--param {pair:?} is not key=value"))?;
        if parameters
            .insert(key.to_owned(), value(key, text, &schema)?)
            .is_some()
        {
            return Err(format!("--param {key} is given twice"));
        }
    }
    Ok(Value::Object(parameters))
}

fn value(key: &str, text: &str, schema: &Value) -> Result<Value, String> {
    match text {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "null" => Ok(Value::Null),
        _ if text.starts_with(['{', '[', '"']) => {
            serde_json::from_str(text).map_err(|error| format!("--param {key}: not JSON: {error}"))
        }
        _ => {
            let number = text.parse::<Number>().ok();
            let number = number.filter(|_| takes_number(&schema["properties"][key]));
            Ok(number.map_or_else(|| Value::String(text.to_owned()), Value::Number))
        }
    }
}

/// Whether a parameter of this schema may be a number.
fn takes_number(schema: &Value) -> bool {
    let is_number = |kind: &Value| kind == "number" || kind == "integer";
    let kinds = &schema["type"];
    is_number(kinds)
        || kinds.as_array().is_some_and(|kinds| kinds.iter().any(is_number))
        || schema["anyOf"]
            .as_array()
            .is_some_and(|each| each.iter().any(takes_number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(pairs: &[&str]) -> Result<Value, String> {
        parse(
            "new_832_file_flow",
            &pairs.iter().map(|&pair| pair.to_owned()).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn text_stays_text_unless_it_is_plainly_json() {
        assert_eq!(
            parsed(&[
                "file_path=/global/raw/a=b.h5",
                "send_to_nersc=false",
                "n=12",
                "e={\"uuid\":\"x\"}",
                "s=\"true\""
            ]),
            Ok(
                json!({"file_path": "/global/raw/a=b.h5", "send_to_nersc": false, "n": "12", "e": {"uuid": "x"}, "s": "true"})
            )
        );
    }

    #[test]
    fn a_number_is_one_where_the_flow_takes_one() {
        let parsed = |flow: &str, pair: &str| parse(flow, &[pair.to_owned()]).unwrap();
        for (flow, pair, read) in [
            (
                "nersc_streaming_flow",
                "monitor_interval=1",
                json!({"monitor_interval": 1}),
            ),
            ("nersc_streaming_flow", "walltime=300", json!({"walltime": 300})),
            (
                "nersc_streaming_flow",
                "walltime=0:05:00",
                json!({"walltime": "0:05:00"}),
            ),
            (
                "transfer_auto_recon",
                "propagation_distance=5e-05",
                json!({"propagation_distance": 5e-05}),
            ),
            (
                "transfer_auto_recon",
                "probe_support_radius=40",
                json!({"probe_support_radius": 40}),
            ),
            (
                "transfer_auto_recon",
                "probe_initialization=7",
                json!({"probe_initialization": "7"}),
            ),
            ("transfer_auto_recon", "n_gpu=two", json!({"n_gpu": "two"})),
            ("nersc_recon_flow", "file_path=12", json!({"file_path": "12"})),
        ] {
            assert_eq!(parsed(flow, pair), read, "{pair}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(parsed(&["file_path"]).unwrap_err().contains("key=value"));
        assert!(parsed(&["=x"]).unwrap_err().contains("key=value"));
        assert!(parsed(&["a=1", "a=2"]).unwrap_err().contains("twice"));
        assert!(parsed(&["a={"]).unwrap_err().contains("not JSON"));
    }
}
