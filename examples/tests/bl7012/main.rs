//! The ptychography of 7.0.1.2 by one command, as a stranger runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Output};

use serde_json::Value;

fn bl7012(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_bl7012"))
        .env("HOME", home.path())
        .args(arguments)
        .output()
        .unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn the_scan_is_moved_reconstructed_twice_and_its_prune_scheduled() {
    let root = tempfile::tempdir().unwrap();
    let arguments = ["--json", "--run-id", "R", "--root", root.path().to_str().unwrap()];
    let output = bl7012(&arguments);
    let first = document(&output);
    assert!(output.status.success(), "{first:#}");
    assert_eq!(first["sha256"], first["copy_sha256"]);
    assert_eq!(first["sha256"].as_str().unwrap().len(), 64);
    let steps: Vec<&Value> = first["run"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["step"])
        .collect();
    assert_eq!(steps, ["cdtools", "ptychocam"]);
    assert_eq!(first["results"].as_array().unwrap().len(), 2);
    let prune = &first["run"]["prunes"][0];
    assert_eq!(
        (&prune["endpoint"], &prune["check_endpoint"]),
        (&"data7012".into(), &"nersc7012".into())
    );
    // The arguments are the incumbent's, in its order.
    let results = root
        .path()
        .join("nersc.gov/global/cfs/cdirs/als/gsharing/data_mover/7012");
    let read = |one: &Value| std::fs::read_to_string(results.join(one["path"].as_str().unwrap())).unwrap();
    let cdtools = read(&first["results"][0]);
    let given: Vec<&str> = cdtools
        .lines()
        .filter_map(|line| line.strip_prefix("argument "))
        .collect();
    assert_eq!(
        given.join(" "),
        "NS_261122001_ccdframes_0_0.cxi False 1 2 5e-05 True 1 50 50 0 None False None"
    );
    let again = document(&bl7012(&arguments));
    assert_eq!(
        again["run"], first["run"],
        "a run that ended well is not done again"
    );
}

#[test]
fn a_reconstruction_that_fails_fails_the_run_and_schedules_no_prune() {
    let output = bl7012(&["--json", "--fault", "job:fail,exit=3,name=ptycho*"]);
    assert_eq!(output.status.code(), Some(1));
    let document = document(&output);
    assert_eq!(document["run"]["error"]["code"], "FAILED", "{document:#}");
    assert_eq!(document["run"]["copies"][0]["verified"], true);
    assert_eq!(document["run"]["prunes"], serde_json::json!([]));
}

#[test]
fn odd_names_stay_one_argument_and_the_table_is_for_people() {
    let output = bl7012(&["--name", "a b/$(id);'x.cxi"]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{table}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for part in [
        "verified",
        "cdtools at nersc",
        "made of these bytes",
        "prune of data7012",
        "ok in",
    ] {
        assert!(table.contains(part), "{part:?} is not in\n{table}");
    }
    assert!(!table.contains("NOT MADE"), "{table}");
}

#[test]
fn wrong_usage_is_told_and_exit_2() {
    for arguments in [
        &["--fault", "nonsense"][..],
        &["--config", "config.yml"],
        &["--env-file", ".env"],
    ] {
        let output = bl7012(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}
