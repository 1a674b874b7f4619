//! What is sent of eight kinds of scans, beside what the Python ingestor sends of the same files: equal but for what it
//! gets wrong, which stands in one table with the reasons.
//!
//! The files in `golden` are what the Python ingestor (`als_832_dx_4`) makes of these scans: its issues, its error, and
//! the bodies that it posts before that. Of a picture only the label is kept; its pixels have tests of their own.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use scan_h5::{PixelType, ScanSpec, TextForm, write_scan};
use serde_json::{Value, json};

use crate::child::{Beamline, document, finish};

const FOLDER: &str = "/global/raw/2026";
/// When each scan was written, in seconds since 1970.
const WRITTEN: u64 = 1_700_000_000;
const BODIES: [&str; 3] = ["dataset", "origdatablock", "attachment"];

/// One thing that is not as the Python ingestor has it.
struct Mended {
    /// The scans that it is about; all that it makes a dataset of if there is none.
    scans: &'static [&'static str],
    at: &'static str,
    theirs: fn(&Value) -> bool,
    ours: fn(&Value) -> bool,
    reason: &'static str,
}

const MENDED: &[Mended] = &[
    Mended {
        scans: &[],
        at: "dataset/size",
        theirs: Value::is_u64,
        ours: Value::is_null,
        reason: "the catalogue adds the datablock's size to the dataset's, so that a size sent twice counts twice",
    },
    Mended {
        scans: &[],
        at: "dataset/creationTime",
        theirs: |time| time == "2023-11-14T22:13:20Z",
        ours: |time| time == "2023-11-14T22:13:20.000Z",
        reason: "it writes the local time and calls it UTC; these are of a machine in UTC, so that only the form differs",
    },
    Mended {
        scans: &[],
        at: "origdatablock/dataFileList/0/time",
        theirs: |time| time == "2023-11-14T22:13:20Z",
        ours: |time| time == "2023-11-14T22:13:20.000Z",
        reason: "as the dataset's time",
    },
    Mended {
        scans: &[],
        at: "attachment/thumbnail",
        theirs: |label| label == "data:image/jpg",
        ours: |label| label == "data:image/png",
        reason: "the picture is a PNG",
    },
    Mended {
        scans: &["email_garbage"],
        at: "issues",
        theirs: |issues| *issues == json!([]),
        ours: |issues| issues[0].as_str().is_some_and(|said| said.contains("email")),
        reason: "an address that is none is replaced by the default, and that is said",
    },
    Mended {
        scans: &["missing_optional"],
        at: "issues",
        theirs: |issues| issues.as_array().is_some_and(|all| all.len() == 7),
        ours: |issues| issues.as_array().is_some_and(|all| all.len() == 6),
        reason: "it looks for the blur limit twice, and misses it twice",
    },
    Mended {
        scans: &["missing_exchange"],
        at: "error",
        theirs: |error| error.as_str().is_some_and(|said| said.starts_with("KeyError")),
        ours: |error| error.as_str().is_some_and(|said| said.contains("/exchange/data")),
        reason: "it finds out that there are no frames after it has posted the dataset and its datablock",
    },
    Mended {
        scans: &["missing_exchange"],
        at: "",
        theirs: |bodies| bodies.as_array().is_some_and(|all| all.len() == 2),
        ours: |bodies| *bodies == json!([]),
        reason: "and leaves both behind; ours looks before it sends anything",
    },
    Mended {
        scans: &["vlen", "scalar_vlen"],
        at: "error",
        theirs: |error| {
            error
                .as_str()
                .is_some_and(|said| said.contains("not JSON serializable"))
        },
        ours: Value::is_null,
        reason: "it cannot read texts of variable length",
    },
    Mended {
        scans: &["vlen", "scalar_vlen"],
        at: "",
        theirs: |bodies| *bodies == json!([]),
        ours: |bodies| bodies.as_array().is_some_and(|all| all.len() == 3),
        reason: "so that it posts nothing; ours sends what it sends of the same texts in another form",
    },
];

fn spec(name: &str) -> ScanSpec {
    let spec = ScanSpec::new(24, 12, 16);
    match name {
        "fixed_space" => spec.text_form(TextForm::BlankPadded),
        "vlen" => spec.text_form(TextForm::Variable),
        "scalar_vlen" => spec.text_form(TextForm::VariableScalar),
        "uint8_const" => spec.pixel_type(PixelType::U8).constant(),
        "email_garbage" => spec.text("/measurement/sample/experimenter/email", " 'none' "),
        "missing_exchange" => spec.without("/exchange/data"),
        "missing_optional" => [
            "/measurement/instrument/instrument_name",
            "/measurement/sample/experiment/beamline",
            "/measurement/sample/experiment/pi",
            "/measurement/sample/experiment/proposal",
            "/measurement/sample/experimenter/email",
            "/process/acquisition/rotation/blur_limit",
        ]
        .into_iter()
        .fold(spec, ScanSpec::without),
        _ => spec,
    }
}

fn golden(name: &str) -> Value {
    let text = match name {
        "fixed" => include_str!("golden/fixed.json"),
        "fixed_space" => include_str!("golden/fixed_space.json"),
        "vlen" | "scalar_vlen" => include_str!("golden/vlen.json"),
        "uint8_const" => include_str!("golden/uint8_const.json"),
        "email_garbage" => include_str!("golden/email_garbage.json"),
        "missing_exchange" => include_str!("golden/missing_exchange.json"),
        _ => include_str!("golden/missing_optional.json"),
    };
    serde_json::from_str(text).unwrap()
}

/// What ours would send of a scan, in the shape of the golden files.
fn ours(beamline: &Beamline, name: &str) -> Value {
    let path = beamline
        .sim
        .collection("spot832")
        .path(format!("raw/2026/{name}.h5"));
    write_at(&path, &spec(name));
    let arguments = ["ingest", &format!("{FOLDER}/{name}.h5"), "--dry-run", "--json"];
    let output = finish(beamline.command(&arguments));
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return json!({"error": said, "issues": [], "calls": []});
    }
    let shown = document(&output);
    let issues = shown["issues"].as_array().unwrap();
    let mut issues: Vec<&str> = issues.iter().filter_map(|issue| issue["msg"].as_str()).collect();
    issues.sort_unstable();
    let mut calls = BODIES.map(|key| shown[key].clone());
    let picture = calls[2]["thumbnail"].as_str().unwrap();
    calls[2]["thumbnail"] = json!(picture.split(';').next());
    json!({"error": null, "issues": issues, "calls": calls})
}

fn write_at(path: &Path, spec: &ScanSpec) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_scan(path, spec).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(WRITTEN))
        .unwrap();
}

/// The places in which two documents differ.
fn differences(at: &str, left: &Value, right: &Value, found: &mut BTreeSet<String>) {
    let below = |key: &str| format!("{at}/{key}");
    match (left, right) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                differences(&below(key), &left[key], &right[key], found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (left, right)) in one.iter().zip(other).enumerate() {
                differences(&below(&index.to_string()), left, right, found);
            }
        }
        _ if left == right => {}
        _ => {
            found.insert(at.to_owned());
        }
    }
}

/// The value at a place: `error`, `issues`, all bodies (``), or something in a body.
fn at<'a>(document: &'a Value, place: &str) -> &'a Value {
    match place {
        "error" | "issues" => &document[place],
        "" => &document["calls"],
        _ => {
            let (body, rest) = place.split_once('/').unwrap();
            let index = BODIES.iter().position(|key| *key == body).unwrap();
            document["calls"][index]
                .pointer(&format!("/{rest}"))
                .unwrap_or(&Value::Null)
        }
    }
}

fn compare(name: &str, theirs: &Value, ours: &Value) {
    let mut found = BTreeSet::new();
    for key in ["error", "issues"] {
        if theirs[key] != ours[key] {
            found.insert(key.to_owned());
        }
    }
    let count = |document: &Value| document["calls"].as_array().unwrap().len();
    if count(theirs) == count(ours) {
        for (index, body) in BODIES.iter().enumerate() {
            differences(body, &theirs["calls"][index], &ours["calls"][index], &mut found);
        }
    } else {
        found.insert(String::new());
    }
    let makes_a_dataset = count(theirs) == 3;
    let rows = MENDED
        .iter()
        .filter(|row| row.scans.contains(&name) || (row.scans.is_empty() && makes_a_dataset));
    let mut told = BTreeSet::new();
    for row in rows {
        let (theirs, ours) = (at(theirs, row.at), at(ours, row.at));
        let holds = (row.theirs)(theirs) && (row.ours)(ours);
        assert!(holds, "{name}, {}: {}: {theirs} and {ours}", row.at, row.reason);
        told.insert(row.at.to_owned());
    }
    assert_eq!(found, told, "{name}");
}

#[test]
fn the_bodies_are_the_python_ingestor_s_but_for_what_is_mended() {
    let beamline = Beamline::with(|sim| sim);
    beamline.without_prefect();
    let names = [
        "fixed",
        "fixed_space",
        "vlen",
        "scalar_vlen",
        "uint8_const",
        "email_garbage",
        "missing_exchange",
        "missing_optional",
    ];
    for name in names {
        compare(name, &golden(name), &ours(&beamline, name));
    }
    // Texts of variable length say the same as those of fixed length.
    let fixed = ours(&beamline, "fixed");
    for name in ["vlen", "scalar_vlen"] {
        let other = ours(&beamline, name);
        let metadata = "dataset/scientificMetadata";
        assert_eq!(at(&other, metadata), at(&fixed, metadata), "{name}");
        assert_eq!(at(&other, "dataset/owner"), at(&fixed, "dataset/owner"), "{name}");
    }
}
