//! Values and lists that h5py wrote (`data/make_frames.py` holds them).

use scan_h5::{Error, Scan, ScanReader, Value};

use super::data;

fn open() -> Scan {
    Scan::open(&data("h5py_frames.h5")).unwrap()
}

fn texts(list: &[&str]) -> Value {
    Value::List(list.iter().map(|text| Value::Text((*text).to_owned())).collect())
}

#[test]
fn values_come_in_their_own_kind() {
    let scan = open();
    let cases = [
        ("one", Value::Float(2.5)),
        ("list_of_one", Value::List(vec![Value::Float(2.5)])),
        ("list", Value::List([1, 2, 3].map(Value::Integer).to_vec())),
        ("texts", texts(&["größe", "", "b"])),
        ("fixed_texts", texts(&["a", "bb", ""])),
        ("true", Value::Bool(true)),
        ("flags", Value::List(vec![Value::Bool(true), Value::Bool(false)])),
        ("enum", Value::Integer(7)),
        ("u8_max", Value::Unsigned(u64::MAX)),
        ("i8_min", Value::Integer(i64::MIN)),
        ("empty", Value::List(vec![])),
    ];
    for (name, expected) in cases {
        let value = scan.value(&format!("/value/{name}")).unwrap();
        assert_eq!(value, Some(expected), "{name}");
    }
    assert_eq!(scan.value("/value/absent").unwrap(), None);
    let special = scan.value("/value/special").unwrap().unwrap();
    let Value::List(special) = special else {
        panic!("{special:?}")
    };
    assert!(matches!(special[0], Value::Float(value) if value.is_nan()));
    assert_eq!(
        special[1..3],
        [Value::Float(f64::INFINITY), Value::Float(f64::NEG_INFINITY)]
    );
}

#[test]
fn texts_of_every_form_are_one_text() {
    let scan = Scan::open(&data("h5py_witness.h5")).unwrap();
    for (name, expected) in [
        ("fixed_padded_1", "bl832"),
        ("fixed_scalar", "Jürgen"),
        ("latin_1", "Jürgen"),
        ("vlen_scalar", "Ada Example"),
        ("vlen_1", "größe µm"),
        ("vlen_empty", ""),
        ("blank_padded_1", "PCO.edge"),
    ] {
        let value = scan.value(&format!("/text/{name}")).unwrap();
        assert_eq!(value, Some(Value::Text(expected.to_owned())), "{name}");
    }
}

#[test]
fn what_is_too_much_or_something_else_is_named() {
    let scan = open();
    let failed = |name: &str| scan.value(&format!("/value/{name}")).unwrap_err();
    for name in ["million_texts", "million_vlen", "long_texts"] {
        let error = failed(name);
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }
    assert!(failed("million_texts").to_string().contains("1000000 values"));
    let grid = failed("grid");
    assert!(
        matches!(&grid, Error::WrongShape { shape, .. } if *shape == [2, 3]),
        "{grid}"
    );
    assert!(matches!(
        failed("compound"),
        Error::WrongType {
            found: "a compound",
            ..
        }
    ));
    let group = scan.value("/value").unwrap_err();
    assert!(
        matches!(group, Error::WrongType { found: "a group", .. }),
        "{group}"
    );
}

#[test]
fn shapes_are_told() {
    let scan = open();
    for (at, shape) in [
        ("/stack/u2", &[3, 5, 7][..]),
        ("/line", &[100]),
        ("/value/true", &[]),
        ("/stack/none", &[0, 5, 7]),
    ] {
        assert_eq!(scan.shape(at).unwrap().as_deref(), Some(shape), "{at}");
    }
    assert_eq!(scan.shape("/absent").unwrap(), None);
    assert!(scan.shape("/stack").is_err());
}
