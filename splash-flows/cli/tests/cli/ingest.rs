//! Ingests from the command line: shown, sent, listed, tried again.

use serde_json::{Value, json};

use crate::child::{Beamline, document, finish};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A facility without a Prefect server: what failed stands in the local schedule.
fn beamline() -> Beamline {
    let beamline = Beamline::with(|sim| sim);
    beamline.without_prefect();
    beamline
}

#[test]
fn a_dry_run_shows_the_bodies_that_are_sent_then() {
    let beamline = beamline();
    let file = beamline.scan("raw/scan.h5");
    let dry = finish(beamline.command(&["ingest", &file, "--dry-run", "--json"]));
    assert!(dry.status.success(), "{}", text(&dry.stderr));
    let dry = document(&dry);
    let keys: Vec<&String> = dry.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["attachment", "dataset", "issues", "origdatablock"]);
    assert!(beamline.sim.journal().entries().is_empty());
    let words = finish(beamline.command(&["ingest", &file, "--dry-run"]));
    assert!(
        text(&words.stdout).contains("would catalogue"),
        "{}",
        text(&words.stdout)
    );

    let sent = finish(beamline.command(&["ingest", &file, "--json"]));
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    let sent = document(&sent);
    for key in ["dataset", "origdatablock", "attachment", "issues"] {
        assert_eq!(sent[key], dry[key], "{key}");
    }
    assert_eq!(beamline.sim.datasets()[0]["pid"], sent["dataset_id"]);
}

#[test]
fn what_failed_is_listed_tried_again_and_may_be_dropped() {
    let beamline = beamline();
    let file = beamline.scan("raw/scan.h5");
    let list = || -> Vec<Value> {
        let output = finish(beamline.command(&["ingests", "--json"]));
        serde_json::from_value(document(&output)).unwrap()
    };
    let none = finish(beamline.command(&["ingests"]));
    assert!(
        text(&none.stdout).contains("everything stands"),
        "{}",
        text(&none.stdout)
    );
    beamline
        .sim
        .fault("scicat.dataset_create:status=403".parse().unwrap());
    let failed = finish(beamline.command(&["ingest", &file]));
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        text(&failed.stdout).contains("tried again at"),
        "{}",
        text(&failed.stdout)
    );
    let open = list();
    assert_eq!(
        (open.len(), &open[0]["file"], &open[0]["overdue"]),
        (1, &json!(file), &json!(false))
    );
    let prunes = finish(beamline.command(&["prunes", "--json"]));
    assert_eq!(document(&prunes), json!([]), "prunes have a list of their own");
    let due = finish(beamline.command(&["ingest", "--due", "--json"]));
    assert_eq!(document(&due), json!([]), "not due yet");

    beamline.sim.clear_faults();
    let id = open[0]["id"].as_str().unwrap();
    let retried = finish(beamline.command(&["ingests", "retry", id, "--json"]));
    assert!(retried.status.success(), "{}", text(&retried.stderr));
    assert_eq!(document(&retried)["ok"], true);
    assert!(list().is_empty());
    let gone = finish(beamline.command(&["ingests", "drop", id, "--reason", "x"]));
    assert_eq!(gone.status.code(), Some(1));
    assert!(
        text(&gone.stderr).contains("not_listed"),
        "{}",
        text(&gone.stderr)
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let beamline = beamline();
    for arguments in [
        &["ingest"][..],
        &["ingest", "--due", "x.h5"],
        &["ingest", "x", "--derived-from", "pid"],
        &["ingest", "x", "--software", "tomopy 1"],
        &[
            "ingest",
            "x",
            "--derived-from",
            "p",
            "--software",
            "s",
            "--job-parameters",
            "[1]",
        ],
        &["ingests", "drop", "x"],
    ] {
        let refused = finish(beamline.command(arguments));
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
    }
    let absent = finish(beamline.command(&["ingest", "/no/such/scan.h5", "--dry-run"]));
    assert_eq!(absent.status.code(), Some(1));
    assert!(
        text(&absent.stderr).contains("SCICAT_INGEST_BASE_FOLDER"),
        "{}",
        text(&absent.stderr)
    );
}
