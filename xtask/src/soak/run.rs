//! Runs of flows: as processes of their own that are killed now and then, or one by one in a worker that lives on.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::site::Site;
use crate::Result;

/// What is run.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) run_id: String,
    pub(super) flow: &'static str,
    pub(super) parameters: Value,
    /// Which scan it is about.
    pub(super) scan: usize,
    /// How often it was begun.
    pub(super) tries: u32,
}

/// How a run ended.
#[derive(Debug)]
pub(super) enum End {
    Killed,
    Report(Value),
}

/// A run in a process of its own.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) work: Work,
    child: Child,
    begun: Instant,
    /// How long it may live.
    life: Option<Duration>,
}

impl Process {
    /// Starts the command. What it logs, at the level `log`, goes to a file of the soak's folder.
    pub(super) fn start(site: &Site, mut work: Work, life: Option<Duration>, log: &str) -> Result<Self> {
        work.tries += 1;
        let file = format!("{}-{}.log", work.run_id, work.tries);
        let mut command = site.command();
        command.args(["run", work.flow, "--json", "--run-id", &work.run_id]);
        for (name, value) in work.parameters.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            command.args(["--param", &format!("{name}={text}")]);
        }
        command.env("RUST_LOG", log).stdout(Stdio::piped());
        command.stderr(File::create(site.folder.join("logs").join(file))?);
        Ok(Self {
            work,
            child: command.spawn()?,
            begun: Instant::now(),
            life,
        })
    }

    /// Whether it has ended, by itself or because its time is up.
    pub(super) fn poll(&mut self) -> Result<Option<End>> {
        if self.life.is_some_and(|life| self.begun.elapsed() >= life) {
            // A report that came just before is lost, as it is when a machine goes down.
            self.child.kill()?;
            self.child.wait()?;
            return Ok(Some(End::Killed));
        }
        if self.child.try_wait()?.is_none() {
            return Ok(None);
        }
        let output = self.child.stdout.take().ok_or("the run's output is not ours")?;
        let report = serde_json::from_reader(output)
            .map_err(|error| format!("run {} ended without a report: {error}", self.work.run_id))?;
        Ok(Some(End::Report(report)))
    }

    /// How long it has run.
    pub(super) fn age(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended, except where the soak is given up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One process that runs flows for as long as the soak goes on.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    asked: Option<ChildStdin>,
    answers: Receiver<String>,
    pub(super) work: Option<Work>,
}

impl Worker {
    /// Starts it.
    pub(super) fn start(site: &Site) -> Result<Self> {
        let mut child = site.worker().spawn()?;
        let output = child.stdout.take().ok_or("the worker's output is not ours")?;
        Ok(Self {
            asked: child.stdin.take(),
            child,
            answers: lines(output),
            work: None,
        })
    }

    /// Gives it a run; it must have none.
    pub(super) fn give(&mut self, mut work: Work) -> Result {
        work.tries += 1;
        let line = json!({ "run_id": work.run_id, "flow": work.flow, "parameters": work.parameters });
        let asked = self.asked.as_mut().ok_or("the worker does not listen")?;
        writeln!(asked, "{line}")?;
        self.work = Some(work);
        Ok(())
    }

    /// The report of its run, once there is one.
    pub(super) fn poll(&mut self) -> Result<Option<(Work, Value)>> {
        match self.answers.try_recv() {
            Ok(line) => {
                let work = self
                    .work
                    .take()
                    .ok_or("the worker answers what it was not asked")?;
                Ok(Some((work, serde_json::from_str(&line)?)))
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err("the worker ended, and nobody killed it".into()),
        }
    }

    /// Its memory, in KiB.
    pub(super) fn rss_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line
            .and_then(|line| line.split_whitespace().next())
            .ok_or("no VmRSS")?;
        Ok(number.parse()?)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.asked.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that a process prints, as they come.
fn lines(output: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
