//! `bl832 --config --env-file`, as against the real services: the simulator is another process, and the configuration is
//! config.example.yml as it stands, with nothing but the folders of the simulated collections filled in.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use scan_h5::{ScanSpec, write_scan};
use serde_json::Value;
use splash_flows::config::Config;
use splash_flows::dotenv::Environment;
use splash_flows_cli::check::{Finding, Subject, check};

use crate::document;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The simulator's process; ended with the handle.
struct Simulator {
    process: Child,
    /// What it printed when it was ready.
    ready: Value,
}

impl Simulator {
    /// Starts it on config.example.yml, its files in `folder`, and waits until it serves.
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(binary())
            .arg("--root")
            .arg(folder.join("hosts"))
            .arg("--config")
            .arg(Path::new(REPOSITORY).join("config.example.yml"))
            .arg("--write-config")
            .arg(folder.join("config.yml"))
            .arg("--env-file")
            .arg(folder.join("the.env"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        Self { process, ready }
    }

    /// Where a collection's file is on this machine.
    fn file(&self, key: &str, name: &str) -> PathBuf {
        let collection = &self.ready["collections"][key];
        let text = |field: &str| {
            collection[field]
                .as_str()
                .unwrap()
                .trim_start_matches('/')
                .to_owned()
        };
        Path::new(collection["dir"].as_str().unwrap())
            .join(text("root_path"))
            .join(name)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The simulator's binary, of the same build as the example: cargo makes another package's binary known to nobody.
fn binary() -> PathBuf {
    let profile = Path::new(env!("CARGO_BIN_EXE_bl832")).parent().unwrap();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            "service-sim",
            "--bin",
            "service-sim",
        ])
        .arg("--target-dir")
        .arg(profile.parent().unwrap())
        .current_dir(REPOSITORY);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "service-sim cannot be built");
    profile.join("service-sim")
}

#[test]
fn the_example_configuration_moves_a_scan_between_processes() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let simulator = Simulator::start(folder.path());
    let (config, env_file) = (path("config.yml"), path("the.env"));
    let subject = Subject {
        config: &config,
        env_file: Some(&env_file),
        state_dir: Some(&path("state")),
    };
    let findings = check(subject);
    assert!(!findings.iter().any(Finding::is_error), "{findings:#?}");
    // Nothing of the example was lost on its way through the simulator.
    let env = Environment::from_vars([]);
    let example = Config::load(
        &Path::new(REPOSITORY).join("config.example.yml"),
        &env,
        &splash_flows::SITE_RULES,
    )
    .unwrap();
    let written = Config::load(&config, &env, &splash_flows::SITE_RULES).unwrap();
    assert!(written.endpoints().keys().eq(example.endpoints().keys()));
    assert_eq!(
        (written.deletion(), written.variables(), written.extra()),
        (example.deletion(), example.variables(), example.extra())
    );

    let name = "raw/demo/scan.h5";
    let source = simulator.file("spot832", name);
    std::fs::create_dir_all(source.parent().unwrap()).unwrap();
    write_scan(&source, &ScanSpec::new(2, 32, 32)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bl832"))
        .env_clear()
        .env("HOME", folder.path())
        .arg("--json")
        .args(["--name", name, "--run-id", "R", "--config"])
        .arg(&config)
        .arg("--env-file")
        .arg(&env_file)
        .arg("--state-dir")
        .arg(path("state"))
        .output()
        .unwrap();
    let document = document(&output);
    assert!(output.status.success(), "{document:#}");
    let run = &document["runs"][0];
    assert_eq!(run["ok"], true, "{document:#}");
    let copies = run["copies"].as_array().unwrap();
    assert_eq!(copies.len(), 2);
    for copy in copies {
        assert_eq!(copy["verified"], true);
        let there = simulator.file(copy["endpoint"].as_str().unwrap(), name);
        assert!(
            std::fs::read(&there).unwrap() == std::fs::read(&source).unwrap(),
            "{}",
            there.display()
        );
    }
    assert!(run["scicat"]["pid"].is_string(), "{document:#}");
    assert_eq!(run["prunes"].as_array().unwrap().len(), 2);
}
