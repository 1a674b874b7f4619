//! The log: who reads it knows the run, the file and the step of every line, and no secret.

use serde_json::Value;

use crate::child::{Beamline, document, finish};

/// Our own crates at the level of `debug`; what is below them works for several runs at once.
const OURS: &str = "info,splash_flows=debug,proved_transfer=debug,globus_transfer=debug,scicat=debug,prefect_client=debug,\
    rest_core=debug";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// stderr as the JSON objects that it must consist of.
fn lines(stderr: &[u8]) -> Vec<Value> {
    text(stderr)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn assert_no_secret(beamline: &Beamline, seen: &str) {
    let env = beamline.sim.env();
    for name in ["GLOBUS_CLIENT_SECRET", "SCICAT_INGEST_PASSWORD"] {
        assert!(!seen.contains(&env[name]), "{name} leaked");
    }
    assert!(!seen.contains("Bearer ey"), "a token leaked");
}

#[test]
fn every_json_line_of_a_run_has_run_file_and_step() {
    let beamline = Beamline::with(|sim| sim.fault("transfer.submit:status=503,times=1".parse().unwrap()));
    let file = beamline.scan("raw/scan.h5");
    let mut command = beamline.move_file("R", &file);
    command.args(["--log-format", "json"]).env("RUST_LOG", OURS);
    let output = finish(command);
    assert_eq!(document(&output)["ok"], true, "{}", text(&output.stderr));

    let lines = lines(&output.stderr);
    for line in &lines {
        assert_eq!(
            (&line["run_id"], &line["file"]),
            (&"R".into(), &file.as_str().into()),
            "{line}"
        );
        for field in ["step", "level", "timestamp", "target"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
    let has = |key: &str, value: &str| lines.iter().any(|line| line[key] == value);
    for step in ["run", "preflight", "copy", "ingest", "schedule_prune"] {
        assert!(has("step", step), "{step}");
    }
    assert!(has("message", "copy verified") && has("message", "run R"));
    // The fields of the request's own span are there, too.
    let of_the_request = |line: &&Value| {
        line["operation"]
            .as_str()
            .is_some_and(|name| name.contains("submit"))
    };
    assert_eq!(lines.iter().find(of_the_request).unwrap()["step"], "copy");
    assert_no_secret(&beamline, &text(&output.stderr));
}

#[test]
fn json_comes_without_rust_log_and_from_the_environment_and_has_the_failure() {
    let beamline =
        Beamline::with(|sim| sim.fault("task:file-not-found,destination=nersc832".parse().unwrap()));
    let file = beamline.scan("raw/scan.h5");
    let mut command = beamline.command(&[
        "run",
        "new_832_file_flow",
        "--param",
        &format!("file_path={file}"),
    ]);
    command.env("SPLASH_FLOWS_LOG_FORMAT", "json");
    let output = finish(command);
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output.stderr);
    let failure = lines.iter().find(|line| line["level"] == "WARN").unwrap();
    assert_eq!(failure["code"], "FILE_NOT_FOUND", "{failure}");
    assert_eq!(failure["file"], file.as_str());
    assert!(
        lines.last().unwrap()["message"]
            .as_str()
            .unwrap()
            .contains("--run-id")
    );
}

#[test]
fn text_carries_the_same_and_is_off_unless_asked_for() {
    let beamline = Beamline::with(|sim| sim);
    let file = beamline.scan("raw/scan.h5");
    let mut command = beamline.move_file("R", &file);
    command.env("RUST_LOG", "info");
    let output = finish(command);
    let stderr = text(&output.stderr);
    let verified = stderr
        .lines()
        .find(|line| line.contains("copy verified"))
        .unwrap();
    for part in ["run_id=\"R\"", "raw/scan.h5", "step=\"copy\""] {
        assert!(verified.contains(part), "{part}: {verified}");
    }
    let output = finish(beamline.move_file("R", &file));
    assert_eq!(text(&output.stderr), "run R\n");
}

#[test]
fn what_is_no_run_is_json_too() {
    let beamline = Beamline::with(|sim| sim);
    let output = finish(beamline.command(&["--log-format", "json", "run", "x", "--param", "file_path"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        lines(&output.stderr)[0]["message"]
            .as_str()
            .unwrap()
            .contains("key=value")
    );
}
