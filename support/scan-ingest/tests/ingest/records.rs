//! Records of scans that are as they should be.

use std::path::Path;

use scan_h5::{ScanSpec, ScanValue, write_scan};
use scan_ingest::{Record, Rules, Source};
use serde_json::{Value, json};

pub(crate) fn rules() -> Rules {
    Rules::parse(&json!({
        "group": "9.9.9",
        "aliases": ["bl999"],
        "data_format": "DX",
        "principal_investigator": {"path": "/measurement/sample/experiment/pi", "default": "Unknown"},
        "contact_email": "/measurement/sample/experimenter/email",
        "instrument": {"path": "/measurement/instrument/instrument_name", "default": "Unknown"},
        "dataset_name": "/measurement/sample/file_name",
        "proposal": "/measurement/sample/experiment/proposal",
        "beamline": "/measurement/sample/experiment/beamline",
        "expected": ["/measurement/sample/experimenter/name"],
        "thumbnail": {"frames": "/exchange/data", "caption": "first projection"},
        "scientific": [
            "/measurement/instrument/detector/model",
            "/measurement/instrument/detector/binning_x",
            {"path": "/measurement/instrument/detector/pixel_size", "unit": "mm"},
            {"path": "/measurement/instrument/detector/temperature", "name": "camera temperature", "unit": "°C"},
            "/extra",
        ],
        "samples": ["/series", "/measurement/instrument/time_stamp"],
    }))
    .unwrap()
}

pub(crate) fn spec() -> ScanSpec {
    let series = (0..24).map(|at| f64::from(at) / 2.0).collect();
    ScanSpec::new(3, 8, 16)
        .text("/measurement/sample/experiment/beamline", "bl999")
        .text("/measurement/sample/experiment/pi", "Ada Example")
        .text("/measurement/sample/experiment/proposal", "ALS-00001")
        .text("/measurement/sample/experimenter/email", "ada@example.org")
        .text("/measurement/sample/file_name", "20240105_Sample-A")
        .text("/measurement/instrument/instrument_name", "Beamline 9.9.9")
        .text("/measurement/instrument/detector/model", "PCO.edge")
        .set(
            "/measurement/instrument/detector/pixel_size",
            ScanValue::Number(0.00065),
        )
        .set(
            "/measurement/instrument/detector/temperature",
            ScanValue::Number(5.0),
        )
        .set("/extra", ScanValue::Series(vec![1.0, f64::NAN, f64::INFINITY]))
        .set("/series", ScanValue::Series(series))
}

pub(crate) fn read_at(path: &Path, rules: &Rules) -> scan_ingest::Result<Record> {
    let name = path.file_name().unwrap().to_str().unwrap();
    Record::read(rules, Source::look(path, &format!("/global/raw/{name}"))?, 0)
}

pub(crate) fn read(spec: &ScanSpec, rules: &Rules) -> scan_ingest::Result<Record> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scan.h5");
    write_scan(&path, spec).unwrap();
    read_at(&path, rules)
}

pub(crate) fn issues(record: &Record) -> Vec<&str> {
    record.issues.iter().map(|issue| issue.message.as_str()).collect()
}

pub(crate) fn dataset(record: &Record) -> Value {
    record.bodies(scicat::ApiVersion::V3).dataset
}

#[test]
fn a_scan_says_who_what_where_and_how() {
    let record = read(&spec(), &rules()).unwrap();
    assert_eq!(issues(&record), [""; 0]);
    let mut body = dataset(&record);
    let time = body["creationTime"].as_str().unwrap().to_owned();
    assert!(time.ends_with('Z'), "{time}");
    body.as_object_mut().unwrap().remove("creationTime");
    assert_eq!(
        body,
        json!({
            "type": "raw", "isPublished": false, "dataFormat": "DX",
            "owner": "Ada Example", "principalInvestigator": "Ada Example", "contactEmail": "ada@example.org",
            "ownerGroup": "ALS-00001", "accessGroups": ["9.9.9"], "proposalId": "ALS-00001",
            "creationLocation": "Beamline 9.9.9", "instrumentId": "Beamline 9.9.9",
            "sourceFolder": "/global/raw", "datasetName": "20240105_Sample-A",
            "description": "20240105 sample a", "sampleId": "20240105 sample a", "keywords": ["20240105", "sample", "a"],
            "scientificMetadata": {
                "/measurement/instrument/detector/model": "PCO.edge",
                "/measurement/instrument/detector/binning_x": 1,
                "/measurement/instrument/detector/pixel_size": {"value": 0.00065, "unit": "mm"},
                "camera temperature": {"value": 5.0, "unit": "°C"},
                "/extra": [1.0, null, null],
                "data_sample": {
                    "/series": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0],
                    "/measurement/instrument/time_stamp": [1_795_348_800.0, 1_795_348_800.0, 1_795_348_800.0],
                },
            },
        })
    );
    let size = record.source.files()[0].size;
    let block = serde_json::to_value(&record.datablock).unwrap();
    assert_eq!(
        block,
        json!({"size": size, "dataFileList": [{"path": "/global/raw/scan.h5", "size": size, "time": time}]})
    );
    let (thumbnail, caption) = record.thumbnail.unwrap();
    assert_eq!(
        (thumbnail.height, thumbnail.width, caption.as_str()),
        (8, 16, "first projection")
    );
}

#[test]
fn a_sample_has_the_first_value_and_at_least_ten_of_so_many() {
    for (length, count) in [
        (0, 0),
        (1, 1),
        (9, 9),
        (10, 10),
        (19, 19),
        (20, 10),
        (24, 12),
        (29, 15),
        (1000, 10),
    ] {
        let series = (0..length).map(f64::from).collect();
        let record = read(&spec().set("/series", ScanValue::Series(series)), &rules()).unwrap();
        let sample = dataset(&record)["scientificMetadata"]["data_sample"]["/series"].clone();
        assert_eq!(sample.as_array().map(Vec::len), Some(count), "{length}");
        assert!(length == 0 || sample[0] == 0.0);
    }
}

#[test]
fn what_is_missing_is_said_once_and_has_its_place() {
    let spec = spec()
        .without("/measurement/sample/experiment/pi")
        .without("/measurement/sample/experiment/proposal")
        .without("/measurement/sample/experimenter/email")
        .without("/measurement/sample/experimenter/name")
        .without("/measurement/sample/file_name")
        .without("/measurement/instrument/instrument_name")
        .without("/measurement/instrument/detector/model")
        .without("/series");
    let record = read(&spec, &rules()).unwrap();
    let expected: Vec<String> = [
        "/measurement/sample/experiment/pi",
        "/measurement/sample/experimenter/email",
        "/measurement/instrument/instrument_name",
        "/measurement/sample/file_name",
        "/measurement/sample/experiment/proposal",
        "/measurement/sample/experimenter/name",
        "/measurement/instrument/detector/model",
    ]
    .map(|path| format!("dataset not found {path}"))
    .to_vec();
    assert_eq!(issues(&record), expected, "and nothing of a missing sample");
    let body = dataset(&record);
    for (field, value) in [
        ("owner", "Unknown"),
        ("principalInvestigator", "Unknown"),
        ("creationLocation", "Unknown"),
        ("contactEmail", "unknown@example.com"),
        ("ownerGroup", "9.9.9"),
        ("datasetName", "scan"),
    ] {
        assert_eq!(body[field], value, "{field}");
    }
    assert!(body.get("proposalId").is_none());
    let wire = serde_json::to_value(&record.issues).unwrap();
    assert_eq!(wire[0], json!({"severity": "warning", "msg": expected[0]}));
}

#[test]
fn files_of_any_kind_are_catalogued_by_rules_without_paths() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a_0001.edf", "a_0001.txt"] {
        std::fs::write(dir.path().join(name), name).unwrap();
    }
    let rules = json!({"group": "9.9.9", "instrument": {"default": "Beamline 9.9.9"}, "beamline": {"default": "bl9"}});
    let rules = Rules::parse(&rules).unwrap();
    let source = Source::look(dir.path(), "/global/raw/2024/run_1/").unwrap();
    let record = Record::read(&rules, source, 0).unwrap();
    let body = dataset(&record);
    assert_eq!(body["sourceFolder"], "/global/raw/2024/run_1");
    assert_eq!(body["datasetName"], "run_1");
    assert_eq!(body["creationLocation"], "Beamline 9.9.9");
    assert_eq!(body["accessGroups"], json!(["bl9", "9.9.9"]));
    assert!(body.get("scientificMetadata").is_none() && record.thumbnail.is_none());
    assert_eq!(issues(&record), [""; 0]);
    let block = serde_json::to_value(&record.datablock).unwrap();
    assert_eq!(block["size"], 20);
    assert_eq!(
        block["dataFileList"][1]["path"],
        "/global/raw/2024/run_1/a_0001.txt"
    );
}
