//! Scans that are not as they should be: an issue where the rest can be catalogued, an error where it cannot.

use std::fs;

use scan_h5::{PixelType, ScanSpec, ScanValue, TextForm, write_scan};
use scan_ingest::{Error, Record, Rules, Severity, Source};
use serde_json::json;

use super::records::{dataset, issues, read, read_at, rules, spec};

#[test]
fn what_is_no_whole_scan_is_an_error_and_no_record() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scan.h5");
    fs::write(&path, "").unwrap();
    assert!(matches!(read_at(&path, &rules()), Err(Error::Scan(_))), "0 bytes");
    fs::write(&path, "not HDF5").unwrap();
    assert!(matches!(read_at(&path, &rules()), Err(Error::Scan(_))));
    write_scan(&path, &spec().gzip()).unwrap();
    let whole = fs::read(&path).unwrap();
    for cut in [whole.len() / 2, 600] {
        fs::write(&path, &whole[..cut]).unwrap();
        let error = read_at(&path, &rules()).unwrap_err();
        assert!(error.to_string().contains("scan.h5"), "{error}");
    }
}

#[test]
fn a_scan_without_frames_is_not_complete() {
    let none = read(&spec().without("/exchange/data"), &rules()).unwrap_err();
    assert!(
        matches!(&none, Error::NoFrames { at, .. } if at == "/exchange/data"),
        "{none}"
    );
    let empty = ScanSpec::new(0, 8, 16);
    assert!(matches!(read(&empty, &rules()), Err(Error::NoFrames { .. })));
}

#[test]
fn metadata_that_is_something_else_is_left_out_and_said() {
    let spec = spec()
        // A group where a value should be, a grid where a list should be, a number for a name.
        .without("/measurement/instrument/detector/model")
        .text("/measurement/instrument/detector/model/name", "x")
        .set("/series", ScanValue::Grid(vec![vec![1.0, 2.0], vec![3.0, 4.0]]))
        .set("/extra", ScanValue::Number(f64::NAN))
        .set(
            "/measurement/sample/experiment/pi",
            ScanValue::Series(vec![1.0, 2.0]),
        )
        .set(
            "/measurement/sample/experiment/proposal",
            ScanValue::Integer(1234),
        );
    let record = read(&spec, &rules()).unwrap();
    let said = issues(&record).join("\n");
    for part in [
        "/measurement/sample/experiment/pi holds no single text",
        "/measurement/instrument/detector/model holds a group",
        "/extra is not a finite number",
        "/series has the shape [2, 2]",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(
        record
            .issues
            .iter()
            .all(|issue| issue.severity == Severity::Error)
    );
    let body = dataset(&record);
    assert_eq!(body["ownerGroup"], "1234");
    assert_eq!(body["owner"], "Unknown");
    let metadata = body["scientificMetadata"].as_object().unwrap();
    assert!(
        !metadata.contains_key("/extra") && !metadata.contains_key("/measurement/instrument/detector/model")
    );
    assert!(
        metadata.values().all(|value| !value.is_null()),
        "a null ends the backend's process"
    );
    assert_eq!(metadata["data_sample"].as_object().unwrap().len(), 1);
}

#[test]
fn a_million_texts_where_one_should_be_are_not_read() {
    let texts = vec!["x".to_owned(); 1_000_000];
    let spec = spec()
        .set("/extra", ScanValue::Texts(texts.clone()))
        .set("/measurement/sample/file_name", ScanValue::Texts(texts));
    let record = read(&spec, &rules()).unwrap();
    assert_eq!(record.name, "scan");
    let said = issues(&record).join("\n");
    assert_eq!(said.matches("1000000 values").count(), 2, "{said}");
}

#[test]
fn a_frame_that_makes_no_picture_is_an_issue_and_the_scan_is_catalogued() {
    // A single line is no image.
    let spec = spec().set("/exchange/data", ScanValue::Series(vec![1.0; 9]));
    let record = read(&spec, &rules()).unwrap();
    assert!(record.thumbnail.is_none());
    assert!(
        issues(&record).join("\n").contains("no thumbnail: "),
        "{:?}",
        record.issues
    );
}

#[test]
fn frames_of_20000_by_20000_and_a_group_of_frames_make_no_picture() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scan-h5/tests/scan/data/h5py_frames.h5");
    for (frames, said) in [
        ("/stack/huge", "too large"),
        ("/stack/one_huge_chunk", "too large"),
        ("/stack", "a group"),
    ] {
        let rules = json!({ "group": "9.9.9", "thumbnail": { "frames": frames } });
        let record = read_at(&path, &Rules::parse(&rules).unwrap()).unwrap();
        assert!(record.thumbnail.is_none(), "{frames}");
        assert!(
            issues(&record).join("\n").contains(said),
            "{frames}: {:?}",
            record.issues
        );
    }
}

#[test]
fn texts_of_every_form_and_frames_of_every_type_give_the_same_entry() {
    let plain = dataset(&read(&spec(), &rules()).unwrap())["scientificMetadata"].clone();
    for form in [
        TextForm::BlankPadded,
        TextForm::Variable,
        TextForm::VariableScalar,
    ] {
        let record = read(&spec().text_form(form), &rules()).unwrap();
        assert_eq!(dataset(&record)["scientificMetadata"], plain, "{form:?}");
        assert_eq!(issues(&record), [""; 0]);
    }
    for kind in [PixelType::U8, PixelType::F32] {
        let record = read(&spec().pixel_type(kind).gzip(), &rules()).unwrap();
        assert!(record.thumbnail.is_some(), "{kind:?}");
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scan.h5");
    write_scan(&path, &spec()).unwrap();
    let source = Source::look(&path, "/global/raw/scan.h5").unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend([0; 512]);
    fs::write(&path, bytes).unwrap();
    let error = Record::read(&rules(), source, 0).unwrap_err();
    assert!(matches!(&error, Error::Changed { .. }), "{error}");
    assert!(error.to_string().contains("still being written"));
}

#[test]
fn an_address_that_is_none_is_said_and_replaced() {
    for (given, said) in [
        ("garbage", true),
        ("a@x.org, b@y.org", true),
        ("NONE", false),
        ("", false),
    ] {
        let record = read(
            &spec().text("/measurement/sample/experimenter/email", given),
            &rules(),
        )
        .unwrap();
        assert_eq!(
            dataset(&record)["contactEmail"],
            "unknown@example.com",
            "{given:?}"
        );
        assert_eq!(issues(&record).len(), usize::from(said), "{given:?}");
    }
}

#[test]
fn a_name_with_anything_in_it_is_data() {
    let rules =
        Rules::parse(&json!({"group": "9.9.9", "dataset_name": "/measurement/sample/file_name"})).unwrap();
    for name in ["../../etc/passwd", "a\u{7}b", "'; DROP TABLE x; --", "größe\n"] {
        let record = read(&spec().text("/measurement/sample/file_name", name), &rules).unwrap();
        assert_eq!(record.name, name.trim());
        record.dataset.check().unwrap();
    }
}
