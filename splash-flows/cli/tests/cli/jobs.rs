//! `jobs` and `check sfapi`: whose jobs run at NERSC, and whether the service takes us.

use std::process::Output;

use scan_h5::{ScanSpec, write_scan};
use service_sim::SimBuilder;

use crate::child::{Beamline, document, finish};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn beamline(faults: &[&str]) -> Beamline {
    Beamline::with(|sim| {
        let faults = faults.iter().map(|fault| fault.parse().unwrap());
        faults.fold(sim.sfapi(), SimBuilder::fault)
    })
}

/// A job of the account that no run of ours submitted; it waits for ever.
fn another(beamline: &Beamline) -> String {
    let env = beamline.sim.env();
    let client = sfapi::Client::from_vars(|name| env.get(name).cloned()).unwrap();
    let compute = client.compute(&sfapi::Machine::perlmutter());
    let script =
        "#!/bin/bash\n#SBATCH --job-name=interactive\n#SBATCH --qos=debug\n#SBATCH --time=5\nsleep 300\n";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(compute.submit(script).send())
        .unwrap()
        .to_string()
}

/// A run whose first job waits, and that job's id.
fn with_a_run(beamline: &Beamline) -> String {
    let path = beamline.sim.collection("nersc832_alsdev_raw").path("f/scan.h5");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_scan(&path, &ScanSpec::new(2, 16, 16)).unwrap();
    let recon = [
        "run",
        "nersc_recon_flow",
        "--run-id",
        "R-1",
        "--param",
        "file_path=/global/raw/f/scan.h5",
    ];
    let child = beamline.command(&recon).spawn().unwrap();
    beamline.wait_for("sfapi.jobs");
    crate::child::kill(child);
    let jobs = beamline.sim.jobs();
    let job = jobs.iter().find(|job| job.name.contains("R-1")).unwrap();
    job.id.to_string()
}

fn state(beamline: &Beamline, id: &str) -> String {
    let jobs = beamline.sim.jobs();
    jobs.into_iter()
        .find(|job| job.id.to_string() == id)
        .unwrap()
        .state
}

#[test]
fn own_jobs_are_listed_shown_and_cancelled_and_others_are_left_alone() {
    let beamline = beamline(&["job:hold=jobs"]);
    let (other, own) = (another(&beamline), with_a_run(&beamline));
    let list = finish(beamline.command(&["jobs", "list", "--json"]));
    let listed = document(&list);
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed:#}");
    assert_eq!(
        (&listed[0]["job_id"], &listed[0]["run_id"]),
        (&own.as_str().into(), &"R-1".into())
    );
    assert_eq!(listed[0]["step"], "reconstruct");
    let all = finish(beamline.command(&["jobs", "list", "--all"]));
    assert!(
        text(&all.stdout).contains("of no run of ours (\"interactive\")"),
        "{all:?}"
    );

    let shown = finish(beamline.command(&["jobs", "show", &own, "--json"]));
    assert_eq!(document(&shown)["state"], "PENDING");
    assert_eq!(document(&shown)["fields"]["account"], "als");
    let shown = finish(beamline.command(&["jobs", "show", "77"]));
    assert_eq!(shown.status.code(), Some(1));
    assert!(
        text(&shown.stderr).contains("neither queue nor accounting"),
        "{shown:?}"
    );

    let refused = finish(beamline.command(&["jobs", "cancel", &own, &other]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("of no run of ours"), "{refused:?}");
    assert_eq!(
        (state(&beamline, &own), state(&beamline, &other)),
        ("PENDING".into(), "PENDING".into())
    );

    let cancelled = finish(beamline.command(&["jobs", "cancel", "--run", "R-1"]));
    assert!(cancelled.status.success(), "{cancelled:?}");
    assert!(state(&beamline, &own).starts_with("CANCELLED"));
    assert_eq!(state(&beamline, &other), "PENDING");
    let audit =
        std::fs::read_to_string(beamline.folder().join(".local/state/splash-flows/audit.jsonl")).unwrap();
    assert!(audit.contains("cancel_job") && audit.contains(&own), "{audit}");
    let ended = finish(beamline.command(&["jobs", "list", "--ended"]));
    assert!(text(&ended.stdout).contains("CANCELLED"), "{ended:?}");
}

#[test]
fn every_job_of_the_account_is_cancelled_only_when_asked_twice() {
    let beamline = beamline(&["job:hold=jobs"]);
    let other = another(&beamline);
    for wrong in [
        &["jobs", "cancel"][..],
        &["jobs", "cancel", &other, "--all"],
        &["jobs", "cancel", &other, "--yes"],
    ] {
        assert_eq!(
            finish(beamline.command(wrong)).status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
    let refused = finish(beamline.command(&["jobs", "cancel", "--all"]));
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(text(&refused.stderr).contains("--yes"), "{refused:?}");
    assert_eq!(state(&beamline, &other), "PENDING");
    let done = finish(beamline.command(&["jobs", "cancel", "--all", "--yes"]));
    assert!(done.status.success(), "{done:?}");
    assert!(state(&beamline, &other).starts_with("CANCELLED"));
    let machine = finish(beamline.command(&["jobs", "list", "--machine", "cori"]));
    assert!(
        text(&machine.stderr).contains("known are perlmutter"),
        "{machine:?}"
    );
}

fn lines(output: &Output) -> Vec<String> {
    text(&output.stdout).lines().map(str::to_owned).collect()
}

fn steps(output: &Output) -> Vec<String> {
    let words = |line: &String| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    lines(output).iter().map(words).collect()
}

#[test]
fn the_check_tells_token_account_end_of_the_client_and_machine() {
    let beamline = beamline(&[]);
    let output = finish(beamline.command(&["check", "sfapi"]));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        steps(&output),
        ["ok key", "ok token", "ok user", "ok client", "ok machine"]
    );
    let told = text(&output.stdout);
    assert!(
        told.contains("alsdev") && told.contains("Perlmutter is active"),
        "{told}"
    );
    assert!(told.contains("days") && told.contains("ends "), "{told}");
    assert!(beamline.sim.jobs().is_empty());
}

#[test]
fn each_failure_of_the_check_says_what_to_do() {
    for (faults, failing, remedy) in [
        (&["sfapi.token:401,times=9"][..], "FAIL token", "Iris"),
        (&["sfapi.account:status=403,times=9"], "FAIL user", "Iris"),
        (&["sfapi.status:status=404,times=9"], "FAIL machine", ""),
    ] {
        let beamline = beamline(faults);
        let output = finish(beamline.command(&["check", "sfapi"]));
        assert_eq!(output.status.code(), Some(1), "{faults:?}: {output:?}");
        let at = steps(&output).iter().position(|step| step == failing);
        let at = at.unwrap_or_else(|| panic!("{faults:?}: {output:?}"));
        assert!(lines(&output)[at].contains(remedy), "{faults:?}: {output:?}");
        // An outage and a key that is not taken are told apart.
        assert!(
            steps(&output).iter().any(|step| step.ends_with("machine")),
            "{output:?}"
        );
    }
}

#[test]
fn a_client_that_is_about_to_end_or_has_ended_is_told() {
    for (days, failing, word) in [(3, "FAIL client", "in 2 days"), (0, "FAIL token", "expired")] {
        let beamline = Beamline::with(|sim| sim.sfapi().sfapi_client_days(days));
        let output = finish(beamline.command(&["check", "sfapi"]));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let at = steps(&output).iter().position(|step| step == failing);
        let told = &lines(&output)[at.unwrap_or_else(|| panic!("{output:?}"))];
        assert!(told.contains(word) && told.contains("Iris"), "{told}");
    }
}

#[test]
fn a_key_that_is_missing_or_open_to_others_is_told_before_any_request() {
    use std::os::unix::fs::PermissionsExt as _;
    let beamline = beamline(&[]);
    let key = beamline.sim.env()["PATH_NERSC_PRI_KEY"].clone();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = finish(beamline.command(&["check", "sfapi"]));
    assert_eq!(steps(&output), ["FAIL key"]);
    assert!(text(&output.stdout).contains("chmod 600"), "{output:?}");
    std::fs::remove_file(&key).unwrap();
    let output = finish(beamline.command(&["check", "sfapi"]));
    assert_eq!(steps(&output), ["FAIL key"]);
    assert!(text(&output.stdout).contains("cannot be opened"), "{output:?}");
    assert!(beamline.sim.journal().entries().is_empty());
}
