//! Two processes on one run, and a run that is asked to stop.

use std::process::Command;

use crate::child::{document, finish};
use crate::scene::{Scene, Work};

/// The works during which a process is disturbed, with the task that is held meanwhile.
const HELD: &[(&[Work], Work, &str)] = &[
    (&[], Work::Move, "destination=data832"),
    (&[Work::Move], Work::PruneSpot, "source=spot832"),
];

#[test]
fn of_two_processes_on_one_move_or_prune_one_proceeds_and_the_other_names_it() {
    for (before, work, which) in HELD {
        let mut scene = Scene::after(before);
        scene.hold_task(which);
        let polls = scene.polls();
        let first = scene.command(*work).spawn().unwrap();
        scene.wait_for_polls(polls + 1);

        let requests = scene.effects();
        let second = finish(scene.command(*work));
        assert_eq!(second.status.code(), Some(1));
        let message = document(&second)["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&format!("process {}", first.id())), "{message}");
        assert_eq!(scene.effects(), requests, "the second one sends nothing");

        scene.beamline.sim.release("task");
        let output = first.wait_with_output().unwrap();
        scene.completed(*work, &output);
        scene.assert_sound();
    }
}

#[test]
fn a_move_or_prune_that_is_terminated_hands_over_and_cancels_nothing() {
    for (before, work, which) in HELD {
        let mut scene = Scene::after(before);
        scene.hold_task(which);
        let polls = scene.polls();
        let mut child = scene.command(*work).spawn().unwrap();
        scene.wait_for_polls(polls + 1);
        let sent = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(scene.beamline.sim.tasks().pop().unwrap().status, "ACTIVE");

        scene.beamline.sim.release("task");
        scene.complete(*work);
        scene.assert_sound();
    }
}
