//! What is under export control stays on site, whoever asks; and who lifted it is on record.

use std::process::Output;

use serde_json::{Value, json};

use crate::child::{Beamline, document, finish};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Adds `export_control: patterns` to the config.yml of `beamline`, or takes it away.
fn patterns(beamline: &Beamline, patterns: &[&str]) {
    let path = beamline.folder().join("config.yml");
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    config["export_control"] = json!(patterns);
    std::fs::write(&path, config.to_string()).unwrap();
}

fn export_control(beamline: &Beamline, arguments: &[&str]) -> Output {
    let arguments = [&["export-control"], arguments].concat();
    finish(beamline.command(&arguments))
}

fn listed(beamline: &Beamline) -> Vec<(String, String)> {
    let list = document(&export_control(beamline, &["list", "--json"]));
    let paths = list["paths"].as_array().unwrap().clone();
    let field = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    paths
        .iter()
        .map(|one| (field(one, "path"), field(one, "reason")))
        .collect()
}

/// Moves the file; it must go no further than the site's own disks.
fn stays(beamline: &Beamline, run_id: &str, file: &str, more: &[&str]) {
    let mut command = beamline.move_file(run_id, file);
    command.args(more);
    let output = finish(command);
    let report = document(&output);
    assert!(output.status.success(), "{run_id}: {report:#}");
    let copies: Vec<&str> = report["copies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|copy| copy["endpoint"].as_str().unwrap())
        .collect();
    assert_eq!(copies, ["data832"], "{run_id}");
    assert_eq!(report["scicat"], Value::Null, "{run_id}");
    let name = file.strip_prefix("/global/").unwrap();
    assert!(!beamline.sim.collection("nersc832").exists(name), "{run_id}");
    let data832 = beamline.sim.collection("data832");
    let tasks = beamline.sim.tasks();
    assert!(
        tasks.iter().all(|task| task.destination == data832.uuid()),
        "{run_id}"
    );
}

#[test]
fn the_flag_holds_for_a_rerun_and_for_a_second_trigger_without_it_until_it_is_lifted() {
    let beamline = Beamline::with(|sim| sim);
    let file = beamline.scan("raw/f/x.h5");
    stays(&beamline, "R", &file, &["--param", "is_export_control=true"]);
    stays(&beamline, "R", &file, &["--param", "is_export_control=true"]);
    stays(&beamline, "S", &file, &[]);
    assert_eq!(
        listed(&beamline),
        [("/raw/f/x.h5".to_owned(), "is_export_control".to_owned())]
    );

    let lifted = export_control(&beamline, &["lift", &file, "--reason", "licence 26-17"]);
    assert!(lifted.status.success(), "{}", text(&lifted.stderr));
    assert!(text(&lifted.stdout).contains("may leave the site"));
    assert!(listed(&beamline).is_empty());
    let moved = document(&finish(beamline.move_file("T", &file)));
    assert_eq!(moved["copies"].as_array().unwrap().len(), 2, "{moved:#}");
}

#[test]
fn what_one_host_puts_on_record_or_lifts_holds_on_every_host_of_the_same_prefect_server() {
    let one = Beamline::with(|sim| sim);
    let other = one.another_host();
    let (flagged, added) = (one.scan("raw/f/x.h5"), one.scan("raw/g/y.h5"));
    stays(&one, "R", &flagged, &["--param", "is_export_control=true"]);
    stays(&other, "S", &flagged, &[]);
    let outcome = export_control(&one, &["add", "/global/raw/g", "--reason", "letter"]);
    assert!(outcome.status.success(), "{}", text(&outcome.stderr));
    stays(&other, "T", &added, &[]);
    let paths: Vec<String> = listed(&other).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/raw/f/x.h5", "/raw/g"]);

    let lifted = export_control(&other, &["lift", &flagged, "--reason", "licence 26-17"]);
    assert!(lifted.status.success(), "{}", text(&lifted.stderr));
    assert_eq!(
        listed(&one).len(),
        1,
        "its own record is lifted with the server's"
    );
    let moved = document(&finish(one.move_file("U", &flagged)));
    assert_eq!(moved["copies"].as_array().unwrap().len(), 2, "{moved:#}");
}

#[test]
fn what_was_on_record_before_there_was_a_prefect_server_goes_to_the_server() {
    let one = Beamline::with(|sim| sim);
    let other = one.another_host();
    let file = one.scan("raw/f/x.h5");
    let dotenv = std::fs::read_to_string(one.folder().join(".env")).unwrap();
    one.without_prefect();
    stays(&one, "R", &file, &["--param", "is_export_control=true"]);
    assert_eq!(listed(&one).len(), 1);
    assert!(listed(&other).is_empty(), "nobody has told the server yet");

    std::fs::write(one.folder().join(".env"), dotenv).unwrap();
    assert_eq!(listed(&one).len(), 1);
    stays(&other, "S", &file, &[]);
}

#[test]
fn without_its_prefect_server_a_run_that_may_be_controlled_sends_nothing() {
    let beamline = Beamline::with(|sim| sim);
    let file = beamline.scan("raw/f/x.h5");
    beamline
        .sim
        .fault("prefect.variable_list:status=400".parse().unwrap());
    let refused = finish(beamline.move_file("R", &file));
    assert_eq!(refused.status.code(), Some(1), "{:#}", document(&refused));
    assert!(!beamline.sim.collection("nersc832").exists("raw/f/x.h5"));
}

#[test]
fn a_pattern_puts_on_record_for_ever_what_a_run_sees() {
    let beamline = Beamline::with(|sim| sim);
    let (file, other) = (
        beamline.scan("raw/2026-ec-17/a b.h5"),
        beamline.scan("raw/2026/x.h5"),
    );
    patterns(&beamline, &["/global/raw/*-ec-*/**"]);
    stays(&beamline, "R", &file, &[]);
    let free = document(&finish(beamline.move_file("O", &other)));
    assert_eq!(free["copies"].as_array().unwrap().len(), 2, "{free:#}");

    // As long as the pattern stands, lifting would last until the next run only.
    let refused = export_control(&beamline, &["lift", &file, "--reason", "licence"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = text(&refused.stderr);
    assert!(
        told.contains("/global/raw/*-ec-*/**")
            && told.contains("config.yml")
            && told.contains("Change the pattern"),
        "{told}"
    );
    let shown = text(&export_control(&beamline, &["list"]).stdout);
    assert!(
        shown.contains("/raw/2026-ec-17/a b.h5") && shown.contains("pattern /global/raw/*-ec-*/**"),
        "{shown}"
    );

    // Without it the record still holds.
    patterns(&beamline, &[]);
    let [(path, reason)] = &listed(&beamline)[..] else {
        panic!("one record")
    };
    assert_eq!(path, "/raw/2026-ec-17/a b.h5");
    assert!(reason.contains("/global/raw/*-ec-*/**"), "{reason}");
    let again = document(&finish(beamline.move_file("S", &file)));
    assert_eq!(again["copies"].as_array().unwrap().len(), 1, "{again:#}");
    assert!(
        !beamline
            .sim
            .collection("nersc832")
            .exists("raw/2026-ec-17/a b.h5")
    );
}

#[test]
fn a_run_that_was_half_done_goes_no_further_once_its_scan_is_controlled() {
    let beamline =
        Beamline::with(|sim| sim.fault("task:file-not-found,destination=nersc832".parse().unwrap()));
    let file = beamline.scan("raw/f/x.h5");
    let first = finish(beamline.move_file("R", &file));
    assert_eq!(first.status.code(), Some(1), "the second hop failed");
    let tasks = beamline.sim.tasks().len();
    let added = export_control(
        &beamline,
        &["add", "/global/raw/f/", "--reason", "sponsor's letter"],
    );
    assert!(added.status.success(), "{}", text(&added.stderr));

    let again = document(&finish(beamline.move_file("R", &file)));
    assert_eq!(again["ok"], true, "{again:#}");
    assert_eq!(again["copies"].as_array().unwrap().len(), 1);
    assert_eq!(beamline.sim.tasks().len(), tasks, "nothing more was sent");
}

#[test]
fn a_prune_that_only_a_copy_off_site_could_prove_is_refused() {
    let beamline = Beamline::with(|sim| sim);
    let file = beamline.scan("raw/f/x.h5");
    assert!(finish(beamline.move_file("R", &file)).status.success());
    let added = export_control(&beamline, &["add", &file, "--reason", "sponsor's letter"]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    let prune = |source: &str, check: &str| {
        let output = finish(beamline.command(&[
            "run",
            "prune_globus_endpoint",
            "--json",
            "--param",
            "relative_path=/raw/f/x.h5",
            "--param",
            &format!("source_endpoint={source}"),
            "--param",
            &format!("check_endpoint={check}"),
        ]));
        document(&output)
    };
    let refused = prune("data832", "nersc832");
    assert_eq!(refused["error"]["code"], "export_control", "{refused:#}");
    assert!(beamline.sim.collection("data832").exists("raw/f/x.h5"));
    // A copy on site proves as ever.
    let deleted = prune("spot832", "data832");
    assert_eq!(deleted["outcome"], "deleted", "{deleted:#}");
}

#[test]
fn every_change_is_in_the_audit_log_with_who_when_and_why() {
    let beamline = Beamline::with(|sim| sim);
    let change = |action: &str, path: &str, reason: &str| {
        let mut command = beamline.command(&["export-control", action, path, "--reason", reason]);
        command.env("LOGNAME", "ada");
        finish(command)
    };
    assert!(
        change("add", "/global/raw/f", "first \"reason\"\n2")
            .status
            .success()
    );
    assert!(
        change("add", "raw//f/", "again").status.success(),
        "it stays on record"
    );
    assert!(change("lift", "/raw/f", "done").status.success());
    let log = beamline.folder().join(".local/state/splash-flows/audit.jsonl");
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["action"].as_str().unwrap(), line["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("export_control_add", "first \"reason\"\n2"),
            ("export_control_lift", "done")
        ]
    );
    for line in &lines {
        assert_eq!(line["path"], "/raw/f");
        assert_eq!(line["by"]["user"], "ada");
        assert!(
            line["by"]["uid"].is_u64() && line["by"]["host"].is_string(),
            "{line}"
        );
        assert!(line["at"].as_str().unwrap().starts_with("20"), "{line}");
    }
}

#[test]
fn a_change_that_cannot_be_meant_is_refused_and_changes_nothing() {
    let beamline = Beamline::with(|sim| sim);
    let added = export_control(&beamline, &["add", "/global/raw/f", "--reason", "why"]);
    assert!(added.status.success());
    for (arguments, told) in [
        (&["add", "/global", "--reason", "x"][..], "names no file"),
        (&["add", "/raw/../x", "--reason", "x"], "names no file"),
        (&["add", "", "--reason", "x"], "names no file"),
        (&["add", "/raw/g", "--reason", " "], "--reason is empty"),
        (&["lift", "/raw/f", "--reason", ""], "--reason is empty"),
        (&["lift", "/raw/f/x.h5", "--reason", "x"], "Lift that path"),
        (&["lift", "/raw", "--reason", "x"], "Lift that path"),
        (&["lift", "/raw/g", "--reason", "x"], "not under export control"),
    ] {
        let output = export_control(&beamline, arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(told),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    assert_eq!(
        export_control(&beamline, &["lift", "/raw/f"]).status.code(),
        Some(2),
        "a reason must be given"
    );
    assert_eq!(listed(&beamline).len(), 1);
    // Without the audit log nothing is lifted.
    let log = beamline.folder().join(".local/state/splash-flows/audit.jsonl");
    std::fs::remove_file(&log).unwrap();
    std::fs::create_dir(&log).unwrap();
    let output = export_control(&beamline, &["lift", "/raw/f", "--reason", "x"]);
    assert!(
        text(&output.stderr).contains("nothing was done"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(listed(&beamline).len(), 1);
}
