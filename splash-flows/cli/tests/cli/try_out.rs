//! `check transfer` and `flight-check`: what can be done on an endpoint, and nothing left of it.

use std::path::Path;
use std::process::Output;

use rustix::process::{Pid, Signal, kill_process};

use crate::child::{Beamline, document, finish};

/// A beamline with a small file on data832.
fn beamline(faults: &[&str]) -> Beamline {
    let beamline = Beamline::with(|sim| {
        let faults = faults.iter().map(|fault| fault.parse().unwrap());
        faults.fold(sim, service_sim::SimBuilder::fault)
    });
    beamline
        .sim
        .collection("data832")
        .write("raw/small.txt", b"eleven byte");
    beamline
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(str::to_owned).collect()
}

/// The first word of each line with the step's name.
fn steps(output: &Output) -> Vec<String> {
    lines(output)
        .iter()
        .map(|line| line[..16].split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// The names in the endpoint's root.
fn names(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn assert_clean(beamline: &Beamline) {
    let data = beamline.sim.collection("data832");
    let left = names(&data.path(""));
    assert!(!left.iter().any(|name| name.contains("check")), "{left:?}");
    assert_eq!(names(&data.path("raw")), ["small.txt"]);
}

#[test]
fn every_step_is_tried_and_nothing_is_left() {
    let beamline = beamline(&[]);
    let output = finish(beamline.command(&["check", "transfer", "data832"]));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        steps(&output),
        [
            "ok collection",
            "ok list",
            "ok make",
            "ok write",
            "ok read back",
            "ok delete"
        ]
    );
    let told = lines(&output);
    assert!(
        told[0].contains("data832, of ") && told[0].contains("guest_collection"),
        "{told:?}"
    );
    assert!(told[3].contains("11 bytes of /raw/small.txt"), "{told:?}");
    assert_clean(&beamline);
    let audit = beamline.folder().join(".local/state/splash-flows/audit.jsonl");
    let audit = std::fs::read_to_string(audit).unwrap();
    assert_eq!(audit.lines().count(), 1);
    assert!(
        audit.contains("remove_own") && audit.contains(".splash-flows-check-"),
        "{audit}"
    );
}

#[test]
fn read_only_changes_nothing_and_takes_a_uuid_too() {
    let beamline = beamline(&[]);
    let uuid = beamline.sim.collection("data832").uuid().to_owned();
    for name in ["data832", uuid.as_str()] {
        let output = finish(beamline.command(&["check", "transfer", name, "--read-only"]));
        assert!(output.status.success(), "{output:?}");
        assert_eq!(steps(&output), ["ok collection", "ok list"]);
    }
    let changes = beamline.sim.journal().count(|entry| {
        ["transfer.mkdir", "transfer.submit", "transfer.delete"].contains(&entry.operation.as_str())
    });
    assert_eq!(changes, 0);
}

#[test]
fn each_failure_says_what_to_do_and_what_was_made_is_deleted() {
    for (fault, failing, remedy) in [
        (
            "transfer.endpoint_get:status=401,times=9",
            "FAIL collection",
            "splash-flows login",
        ),
        (
            "transfer.ls:status=404,times=1",
            "FAIL list",
            "root_path in config.yml",
        ),
        ("transfer.mkdir:status=403", "FAIL make", "rights there"),
        (
            "task:fail,code=PERMISSION_DENIED,nth=1",
            "FAIL write",
            "mend the cause",
        ),
        ("task:permission-denied,nth=2", "FAIL read back", "mend the cause"),
    ] {
        let beamline = beamline(&[fault]);
        let output = finish(beamline.command(&["check", "transfer", "data832"]));
        assert_eq!(output.status.code(), Some(1), "{fault}: {output:?}");
        let told = lines(&output);
        let at = steps(&output).iter().position(|step| step == failing);
        let at = at.unwrap_or_else(|| panic!("{fault}: {told:?}"));
        assert!(told[at].contains(remedy), "{fault}: {told:?}");
        assert_clean(&beamline);
    }
}

#[test]
fn what_cannot_be_deleted_is_named() {
    let beamline = beamline(&["transfer.delete:status=403"]);
    let output = finish(beamline.command(&["check", "transfer", "data832"]));
    assert_eq!(output.status.code(), Some(1));
    let last = lines(&output).pop().unwrap();
    assert!(
        last.starts_with("FAIL  delete") && last.contains("/.splash-flows-check-"),
        "{last}"
    );
    assert!(last.contains("remove it by hand"), "{last}");
}

#[test]
fn what_is_not_ours_in_the_folder_stays() {
    let beamline = beamline(&["transfer.delete:hold-before=deletion"]);
    let mut command = beamline.command(&["check", "transfer", "data832"]);
    // A file appears while the copies are made; the deletion is not even asked for.
    beamline
        .sim
        .fault("transfer.submit:hold=copy,nth=1".parse().unwrap());
    let child = command.spawn().unwrap();
    beamline.wait_for("transfer.submit");
    let data = beamline.sim.collection("data832");
    let folder = names(&data.path(""))
        .into_iter()
        .find(|name| name.contains("check"))
        .unwrap();
    data.write(format!("{folder}/another's"), b"x");
    beamline.sim.release("copy");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let last = lines(&output).pop().unwrap();
    assert!(last.contains("not_ours") && last.contains("another's"), "{last}");
    assert!(data.exists(format!("{folder}/another's")));
    assert_eq!(
        beamline
            .sim
            .journal()
            .count(|entry| entry.operation == "transfer.delete"),
        0
    );
}

#[test]
fn an_interrupted_check_deletes_its_folder_first() {
    let beamline = beamline(&["task:hold=copy,nth=1"]);
    let child = beamline
        .command(&["check", "transfer", "data832"])
        .spawn()
        .unwrap();
    beamline.wait_for("transfer.submit");
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    assert_eq!(steps(&output).last().unwrap(), "ok delete");
    assert_clean(&beamline);
}

#[test]
fn an_endpoint_that_is_none_is_refused_without_a_request() {
    let beamline = beamline(&[]);
    let output = finish(beamline.command(&["check", "transfer", "data833"]));
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        err.contains("data833") && err.contains("the uuid of a collection"),
        "{err}"
    );
    assert!(beamline.sim.journal().entries().is_empty());
}

#[test]
fn a_file_to_write_can_be_named_and_must_be_there() {
    let beamline = beamline(&[]);
    for (file, code) in [("/raw/small.txt", 0), ("/raw/none.txt", 1), ("../x", 1)] {
        let output = finish(beamline.command(&["check", "transfer", "data832", "--file", file]));
        assert_eq!(output.status.code(), Some(code), "{file}: {output:?}");
        assert_clean(&beamline);
    }
    std::fs::remove_file(beamline.sim.collection("data832").path("raw/small.txt")).unwrap();
    let output = finish(beamline.command(&["check", "transfer", "data832"]));
    assert!(
        lines(&output).iter().any(|line| line.contains("--file PATH")),
        "{output:?}"
    );
}

#[test]
fn the_flight_check_says_how_it_went() {
    let beamline = beamline(&[]);
    let spot = beamline.sim.collection("spot832");
    let missing = finish(beamline.command(&["flight-check"]));
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    spot.write("raw/transfer_tests/test.txt", b"a test");
    let output = finish(beamline.command(&["flight-check", "--json"]));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(document(&output)["copies"].as_array().unwrap().len(), 2);
    assert_eq!(names(&spot.path("raw/transfer_tests")), ["test.txt"]);
    assert_eq!(
        names(&beamline.sim.collection("nersc832").path("raw/transfer_tests")),
        [""; 0]
    );
}
