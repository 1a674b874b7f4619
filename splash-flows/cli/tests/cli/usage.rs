//! What people see: help, errors, reports; and what nobody may see.

use crate::child::{Beamline, document, finish};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_flows_are_listed_with_their_parameters() {
    let beamline = Beamline::with(|sim| sim);
    let output = finish(beamline.command(&["flows"]));
    assert!(output.status.success());
    let listed = text(&output.stdout);
    for name in [
        "new_832_file_flow",
        "prune_globus_endpoint",
        "file_path, is_export_control=false",
    ] {
        assert!(listed.contains(name), "{listed}");
    }
}

#[test]
fn a_move_and_its_prune_from_the_command_line() {
    let beamline = Beamline::with(|sim| sim);
    let file = beamline.scan("raw/scan.h5");
    let moved = finish(beamline.command(&[
        "run",
        "new_832_file_flow",
        "--param",
        &format!("file_path={file}"),
    ]));
    assert!(moved.status.success(), "{}", text(&moved.stderr));
    assert!(
        text(&moved.stdout).contains("copy on nersc832"),
        "{}",
        text(&moved.stdout)
    );
    let stderr = text(&moved.stderr);
    assert!(stderr.starts_with("run "), "the run id comes first: {stderr}");
    assert!(stderr.contains("spot832 -> data832: verified"), "{stderr}");

    let pruned = finish(beamline.command(&[
        "run",
        "prune_globus_endpoint",
        "--json",
        "--param",
        "relative_path=/raw/scan.h5",
        "--param",
        "source_endpoint=spot832",
        "--param",
        "check_endpoint=data832",
    ]));
    assert_eq!(document(&pruned)["outcome"], "deleted");
    assert!(!beamline.sim.collection("spot832").exists("raw/scan.h5"));
}

#[test]
fn a_failure_is_one_line_that_says_what_to_do_and_exit_1() {
    let beamline =
        Beamline::with(|sim| sim.fault("task:file-not-found,destination=nersc832".parse().unwrap()));
    let file = beamline.scan("raw/scan.h5");
    let output = finish(beamline.command(&[
        "run",
        "new_832_file_flow",
        "--param",
        &format!("file_path={file}"),
    ]));
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    let last = stderr.lines().last().unwrap();
    for part in [
        "data832 -> nersc832",
        "FILE_NOT_FOUND",
        "/global/raw/scan.h5",
        "task ",
        "--run-id",
    ] {
        assert!(last.contains(part), "{part:?} is not in {last:?}");
    }
}

#[test]
fn wrong_usage_is_exit_2_and_bad_input_sends_nothing() {
    let beamline = Beamline::with(|sim| sim);
    assert_eq!(finish(beamline.command(&["run"])).status.code(), Some(2));
    assert_eq!(
        finish(beamline.command(&["run", "x", "--param", "file_path"]))
            .status
            .code(),
        Some(2)
    );
    let unknown = finish(beamline.command(&["run", "no_such_flow", "--json"]));
    assert_eq!(unknown.status.code(), Some(1));
    assert_eq!(document(&unknown)["error"]["code"], "no_flow");
    let outside = finish(beamline.move_file("R", "/global/../etc/passwd"));
    assert_eq!(document(&outside)["error"]["code"], "path");
    let config = finish(beamline.command(&["--config", "missing.yml", "run", "new_832_file_flow"]));
    assert!(
        text(&config.stderr).contains("missing.yml"),
        "{}",
        text(&config.stderr)
    );
    assert!(beamline.sim.journal().entries().is_empty());
}

#[test]
fn no_secret_is_in_any_output_or_record_even_at_trace_level() {
    let beamline = Beamline::with(|sim| sim.fault("transfer.submit:status=503,times=1".parse().unwrap()));
    let file = beamline.scan("raw/scan.h5");
    let mut command = beamline.move_file("R", &file);
    command.env("RUST_LOG", "trace");
    let output = finish(command);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut seen = text(&output.stdout) + &text(&output.stderr);
    assert!(seen.contains("globus_transfer.submit"), "tracing was on");
    for entry in std::fs::read_dir(beamline.folder().join(".local/state/splash-flows")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            seen += &text(&std::fs::read(path).unwrap());
        }
    }
    let env = beamline.sim.env();
    for name in ["GLOBUS_CLIENT_SECRET", "SCICAT_INGEST_PASSWORD"] {
        assert!(!seen.contains(&env[name]), "{name} leaked");
    }
    assert!(
        !seen.contains("Bearer ey") && !seen.to_lowercase().contains("authorization: bearer"),
        "a token leaked"
    );
}
