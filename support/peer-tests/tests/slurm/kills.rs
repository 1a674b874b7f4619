//! A run that ends somewhere around its submission, and is taken up again: one job does the work.

use std::sync::Arc;
use std::time::Duration;

use globus_transfer::TaskWatcher;
use judged_jobs::{JobReport, Jobs, Order, run_job};
use proved_transfer::control::ExportControl;
use proved_transfer::failure::Failure;
use proved_transfer::progress::Progress;
use proved_transfer::session::{Begun, Service, Session, Workplace};
use rest_core::{StaticToken, Token, system_clock};
use run_store::SqliteStore;
use serde_json::json;

use crate::support::{Scene, WORK, accounted, scene, script};

const RUN: &str = "run-7";

/// A run as a process would hold it. Jobs need no transfers, so the transfer service is nowhere.
async fn session(folder: &std::path::Path) -> Session {
    let tokens = Arc::new(StaticToken(Token::bearer("nobody")));
    let transfer = globus_transfer::Client::new("http://127.0.0.1:9/", tokens).unwrap();
    let workplace = Workplace {
        service: Service::new(transfer.clone(), TaskWatcher::new(transfer)),
        store: Arc::new(SqliteStore::open(folder).unwrap()),
        state_dir: folder.to_owned(),
        clock: system_clock(),
        export_control: ExportControl::default(),
    };
    let begun = Session::open(workplace, "test", RUN, &json!({}), Progress::new(|_, _| {}))
        .await
        .unwrap();
    match begun {
        Begun::Open(session) => session,
        Begun::Finished(report) => panic!("{report}"),
    }
}

async fn run(scene: &Scene, folder: &std::path::Path, about: &str) -> Result<JobReport, Failure> {
    let session = session(folder).await;
    let user = scene.client.account().user().send().await.unwrap().name;
    let jobs = Jobs::new(&scene.client, &scene.machine, scene.watcher(), user).settle(Duration::from_secs(8));
    let run_folder = format!("{WORK}/{about}");
    let work = format!("{run_folder}/work");
    let make = |name: String, fence| {
        let line = format!("echo \"$SLURM_JOB_ID\" >> {work}; sleep 2");
        Ok(script(&name, &line).fence(fence))
    };
    let order = Order {
        step: "recon",
        key: "scan",
        about,
        run_folder: &run_folder,
        time_is_its_end: false,
        script: &make,
        on_update: &|_| {},
    };
    run_job(&session, &jobs, &order).await
}

/// Ends the first run when `fault` has struck, lets what is held go on, and runs again.
async fn killed(about: &str, fault: &str) {
    let scene = scene(|sim| sim.fault(fault.parse().unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let struck = |entries: &[service_sim::Entry]| entries.iter().any(|entry| entry.fault.is_some());
    let journal = scene.sim.journal();
    let waited = tokio::task::spawn_blocking(move || journal.wait_for(Duration::from_secs(60), struck));
    tokio::select! {
        ended = run(&scene, folder.path(), about) => println!("{about}: {fault}: the first run ended: {ended:?}"),
        waited = waited => waited.unwrap().unwrap(),
    }
    scene.sim.clear_faults();
    let report = run(&scene, folder.path(), about).await.unwrap();
    assert_eq!(report.state, "COMPLETED");
    let work = std::fs::read_to_string(scene.here(&format!("{WORK}/{about}/work"))).unwrap();
    assert_eq!(work, format!("{}\n", report.job_id), "{fault}");
    let states = accounted(&report.name, 1).await;
    assert!(
        !states.is_empty() && states.iter().all(|state| state == "COMPLETED"),
        "{states:?}"
    );
    println!(
        "{about}: {fault}: {} jobs by Slurm's accounting, one did the work",
        states.len()
    );
}

#[tokio::test]
async fn before_the_service_read_the_submission() {
    killed("k1", "sfapi.job_submit:hold-before,nth=1").await;
}

#[tokio::test]
async fn after_the_service_took_it_and_before_its_answer() {
    killed("k2", "sfapi.job_submit:hold,nth=1").await;
}

#[tokio::test]
async fn the_answer_was_lost() {
    killed("k3", "sfapi.job_submit:reset-after,nth=1").await;
}

#[tokio::test]
async fn delivered_twice() {
    killed("k4", "sfapi.job_submit:duplicate,nth=1").await;
}

#[tokio::test]
async fn before_the_task_named_the_job() {
    killed("k5", "sfapi.task_get:hold,nth=1").await;
}

#[tokio::test]
async fn while_the_job_was_waited_for() {
    killed("k6", "sfapi.jobs:hold,nth=2").await;
}
