//! Every document with a null for each value in turn, numbers as text, and without its `DATA_TYPE`.

use serde_json::{Value, json};

use crate::fuzz::{Bench, documents, nodes};

/// What the service guarantees and a reader cannot do without: a null there is an error, not a guess. `stat` and lists
/// of files need the kind of an entry: whether it is a folder decides what is done with it.
const REQUIRED: [&str; 9] = [
    "id",
    "task_id",
    "status",
    "code",
    "value",
    "name",
    "type",
    "DATA",
    "access_id",
];

/// Each place that is no list or object of its own, with the key that it stands under.
fn leaves(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    nodes(document, "", &mut found);
    found.retain(|at| {
        let value = document.pointer(at).unwrap();
        !at.is_empty() && !value.is_object() && !value.is_array()
    });
    let key = |at: &String| at.rsplit('/').next().unwrap().to_owned();
    found.iter().map(|at| (at.clone(), key(at))).collect()
}

#[test]
fn a_null_in_place_of_any_value_but_a_required_one_is_read() {
    let bench = Bench::new();
    let mut tried = 0;
    for (operation, document) in documents() {
        for (at, key) in leaves(&document) {
            let mut changed = document.clone();
            *changed.pointer_mut(&at).unwrap() = Value::Null;
            let answer = bench.ask(operation, 200, changed.to_string().into_bytes());
            let required = REQUIRED.contains(&key.as_str()) || key.parse::<usize>().is_ok();
            assert!(answer.is_ok() || required, "{operation} {at}: {answer:?}");
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_number_written_as_text_is_read() {
    let bench = Bench::new();
    let mut tried = 0;
    for (operation, document) in documents() {
        for (at, _) in leaves(&document) {
            let value = document.pointer(&at).unwrap();
            if !value.is_number() {
                continue;
            }
            let mut changed = document.clone();
            *changed.pointer_mut(&at).unwrap() = json!(value.to_string());
            let answer = bench.ask(operation, 200, changed.to_string().into_bytes());
            assert!(answer.is_ok(), "{operation} {at}: {answer:?}");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn a_document_without_its_type_is_read() {
    let bench = Bench::new();
    for (operation, mut document) in documents() {
        forget_types(&mut document);
        let answer = bench.ask(operation, 200, document.to_string().into_bytes());
        assert!(answer.is_ok(), "{operation}: {answer:?}");
    }
}

fn forget_types(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("DATA_TYPE");
            map.values_mut().for_each(forget_types);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_types),
        _ => {}
    }
}
