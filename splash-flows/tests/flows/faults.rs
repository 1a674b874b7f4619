//! Faults that a run gets over: every file arrives, once.

use crate::bench::Bench;

/// Moves `count` scans one after the other and asserts that each arrived.
async fn move_all(bench: &Bench, count: usize) {
    for n in 0..count {
        let name = format!("raw/faults/{n}.h5");
        let file = bench.scan(&name);
        let report = bench.run_move(&format!("R-{n}"), &file).await;
        assert_eq!(report["ok"], true, "{report:#}");
        bench.assert_everywhere(&name);
    }
    assert_eq!(bench.sim.tasks().len(), 2 * count, "one task a hop");
    assert_eq!(bench.sim.datasets().len(), count);
    assert_eq!(bench.sim.flow_runs().len(), 2 * count);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fifth_transfer_request_answers_503() {
    let bench = Bench::faulty(&["transfer.*:status=503,rate=0.2"]);
    move_all(&bench, 3).await;
    assert!(bench.sim.journal().count(|entry| entry.status == Some(503)) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_with_retry_after_are_waited_out() {
    let bench = Bench::faulty(&[
        "transfer.submit:status=429,retry-after=1,nth=1",
        "transfer.stat:status=429,retry-after=1,nth=2",
        "transfer.task_list:status=429,retry-after=1,nth=1",
    ]);
    move_all(&bench, 1).await;
    assert_eq!(bench.sim.journal().count(|entry| entry.status == Some(429)), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_before_and_after_the_request_was_read() {
    let bench = Bench::faulty(&[
        "transfer.*:reset-before,rate=0.1",
        "transfer.*:reset-after,rate=0.1",
        "transfer.*:truncate,rate=0.1",
    ]);
    move_all(&bench, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_a_submission_makes_no_second_task() {
    let bench = Bench::faulty(&["transfer.submit:reset-after,nth=1"]);
    move_all(&bench, 1).await;
    assert!(
        bench.requests("transfer.submit") >= 3,
        "the first one was sent again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_in_mid_run_is_renewed() {
    let bench = Bench::faulty(&["transfer.submit:401,nth=2", "transfer.stat:401,nth=1"]);
    move_all(&bench, 1).await;
    assert!(bench.requests("auth.token") >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_of_the_catalogue_makes_no_second_dataset() {
    let bench = Bench::faulty(&["scicat.dataset_create:reset-after,nth=1"]);
    move_all(&bench, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_of_the_scheduler_schedules_no_second_prune() {
    let bench = Bench::faulty(&["prefect.flow_run_create:reset-after,nth=1"]);
    move_all(&bench, 1).await;
}
