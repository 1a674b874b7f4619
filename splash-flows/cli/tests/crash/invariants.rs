//! What must be true whatever happened: looked up on the simulated services, on their disks and in the record.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::scene::{NAME, Scene, Work};

impl Scene {
    /// Everything is where it should be and byte for byte the scan; one task, dataset and prune for each effect;
    /// every deletion proved and audited; nothing left aside; no secret anywhere.
    pub(crate) fn assert_sound(&self) {
        self.assert_places();
        self.assert_tasks();
        self.assert_catalogue();
        self.assert_schedule();
        self.assert_audit();
        self.assert_no_secret();
    }

    /// The endpoints that still have a copy.
    fn standing(&self) -> Vec<&'static str> {
        let moved = self.done.contains(&Work::Move);
        let gone: Vec<_> = self
            .done
            .iter()
            .filter_map(|work| work.pruned())
            .map(|pair| pair.0)
            .collect();
        ["spot832", "data832", "nersc832"]
            .into_iter()
            .filter(|key| *key == "spot832" || moved)
            .filter(|key| !gone.contains(key))
            .collect()
    }

    /// The hosts hold the copies and no other file, under whatever name.
    fn assert_places(&self) {
        let sim = &self.beamline.sim;
        let mut expected = BTreeSet::new();
        for key in self.standing() {
            let path = sim.collection(key).path(NAME);
            assert!(std::fs::read(&path).unwrap() == self.bytes, "{key}: other bytes");
            expected.insert(path);
        }
        let hosts: BTreeSet<_> = sim.collections().iter().map(|one| one.dir().to_owned()).collect();
        let found: BTreeSet<_> = hosts.iter().flat_map(|host| files_below(host)).collect();
        let raw = std::fs::read_dir(sim.collection("spot832").path("raw")).unwrap();
        for entry in raw {
            let name = entry.unwrap().file_name();
            assert_eq!(name, "2026", "left aside");
        }
        assert_eq!(found, expected);
    }

    fn assert_tasks(&self) {
        let sim = &self.beamline.sim;
        let mut seen = BTreeSet::new();
        for task in sim.tasks() {
            assert_eq!(task.status, "SUCCEEDED", "{task:?}");
            let effect = (task.kind.clone(), task.source.clone(), task.items.clone());
            assert!(seen.insert(effect), "a second task: {task:?}");
        }
        let expected: usize = self
            .done
            .iter()
            .map(|work| if *work == Work::Move { 2 } else { 1 })
            .sum();
        assert_eq!(seen.len(), expected, "{seen:#?}");
    }

    fn assert_catalogue(&self) {
        let datasets = self.beamline.sim.datasets();
        assert_eq!(datasets.len(), usize::from(self.done.contains(&Work::Move)));
        for dataset in datasets {
            assert_eq!(dataset["numberOfFiles"], 1, "one datablock: {dataset:#}");
            assert_eq!(dataset["size"], self.bytes.len());
        }
    }

    fn assert_schedule(&self) {
        let runs = self.beamline.sim.flow_runs();
        let names: BTreeSet<_> = runs.iter().map(|run| run["name"].as_str().unwrap()).collect();
        assert_eq!(runs.len(), names.len(), "scheduled twice: {runs:#?}");
        // A catalogue that could not be told is told later by a run of its own.
        let prunes = names.iter().filter(|name| name.starts_with("prune_")).count();
        let expected = if self.done.contains(&Work::Move) { 2 } else { 0 };
        assert_eq!(prunes, expected, "{names:?}");
    }

    /// Each deletion has a line of evidence with a witness that holds the scan's bytes.
    fn assert_audit(&self) {
        let sim = &self.beamline.sim;
        let lines = self.audit();
        for task in sim.tasks().iter().filter(|task| task.kind == "DELETE") {
            for (path, _) in &task.items {
                let proofs = lines.iter().map(|line| &line["evidence"]);
                let proof = proofs
                    .filter(|proof| proof["subject"]["collection"] == *task.source)
                    .find(|proof| proof["subject"]["path"] == *path)
                    .unwrap_or_else(|| panic!("no line of the audit log for {path:?}"));
                assert_eq!(proof["subject"]["size"], self.bytes.len());
                assert_eq!(proof["witness"]["size"], self.bytes.len());
                assert!(proof["task_id"].is_string() || proof["verified_by"] == "size");
            }
        }
    }

    /// The lines of the audit log, all of them whole.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.state_dir().join("audit.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Nothing that lets anybody in is in the journal or in the record of runs.
    fn assert_no_secret(&self) {
        let env = self.beamline.sim.env();
        let journal = serde_json::to_vec(&self.beamline.sim.journal().entries()).unwrap();
        let record = files_below(&self.state_dir())
            .into_iter()
            .map(|path| std::fs::read(path).unwrap());
        for bytes in record.chain([journal]) {
            let text = String::from_utf8_lossy(&bytes);
            for name in ["GLOBUS_CLIENT_SECRET", "SCICAT_INGEST_PASSWORD"] {
                assert!(!text.contains(&env[name]), "{name} is on record");
            }
            assert!(!text.contains("Bearer "), "a token is on record");
        }
    }

    /// Where the runs are recorded.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.beamline.folder().join(".local/state/splash-flows")
    }
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}
