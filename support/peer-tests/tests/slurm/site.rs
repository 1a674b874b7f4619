//! A facility whose jobs a real Slurm runs, and the command run on it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use scan_h5::{ScanSpec, write_scan};
use serde_json::{Map, Value, json};
use service_sim::{Sim, SimBuilder, default_collections};

use crate::support::PATIENCE;

pub(crate) struct Site {
    pub(crate) sim: Sim,
    pub(crate) folder: tempfile::TempDir,
}

/// The folder of jobs on scratch: that of the user who asks Slurm.
pub(crate) fn scratch() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    let user = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    format!("/pscratch/sd/{}/{user}/8.3.2", &user[..1])
}

impl Site {
    pub(crate) fn new(recon: &Value) -> Self {
        Self::with(recon, |sim| sim)
    }

    /// A facility whose reconstructions ask for this, and share the node with those of other tests.
    pub(crate) fn with(recon: &Value, change: impl FnOnce(SimBuilder) -> SimBuilder) -> Self {
        let sim = change(Sim::builder().transfer().prefect().sfapi().slurm())
            .start()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = sim.collection("nersc832").dir().to_owned();
        let endpoints: Map<String, Value> = default_collections()
            .into_iter()
            .map(|spec| {
                let collection = sim.collection(&spec.key);
                let mut root_path = collection.root_path().to_owned();
                if let Some((_, part)) = root_path.split_once("/pscratch/sd/a/alsdev/8.3.2") {
                    root_path = scratch() + part;
                    std::fs::create_dir_all(root.join(root_path.trim_start_matches('/'))).unwrap();
                }
                let endpoint = json!({
                    "uuid": collection.uuid(), "uri": collection.host(), "name": spec.key, "root_path": root_path,
                });
                (spec.key, endpoint)
            })
            .collect();
        let mut settings = json!({ "settle": "8s", "exclusive": false, "cpus_per_task": 1, "time": "5m" });
        for (key, value) in recon.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let config = json!({ "globus": { "globus_endpoints": endpoints }, "nersc_recon": settings });
        std::fs::write(folder.path().join("config.yml"), config.to_string()).unwrap();
        let site = Self { sim, folder };
        site.scan("f/scan.h5");
        site
    }

    /// Writes a small scan where reconstructions at the centre find it.
    pub(crate) fn scan(&self, name: &str) {
        let path = self.sim.collection("nersc832_alsdev_raw").path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_scan(&path, &ScanSpec::new(2, 16, 16)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("SPLASH_FLOWS").expect("SPLASH_FLOWS"));
        command
            .env_clear()
            .envs(self.sim.env())
            .env("HOME", self.folder.path())
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn flow(&self, run_id: &str, flow: &str, parameters: &[&str]) -> Command {
        let mut command = self.command(&["run", flow, "--json", "--run-id", run_id]);
        for parameter in parameters {
            command.args(["--param", parameter]);
        }
        command
    }

    pub(crate) fn recon(&self, run_id: &str) -> Command {
        self.flow(run_id, "nersc_recon_flow", &["file_path=/global/raw/f/scan.h5"])
    }

    /// Where a path of the centre's host is here.
    pub(crate) fn here(&self, path: &str) -> PathBuf {
        let host = self.sim.collection("nersc832");
        host.dir().join(path.trim_start_matches('/'))
    }

    /// Puts another reconstruction in the place of the site's.
    pub(crate) fn script(&self, text: &str) {
        self.script_of("sfapi_reconstruction.py", text);
    }

    /// Puts another script in the place of one of the site's.
    pub(crate) fn script_of(&self, name: &str, text: &str) {
        self.sim
            .collection("nersc832_alsdev_recon_scripts")
            .write(name, text);
    }

    /// How many jobs passed the fences of a run.
    pub(crate) fn claims(&self, run_id: &str) -> usize {
        std::fs::read_dir(self.here(&format!("{}/.runs/{run_id}", scratch())))
            .unwrap()
            .count()
    }

    pub(crate) fn wait_for(&self, is_so: impl Fn(&service_sim::Entry) -> bool) {
        let journal = self.sim.journal();
        journal
            .wait_for(PATIENCE, |seen| seen.iter().any(&is_so))
            .unwrap();
    }
}
