//! `--param key=value`.

use serde_json::{Map, Value};

/// Reads `key=value` pairs into a flow's parameters.
///
/// A value is text, unless it is `true`, `false`, `null`, or JSON that begins with `{`, `[` or `"`.
///
/// # Errors
/// A pair without `=`, without a key, with a key twice, or with JSON that does not parse.
pub fn parse(pairs: &[String]) -> Result<Value, String> {
    let mut parameters = Map::new();
    for pair in pairs {
        let (key, text) = pair
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| format!("--param {pair:?} is not key=value"))?;
        if parameters.insert(key.to_owned(), value(key, text)?).is_some() {
            return Err(format!("--param {key} is given twice"));
        }
    }
    Ok(Value::Object(parameters))
}

fn value(key: &str, text: &str) -> Result<Value, String> {
    match text {
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "null" => Ok(Value::Null),
        _ if text.starts_with(['{', '[', '"']) => {
            serde_json::from_str(text).map_err(|error| format!("--param {key}: not JSON: {error}"))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(pairs: &[&str]) -> Result<Value, String> {
        parse(&pairs.iter().map(|&pair| pair.to_owned()).collect::<Vec<_>>())
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
    fn what_cannot_be_meant_is_refused() {
        assert!(parsed(&["file_path"]).unwrap_err().contains("key=value"));
        assert!(parsed(&["=x"]).unwrap_err().contains("key=value"));
        assert!(parsed(&["a=1", "a=2"]).unwrap_err().contains("twice"));
        assert!(parsed(&["a={"]).unwrap_err().contains("not JSON"));
    }
}
