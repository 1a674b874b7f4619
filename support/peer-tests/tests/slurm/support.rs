//! The simulator over Slurm, and scripts for it.

use std::path::PathBuf;
use std::process::Command as Process;
use std::time::Duration;

use service_sim::{Sim, SimBuilder};
use sfapi::slurm::Script;
use sfapi::{Client, JobId, JobWatcher, Machine};

pub(crate) struct Scene {
    pub(crate) sim: Sim,
    pub(crate) client: Client,
    pub(crate) machine: Machine,
}

pub(crate) fn scene(set_up: impl FnOnce(SimBuilder) -> SimBuilder) -> Scene {
    let sim = set_up(Sim::builder().sfapi().slurm()).start().unwrap();
    let env = sim.env();
    let client = Client::from_vars(|name| env.get(name).cloned()).unwrap();
    let machine = Machine::perlmutter();
    Scene { sim, client, machine }
}

/// A folder of the host's, as the host names it.
pub(crate) const WORK: &str = "/pscratch/sd/a/alsdev";

impl Scene {
    pub(crate) fn watcher(&self) -> JobWatcher {
        JobWatcher::new(&self.client, &self.machine)
    }

    pub(crate) async fn submit(&self, script: &Script) -> sfapi::Result<JobId> {
        self.client
            .compute(&self.machine)
            .submit(script.text()?)
            .send()
            .await
    }

    /// Where a path of the host is here.
    pub(crate) fn here(&self, path: &str) -> PathBuf {
        let dir = self.sim.collection("nersc832").dir().display().to_string();
        PathBuf::from(dir + path)
    }

    /// How many requests of this operation there were.
    pub(crate) fn requests(&self, operation: &str) -> usize {
        self.sim.journal().count(|entry| entry.operation == operation)
    }
}

pub(crate) fn script(name: &str, shell: &str) -> Script {
    Script::new(name)
        .qos("debug")
        .account("als")
        .constraint("cpu")
        .nodes(1)
        .time(Duration::from_secs(60))
        .output(format!("{WORK}/%x_%j.out"))
        .error(format!("{WORK}/%x_%j.err"))
        .shell_line(shell)
}

/// The states of all jobs of this name, by Slurm's own accounting, once it knows at least so many. It knows a job's end
/// before its name, when much happens at once.
pub(crate) async fn accounted(name: &str, at_least: usize) -> Vec<String> {
    for _ in 0..120 {
        let states = by_name(name);
        if states.len() >= at_least {
            return states;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    by_name(name)
}

fn by_name(name: &str) -> Vec<String> {
    let mut sacct = Process::new("sacct");
    sacct.args(["-n", "-X", "-P", "--format=state", &format!("--name={name}")]);
    let output = sacct.output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Long enough for any machine; nothing waits it out unless a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Name and state of all jobs whose name holds `part`, in the order of their ids, by Slurm's own accounting, once it knows
/// at least so many and the end of each.
pub(crate) fn accounted_like(part: &str, at_least: usize) -> Vec<(String, String)> {
    let begun = std::time::Instant::now();
    loop {
        let mut sacct = Process::new("sacct");
        sacct.args(["-n", "-X", "-P", "-S", "now-1days", "--format=jobname,state"]);
        let output = sacct.output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let rows = text.lines().filter_map(|line| line.split_once('|'));
        let ours: Vec<(String, String)> = rows
            .filter(|(name, _)| name.contains(part))
            .map(|(name, state)| (name.to_owned(), state.to_owned()))
            .collect();
        let living = ours
            .iter()
            .any(|(_, state)| ["PENDING", "RUNNING", "COMPLETING"].contains(&state.as_str()));
        if (ours.len() >= at_least && !living) || begun.elapsed() > PATIENCE {
            return ours;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}
