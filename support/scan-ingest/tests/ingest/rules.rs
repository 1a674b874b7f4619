//! Rules as they stand in a configuration file.

use scan_ingest::Rules;
use serde_json::{Value, json};

#[test]
fn a_field_and_an_entry_are_a_path_or_say_more() {
    let rules = Rules::parse(&json!({
        "group": "9.9.9",
        "proposal": "/a",
        "instrument": {"path": "/b", "default": "Unknown"},
        "beamline": {"default": "bl999"},
        "scientific": ["/c", {"path": "/d", "unit": "mm"}, {"path": "/c", "name": "other"}],
        "thumbnail": {"frames": "/e"},
    }))
    .unwrap();
    assert_eq!(rules.proposal.path.as_deref(), Some("/a"));
    assert_eq!(rules.instrument.default.as_deref(), Some("Unknown"));
    assert_eq!(
        (rules.beamline.path, rules.beamline.default.as_deref()),
        (None, Some("bl999"))
    );
    let keys: Vec<_> = rules.scientific.iter().map(scan_ingest::Entry::key).collect();
    assert_eq!(keys, ["/c", "/d", "other"]);
    assert_eq!(rules.scientific[1].unit.as_deref(), Some("mm"));
    assert_eq!(rules.thumbnail.unwrap().caption, "raw image");
}

#[test]
fn only_rules_with_a_path_open_files() {
    let reads = |rules: Value| Rules::parse(&rules).unwrap().reads_hdf5();
    assert!(!reads(json!({"group": "g", "instrument": {"default": "x"}})));
    for one in [
        json!({"group": "g", "proposal": "/a"}),
        json!({"group": "g", "samples": ["/a"]}),
        json!({"group": "g", "expected": ["/a"]}),
        json!({"group": "g", "scientific": ["/a"]}),
        json!({"group": "g", "thumbnail": {"frames": "/a"}}),
    ] {
        assert!(reads(one.clone()), "{one}");
    }
}

#[test]
fn rules_that_cannot_be_right_are_refused_with_the_reason() {
    for (rules, reason) in [
        (json!({}), "group"),
        (json!({"group": " "}), "group is empty"),
        (json!({"group": "g", "grup": "h"}), "grup"),
        (
            json!({"group": "g", "proposal": "measurement/pi"}),
            "must begin with a slash",
        ),
        (json!({"group": "g", "samples": ["/"]}), "\"/\" is no HDF5 path"),
        (
            json!({"group": "g", "scientific": ["/a", "/a"]}),
            "\"/a\" stands twice",
        ),
        (
            json!({"group": "g", "thumbnail": {"frames": "/a", "x": 1}}),
            "unknown field `x`",
        ),
        (json!([]), "invalid"),
    ] {
        let error = Rules::parse(&rules).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
