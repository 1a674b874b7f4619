//! SIGKILL at every named point: before and after each request of a run, and while its task runs or has ended.

use std::time::{Duration, Instant};

use crate::cases;
use crate::child::{PATIENCE, kill};
use crate::scene::{Scene, Work};

/// One kind of request of a run, how often a calm run makes it, and what its arrival and its answer mean.
struct Request {
    operation: &'static str,
    times: usize,
    before: &'static str,
    after: &'static str,
}

const fn request(
    operation: &'static str,
    times: usize,
    before: &'static str,
    after: &'static str,
) -> Request {
    Request {
        operation,
        times,
        before,
        after,
    }
}

/// Every request of a move.
const MOVE: &[Request] = &[
    request(
        "prefect.variable_list",
        3,
        "before the record of export control",
        "record of export control unread",
    ),
    request(
        "prefect.artifact_latest",
        10,
        "before a look at the record",
        "record unread",
    ),
    request(
        "prefect.artifact_create",
        6,
        "not on record",
        "on record, reply held",
    ),
    request(
        "prefect.artifact_latest_list",
        1,
        "before a look at the open ingests",
        "open ingests unread",
    ),
    request("auth.token", 1, "before the login", "logged in, unread"),
    request("prefect.health", 1, "before the preflight", "preflight begun"),
    request(
        "prefect.deployment_by_name",
        1,
        "before a look at the schedule",
        "schedule there, unread",
    ),
    request(
        "prefect.variable_get",
        1,
        "before the retention",
        "retention unread",
    ),
    request("transfer.stat", 5, "before a listing", "listing made, unread"),
    request(
        "transfer.submission_id",
        2,
        "before the submission id",
        "before the intent",
    ),
    request(
        "transfer.submit",
        2,
        "after the intent, not acted on",
        "acted on, reply held",
    ),
    request("transfer.task_list", 2, "before the first poll", "polled, unread"),
    request(
        "scicat.login",
        1,
        "before the catalogue's login",
        "catalogue's login unread",
    ),
    request("scicat.dataset_find", 1, "before the search", "search unread"),
    request(
        "scicat.dataset_create",
        1,
        "after the intent, no dataset",
        "dataset made, reply held",
    ),
    request(
        "scicat.origdatablock_create",
        1,
        "dataset without datablock",
        "datablock made, reply held",
    ),
    request(
        "scicat.attachment_create",
        1,
        "dataset without picture",
        "picture made, reply held",
    ),
    request(
        "scicat.dataset_get",
        1,
        "before the copies are listed",
        "dataset unread",
    ),
    request(
        "scicat.datablock_list",
        2,
        "before a look at the copies",
        "copies unread",
    ),
    request(
        "scicat.datablock_create",
        2,
        "a copy not in the catalogue",
        "copy in the catalogue, reply held",
    ),
    request(
        "prefect.flow_run_create",
        2,
        "after the intent, not scheduled",
        "scheduled, reply held",
    ),
];

/// Every request of a prune of one file.
const PRUNE: &[Request] = &[
    request(
        "prefect.artifact_latest_list",
        2,
        "before a look at the open prunes",
        "open prunes unread",
    ),
    request(
        "prefect.artifact_latest",
        6,
        "before a look at the record",
        "record unread",
    ),
    request(
        "prefect.artifact_create",
        2,
        "deleted, not on record",
        "on record, reply held",
    ),
    request(
        "prefect.variable_get",
        1,
        "before the hold is asked for",
        "hold unread",
    ),
    request("auth.token", 1, "before the login", "logged in, unread"),
    request("transfer.stat", 5, "before a listing", "listing made, unread"),
    request(
        "transfer.submission_id",
        1,
        "before the submission id",
        "before the intent to delete",
    ),
    request(
        "transfer.delete",
        1,
        "after the intent, not acted on",
        "deletion acted on, reply held",
    ),
    request("transfer.task_list", 1, "before the first poll", "polled, unread"),
    request(
        "scicat.login",
        1,
        "deleted, the catalogue not told",
        "catalogue's login unread",
    ),
    request("scicat.dataset_find", 1, "before the search", "search unread"),
];

/// Every request of a prune of a folder.
const FOLDER: &[Request] = &[
    request(
        "prefect.artifact_latest_list",
        2,
        "before a look at the open prunes",
        "open prunes unread",
    ),
    request(
        "prefect.artifact_latest",
        5,
        "before a look at the record",
        "record unread",
    ),
    request(
        "prefect.artifact_create",
        1,
        "deleted, not on record",
        "on record, reply held",
    ),
    request(
        "prefect.variable_get",
        1,
        "before the hold is asked for",
        "hold unread",
    ),
    request("auth.token", 1, "before the login", "logged in, unread"),
    request("transfer.stat", 6, "before a look", "looked, unread"),
    request("transfer.ls", 4, "before a listing", "listing made, unread"),
    request(
        "transfer.rename",
        1,
        "after the intent, not renamed",
        "renamed aside, reply held",
    ),
    request(
        "transfer.submission_id",
        1,
        "between rename and delete",
        "between rename and the intent to delete",
    ),
    request(
        "transfer.delete",
        1,
        "renamed, deletion not acted on",
        "deletion acted on, reply held",
    ),
    request(
        "transfer.task_list",
        1,
        "before the first poll",
        "between delete and record",
    ),
    request(
        "scicat.login",
        1,
        "deleted, the catalogue not told",
        "catalogue's login unread",
    ),
    request("scicat.dataset_find", 1, "before the search", "search unread"),
];

/// An instant at which the process is killed.
#[derive(Clone, Copy, Debug)]
struct Point {
    name: &'static str,
    operation: &'static str,
    nth: usize,
    effect: &'static str,
}

impl Point {
    fn name(&self) -> String {
        format!(
            "{}: {} of {} #{}",
            self.name, self.effect, self.operation, self.nth
        )
    }

    fn fault(&self) -> String {
        format!("{}:{}=point,nth={}", self.operation, self.effect, self.nth)
    }
}

/// Both instants of each request of the table.
fn points(table: &[Request]) -> Vec<Point> {
    let each = |request: &'static str, nth, name, effect| Point {
        name,
        operation: request,
        nth,
        effect,
    };
    table
        .iter()
        .flat_map(|row| (1..=row.times).map(move |nth| (row, nth)))
        .flat_map(|(row, nth)| {
            [
                each(row.operation, nth, row.before, "hold-before"),
                each(row.operation, nth, row.after, "hold"),
            ]
        })
        .collect()
}

/// Kills the work at the point, lets the services go on, runs it again, and looks at what there is.
fn killed_at(before: &[Work], work: Work, point: &Point) {
    let mut scene = Scene::after(before);
    scene.beamline.sim.fault(point.fault().parse().unwrap());
    let held = format!("{}=point", point.effect);
    scene.kill_when(work, |entries| {
        entries.iter().any(|entry| entry.fault.as_ref() == Some(&held))
    });
    scene.beamline.sim.clear_faults();
    scene.complete(work);
    scene.assert_sound();
}

/// The table must have every request that a run makes, else a point would be left out unseen.
fn assert_complete(table: &[Request], operations: &[String]) {
    for row in table {
        let times = operations.iter().filter(|made| *made == row.operation).count();
        assert_eq!(times, row.times, "{} in {operations:?}", row.operation);
    }
    let total: usize = table.iter().map(|row| row.times).sum();
    assert_eq!(operations.len(), total, "{operations:?}");
}

#[test]
fn the_tables_have_every_request_of_a_move_and_of_a_prune() {
    let mut scene = Scene::after(&[Work::Move]);
    let moved = scene.operations();
    assert_complete(MOVE, &moved);
    scene.complete(Work::PruneSpot);
    assert_complete(PRUNE, &scene.operations()[moved.len()..]);
    scene.assert_sound();
    let mut scene = Scene::after(&[Work::Move]);
    scene.complete(Work::PruneFolder);
    assert_complete(FOLDER, &scene.operations()[moved.len()..]);
    scene.assert_sound();
}

#[test]
fn a_move_killed_before_or_after_any_of_its_requests_is_completed_by_its_rerun() {
    cases::each(&points(MOVE), Point::name, |point| {
        killed_at(&[], Work::Move, point);
    });
}

#[test]
fn a_prune_killed_before_or_after_any_of_its_requests_is_completed_by_its_rerun() {
    cases::each(&points(PRUNE), Point::name, |point| {
        killed_at(&[Work::Move], Work::PruneSpot, point);
    });
}

#[test]
fn a_prune_of_a_folder_killed_before_or_after_any_of_its_requests_is_completed_by_its_rerun() {
    cases::each(&points(FOLDER), Point::name, |point| {
        killed_at(&[Work::Move], Work::PruneFolder, point);
    });
}

/// A task that is held, and the work that waits for it.
const TASKS: &[(&str, &[Work], Work)] = &[
    ("destination=data832", &[], Work::Move),
    ("destination=nersc832", &[], Work::Move),
    ("source=spot832", &[Work::Move], Work::PruneSpot),
    ("source=spot832", &[Work::Move], Work::PruneFolder),
    ("source=data832", &[Work::Move, Work::PruneSpot], Work::PruneData),
];

#[test]
fn killed_while_its_task_is_active_or_deleting_the_rerun_waits_for_the_same_task() {
    cases::each(
        TASKS,
        |task| format!("{:?} {}", task.2, task.0),
        |(which, before, work)| {
            let mut scene = Scene::after(before);
            let tasks = scene.beamline.sim.tasks().len();
            scene.hold_task(which);
            let polled = usize::from(*which == "destination=nersc832") + 1;
            scene.kill_when(*work, |entries| {
                entries
                    .iter()
                    .filter(|entry| entry.operation == "transfer.task_list")
                    .count()
                    >= polled
            });
            let active = scene.beamline.sim.tasks().pop().unwrap();
            assert_eq!(active.status, "ACTIVE", "nothing is cancelled");
            assert!(scene.beamline.sim.tasks().len() > tasks);
            scene.beamline.sim.clear_faults();
            scene.complete(*work);
            scene.assert_sound();
        },
    );
}

#[test]
fn killed_when_its_task_has_ended_and_nobody_has_read_it_the_rerun_reads_it() {
    cases::each(
        TASKS,
        |task| format!("{:?} {}", task.2, task.0),
        |(which, before, work)| {
            let mut scene = Scene::after(before);
            let sim = &scene.beamline.sim;
            let tasks = sim.tasks().len();
            scene.hold_task(which);
            let child = scene.command(*work).spawn().unwrap();
            wait_until("the task is submitted", || {
                sim.tasks()
                    .iter()
                    .skip(tasks)
                    .any(|task| task.status == "ACTIVE" && scene.is_held(task, which))
            });
            sim.fault("transfer.task_list:hold=unread".parse().unwrap());
            sim.release("task");
            wait_until("the task has ended and its answer is held", || {
                let held = sim
                    .journal()
                    .count(|entry| entry.fault.as_deref() == Some("hold=unread"));
                held > 0 && sim.tasks().iter().all(|task| task.status == "SUCCEEDED")
            });
            kill(child);
            sim.clear_faults();
            scene.complete(*work);
            scene.assert_sound();
        },
    );
}

/// Looks again and again: tasks make no entry in the journal when they end.
fn wait_until(what: &str, seen: impl Fn() -> bool) {
    let begun = Instant::now();
    while !seen() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
