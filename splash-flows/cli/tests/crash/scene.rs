//! A beamline with one scan, and the flows that run on it.

use std::process::{Command, Output};

use service_sim::{Entry, TaskView};

use crate::child::{Beamline, PATIENCE, document, finish, kill};

/// The scan's path below every root.
pub(crate) const NAME: &str = "raw/2026/scan.h5";
/// The folder that it stands in.
pub(crate) const FOLDER: &str = "raw/2026";

/// A flow on the scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// spot832 -> data832 -> nersc832, catalogue, two prunes scheduled.
    Move,
    /// spot832's copy goes, proved by data832.
    PruneSpot,
    /// data832's copy goes, proved by nersc832.
    PruneData,
    /// spot832's folder goes with the scan in it: renamed aside, listed again, deleted recursively.
    PruneFolder,
}

impl Work {
    /// The run's id: one for each flow, so that a rerun goes on with the same run.
    pub(crate) fn run_id(self) -> &'static str {
        match self {
            Self::Move => "M",
            Self::PruneSpot => "P",
            Self::PruneData => "Q",
            Self::PruneFolder => "F",
        }
    }

    /// The endpoint whose copy goes, and the one that proves it.
    pub(crate) fn pruned(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Move => None,
            Self::PruneSpot | Self::PruneFolder => Some(("spot832", "data832")),
            Self::PruneData => Some(("data832", "nersc832")),
        }
    }
}

/// A beamline, its scan as it was written, and the flows that ended well on it.
pub(crate) struct Scene {
    pub(crate) beamline: Beamline,
    pub(crate) bytes: Vec<u8>,
    pub(crate) done: Vec<Work>,
}

impl Scene {
    /// A beamline whose scan has been through `before`, without a fault.
    pub(crate) fn after(before: &[Work]) -> Self {
        let beamline = Beamline::with(|sim| sim);
        beamline.scan(NAME);
        let bytes = beamline.sim.collection("spot832").read(NAME);
        let mut scene = Self {
            beamline,
            bytes,
            done: Vec::new(),
        };
        for work in before {
            scene.complete(*work);
        }
        scene
    }

    /// The binary, about to do the work.
    pub(crate) fn command(&self, work: Work) -> Command {
        let Some((source, check)) = work.pruned() else {
            return self.beamline.move_file(work.run_id(), &format!("/global/{NAME}"));
        };
        let (path, verify) = match work {
            Work::PruneFolder => (FOLDER, "size"),
            _ => (NAME, "delivery"),
        };
        self.beamline.command(&[
            "run",
            "prune_globus_endpoint",
            "--json",
            "--run-id",
            work.run_id(),
            "--param",
            &format!("relative_path=/{path}"),
            "--param",
            &format!("verify={verify}"),
            "--param",
            &format!("source_endpoint={source}"),
            "--param",
            &format!("check_endpoint={check}"),
        ])
    }

    /// Does the work to its end, which must be good.
    pub(crate) fn complete(&mut self, work: Work) {
        let output = finish(self.command(work));
        self.completed(work, &output);
    }

    /// Notes that the work was done by a process that has ended.
    pub(crate) fn completed(&mut self, work: Work, output: &Output) {
        assert!(output.status.success(), "{work:?}: {:#}", document(output));
        self.done.push(work);
    }

    /// Starts the work and kills it as soon as the journal shows a request that satisfies `seen`.
    pub(crate) fn kill_when(&self, work: Work, seen: impl Fn(&[Entry]) -> bool) {
        let before = self.beamline.sim.journal().entries().len();
        let child = self.command(work).spawn().unwrap();
        let reached = self
            .beamline
            .sim
            .journal()
            .wait_for(PATIENCE, |entries| seen(&entries[before..]));
        kill(child);
        reached.unwrap();
    }

    /// Holds the task that the keys name until `task` is released.
    pub(crate) fn hold_task(&self, which: &str) {
        self.beamline
            .sim
            .fault(format!("task:hold=task,{which}").parse().unwrap());
    }

    /// Whether [`Self::hold_task`] holds this task.
    pub(crate) fn is_held(&self, task: &TaskView, which: &str) -> bool {
        let uuid = |key: &str| self.beamline.sim.collection(key).uuid().to_owned();
        match which.split_once('=') {
            Some(("source", key)) => task.source == uuid(key),
            Some((_, key)) => task.destination == uuid(key),
            None => false,
        }
    }

    /// How often tasks were asked about.
    pub(crate) fn polls(&self) -> usize {
        let journal = self.beamline.sim.journal();
        journal.count(|entry| entry.operation == "transfer.task_list")
    }

    /// Waits until tasks were asked about so often.
    pub(crate) fn wait_for_polls(&self, polls: usize) {
        let journal = self.beamline.sim.journal();
        let is_poll = |entry: &&Entry| entry.operation == "transfer.task_list";
        journal
            .wait_for(PATIENCE, |seen| seen.iter().filter(is_poll).count() >= polls)
            .unwrap();
    }

    /// How many requests there were that change something at a service.
    pub(crate) fn effects(&self) -> usize {
        let effects = [
            "transfer.submit",
            "transfer.delete",
            "transfer.rename",
            "scicat.dataset_create",
            "scicat.origdatablock_create",
            "prefect.flow_run_create",
        ];
        let journal = self.beamline.sim.journal();
        journal.count(|entry| effects.contains(&entry.operation.as_str()))
    }

    /// The operations of all requests, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        let entries = self.beamline.sim.journal().entries();
        entries.into_iter().map(|entry| entry.operation).collect()
    }
}
