//! What a variable of the server may hold.

use serde_json::Value;
use splash_flows::failure::Failure;
use splash_flows::flows::bl832::{DECISIONS, VARIABLE, check_decisions, check_variable};

/// Reads `key=value`; a value is JSON.
///
/// # Errors
/// It is no pair, or the value no JSON.
pub fn pair(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| format!("{text:?} is not key=value"))?;
    let value = serde_json::from_str(value)
        .map_err(|_| format!("{key}: {value:?} is not JSON: a number, true, false, or \"text\" in quotes"))?;
    Ok((key.to_owned(), value))
}

/// Checks a value as the flows that read it do; in any variable, days and seconds must be numbers from 0.
///
/// # Errors
/// What is wrong, by the key.
pub fn check(variable: &str, value: &Value) -> Result<(), Failure> {
    match variable {
        VARIABLE => check_variable(value)?,
        DECISIONS => check_decisions(value)?,
        _ => {}
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        let is_time = key.ends_with("_days") || key.ends_with("_seconds");
        if is_time && !value.as_f64().is_some_and(|number| number >= 0.0) {
            let text = format!("{key} in the variable {variable} must be a number from 0, and is {value}");
            return Err(Failure::new("settings", "bad_variable", text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_that_no_flow_takes_is_refused_by_its_key() {
        for (variable, value) in [
            ("pruning-config", json!({"delete_data832_files_after_days": -1})),
            ("globus-settings", json!({"max_wait_seconds": "long"})),
            (
                VARIABLE,
                json!({"delete_spot832_files_after_days": -1, "delete_data832_files_after_days": 1}),
            ),
            (DECISIONS, json!({"new_832_file_flow/new_file_832": 1})),
        ] {
            let failure = check(variable, &value).unwrap_err();
            assert_eq!(failure.code, "bad_variable", "{failure}");
        }
        assert!(check("globus-settings", &json!({"max_wait_seconds": 600})).is_ok());
    }

    #[test]
    fn nan_is_no_json_and_text_needs_its_quotes() {
        assert!(pair("days=NaN").unwrap_err().contains("not JSON"));
        assert!(pair("days=soon").is_err() && pair("=1").is_err() && pair("days").is_err());
        assert_eq!(pair("a/b=true").unwrap(), ("a/b".to_owned(), json!(true)));
    }
}
