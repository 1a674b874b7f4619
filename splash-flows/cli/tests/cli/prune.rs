//! Prunes from the command line: asked for, due, listed, retried, dropped.

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;

use crate::child::{Beamline, document, finish};

const NAME: &str = "raw/2026/scan.h5";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A beamline with one scan moved.
fn moved(beamline: Beamline) -> Beamline {
    let file = beamline.scan(NAME);
    let output = finish(beamline.move_file("M", &file));
    assert!(output.status.success(), "{}", text(&output.stderr));
    beamline
}

/// The same without a Prefect server: prunes stand in the local schedule.
fn moved_here() -> Beamline {
    let beamline = Beamline::with(|sim| sim);
    beamline.without_prefect();
    moved(beamline)
}

const PRUNE: [&str; 6] = ["prune", NAME, "--from", "spot832", "--check", "data832"];

fn prune<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments: Vec<&str> = PRUNE.to_vec();
    arguments.extend(more);
    arguments
}

fn stands(beamline: &Beamline) -> bool {
    beamline.sim.collection("spot832").exists(NAME)
}

#[test]
fn a_dry_run_deletes_nothing_and_yes_deletes_what_is_proved() {
    let beamline = moved(Beamline::with(|sim| sim));
    let dry = finish(beamline.command(&prune(&["--dry-run", "--json"])));
    assert!(dry.status.success(), "{}", text(&dry.stderr));
    assert_eq!(document(&dry)["outcome"], "would_delete");
    assert!(stands(&beamline));

    let done = finish(beamline.command(&prune(&["--yes"])));
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("/raw/2026/scan.h5 on spot832: deleted"));
    assert!(!stands(&beamline));
    let again = finish(beamline.command(&prune(&["--yes", "--json"])));
    assert_eq!(document(&again)["outcome"], "already_pruned");
}

#[test]
fn where_nobody_can_be_asked_nothing_is_deleted_without_yes() {
    let beamline = moved(Beamline::with(|sim| sim));
    let before = beamline.sim.journal().entries().len();
    let refused = finish(beamline.command(&PRUNE));
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("--yes"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(beamline.sim.journal().entries().len(), before);
    assert!(stands(&beamline));
}

/// Runs the prune with a terminal as its input and gives it this answer.
fn answered(beamline: &Beamline, answer: &str) -> (bool, String) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(name).unwrap();
    let mut command = beamline.command(&PRUNE);
    let mut child = command
        .stdin(Stdio::from(terminal))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut controller = File::from(controller);
    controller.write_all(format!("{answer}\n").as_bytes()).unwrap();
    let mut seen = String::new();
    child.stderr.take().unwrap().read_to_string(&mut seen).unwrap();
    (child.wait().unwrap().success(), seen)
}

#[test]
fn on_a_terminal_it_asks_after_the_check_and_takes_only_yes_for_yes() {
    let beamline = moved(Beamline::with(|sim| sim));
    for answer in ["", "n", "maybe"] {
        let (ok, seen) = answered(&beamline, answer);
        assert!(
            !ok && seen.contains("[y/N]") && seen.contains("nothing was deleted"),
            "{seen}"
        );
        assert!(stands(&beamline));
    }
    let (ok, seen) = answered(&beamline, "y");
    assert!(ok, "{seen}");
    assert!(!stands(&beamline));
}

#[test]
fn a_prune_that_is_not_proved_is_not_even_asked_about() {
    let beamline = moved(Beamline::with(|sim| sim));
    std::fs::remove_file(beamline.sim.collection("data832").path(NAME)).unwrap();
    let (ok, seen) = answered(&beamline, "y");
    assert!(
        !ok && !seen.contains("[y/N]") && seen.contains("check_missing"),
        "{seen}"
    );
    assert!(stands(&beamline));
}

#[test]
fn what_cannot_be_meant_is_refused_and_sends_nothing() {
    let beamline = Beamline::with(|sim| sim);
    for arguments in [
        &["prune"][..],
        &["prune", NAME],
        &["prune", "--due", NAME],
        &["prune", "--due", "--yes"],
        &["prune", NAME, "--from", "spot832", "--verify", "hope"],
        &["prunes", "--overdue", "retry", "x"],
        &["prunes", "drop", "x"],
    ] {
        let refused = finish(beamline.command(arguments));
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
    }
    for (path, from, check, code) in [
        ("/", "spot832", "data832", "path"),
        ("raw", "data832", "nersc832", "endpoint_root"),
        (NAME, "spot832", "nersc832", "no_rule"),
        (NAME, "nowhere", "data832", "config"),
    ] {
        let refused =
            finish(beamline.command(&["prune", path, "--from", from, "--check", check, "--yes", "--json"]));
        assert_eq!(document(&refused)["error"]["code"], code, "{path}");
    }
    let refused = finish(beamline.command(&["prune", NAME, "--from", "spot832", "--yes", "--json"]));
    assert_eq!(document(&refused)["error"]["code"], "no_check_endpoint");
    let asked = beamline.sim.journal().entries();
    // Whether such a prune stood in the list of open ones is all that is asked.
    assert!(
        asked
            .iter()
            .all(|entry| entry.operation == "prefect.artifact_latest_list"),
        "{asked:#?}"
    );
}

/// Moves the dates of all open prunes into the past.
fn make_due(beamline: &Beamline) {
    let database = beamline.folder().join(".local/state/splash-flows/runs.sqlite3");
    let database = rusqlite::Connection::open(database).unwrap();
    database
        .execute(
            "UPDATE scheduled SET due = '2020-01-01T00:00:00.000000Z' WHERE state = 'open'",
            [],
        )
        .unwrap();
}

fn open(beamline: &Beamline, more: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = ["prunes", "--json"].iter().chain(more).copied().collect();
    let output = finish(beamline.command(&arguments));
    assert!(output.status.success(), "{}", text(&output.stderr));
    document(&output).as_array().unwrap().clone()
}

#[test]
fn what_one_host_moved_another_host_of_the_same_prefect_server_proves_by_its_delivery() {
    let one = moved(Beamline::with(|sim| sim));
    let other = one.another_host();
    let rows = open(&other, &[]);
    assert_eq!(rows.len(), 2, "{rows:#?}");
    let done = finish(other.command(&prune(&["--yes", "--json"])));
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(document(&done)["outcome"], "deleted");
    assert!(!stands(&one));
    assert_eq!(open(&one, &[]).len(), 1, "the row of what is gone is done");
}

#[test]
fn what_is_scheduled_here_is_not_forgotten_when_there_is_a_prefect_server() {
    let beamline = Beamline::with(|sim| sim);
    let dotenv = std::fs::read_to_string(beamline.folder().join(".env")).unwrap();
    beamline.without_prefect();
    let beamline = moved(beamline);
    assert_eq!(open(&beamline, &[]).len(), 2);
    std::fs::write(beamline.folder().join(".env"), dotenv).unwrap();
    assert_eq!(open(&beamline, &[]).len(), 2);

    let rows = open(&beamline, &[]);
    let row = rows.iter().find(|row| row["endpoint"] == "spot832").unwrap();
    let retried = finish(beamline.command(&["prunes", "retry", row["id"].as_str().unwrap()]));
    assert!(retried.status.success(), "{}", text(&retried.stderr));
    assert!(!stands(&beamline));
    assert_eq!(open(&beamline, &[]).len(), 1);
}

#[test]
fn what_is_due_in_the_local_schedule_is_run_and_leaves_the_list() {
    let beamline = moved_here();
    assert_eq!(open(&beamline, &[]).len(), 2);
    assert!(open(&beamline, &["--overdue"]).is_empty());
    let idle = finish(beamline.command(&["prune", "--due"]));
    assert_eq!(text(&idle.stdout), "nothing is due\n");

    make_due(&beamline);
    assert_eq!(open(&beamline, &["--overdue"]).len(), 2);
    // The copy at NERSC is short: that of spot832 goes, that of data832 stays and is tried again.
    beamline.sim.collection("nersc832").write(NAME, b"short");
    let ran = finish(beamline.command(&["prune", "--due", "--json"]));
    assert_eq!(ran.status.code(), Some(1), "one failed");
    let reports = document(&ran);
    assert_eq!(reports.as_array().unwrap().len(), 2);
    assert!(!stands(&beamline));
    assert!(beamline.sim.collection("data832").exists(NAME));
    let left = open(&beamline, &[]);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["endpoint"], "data832");
    assert_eq!(left[0]["tries"], 1);
    assert_eq!(left[0]["overdue"], false);
    let listed = text(&finish(beamline.command(&["prunes"])).stdout);
    assert!(
        listed.contains("check_shorter") && listed.contains("1 tries"),
        "{listed}"
    );
}

#[test]
fn an_open_prune_is_retried_or_dropped_with_a_reason() {
    let beamline = moved_here();
    let listed = open(&beamline, &[]);
    let id = |endpoint: &str| {
        let prune = listed.iter().find(|prune| prune["endpoint"] == endpoint).unwrap();
        prune["id"].as_str().unwrap().to_owned()
    };
    let retried = finish(beamline.command(&["prunes", "retry", &id("spot832"), "--json"]));
    assert_eq!(
        document(&retried)["outcome"],
        "deleted",
        "{}",
        text(&retried.stderr)
    );

    for (arguments, part) in [
        (
            ["prunes", "drop", &id("data832"), "--reason", " "],
            "--reason is empty",
        ),
        (["prunes", "drop", "nothing", "--reason", "why"], "no open prune"),
    ] {
        let refused = finish(beamline.command(&arguments));
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains(part), "{}", text(&refused.stderr));
    }
    let dropped = finish(beamline.command(&["prunes", "drop", &id("data832"), "--reason", "for the paper"]));
    assert!(dropped.status.success(), "{}", text(&dropped.stderr));
    assert!(open(&beamline, &[]).is_empty());
    let audit = beamline.folder().join(".local/state/splash-flows/audit.jsonl");
    let last = std::fs::read_to_string(audit)
        .unwrap()
        .lines()
        .last()
        .unwrap()
        .to_owned();
    assert!(
        last.contains("drop_prune") && last.contains("for the paper"),
        "{last}"
    );
    make_due(&beamline);
    assert_eq!(
        text(&finish(beamline.command(&["prune", "--due"])).stdout),
        "nothing is due\n"
    );
}
