//! The README's first command, as a stranger runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod separate;

use std::process::{Command, Output};

use serde_json::Value;

fn bl832(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_bl832"))
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
fn every_copy_is_verified_and_has_the_source_s_sum() {
    let output = bl832(&["--json", "--run-id", "R"]);
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
    assert_eq!(document["ok"], true);
    let run = &document["runs"][0];
    assert_eq!(run["run_id"], "R");
    assert_eq!(run["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(run["copies"].as_array().unwrap().len(), 2);
    for copy in run["copies"].as_array().unwrap() {
        assert_eq!(copy["sha256"], run["sha256"]);
        assert_eq!(copy["verified"], true);
    }
    assert!(run["scicat"]["pid"].is_string());
    assert_eq!(run["prunes"].as_array().unwrap().len(), 2);
    assert_eq!(run["error"], Value::Null);
    for service in ["globus_auth", "globus_transfer", "scicat", "prefect"] {
        assert!(document["requests"][service].as_u64().unwrap() > 0, "{service}");
    }
}

#[test]
fn with_nersc_the_results_come_home_too() {
    let output = bl832(&["--json", "--run-id", "R", "--nersc"]);
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
    let recon = &document["runs"][0]["reconstructions"][0];
    assert_eq!(recon["steps"].as_array().unwrap().len(), 2);
    assert_eq!(
        recon["copies"].as_array().unwrap().len(),
        4,
        "slices and volume, on CFS and on data832"
    );
    assert_eq!(recon["prunes"].as_array().unwrap().len(), 5);
    assert!(document["requests"]["sfapi"].as_u64().unwrap() > 0);
}

#[test]
fn with_alcf_and_nersc_both_reconstruct_and_the_results_come_home() {
    let output = bl832(&["--json", "--run-id", "R", "--alcf", "--nersc"]);
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
    let recons = document["runs"][0]["reconstructions"].as_array().unwrap();
    let sites: Vec<&Value> = recons.iter().map(|recon| &recon["steps"][1]["site"]).collect();
    assert_eq!(sites, ["nersc", "alcf"]);
    let alcf = &recons[1];
    let copies: Vec<&Value> = alcf["copies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|copy| &copy["endpoint"])
        .collect();
    assert_eq!(copies, ["alcf832_raw", "data832_scratch", "data832_scratch"]);
    assert_eq!(alcf["prunes"].as_array().unwrap().len(), 3);
    assert!(document["requests"]["globus_compute"].as_u64().unwrap() > 0);
}

#[test]
fn with_alcf_alone_the_results_come_home_too() {
    let output = bl832(&["--json", "--run-id", "R", "--alcf"]);
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
    assert_eq!(
        document["runs"][0]["reconstructions"][0]["copies"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn the_table_is_for_people() {
    let output = bl832(&["--run-id", "R"]);
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    for part in [
        "data832",
        "nersc832",
        "verified",
        "SciCat dataset",
        "prune of spot832",
        "prune of data832",
        "ok in",
    ] {
        assert!(table.contains(part), "{part:?} is not in\n{table}");
    }
}

#[test]
fn runs_at_once_stay_within_the_requests_they_are_allowed() {
    let output = bl832(&["--json", "--count", "20", "--run-id", "R"]);
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
    let ids: Vec<_> = document["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["run_id"])
        .collect();
    assert_eq!(ids.len(), 20);
    assert_eq!((ids[0], ids[19]), (&Value::from("R-1"), &Value::from("R-20")));
    let requests = &document["requests"];
    let globus = requests["globus_transfer"].as_u64().unwrap() + requests["globus_auth"].as_u64().unwrap();
    assert!(globus <= 12 * 20, "{globus} requests for 20 runs");
}

#[test]
fn a_copy_that_is_not_the_source_fails_the_run_though_the_service_calls_it_a_success() {
    let output = bl832(&["--json", "--fault", "task:corrupt,destination=nersc832"]);
    assert_eq!(output.status.code(), Some(1));
    let document = document(&output);
    assert_eq!(document["ok"], false);
    assert_eq!(document["runs"][0]["copies"][0]["verified"], true);
    assert_eq!(document["runs"][0]["copies"][1]["verified"], false);
}

#[test]
fn odd_names_are_moved_and_impossible_ones_refused_one_by_one() {
    let odd = ["raw/a b.h5", "raw/$(id).h5", "raw/global/x.h5", "-rf"];
    let impossible = ["../x.h5", "", "raw/.."];
    let mut arguments = vec!["--json"];
    for name in odd.iter().chain(&impossible) {
        arguments.extend(["--name", name]);
    }
    let arguments: Vec<String> = fold_values(&arguments);
    let output = bl832(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(1));
    let document = document(&output);
    let runs = document["runs"].as_array().unwrap();
    assert!(
        runs[..odd.len()].iter().all(|run| run["ok"] == true),
        "{document:#}"
    );
    for run in &runs[odd.len()..] {
        assert_eq!(run["error"]["code"], "path", "{run:#}");
        assert_eq!(run["copies"].as_array().unwrap().len(), 0);
    }
}

/// `--name VALUE` as `--name=VALUE`, as a shell user writes a value with a leading dash.
fn fold_values(arguments: &[&str]) -> Vec<String> {
    let mut folded = vec![arguments[0].to_owned()];
    folded.extend(
        arguments[1..]
            .chunks(2)
            .map(|pair| format!("{}={}", pair[0], pair[1])),
    );
    folded
}

#[test]
fn under_export_control_nothing_leaves_the_site() {
    let output = bl832(&["--json", "--export-control"]);
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
    assert_eq!(document["runs"][0]["copies"].as_array().unwrap().len(), 1);
    assert_eq!(document["runs"][0]["scicat"], Value::Null);
    assert_eq!(document["runs"][0]["prunes"].as_array().unwrap().len(), 1);
}

#[test]
fn under_production_rules_all_arrive_too() {
    let output = bl832(&["--json", "--count", "8", "--limits", "production"]);
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
}

#[test]
fn a_root_is_kept_and_its_finished_run_is_not_done_again() {
    let root = tempfile::tempdir().unwrap();
    let arguments = ["--json", "--run-id", "R", "--root", root.path().to_str().unwrap()];
    let first = document(&bl832(&arguments));
    let again = document(&bl832(&arguments));
    assert_eq!(first["runs"][0]["scicat"], again["runs"][0]["scicat"]);
    assert_eq!(again["requests"], serde_json::json!({}), "nothing is asked again");
    assert!(root.path().join("data832.lbl.gov/data/raw/demo/R.h5").exists());
}

#[test]
fn wrong_usage_is_told_and_exit_2() {
    for arguments in [
        vec!["--fault", "nonsense"],
        vec!["--transfer-delay", "soon"],
        vec!["--count", "0"],
        vec!["--config", "config.yml"],
        vec!["--connect", "missing.env"],
    ] {
        let output = bl832(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    let help = bl832(&["--fault", "help"]);
    assert!(help.status.success());
    assert!(
        String::from_utf8(help.stdout)
            .unwrap()
            .contains("transfer.submit")
    );
}
