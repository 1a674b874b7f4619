//! Kills are proved with kills.

use crate::child::{Beamline, document, finish, kill};

#[test]
fn killed_while_the_first_transfer_is_active_the_rerun_attaches_to_its_task() {
    let beamline = Beamline::with(|sim| sim.fault("task:hold=first,destination=data832".parse().unwrap()));
    let file = beamline.scan("raw/scan.h5");
    let child = beamline.move_file("R", &file).spawn().unwrap();
    beamline.wait_for("transfer.task_list");
    kill(child);
    beamline.sim.release("first");

    let output = finish(beamline.move_file("R", &file));
    let report = document(&output);
    assert!(output.status.success(), "{report:#}");
    assert_eq!(beamline.sim.tasks().len(), 2, "one task a hop");
    assert_eq!(beamline.sim.datasets().len(), 1);
    assert_eq!(beamline.sim.flow_runs().len(), 2);
    let source = beamline.sim.collection("spot832").read("raw/scan.h5");
    for copy in report["copies"].as_array().unwrap() {
        assert_eq!(copy["verified"], true);
        let key = copy["endpoint"].as_str().unwrap();
        assert!(
            beamline.sim.collection(key).read("raw/scan.h5") == source,
            "{key}"
        );
    }
}

#[test]
fn killed_after_the_submission_was_acted_on_and_before_its_reply_the_rerun_makes_no_second_task() {
    for operation in [
        "transfer.submit",
        "scicat.dataset_create",
        "prefect.flow_run_create",
    ] {
        let fault = format!("{operation}:hold=reply,nth=1");
        let beamline = Beamline::with(|sim| sim.fault(fault.parse().unwrap()));
        let file = beamline.scan("raw/scan.h5");
        let child = beamline.move_file("R", &file).spawn().unwrap();
        beamline.wait_for(operation);
        kill(child);
        beamline.sim.release("reply");

        let output = finish(beamline.move_file("R", &file));
        assert!(output.status.success(), "{operation}: {:#}", document(&output));
        assert_eq!(beamline.sim.tasks().len(), 2, "{operation}");
        assert_eq!(beamline.sim.datasets().len(), 1, "{operation}");
        assert_eq!(beamline.sim.flow_runs().len(), 2, "{operation}");
    }
}

#[test]
fn of_two_processes_on_one_run_the_second_says_who_holds_it() {
    let beamline = Beamline::with(|sim| sim.fault("task:hold=first,destination=data832".parse().unwrap()));
    let file = beamline.scan("raw/scan.h5");
    let mut first = beamline.move_file("R", &file).spawn().unwrap();
    beamline.wait_for("transfer.task_list");

    let second = finish(beamline.move_file("R", &file));
    assert_eq!(second.status.code(), Some(1));
    let message = document(&second)["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("process {}", first.id())), "{message}");

    beamline.sim.release("first");
    assert!(first.wait().unwrap().success());
    assert_eq!(beamline.sim.tasks().len(), 2);
}

#[test]
fn terminated_the_run_hands_over_and_the_task_goes_on() {
    let beamline = Beamline::with(|sim| sim.fault("task:hold=first,destination=data832".parse().unwrap()));
    let file = beamline.scan("raw/scan.h5");
    let mut child = beamline.move_file("R", &file).spawn().unwrap();
    beamline.wait_for("transfer.task_list");
    let sent = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(beamline.sim.tasks()[0].status, "ACTIVE", "nothing is cancelled");

    beamline.sim.release("first");
    assert!(finish(beamline.move_file("R", &file)).status.success());
    assert_eq!(beamline.sim.tasks().len(), 2);
}
