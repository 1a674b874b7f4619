//! Buffers that the real SDK and Python's pickle made, and buffers that nobody would make.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::*;

const VECTORS: &str = include_str!("../../tests/data/vectors.jsonl");

/// The value as the vectors write it.
fn tagged(value: &Value) -> Json {
    let all = |items: &[Value]| items.iter().map(tagged).collect::<Json>();
    match value {
        Value::None => json!("None"),
        Value::Bool(truth) => json!({ "bool": truth }),
        Value::Int(number) => json!({ "int": number.to_string() }),
        Value::BigInt(digits) => json!({ "int": digits }),
        Value::Float(number) => json!({ "float": number.to_bits() }),
        Value::Text(text) => json!({ "text": text }),
        Value::Bytes(bytes) => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "bytes": digits.concat() })
        }
        Value::List(items) => json!({ "list": all(items) }),
        Value::Tuple(items) => json!({ "tuple": all(items) }),
        Value::Set(items) => {
            let mut items: Vec<Json> = items.iter().map(tagged).collect();
            items.sort_by_key(Json::to_string);
            json!({ "set": items })
        }
        Value::Dict(entries) => {
            let pairs = entries
                .iter()
                .map(|(key, value)| json!([tagged(key), tagged(value)]));
            json!({ "dict": pairs.collect::<Json>() })
        }
        Value::Object(object) => json!({ "object": object.class }),
    }
}

/// Floats compared by their bits; classes of old protocols stand behind helpers, so objects only as such.
fn normal(value: &mut Json) {
    if let Some(number) = value.get("float").and_then(Json::as_str) {
        let number: f64 = match number {
            "inf" => f64::INFINITY,
            "-inf" => f64::NEG_INFINITY,
            "nan" => f64::NAN,
            other => other.parse().unwrap(),
        };
        *value = json!({ "float": number.to_bits() });
    } else if let Some(fields) = value.as_object_mut() {
        if fields.contains_key("object") {
            fields.insert("object".to_owned(), Json::Null);
        }
        for (tag, field) in fields {
            normal(field);
            if tag == "set" {
                field.as_array_mut().unwrap().sort_by_key(Json::to_string);
            }
        }
    } else if let Some(items) = value.as_array_mut() {
        items.iter_mut().for_each(normal);
    }
}

#[test]
fn every_vector_is_read_or_refused_with_its_reason() {
    let mut counts = std::collections::BTreeMap::new();
    for line in VECTORS.lines() {
        let vector: Json = serde_json::from_str(line).unwrap();
        let text = vector["serialized"].as_str().unwrap();
        let kind = vector["kind"].as_str().unwrap();
        *counts.entry(kind.to_owned()).or_insert(0) += 1;
        let refused = |reason: Undecodable| {
            let expected = vector["reason"].as_str().unwrap();
            assert!(
                reason.to_string().contains(expected),
                "{reason}, not {expected}: {text}"
            );
        };
        match kind {
            "value" => {
                let mut found = tagged(&decode_value(text).unwrap_or_else(|error| panic!("{error}: {line}")));
                let mut expected = vector["value"].clone();
                normal(&mut found);
                normal(&mut expected);
                assert_eq!(found, expected, "{line}");
            }
            "refused" => refused(decode_value(text).unwrap_err()),
            "function" => {
                let (name, source) = decode_function(text).unwrap();
                assert_eq!(vector["name"], name);
                assert_eq!(vector["source"], source);
            }
            _ => refused(decode_function(text).unwrap_err()),
        }
    }
    assert!(counts["value"] > 400 && counts["refused"] > 20, "{counts:?}");
}

#[test]
fn what_goes_on_and_on_is_stopped() {
    let endless = |body: Vec<u8>| {
        let mut pickle = vec![0x80, 4];
        pickle.extend(body);
        pickle.push(b'.');
        decode_value(&format!("00\n{}", mime64(&pickle)))
            .unwrap_err()
            .to_string()
    };
    assert!(endless([b"N".to_vec(), b"20".repeat(MAX_VALUES * 5)].concat()).contains("goes on"));
    assert!(endless(b"N".repeat(MAX_VALUES + 1)).contains("more than"));
    assert!(endless([b"N".to_vec(), vec![0x94; MAX_VALUES + 1]].concat()).contains("to remember"));
    assert!(endless([b"]".repeat(300), b"a".repeat(299)].concat()).contains("nested deeper"));
    let long = decode_value(&format!("11\n[{}]", "1,".repeat(MAX_VALUES)));
    assert!(long.unwrap_err().to_string().contains("more than"));
    let huge = decode_value(&format!("11\n\"{}\"", "x".repeat(MAX_TEXT)));
    assert!(
        huge.unwrap_err()
            .to_string()
            .contains("more than the service passes on")
    );
}

#[test]
fn lengths_are_code_points() {
    let packed = pack(&["st\nf:ü😀".to_owned(), "11\n[]".to_owned()]);
    assert_eq!(packed, "7\nst\nf:ü😀5\n11\n[]");
    assert_eq!(buffers::unpack(&packed).unwrap(), ["st\nf:ü😀", "11\n[]"]);
    assert!(buffers::unpack("12\nst\nf:ü😀").is_err());
}

#[test]
fn the_dialects_write_what_they_should() {
    let code = Dialect::Modern.function_code("f", "def f():\n    pass\n");
    assert_eq!(code, "23\nst\nf:def f():\n    pass\n");
    let (name, source) =
        decode_function(&Dialect::Legacy.function_code("f", "def f(): return 'ü'\n")).unwrap();
    assert_eq!((name.as_str(), source.as_str()), ("f", "def f(): return 'ü'\n"));
    let arguments = Dialect::Modern.arguments(
        vec![Value::Float(f64::NAN), Value::Text("ü\u{7f}".into())],
        Vec::new(),
    );
    assert_eq!(arguments.unwrap(), "24\n11\n[NaN, \"\\u00fc\\u007f\"]5\n11\n{}");
    for (version, dialect) in [
        (Some("4.19.0"), Dialect::Modern),
        (Some("3.3.0"), Dialect::Modern),
        (Some("3.10.1a1"), Dialect::Modern),
        (Some("3.2.9"), Dialect::Legacy),
        (Some("2.25.0"), Dialect::Legacy),
        (Some("new"), Dialect::Legacy),
        (None, Dialect::Legacy),
    ] {
        assert_eq!(Dialect::of_version(version), dialect, "{version:?}");
    }
}

#[test]
fn what_json_cannot_hold_is_refused_with_the_way_round() {
    let refused = |value: Value| {
        Dialect::Modern
            .arguments(vec![value], Vec::new())
            .unwrap_err()
            .to_string()
    };
    assert!(refused(Value::Bytes(vec![1])).contains("base64"));
    assert!(refused(Value::Set(Vec::new())).contains("pass a list"));
    assert!(refused(Value::Dict(vec![(Value::Int(1), Value::None)])).contains("use text as keys"));
    let mut deep = Value::None;
    for _ in 0..200 {
        deep = Value::List(vec![deep]);
    }
    assert!(refused(deep).contains("put it into a file"));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Scan {
    name: String,
    angles: Vec<f64>,
    of: Option<u64>,
    kind: Kind,
    place: (i32, bool),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Dark,
    Flat { gain: f32 },
    Two(u8, char),
}

#[test]
fn rust_values_come_back_as_they_went() {
    for kind in [Kind::Dark, Kind::Flat { gain: 0.5 }, Kind::Two(1, 'ü')] {
        let scan = Scan {
            name: "scan 17".to_owned(),
            angles: vec![0.0, f64::INFINITY],
            of: None,
            kind,
            place: (-3, true),
        };
        let value = to_value(&scan).unwrap();
        for dialect in [Dialect::Modern, Dialect::Legacy] {
            let back = decode_value(&dialect.data(&value).unwrap()).unwrap();
            assert_eq!(Scan::deserialize(back).unwrap(), scan);
        }
    }
    let object = decode_value("00\ngASVHQAAAAAAAACMCGRhdGV0aW1llIwEZGF0ZZSTlEMEB+oLFpSFlFKULg==\n").unwrap();
    let error = String::deserialize(object).unwrap_err().to_string();
    assert!(error.contains("object of class datetime.date"), "{error}");
    assert_eq!(
        to_value(&u128::MAX).unwrap(),
        Value::BigInt("340282366920938463463374607431768211455".to_owned())
    );
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(Value::Int),
        any::<f64>()
            .prop_filter("equal to itself", |number| !number.is_nan())
            .prop_map(Value::Float),
        ".{0,8}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec((".{0,4}".prop_map(Value::Text), inner), 0..6).prop_map(Value::Dict),
        ]
    })
}

proptest! {
    #[test]
    fn values_survive_both_dialects(value in values(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for dialect in [Dialect::Modern, Dialect::Legacy] {
            prop_assert_eq!(&decode_value(&dialect.data(&value).unwrap()).unwrap(), &value);
        }
        let more = Value::Tuple(vec![value.clone(), Value::Bytes(bytes), Value::Set(vec![value])]);
        prop_assert_eq!(&decode_value(&Dialect::Legacy.data(&more).unwrap()).unwrap(), &more);
    }

    #[test]
    fn no_text_panics(text in "(11|00|13|st|10|12|03|\\PC{0,2}|[0-9]{0,3})\n(\\PC|\n|[0-9\\[\\]{}\",:]){0,80}") {
        let _ = decode_value(&text);
        let _ = decode_function(&text);
        let _ = buffers::unpack(&text);
    }

    #[test]
    fn no_pickle_panics(
        steps in prop::collection::vec(prop_oneof![
            3 => prop::sample::select(b"()]}(0123.NIJKLMRSTUVXYabcdefghijlopqrstuGBC\n\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8f\x90\x91\x92\x93\x94\x95\x96".to_vec()),
            1 => any::<u8>(),
        ], 0..400),
    ) {
        let _ = unpickle::read(&steps);
        let _ = decode_value(&format!("00\n{}", mime64(&steps)));
        let _ = decode_function(&pack(&[format!("03\n{}", mime64(&steps))]));
    }

    #[test]
    fn no_damage_panics(line in 0..VECTORS.lines().count(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let vector: Json = serde_json::from_str(VECTORS.lines().nth(line).unwrap()).unwrap();
        let text = vector["serialized"].as_str().unwrap();
        if let Some(body) = text.strip_prefix("00\n")
            && let Ok(mut pickle) = unmime64(body)
            && !pickle.is_empty()
        {
            let at = at.index(pickle.len());
            if cut { pickle.truncate(at) } else { pickle[at] = byte }
            let _ = unpickle::read(&pickle);
        }
        let whole: String = text.chars().take(at.index(text.chars().count() + 1)).collect();
        let _ = decode_value(&whole);
        let _ = decode_function(&whole);
    }
}
