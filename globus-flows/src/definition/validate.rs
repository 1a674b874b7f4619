//! What can be told about a definition without the service.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The service's limit for names of states.
const MAX_NAME: usize = 128;

/// Everything that is wrong with a definition.
pub(super) fn problems(definition: &Value) -> Vec<String> {
    let Some(states) = definition["States"]
        .as_object()
        .filter(|states| !states.is_empty())
    else {
        return vec!["it has no States".to_owned()];
    };
    let mut found = Vec::new();
    match definition["StartAt"].as_str() {
        Some(start) if states.contains_key(start) => unreachable_states(start, states, &mut found),
        Some(start) => found.push(format!("StartAt names `{start}`, which does not exist")),
        None => found.push("it has no StartAt".to_owned()),
    }
    for (name, state) in states {
        let mut say = |problem: String| found.push(format!("state `{name}`: {problem}"));
        if name.is_empty() || name.chars().count() > MAX_NAME {
            say(format!("its name has not 1 to {MAX_NAME} characters"));
        }
        match state.as_object() {
            Some(state) => check_state(state, states, &mut say),
            None => say("it is no object".to_owned()),
        }
    }
    found
}

fn check_state(state: &Map<String, Value>, states: &Map<String, Value>, say: &mut dyn FnMut(String)) {
    let kind = state.get("Type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "Action" => {
            check_action(state, say);
            check_transition(state, say);
        }
        "Pass" | "ExpressionEval" => check_transition(state, say),
        "Wait" => {
            let given = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
            if given.iter().filter(|key| state.contains_key(**key)).count() != 1 {
                say(format!("it needs one of {}", given.join(", ")));
            }
            check_transition(state, say);
        }
        "Choice" => {
            if state
                .get("Choices")
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty)
            {
                say("it has no Choices".to_owned());
            }
            if state.contains_key("Next") || state.contains_key("End") {
                say("a choice has neither Next nor End of its own".to_owned());
            }
        }
        "Fail" => {
            if state.contains_key("Next") || state.contains_key("End") {
                say("it ends the run by itself, without Next or End".to_owned());
            }
        }
        "" => say("it has no Type".to_owned()),
        other => say(format!("`{other}` is no Type of a state")),
    }
    for (key, target) in targets(state) {
        if !states.contains_key(target) {
            say(format!("{key} names `{target}`, which does not exist"));
        }
    }
    if let Some(path) = state.get("ResultPath")
        && !path.as_str().is_some_and(is_path)
    {
        say(format!("ResultPath is {path}, not a path such as \"$.Result\""));
    }
    if let Some(parameters) = state.get("Parameters") {
        check_parameters(parameters, say);
    }
}

fn check_action(state: &Map<String, Value>, say: &mut dyn FnMut(String)) {
    let url = state.get("ActionUrl").and_then(Value::as_str).unwrap_or_default();
    if !url.starts_with("https://") {
        say("it has no ActionUrl that begins with https://".to_owned());
    }
    if let Some(wait) = state.get("WaitTime")
        && wait.as_u64().is_none_or(|seconds| seconds == 0)
    {
        say(format!("WaitTime is {wait}, not a number of seconds from 1"));
    }
    if state.contains_key("Parameters") && state.contains_key("InputPath") {
        say("it has both Parameters and InputPath".to_owned());
    }
    let catches = state.get("Catch").and_then(Value::as_array);
    for catch in catches.into_iter().flatten() {
        if catch["ErrorEquals"].as_array().is_none_or(Vec::is_empty) {
            say("a Catch has no ErrorEquals".to_owned());
        }
    }
}

/// A state ends the run or goes on, and not both.
fn check_transition(state: &Map<String, Value>, say: &mut dyn FnMut(String)) {
    let ends = state.get("End") == Some(&Value::Bool(true));
    match (ends, state.contains_key("Next")) {
        (true, true) => say("it has both Next and End".to_owned()),
        (false, false) => say("it needs Next, or End: true".to_owned()),
        _ => {}
    }
}

/// Values that are taken from somewhere must say from where.
fn check_parameters(parameters: &Value, say: &mut dyn FnMut(String)) {
    match parameters {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name.ends_with(".$") && !value.as_str().is_some_and(|text| text.starts_with('$')) {
                    say(format!(
                        "parameter `{name}` is {value}, not a path that begins with $"
                    ));
                } else if name.ends_with(".=") && !value.is_string() {
                    say(format!(
                        "parameter `{name}` is {value}, not the text of an expression"
                    ));
                } else {
                    check_parameters(value, say);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| check_parameters(item, say)),
        _ => {}
    }
}

fn is_path(text: &str) -> bool {
    text.strip_prefix("$.").is_some_and(|rest| !rest.is_empty()) || text == "$"
}

/// All states that a state may go to, each with the field that names it.
fn targets(state: &Map<String, Value>) -> Vec<(&'static str, &str)> {
    let mut targets = Vec::new();
    for key in ["Next", "Default"] {
        if let Some(target) = state.get(key).and_then(Value::as_str) {
            targets.push((key, target));
        }
    }
    for (key, of) in [("Choices", "a rule's Next"), ("Catch", "a Catch's Next")] {
        let rules = state.get(key).and_then(Value::as_array);
        for rule in rules.into_iter().flatten() {
            if let Some(target) = rule["Next"].as_str() {
                targets.push((of, target));
            }
        }
    }
    targets
}

fn unreachable_states(start: &str, states: &Map<String, Value>, found: &mut Vec<String>) {
    let mut reached = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        let Some(state) = states.get(name).and_then(Value::as_object) else {
            continue;
        };
        for (_, target) in targets(state) {
            if let Some((target, _)) = states.get_key_value(target)
                && reached.insert(target)
            {
                open.push(target);
            }
        }
    }
    let lost = states.keys().filter(|name| !reached.contains(name.as_str()));
    found.extend(lost.map(|name| format!("state `{name}`: no state leads to it")));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_is_wrong_is_named() {
        let definition = json!({"StartAt": "A", "States": {
            "A": {"Type": "Action", "ActionUrl": "http://x", "WaitTime": 0, "ResultPath": "Result",
                "Parameters": {"a.$": "x", "b": [{"c.=": 1}]}, "Catch": [{"Next": "Z"}]},
            "B": {"Type": "Pass", "Next": "C", "End": true},
            "C": {"Type": "Choice", "Choices": [], "End": true},
            "D": {"Type": "Wait"},
            "E": {"Type": "Fail", "Next": "A"},
            "F": {"Type": "Parallel"},
            "G": [],
        }});
        insta::assert_json_snapshot!(problems(&definition));
        for (definition, words) in [
            (json!({}), "no States"),
            (json!({"States": {"A": {"Type": "Fail"}}}), "no StartAt"),
            (
                json!({"StartAt": "B", "States": {"A": {"Type": "Fail"}}}),
                "StartAt names `B`",
            ),
        ] {
            let found = problems(&definition);
            assert!(found.iter().any(|problem| problem.contains(words)), "{found:?}");
        }
    }

    #[test]
    fn loops_and_branches_are_fine() {
        let definition = json!({"StartAt": "Look", "States": {
            "Look": {"Type": "Choice", "Default": "Wait", "Choices": [
                {"Variable": "$.done", "BooleanEquals": true, "Next": "Done"}]},
            "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Look"},
            "Done": {"Type": "Pass", "End": true},
        }});
        assert!(problems(&definition).is_empty(), "{:?}", problems(&definition));
    }

    proptest! {
        #[test]
        fn no_definition_panics(names in prop::collection::vec("[A-C]", 0..4), kinds in prop::collection::vec("Action|Pass|Choice|Wait|Fail|\\PC", 0..4)) {
            let states: Map<String, Value> = names.iter().zip(&kinds)
                .map(|(name, kind)| (name.clone(), json!({"Type": kind, "Next": name, "Catch": [1], "Choices": {"Next": 1}})))
                .collect();
            let _ = problems(&json!({"StartAt": "A", "States": states}));
        }
    }
}
