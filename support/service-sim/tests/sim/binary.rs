//! The command.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Kills the child when a test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_service-sim"))
}

#[test]
fn it_says_when_it_is_ready_and_stops_when_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let config = "globus:\n  globus_endpoints:\n    here:\n      uuid: 75b478b2-37af-46df-bfbd-71ed692c6506\n      uri: h.lbl.gov\n      root_path: /data\n      name: here\n    later: {uuid: TBD, uri: x, root_path: /}\nkept:\n  - 1\n";
    std::fs::write(file("config.yml"), config).unwrap();
    let child = command()
        .args([
            "--transfer-delay",
            "2s",
            "--seed",
            "3",
            "--limits",
            "production",
            "--fault",
            "task:fail,nth=1",
        ])
        .arg("--root")
        .arg(file("root"))
        .arg("--env-file")
        .arg(file("env"))
        .arg("--ready-json")
        .arg(file("ready"))
        .arg("--config")
        .arg(file("config.yml"))
        .arg("--write-config")
        .arg(file("out.yml"))
        .stdout(Stdio::piped())
        .spawn();
    let mut child = Running(child.unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();

    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(std::fs::read_to_string(file("ready")).unwrap(), line);
    let data = file("root").join("h.lbl.gov/data");
    assert!(data.is_dir());
    assert_eq!(ready["collections"]["here"]["host"], "h.lbl.gov");
    assert!(ready["collections"].get("later").is_none());
    assert!(ready["journal"].as_str().unwrap().ends_with("/sim/journal"));
    let env = std::fs::read_to_string(file("env")).unwrap();
    for (key, value) in ready["env"].as_object().unwrap() {
        assert!(
            env.lines()
                .any(|line| line == format!("{key}={}", value.as_str().unwrap())),
            "{key}"
        );
    }
    let written = std::fs::read_to_string(file("out.yml")).unwrap();
    let written = service_sim::config::Config::parse(&written).unwrap();
    assert_eq!(written.collections().unwrap()[0].root_path, "/data");
    let text = std::fs::read_to_string(file("out.yml")).unwrap();
    assert!(
        text.contains("local_path:") && text.contains("h.lbl.gov/data") && text.contains("kept:"),
        "{text}"
    );

    let id = child.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.0.wait().unwrap().success());
}

#[test]
fn a_worker_without_mounts_is_told_of_no_folder() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    let config = "globus:\n  globus_endpoints:\n    here: {uuid: 75b478b2-37af-46df-bfbd-71ed692c6506, uri: h.lbl.gov, root_path: /data, local_path: /old}\n";
    std::fs::write(file("config.yml"), config).unwrap();
    let child = command()
        .args([
            "--no-local-mounts",
            "--no-rename",
            "here",
            "--skew",
            "here=-60",
            "--root",
        ])
        .arg(file("root"))
        .arg("--config")
        .arg(file("config.yml"))
        .arg("--write-config")
        .arg(file("out.yml"))
        .stdout(Stdio::piped())
        .spawn();
    let mut child = Running(child.unwrap());
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert!(
        ready["collections"]["here"]["dir"].is_string(),
        "the tester is told"
    );
    let written = std::fs::read_to_string(file("out.yml")).unwrap();
    assert!(
        written.contains("uri:") && !written.contains("local_path"),
        "{written}"
    );

    let wrong = command()
        .args(["--no-rename", "nobody", "--root"])
        .arg(file("root"))
        .output()
        .unwrap();
    assert!(
        String::from_utf8(wrong.stderr)
            .unwrap()
            .contains("no such collection")
    );
}

#[test]
fn faults_are_explained() {
    let help = command().args(["--fault", "help"]).output().unwrap();
    assert!(help.status.success());
    assert!(String::from_utf8(help.stdout).unwrap().contains("reset-after"));
    let wrong = command()
        .args(["--root", "unused", "--fault", "task:explode"])
        .output()
        .unwrap();
    assert!(!wrong.status.success());
    assert!(
        String::from_utf8(wrong.stderr)
            .unwrap()
            .contains("no effect on a task")
    );
}
