//! The flows with their jobs on a real Slurm: the command, run on a simulated facility.

use std::process::Command;

use peer_tests::Group;
use serde_json::{Value, json};

use crate::site::{Site, scratch};
use crate::support::accounted_like;

/// The first job of a run, in the job's name.
const FIRST: &str = "reconstruct";

fn report(mut command: Command) -> Value {
    read(&command.output().unwrap())
}

fn read(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What Slurm's accounting says of a run's jobs: the step and the state of each.
fn jobs(run_id: &str, at_least: usize) -> Vec<(String, String)> {
    let rows = accounted_like(&format!(".{run_id}."), at_least);
    let step = |name: &str| {
        name.split(&format!(".{run_id}."))
            .next()
            .unwrap()
            .rsplit('.')
            .next()
            .unwrap()
            .to_owned()
    };
    rows.into_iter()
        .map(|(name, state)| (step(&name), state))
        .collect()
}

fn pair(step: &str, state: &str) -> (String, String) {
    (step.to_owned(), state.to_owned())
}

#[test]
fn a_reconstruction_completes_and_its_results_come_home() {
    // As the flow asks for it where nothing is set: a node of its own.
    let site = Site::new(&json!({ "exclusive": true, "cpus_per_task": 64, "time": "15m" }));
    let report = report(site.recon("flows-good"));
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(
        (
            report["copies"].as_array().unwrap().len(),
            report["prunes"].as_array().unwrap().len()
        ),
        (4, 5)
    );
    let home = site.sim.collection("data832_scratch");
    assert!(std::fs::read_dir(home.path("f/recscan")).unwrap().count() > 0);
    assert_eq!(
        jobs("flows-good", 2),
        [pair(FIRST, "COMPLETED"), pair("multiresolution", "COMPLETED")]
    );
}

#[test]
fn one_that_fails_is_not_taken_for_a_success() {
    let site = Site::new(&json!({}));
    site.script("import sys; print('no flats', file=sys.stderr); sys.exit(3)");
    let report = report(site.recon("flows-bad"));
    let error = &report["error"];
    assert_eq!(
        (&error["code"], &error["step"]),
        (&json!("FAILED"), &json!(FIRST)),
        "{report:#}"
    );
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("exit code 3") && message.contains("no flats"),
        "{message}"
    );
    assert_eq!((&report["copies"], &report["prunes"]), (&json!([]), &json!([])));
    assert_eq!(jobs("flows-bad", 1), [pair(FIRST, "FAILED")]);
}

/// Slurm counts in minutes.
#[test]
fn one_whose_time_is_up_fails() {
    let site = Site::new(&json!({ "time": "1m" }));
    site.script("import time; time.sleep(300)");
    let report = report(site.recon("flows-long"));
    assert_eq!(report["error"]["code"], "TIMEOUT", "{report:#}");
    assert_eq!(report["prunes"], json!([]));
    assert_eq!(jobs("flows-long", 1), [pair(FIRST, "TIMEOUT")]);
}

#[test]
fn one_that_staff_cancel_fails_and_says_so() {
    let site = Site::new(&json!({}));
    site.script("import time; time.sleep(300)");
    let child = site.recon("flows-cancelled").spawn().unwrap();
    site.wait_for(|entry| entry.operation == "sfapi.jobs");
    let cancelled = site
        .command(&["jobs", "cancel", "--run", "flows-cancelled"])
        .output()
        .unwrap();
    assert!(cancelled.status.success(), "{cancelled:?}");
    let report = read(&child.wait_with_output().unwrap());
    assert_eq!(report["error"]["code"], "CANCELLED", "{report:#}");
    let states = jobs("flows-cancelled", 1);
    assert!(
        matches!(&states[..], [(_, state)] if state.starts_with("CANCELLED")),
        "{states:?}"
    );
}

#[test]
fn what_slurm_refuses_is_told_at_once_and_makes_no_job() {
    for (key, value, code) in [
        ("qos", "nope", "INVALID_QOS"),
        ("account", "nope", "INVALID_ACCOUNT"),
        ("constraint", "nope", "INVALID_CONSTRAINT"),
    ] {
        let site = Site::new(&json!({ key: value }));
        let run_id = format!("flows-refused-{key}");
        let report = report(site.recon(&run_id));
        assert_eq!(report["error"]["code"], code, "{report:#}");
        assert_eq!(jobs(&run_id, 0), []);
    }
}

/// Ends with its time, which is how it is meant to end.
#[test]
fn streaming_runs_while_it_may() {
    let site = Site::new(&json!({}));
    let home = scratch()
        .replace("/pscratch/sd/", "/global/homes/")
        .replace("/8.3.2", "");
    let settings = site.here(&format!("{home}/gits/als-epics-streaming/operators/832/recon"));
    std::fs::create_dir_all(&settings).unwrap();
    std::fs::write(settings.join(".env"), "").unwrap();
    let report = report(site.flow(
        "flows-stream",
        "nersc_streaming_flow",
        &["walltime=PT1M", "monitor_interval=1"],
    ));
    assert_eq!(report["ok"], true, "{report:#}");
    assert_eq!(jobs("flows-stream", 1), [pair("stream", "TIMEOUT")]);
    let journal = site.sim.journal();
    assert!(journal.count(|entry| entry.operation == "prefect.variable_create") == 1);
    assert!(journal.count(|entry| entry.operation == "prefect.variable_delete") > 0);
}

#[test]
fn ptychography_runs_both_reconstructions_on_gpus() {
    let site = Site::new(&json!({}));
    let name = "2026/11/261122/NS_1.cxi";
    site.sim.collection("data7012").write(name, b"frames");
    let file = format!("file_path={name}");
    let report = report(site.flow(
        "flows-7012",
        "transfer_auto_recon",
        &[&file, "do_cdtools=true", "do_ptychocam=true"],
    ));
    assert_eq!(report["ok"], true, "{report:#}");
    let made = site.sim.collection("nersc7012");
    for tool in ["cdtools", "ptychocam"] {
        assert!(made.exists(format!("2026/11/261122/NS_1.{tool}.txt")), "{tool}");
    }
    assert_eq!(
        jobs("flows-7012", 2),
        [pair("cdtools", "COMPLETED"), pair("ptychocam", "COMPLETED")]
    );
}

/// Kills the run when `fault` has struck, and runs it again: one job each does the work.
fn killed(run_id: &str, fault: &str) {
    let site = Site::with(&json!({}), |sim| sim.fault(fault.parse().unwrap()));
    let mut child = Group::spawn(&mut site.recon(run_id)).unwrap();
    site.wait_for(|entry| entry.fault.is_some());
    child.kill();
    site.sim.clear_faults();
    site.sim.release("point");
    let report = report(site.recon(run_id));
    assert_eq!(report["ok"], true, "{fault}: {report:#}");
    assert_eq!(site.claims(run_id), 2, "{fault}: one for each step");
    let all = jobs(run_id, 2);
    assert!(
        all.iter().all(|(_, state)| state == "COMPLETED"),
        "{fault}: {all:?}"
    );
    let logs = site.here(&scratch().replace("/8.3.2", "/tomo_recon_logs"));
    let outputs: Vec<String> = std::fs::read_dir(logs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "out"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let idle = outputs
        .iter()
        .filter(|text| text.contains("duplicate: job"))
        .count();
    assert_eq!(outputs.len() - idle, 2, "{fault}: {outputs:?}");
    println!(
        "{fault}: {} jobs by Slurm's accounting, {idle} of them found the work claimed",
        all.len()
    );
}

#[test]
fn killed_before_the_service_read_the_submission() {
    killed("flows-k1", "sfapi.job_submit:hold-before=point,nth=1");
}

#[test]
fn killed_after_the_service_took_it() {
    killed("flows-k2", "sfapi.job_submit:hold=point,nth=1");
}

#[test]
fn killed_while_the_job_ran() {
    killed("flows-k3", "sfapi.jobs:hold=point,nth=1");
}
