//! The simulator as a process: built, started on a folder of its own, ended with the handle.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::{Result, project, tools};

const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running simulator. Dropping it ends the process and removes its folder.
#[derive(Debug)]
pub(crate) struct Simulator {
    child: Child,
    folder: PathBuf,
}

impl Simulator {
    /// Builds the binary, starts it with `arguments` besides its own, and waits until it serves.
    pub(crate) fn start(arguments: &[&str]) -> Result<Self> {
        Self::built(&[], "debug", arguments, &[])
    }

    /// The same optimised, where its own speed would be measured otherwise.
    pub(crate) fn start_release(arguments: &[&str]) -> Result<Self> {
        Self::built(&["--release"], "release", arguments, &[])
    }

    /// As [`start`](Self::start), with these variables besides ours.
    pub(crate) fn start_in(arguments: &[&str], environment: &[(&str, PathBuf)]) -> Result<Self> {
        Self::built(&[], "debug", arguments, environment)
    }

    fn built(
        profile: &[&str],
        kind: &str,
        arguments: &[&str],
        environment: &[(&str, PathBuf)],
    ) -> Result<Self> {
        let build = [
            "build",
            "--quiet",
            "--package",
            "service-sim",
            "--bin",
            "service-sim",
        ];
        tools::run(tools::cargo(&[&build, profile].concat()))?;
        let folder = std::env::temp_dir().join(format!("splash-flows-peers-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let mut command = tools::command(
            project::target_folder()?.join(kind).join("service-sim"),
            arguments,
        );
        command.arg("--root").arg(folder.join("root"));
        command
            .arg("--env-file")
            .arg(folder.join("env"))
            .arg("--ready-json")
            .arg(folder.join("ready.json"));
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take();
        let simulator = Self { child, folder };
        wait_for_line(output.ok_or("the simulator's output is not ours")?)?;
        Ok(simulator)
    }

    /// The document that says where the services and the collections' folders are.
    pub(crate) fn ready_json(&self) -> PathBuf {
        self.folder.join("ready.json")
    }

    /// A folder for whoever uses this simulator.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Best effort: it may have ended by itself, and there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Waits for the first line, which says "ready", and goes on reading so that the process never blocks on its output.
fn wait_for_line(output: ChildStdout) -> Result {
    let (ready, first_line) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
            // Only the first line is waited for; later ones find nobody listening.
            let _ = ready.send(line);
        }
    });
    match first_line.recv_timeout(READY_WITHIN) {
        Ok(_) => Ok(()),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("the simulator ended before it was ready".into()),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(format!("the simulator was not ready within {} s", READY_WITHIN.as_secs()).into())
        }
    }
}
