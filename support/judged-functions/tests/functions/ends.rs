//! Which ends are believed.

use std::time::Duration;

use globus_compute::Arguments;
use judged_functions::{Call, run_function, wrapper};

use crate::bench::{Bench, MINUTE, WORK};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_succeeds_is_run_once_for_its_run() {
    let bench = Bench::new();
    let report = bench.run(&WORK, MINUTE).await.unwrap();
    assert_eq!(report, bench.run(&WORK, MINUTE).await.unwrap(), "it is on record");
    assert_eq!((bench.worked(), bench.requests("compute.submit")), (1, 1));
    assert_eq!(bench.sim.compute_tasks()[0].task_id, report.task_id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_a_failure_with_the_last_words_and_the_next_session_tries_again() {
    let bench = Bench::new();
    let fails_once = [
        "sh",
        "-c",
        "echo slices: 3; test -e tried || { touch tried; echo no flats >&2; exit 7; }",
    ];
    let failure = bench.run(&fails_once, MINUTE).await.unwrap_err();
    assert_eq!((failure.step.as_str(), failure.code.as_str()), ("work", "FAILED"));
    for words in ["status 7", "slices: 3", "no flats"] {
        assert!(failure.message.contains(words), "{failure}");
    }
    bench.run(&fails_once, MINUTE).await.unwrap();
    assert!(
        bench.claim(1).is_dir() && bench.claim(2).is_dir(),
        "an attempt each"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_time_is_up_is_killed_with_all_that_it_started() {
    let bench = Bench::new();
    // The grandchild writes its process id and would outlive its parent.
    let line = "sleep 1000 & echo $! > grandchild; wait";
    let failure = bench
        .run(&["sh", "-c", line], Duration::from_secs(5))
        .await
        .unwrap_err();
    assert_eq!(failure.code, "TIMEOUT", "{failure}");
    let pid = std::fs::read_to_string(bench.place.path().join("grandchild")).unwrap();
    let stands = format!("/proc/{}/stat", pid.trim());
    bench
        .until("the grandchild is dead", || {
            let stat = std::fs::read_to_string(&stands);
            stat.map_or(true, |stat| stat.contains(") Z "))
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_and_a_function_that_raises_are_told_in_python_s_words() {
    let bench = Bench::new();
    let failure = bench.run(&["no-such-program"], MINUTE).await.unwrap_err();
    assert_eq!(failure.code, "FAILED");
    assert!(failure.message.contains("could not be started"), "{failure}");

    let session = bench.session("E").await;
    let source = "def boom(claim=None):\n    # fenced(argv, cwd, timeout, claim) is put here\n    \
                  raise RuntimeError('no such detector')\n";
    let call = Call {
        step: "work",
        key: "boom",
        run_folder: "/nowhere",
        function: &wrapper("boom", source).unwrap(),
        arguments: &|claim| Arguments::new().kwarg("claim", claim),
        limit: MINUTE,
    };
    let failure = run_function(&session, &bench.functions(), &call)
        .await
        .unwrap_err();
    assert_eq!(failure.code, "EXCEPTION");
    assert!(
        failure.message.contains("RuntimeError: no such detector"),
        "{failure}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_returns_something_else_is_not_believed() {
    let bench = Bench::new();
    let session = bench.session("E").await;
    let source =
        "def other(claim=None):\n    # fenced(argv, cwd, timeout, claim) is put here\n    return 'done'\n";
    let call = Call {
        step: "work",
        key: "other",
        run_folder: "/nowhere",
        function: &wrapper("other", source).unwrap(),
        arguments: &|claim| Arguments::new().kwarg("claim", claim),
        limit: MINUTE,
    };
    let failure = run_function(&session, &bench.functions(), &call)
        .await
        .unwrap_err();
    assert_eq!(failure.code, "UNREADABLE", "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_the_service_gives_up_is_sent_once_more_and_then_is_a_failure() {
    let bench = Bench::new();
    bench.sim.fault("compute.submit:give-up,nth=1".parse().unwrap());
    bench.run(&WORK, MINUTE).await.unwrap();
    assert_eq!((bench.worked(), bench.requests("compute.submit")), (1, 2));

    let bench = Bench::new();
    bench.sim.fault("compute.submit:give-up".parse().unwrap());
    let failure = bench.run(&WORK, MINUTE).await.unwrap_err();
    assert_eq!(failure.code, "GIVEN_UP");
    assert!(
        failure.message.contains("could not start a user endpoint"),
        "{failure}"
    );
    assert_eq!((bench.worked(), bench.requests("compute.submit")), (0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_off_is_said_to_be_and_one_that_never_comes_back_ends_the_wait_and_not_the_task()
{
    let bench = Bench::new();
    bench.functions().ready("preflight").await.unwrap();
    bench.sim.set_compute_online(false);
    let failure = bench.functions().ready("preflight").await.unwrap_err();
    assert_eq!(failure.code, "endpoint_offline");
    assert!(
        failure.to_string().contains("globus-compute-endpoint start"),
        "{failure}"
    );

    let hasty = bench.functions().patience(Duration::ZERO);
    let short = Duration::from_secs(5);
    let failure = bench.run_with(&hasty, &WORK, (short, short)).await.unwrap_err();
    assert_eq!(failure.code, "no_end", "{failure}");
    assert!(failure.to_string().contains("same --run-id"), "{failure}");
    bench.sim.set_compute_online(true);
    bench.run(&WORK, short).await.unwrap();
    assert_eq!(
        (bench.worked(), bench.requests("compute.submit")),
        (1, 2),
        "one of the two that waited"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_refused_before_anything_is() {
    let bench = Bench::new();
    let huge = "x".repeat(11 << 20);
    let failure = bench.run(&["echo", &huge], MINUTE).await.unwrap_err();
    assert!(failure.message.contains("files"), "{}", &failure.message[..200]);
    assert_eq!(bench.requests("compute.submit"), 0);
}
