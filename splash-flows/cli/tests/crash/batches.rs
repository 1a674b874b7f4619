//! SIGKILL around the submission of a task that several scans of a list share: one task a file and hop, each proved.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cases;
use crate::child::{Beamline, PATIENCE, document, finish, kill};

const NAMES: [&str; 4] = ["raw/l/1.h5", "raw/l/2, 3.h5", "raw/l/4.h5", "raw/m/5.h5"];

/// Where a request is caught, which of its kind, and whether before or after the service acted on it.
#[derive(Clone, Copy, Debug)]
struct Point {
    name: &'static str,
    operation: &'static str,
    nth: usize,
    effect: &'static str,
    /// `batch_across_runs`
    shared: bool,
}

impl Point {
    fn name(&self) -> String {
        let shared = if self.shared { ", runs share tasks" } else { "" };
        format!(
            "{}: {} of {} #{}{shared}",
            self.name, self.effect, self.operation, self.nth
        )
    }
}

/// Of the first hop and of the second, whose task is of what the first one delivered.
fn points() -> Vec<Point> {
    let kinds = [
        ("before the intent", "transfer.submission_id", "hold"),
        ("after the intent, not acted on", "transfer.submit", "hold-before"),
        ("acted on, reply held", "transfer.submit", "hold"),
        ("after the reply", "transfer.task_list", "hold-before"),
        (
            "ended, what it did not asked",
            "transfer.task_successful_transfers",
            "hold-before",
        ),
        (
            "ended, what it did unread",
            "transfer.task_successful_transfers",
            "hold",
        ),
    ];
    let each = kinds.into_iter().flat_map(|(name, operation, effect)| {
        [1, 2].map(|nth| Point {
            name,
            operation,
            nth,
            effect,
            shared: false,
        })
    });
    let mut points: Vec<Point> = each.collect();
    let proofs = [2, 4, 5].map(|nth| Point {
        name: "a look made, unread",
        operation: "transfer.ls",
        nth,
        effect: "hold",
        shared: false,
    });
    points.extend(proofs);
    let submissions = points.iter().filter(|point| point.operation == "transfer.submit");
    let shared = submissions.map(|point| Point {
        shared: true,
        ..*point
    });
    let shared: Vec<Point> = shared.collect();
    points.extend(shared);
    points
}

fn beamline(shared: bool) -> (Beamline, Value) {
    let beamline = Beamline::with(|sim| sim);
    let path = beamline.folder().join("config.yml");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config["batch_across_runs"] = json!(shared);
    std::fs::write(&path, config.to_string()).unwrap();
    let files = NAMES.map(|name| beamline.scan(name));
    (beamline, json!(files))
}

fn killed_at(point: &Point) {
    let (beamline, files) = beamline(point.shared);
    let command = || beamline.move_file("L", &files.to_string());
    let sim = &beamline.sim;
    let fault = format!("{}:{}=point,nth={}", point.operation, point.effect, point.nth);
    sim.fault(fault.parse().unwrap());
    let held = format!("{}=point", point.effect);
    let child = command().spawn().unwrap();
    let reached = sim.journal().wait_for(PATIENCE, |entries| {
        entries.iter().any(|entry| entry.fault.as_ref() == Some(&held))
    });
    kill(child);
    reached.unwrap();
    sim.clear_faults();
    let output = finish(command());
    let report = document(&output);
    assert!(output.status.success(), "{report:#}");
    assert_moved(&beamline, &report);
    // Nothing is left half done: the run is finished, and says what it said.
    let requests = sim.journal().entries().len();
    assert_eq!(document(&finish(command())), report);
    assert_eq!(sim.journal().entries().len(), requests);
}

/// Each file over each hop by one task that ended well, every copy proved and the scan's own bytes, one dataset and two
/// prunes a scan.
fn assert_moved(beamline: &Beamline, report: &Value) {
    let sim = &beamline.sim;
    let mut carried = BTreeSet::new();
    for task in sim.tasks() {
        assert_eq!(task.status, "SUCCEEDED", "{task:?}");
        for item in &task.items {
            let way = (task.source.clone(), task.destination.clone(), item.clone());
            assert!(carried.insert(way), "twice: {task:?}");
        }
    }
    assert_eq!(carried.len(), 2 * NAMES.len(), "{carried:#?}");
    assert_eq!(sim.tasks().len(), 2, "one task a hop");
    for name in NAMES {
        let bytes = sim.collection("spot832").read(name);
        for key in ["data832", "nersc832"] {
            assert!(sim.collection(key).read(name) == bytes, "{name} on {key}");
        }
    }
    let files = report["files"].as_array().unwrap();
    assert_eq!(files.len(), NAMES.len());
    for file in files {
        let copies = file["copies"].as_array().unwrap();
        let proved = copies.iter().filter(|copy| copy["verified"] == true).count();
        assert_eq!((&file["ok"], proved), (&json!(true), 2), "{file:#}");
    }
    assert_eq!(sim.datasets().len(), NAMES.len());
    let prunes = sim.flow_runs();
    let each: BTreeSet<_> = prunes.iter().map(|run| run["parameters"].to_string()).collect();
    assert_eq!((prunes.len(), each.len()), (2 * NAMES.len(), 2 * NAMES.len()));
}

/// Where the end of a task with a fatal file is caught: its cancellation, and what is asked because of it.
const FATAL_POINTS: [(&str, &str, usize); 7] = [
    ("transfer.task_cancel", "hold-before", 1),
    ("transfer.task_cancel", "hold", 1),
    ("transfer.task_get", "hold-before", 1),
    ("transfer.task_successful_transfers", "hold-before", 1),
    ("transfer.task_skipped_errors", "hold", 1),
    ("transfer.submission_id", "hold-before", 2),
    ("transfer.submit", "hold", 2),
];

/// The first file ends the first task, and the process with it.
fn killed_at_a_fatal_file((operation, effect, nth): &(&str, &str, usize)) {
    let (beamline, files) = beamline(false);
    let command = || beamline.move_file("L", &files.to_string());
    let sim = &beamline.sim;
    sim.fault(
        "task:permission-denied,destination=data832,times=1"
            .parse()
            .unwrap(),
    );
    sim.fault(format!("{operation}:{effect}=point,nth={nth}").parse().unwrap());
    let held = format!("{effect}=point");
    let child = command().spawn().unwrap();
    let reached = sim.journal().wait_for(PATIENCE, |entries| {
        entries.iter().any(|entry| entry.fault.as_ref() == Some(&held))
    });
    kill(child);
    reached.unwrap();
    sim.clear_faults();
    let output = finish(command());
    let report = document(&output);
    let files = report["files"].as_array().unwrap();
    let is_ok: Vec<bool> = files.iter().map(|file| file["ok"] == true).collect();
    assert_eq!(is_ok[1..], [true; 3], "{report:#}");
    // When its neighbours go again its own end may stand on record: then this run is the one that tries again.
    if *nth == 1 || !is_ok[0] {
        assert_eq!((output.status.code(), is_ok[0]), (Some(1), false), "{report:#}");
        assert_eq!(report["error"]["code"], "PERMISSION_DENIED", "{report:#}");
    }
    // The file that ended the task is tried again by the next run.
    let output = finish(command());
    let report = document(&output);
    assert!(output.status.success(), "{report:#}");
    for name in NAMES {
        let bytes = sim.collection("spot832").read(name);
        for key in ["data832", "nersc832"] {
            assert!(sim.collection(key).read(name) == bytes, "{name} on {key}");
        }
    }
}

#[test]
fn a_list_killed_while_a_fatal_file_ends_its_task_fails_that_file_alone_in_its_rerun() {
    let name = |(operation, effect, nth): &(&str, &str, usize)| format!("{effect} of {operation} #{nth}");
    cases::each(&FATAL_POINTS, name, killed_at_a_fatal_file);
}

#[test]
fn a_list_killed_around_its_submissions_is_completed_by_its_rerun_with_one_task_a_hop() {
    cases::each(&points(), Point::name, killed_at);
}
