//! One effective run, whatever becomes of requests and of the process.

use std::path::Path;
use std::time::{Duration, SystemTime};

use globus_compute::{Arguments, Executor};
use judged_functions::pending;
use run_store::SqliteStore;

use crate::bench::{Bench, MINUTE, WORK, exists, function};

#[tokio::test(flavor = "multi_thread")]
async fn killed_around_the_submission_one_task_does_the_work() {
    for hold in ["hold", "hold-before"] {
        let bench = Bench::new();
        bench
            .sim
            .fault(format!("compute.submit:{hold}=point,nth=1").parse().unwrap());
        tokio::select! {
            () = bench.until("the submission is held", || bench.held() > 0) => {}
            outcome = bench.run(&WORK, MINUTE) => panic!("it is held: {outcome:?}"),
        }
        bench.sim.clear_faults();
        let report = bench.run(&WORK, MINUTE).await.unwrap();
        assert_eq!(bench.worked(), 1, "{hold}: {report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_waits_a_second_session_waits_for_the_same_task() {
    let bench = Bench::new();
    let slow = [
        "sh",
        "-c",
        "while ! test -e go; do sleep 0.1; done; touch done.$$",
    ];
    tokio::select! {
        () = bench.until("it works", || exists(&bench.claim(1))) => {}
        outcome = bench.run(&slow, MINUTE) => panic!("it waits: {outcome:?}"),
    }
    let store = SqliteStore::open(bench.session("other").await.workplace().state_dir.as_path()).unwrap();
    let open = pending(&store, "R").await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    let words = open[0].goes_on().to_string();
    assert!(
        words.contains("cannot be called off") && words.contains(&bench.sim.compute_tasks()[0].task_id),
        "{words}"
    );
    std::fs::write(bench.place.path().join("go"), "").unwrap();
    bench.run(&slow, MINUTE).await.unwrap();
    assert_eq!((bench.worked(), bench.requests("compute.submit")), (1, 1));
    assert!(pending(&store, "R").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_makes_no_second_run() {
    for fault in [
        "compute.submit:reset-after,nth=1",
        "compute.submit:reset-before,nth=1",
        "compute.submit:status=500,nth=1",
    ] {
        let bench = Bench::new();
        bench.sim.fault(fault.parse().unwrap());
        bench.run(&WORK, MINUTE).await.unwrap();
        assert_eq!(bench.worked(), 1, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_nobody_fetched_in_time_is_told_by_the_claim_and_not_computed_again() {
    let bench = Bench::new();
    // The first session dies before it can ask.
    bench
        .sim
        .fault("compute.batch_status:hold-before=asked".parse().unwrap());
    tokio::select! {
        () = bench.until("it has worked", || exists(&bench.claim(1).join("outcome.json"))) => {}
        outcome = bench.run(&WORK, MINUTE) => panic!("its question is held: {outcome:?}"),
    }
    bench
        .until("the task has ended", || {
            bench.sim.compute_tasks()[0].status == "success"
        })
        .await;
    bench.sim.clear_faults();
    bench.sim.advance(Duration::from_secs(3600));
    let report = bench.run(&WORK, MINUTE).await.unwrap();
    assert_eq!((bench.worked(), bench.requests("compute.submit")), (1, 2));
    assert_eq!(
        report.task_id.to_string(),
        bench.sim.compute_tasks()[0].task_id,
        "that which did the work"
    );
}

/// A call on record whose claim somebody made who is gone, so long ago.
async fn claimed(bench: &Bench, ago: Duration) {
    bench
        .sim
        .fault("compute.submit:hold-before=point,nth=1".parse().unwrap());
    tokio::select! {
        () = bench.until("the submission is held", || bench.held() > 0) => {}
        outcome = bench.run(&WORK, MINUTE) => panic!("it is held: {outcome:?}"),
    }
    let session = bench.session("other").await;
    let open = pending(session.workplace().store(), "R").await.unwrap();
    let claim = Path::new(open[0].claim());
    std::fs::create_dir_all(claim).unwrap();
    made(claim, ago);
    bench.sim.clear_faults();
}

/// Has a claim be made so long ago.
fn made(claim: &Path, ago: Duration) {
    let then = SystemTime::now() - ago;
    std::fs::File::open(claim).unwrap().set_modified(then).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_owner_is_gone_is_waited_for_as_long_as_it_may_be_at_work_and_no_longer() {
    let bench = Bench::new();
    claimed(&bench, Duration::ZERO).await;
    let failure = bench.run(&WORK, MINUTE).await.unwrap_err();
    assert_eq!(failure.code, "cut_off");
    assert!(failure.to_string().contains("same --run-id"), "{failure}");
    assert_eq!(bench.worked(), 0);
    // What the task told then is not believed for ever.
    made(&bench.claim(1), 10 * MINUTE);
    let failure = bench.run(&WORK, MINUTE).await.unwrap_err();
    assert!(failure.to_string().contains("begins anew"), "{failure}");
    bench.run(&WORK, MINUTE).await.unwrap();
    assert_eq!(bench.worked(), 1);

    let bench = Bench::new();
    claimed(&bench, 10 * MINUTE).await;
    let failure = bench.run(&WORK, MINUTE).await.unwrap_err();
    assert_eq!(failure.code, "cut_off");
    bench.run(&WORK, MINUTE).await.unwrap();
    assert_eq!(bench.worked(), 1, "a second attempt has a claim of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_run_of_the_same_name_left_is_not_believed() {
    let bench = Bench::new();
    bench.run(&WORK, MINUTE).await.unwrap();
    bench.forget();
    bench.run(&WORK, MINUTE).await.unwrap();
    assert_eq!(bench.worked(), 2, "its record is gone: nobody knows what it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_tasks_of_one_call_the_owner_of_the_claim_is_waited_for() {
    let bench = Bench::new();
    bench.sim.fault("compute.submit:duplicate,nth=1".parse().unwrap());
    let slow = ["sh", "-c", "sleep 2; touch done.$$"];
    bench.run(&slow, MINUTE).await.unwrap();
    assert_eq!(bench.sim.compute_tasks().len(), 2);
    assert_eq!(bench.worked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_its_endpoint_forgot_ends_the_wait_and_a_rerun_begins_anew() {
    let bench = Bench::new();
    // What is on record is shorter than what the function keeps: it is the wait that is tried here.
    let times = (10 * MINUTE, Duration::from_secs(15));
    let slow = [
        "sh",
        "-c",
        "echo $$ > begun; while ! test -e go; do sleep 0.1; done; touch done.$$",
    ];
    let begun = bench.place.path().join("begun");
    let patient = bench.functions();
    tokio::select! {
        () = bench.until("it works", || std::fs::read_to_string(&begun).is_ok_and(|pid| pid.ends_with('\n'))) => {}
        outcome = bench.run_with(&patient, &slow, times) => panic!("it works: {outcome:?}"),
    }
    bench.sim.restart_compute_endpoint();
    let pid = std::fs::read_to_string(&begun).unwrap();
    bench
        .until("the command is dead with its worker", || gone(&pid))
        .await;
    made(&bench.claim(1), MINUTE + MINUTE);

    let hasty = bench.functions().patience(Duration::ZERO);
    let failure = bench.run_with(&hasty, &slow, times).await.unwrap_err();
    assert_eq!(failure.code, "cut_off", "{failure}");
    let words = failure.to_string();
    assert!(
        words.contains("has not ended within 15 s") && words.contains("begins anew"),
        "{words}"
    );
    assert_eq!(bench.sim.compute_tasks()[0].status, "waiting-for-ep");
    std::fs::write(bench.place.path().join("go"), "").unwrap();
    bench.run_with(&patient, &slow, times).await.unwrap();
    assert_eq!((bench.worked(), bench.requests("compute.submit")), (1, 3));
}

/// Whether a process is no more.
fn gone(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.map_or(true, |stat| stat.contains(") Z "))
}

/// Where several tasks run in one process the function may take another's id for its own.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_no_task_of_the_call_is_not_believed() {
    let bench = Bench::new();
    let executor = Executor::new(bench.client(), bench.functions().endpoint().clone());
    let other = Arguments::new().arg(["true"]);
    let other = executor.submit(&function(), other).await.unwrap();
    let id = other.id().to_string();
    other.await.unwrap();

    claimed(&bench, Duration::ZERO).await;
    let record = serde_json::json!({ "task": id }).to_string();
    std::fs::write(bench.claim(1).join("owner.json"), record).unwrap();
    let failure = bench.run(&WORK, MINUTE).await.unwrap_err();
    assert_eq!(failure.code, "cut_off", "{failure}");
    std::fs::write(bench.claim(1).join("owner.json"), r#"{"task": "thread 3"}"#).unwrap();
    let failure = bench.run(&WORK, MINUTE).await.unwrap_err();
    assert_eq!(failure.code, "cut_off", "{failure}");
    assert_eq!(bench.worked(), 0);
}
