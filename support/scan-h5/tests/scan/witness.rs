//! What h5py wrote (`data/make_witness.py` holds the values).

use scan_h5::{Error, Scan, ScanReader};

use super::data;

fn open(name: &str) -> Scan {
    Scan::open(&data(name)).unwrap()
}

#[test]
fn text_of_every_form() {
    let scan = open("h5py_witness.h5");
    let cases = [
        ("fixed_1", "ALS-00832"),
        ("fixed_padded_1", "bl832"),
        ("fixed_scalar", "Jürgen"),
        ("latin_1", "Jürgen"),
        ("vlen_scalar", "Ada Example"),
        ("vlen_1", "größe µm"),
        ("vlen_ascii_1", "Normal"),
        ("vlen_empty", ""),
        ("blank_padded_1", "PCO.edge"),
    ];
    for (name, expected) in cases {
        let text = scan.string(&format!("/text/{name}")).unwrap();
        assert_eq!(text.as_deref(), Some(expected), "{name}");
    }
}

#[test]
fn numbers_of_every_width_and_byte_order() {
    let scan = open("h5py_witness.h5");
    for (kinds, expected) in [
        (&["i1", "i2", "i4", "i8"][..], -100.0),
        (&["u1", "u2", "u4", "u8"], 200.0),
        (&["f2", "f4", "f8"], -0.375),
    ] {
        for name in kinds
            .iter()
            .flat_map(|kind| [format!("{kind}_le"), format!("{kind}_be")])
        {
            assert_eq!(
                scan.number(&format!("/number/{name}")).unwrap(),
                Some(expected),
                "{name}"
            );
        }
    }
}

#[test]
fn numbers_of_every_shape_and_storage() {
    let scan = open("h5py_witness.h5");
    let cases = [
        ("scalar_i4", 1313.0),
        ("u8_max", 18_446_744_073_709_551_615.0),
        ("true", 1.0),
        ("growable_1", 2560.0),
        ("gzip_1", 7.5),
        ("one_by_one", 42.0),
        ("soft_link", 1313.0),
    ];
    for (name, expected) in cases {
        assert_eq!(
            scan.number(&format!("/number/{name}")).unwrap(),
            Some(expected),
            "{name}"
        );
    }
    assert_eq!(
        scan.number("/number/scalar_f4").unwrap(),
        Some(f64::from(0.00065_f32))
    );
    assert!(scan.number("/number/nan").unwrap().unwrap().is_nan());
}

#[test]
fn the_old_layout() {
    let scan = open("h5py_witness_old.h5");
    assert_eq!(
        scan.string("/text/fixed_padded_1").unwrap().as_deref(),
        Some("bl832")
    );
    assert_eq!(scan.string("/text/vlen_1").unwrap().as_deref(), Some("größe µm"));
    assert_eq!(scan.number("/number/i4_be").unwrap(), Some(-100.0));
    assert_eq!(scan.number("/number/growable_1").unwrap(), Some(2560.0));
    assert_eq!(scan.string("/text/absent").unwrap(), None);
}

#[test]
fn what_is_not_there_is_none() {
    let scan = open("h5py_witness.h5");
    for path in [
        "/text/absent",
        "/absent/group/x",
        "/number/dangling",
        "/number/empty",
        "/number/null",
        "/text/fixed_1/x",
    ] {
        assert_eq!(scan.string(path).unwrap(), None, "{path}");
        assert_eq!(scan.number(path).unwrap(), None, "{path}");
    }
}

#[test]
fn what_is_something_else_is_named() {
    let scan = open("h5py_witness.h5");
    let message = |error: Error| error.to_string().rsplit('/').next().unwrap().to_owned();
    assert!(matches!(
        scan.string("/text"),
        Err(Error::WrongType { found: "a group", .. })
    ));
    assert_eq!(
        message(scan.number("/text/fixed_1").unwrap_err()),
        "fixed_1 holds text, not a number"
    );
    assert_eq!(
        message(scan.string("/number/i4_be").unwrap_err()),
        "i4_be holds a number, not text"
    );
    assert_eq!(
        message(scan.string("/text/three").unwrap_err()),
        "three holds 3 values, not one"
    );
    assert!(matches!(
        scan.number("/number/many"),
        Err(Error::NotScalar { count: 4, .. })
    ));
    assert!(matches!(
        scan.number("/exchange/data"),
        Err(Error::NotScalar { count: 24, .. })
    ));
    let error = scan.number("/number/many").unwrap_err().to_string();
    assert!(error.contains("h5py_witness.h5: /number/many"), "{error}");
}
