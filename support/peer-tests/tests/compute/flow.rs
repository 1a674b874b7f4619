//! `alcf_recon_flow` by the command, on a real endpoint beside simulated transfers, catalogue and Prefect.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Map, Value, json};
use service_sim::{Sim, default_collections};

use crate::scene::Scene;

/// A beamline computer of a scene, with a scan on data832.
pub(crate) struct Beamline {
    sim: Arc<Sim>,
    folder: tempfile::TempDir,
}

impl Beamline {
    pub(crate) fn new(scene: &Scene, recon: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let endpoints: Map<String, Value> = default_collections()
            .into_iter()
            .map(|spec| {
                let collection = scene.sim.collection(&spec.key);
                let endpoint = json!({
                    "uuid": collection.uuid(), "uri": collection.host(), "name": spec.key,
                    "root_path": collection.root_path(), "local_path": collection.path(""),
                });
                (spec.key, endpoint)
            })
            .collect();
        let config = json!({
            "deletion": "on", "alcf_recon": recon, "globus": { "globus_endpoints": endpoints },
        });
        std::fs::write(folder.path().join("config.yml"), config.to_string()).unwrap();
        let mut env = scene.sim.env();
        env.insert("GLOBUS_COMPUTE_ENDPOINT".to_owned(), scene.id().to_string());
        let lines: Vec<String> = env
            .iter()
            .map(|(name, value)| format!("{name}='{value}'"))
            .collect();
        std::fs::write(folder.path().join(".env"), lines.join("\n")).unwrap();
        for key in ["spot832", "data832_raw"] {
            let path = scene.sim.collection(key).path(if key == "spot832" {
                "raw/f/scan.h5"
            } else {
                "f/scan.h5"
            });
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_scan(&path, &ScanSpec::new(3, 16, 16)).unwrap();
        }
        Self {
            sim: Arc::clone(&scene.sim),
            folder,
        }
    }

    pub(crate) fn command(&self, flow: &str, run_id: &str, parameter: &str) -> Command {
        let program =
            std::env::var_os("PEER_SPLASH_FLOWS").expect("cargo xtask peers sets PEER_SPLASH_FLOWS");
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .args(["run", flow, "--json", "--run-id", run_id, "--param", parameter])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    pub(crate) fn recon(&self, run_id: &str) -> Command {
        self.command("alcf_recon_flow", run_id, "file_path=/global/raw/f/scan.h5")
    }

    /// The folder of the allocation.
    pub(crate) fn allocation(&self) -> PathBuf {
        self.sim.collection("alcf832_raw").dir().to_owned()
    }

    /// The claims of a run, and whether each has an outcome.
    pub(crate) fn claims(&self, run_id: &str) -> Vec<(String, bool)> {
        let claims = std::fs::read_dir(self.allocation().join("data/.runs").join(run_id));
        let mut found: Vec<(String, bool)> = claims
            .into_iter()
            .flatten()
            .map(|claim| {
                let claim = claim.unwrap();
                let name = claim.file_name().into_string().unwrap();
                (name, claim.path().join("outcome.json").exists())
            })
            .collect();
        found.sort();
        found
    }

    /// Whether each file of a result stands on both sides, the same.
    pub(crate) fn assert_home(&self, result: &str) -> usize {
        let [there, home] =
            ["alcf832_scratch", "data832_scratch"].map(|key| self.sim.collection(key).path(result));
        let files = files(&there);
        assert!(!files.is_empty(), "{result}");
        for file in &files {
            let same = std::fs::read(there.join(file)).unwrap() == std::fs::read(home.join(file)).unwrap();
            assert!(same, "{}", file.display());
        }
        files.len()
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&below)).unwrap() {
            let entry = entry.unwrap();
            let path = below.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// Shows a figure or a word of the services to whoever runs the peers.
#[expect(clippy::print_stdout, reason = "the run is watched")]
fn told(text: &str) {
    println!("{text}");
}

/// Runs to the end; the report.
pub(crate) fn report(mut command: Command) -> Value {
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

fn texts<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one[key].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_reconstructed_and_comes_home() {
    let scene = Scene::start();
    scene.until_online(true).await;
    let beamline = Beamline::new(&scene, &json!({}));
    let raw = report(beamline.command("scicat-ingest-flow", "raw", "dataset_path=/global/raw/f/scan.h5"));
    assert_eq!(raw["ok"], true, "{raw:#}");
    let begun = Instant::now();
    let done = report(beamline.recon("R"));
    assert_eq!(done["ok"], true, "{done:#}");
    assert_eq!(texts(&done["steps"], "step"), ["reconstruct", "multiresolution"]);
    assert_eq!(texts(&done["steps"], "site"), ["alcf", "alcf"]);
    let copies = ["alcf832_raw", "data832_scratch", "data832_scratch"];
    assert_eq!(texts(&done["copies"], "endpoint"), copies);
    let slices = beamline.assert_home("f/recscan");
    let chunks = beamline.assert_home("f/recscan.zarr");
    let planned = &done["prunes"];
    assert_eq!(
        texts(planned, "endpoint"),
        ["alcf832_raw", "alcf832_scratch", "alcf832_scratch"]
    );
    let datasets = scene.sim.datasets();
    let derived = datasets.iter().filter(|one| one["type"] == "derived").count();
    assert_eq!(derived, 2);
    let claims = beamline.claims("R");
    assert!(
        claims.len() == 2 && claims.iter().all(|(_, ended)| *ended),
        "{claims:?}"
    );
    told(&format!(
        "alcf_recon_flow on a real endpoint: {slices} slices and {chunks} files of the volume home, {} prunes, \
         {derived} derived datasets, {:.1} s",
        planned.as_array().unwrap().len(),
        begun.elapsed().as_secs_f64()
    ));
    for (n, path, pair) in [
        (1, "f/scan.h5", ("alcf832_raw", "data832_raw")),
        (2, "f/recscan", ("alcf832_scratch", "data832_scratch")),
        (3, "f/recscan.zarr", ("alcf832_scratch", "data832_scratch")),
    ] {
        let mut prune = beamline.command(
            "prune_globus_endpoint",
            &format!("P{n}"),
            &format!("relative_path={path}"),
        );
        prune.args(["--param", &format!("source_endpoint={}", pair.0)]);
        prune.args(["--param", &format!("check_endpoint={}", pair.1)]);
        let pruned = report(prune);
        assert_eq!(pruned["outcome"], "deleted", "{pruned:#}");
        told(&format!("prune of {path} on {}: {}", pair.0, pruned["outcome"]));
    }
}

/// What the endpoint ran when it ended is lost, and the service has the task waiting for ever: the wait has an end, and
/// of what is begun anew nothing runs beside the first.
pub(crate) async fn restarted_in_the_middle(scene: &mut Scene) {
    scene.until_online(true).await;
    let recon = json!({ "time": "60s", "patience": "1s", "settle": "2s" });
    let beamline = Beamline::new(scene, &recon);
    let raw = report(beamline.command("scicat-ingest-flow", "raw", "dataset_path=/global/raw/f/scan.h5"));
    assert_eq!(raw["ok"], true, "{raw:#}");
    let script = beamline.allocation().join("scripts/globus_reconstruction.py");
    let good = std::fs::read_to_string(&script).unwrap();
    let begun = beamline.allocation().join("begun");
    let place = begun.to_str().unwrap();
    let waits = format!(
        "import os, time\nopen({place:?}, 'x').write(f'{{os.getpid()}} {{os.getppid()}}\\n')\ntime.sleep(3600)\n"
    );
    std::fs::write(&script, waits).unwrap();
    let waiting = beamline.recon("R").spawn().unwrap();
    let pids = loop {
        let pids = std::fs::read_to_string(&begun).unwrap_or_default();
        if pids.ends_with('\n') {
            break pids;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let (own, worker) = pids.trim().split_once(' ').unwrap();
    assert!(
        Command::new("kill")
            .args(["-9", worker])
            .status()
            .unwrap()
            .success()
    );
    std::fs::write(&script, good).unwrap();
    let stands = format!("/proc/{own}/stat");
    while std::fs::read_to_string(&stands).is_ok_and(|stat| !stat.contains(") Z ")) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    told("the script died with its worker");
    scene.endpoint.stop().unwrap();
    scene.endpoint.resume().unwrap();
    let since = Instant::now();
    let output = waiting.wait_with_output().unwrap();
    let mut last: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut codes = Vec::new();
    while last["ok"] != true {
        let error = &last["error"];
        told(&format!(
            "{:.0} s after the restart: {error}",
            since.elapsed().as_secs_f64()
        ));
        codes.push(error["code"].as_str().unwrap().to_owned());
        assert!(codes.len() < 100, "{codes:?}");
        assert!(
            ["no_end", "cut_off", "endpoint_offline"].contains(&codes[codes.len() - 1].as_str()),
            "{last:#}"
        );
        last = report(beamline.recon("R"));
    }
    assert!(codes.iter().any(|code| code == "cut_off"), "{codes:?}");
    let claims = beamline.claims("R");
    let reconstructions: Vec<bool> = claims
        .iter()
        .filter(|(name, _)| name.starts_with(".reconstruct."))
        .map(|(_, ended)| *ended)
        .collect();
    assert_eq!(reconstructions, [false, true], "{claims:?}");
    beamline.assert_home("f/recscan.zarr");
}
