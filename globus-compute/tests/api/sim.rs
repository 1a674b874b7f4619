//! Against the simulator, which runs what it is sent in a real `python3`.

use std::collections::BTreeMap;
use std::time::Duration;

use globus_compute::{
    Arguments, Client, Command, EndpointId, ErrorExt, Executor, Function, Pace, TaskError, TaskGroupId,
    TaskStatus,
};
use serde::{Deserialize, Serialize};
use service_sim::{Limits, Sim};

use crate::support::{GROUP, http};

fn client(sim: &Sim) -> Client {
    let env = sim.env();
    let builder = globus_compute::ClientBuilder::from_vars(|name| env.get(name).cloned()).unwrap();
    builder.http(http()).build().unwrap()
}

fn executor(sim: &Sim) -> Executor {
    let endpoint = EndpointId::parse(&sim.env()["GLOBUS_COMPUTE_ENDPOINT"]).unwrap();
    let pace = Pace {
        first: Duration::from_millis(100),
        growth: 0.0,
        max: Duration::from_millis(100),
    };
    Executor::new(client(sim), endpoint).pace(pace)
}

fn function(name: &str, source: &str) -> Function {
    Function::from_source(name, source).unwrap()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Scan {
    name: String,
    angles: Vec<f64>,
    notes: BTreeMap<String, Option<i64>>,
}

#[tokio::test]
async fn values_go_out_and_come_back_in_both_dialects() {
    for version in ["4.19.0", "2.25.0"] {
        let sim = Sim::builder().compute().compute_version(version).start().unwrap();
        let echo = function(
            "echo",
            "def echo(scan, *, again):\n    assert again == scan\n    return again\n",
        );
        let scan = Scan {
            name: "größe ☃ 😀\n\"q\"".to_owned(),
            angles: vec![0.1, f64::INFINITY, -0.0],
            notes: [("a".to_owned(), None), ("b".to_owned(), Some(i64::MIN))].into(),
        };
        let arguments = Arguments::new().arg(&scan).kwarg("again", &scan);
        let task = executor(&sim).submit(&echo, arguments).await.unwrap();
        assert_eq!(task.result::<Scan>().await.unwrap(), scan, "{version}");
    }
}

#[tokio::test]
async fn ends_of_every_kind() {
    let sim = Sim::builder().compute().start().unwrap();
    let executor = executor(&sim);
    let raising = function("f", "def f(x):\n    raise ValueError('bäd ' + x)\n");
    let raised = executor
        .submit(&raising, Arguments::new().arg("scan"))
        .await
        .unwrap();
    // Only Python's compiler finds this one.
    let wrong = function("g", "def g():\n    break\n");
    let wrong = executor.submit(&wrong, Arguments::new()).await.unwrap();
    let large = function("h", "def h(n):\n    return 'x' * n\n");
    let five = executor
        .submit(&large, Arguments::new().arg(5 << 20))
        .await
        .unwrap();
    let eleven = executor
        .submit(&large, Arguments::new().arg(11 << 20))
        .await
        .unwrap();
    let object = function(
        "d",
        "def d():\n    import datetime\n    return datetime.date(2026, 11, 22)\n",
    );
    let object = executor.submit(&object, Arguments::new()).await.unwrap();

    let error = raised.await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the function raised ValueError: bäd scan"),
        "{error}"
    );
    let TaskError::Raised { traceback, .. } = wrong.await.unwrap_err() else {
        panic!("a syntax error is raised");
    };
    assert!(traceback.contains("SyntaxError"), "{traceback}");
    assert_eq!(five.result::<String>().await.unwrap().len(), 5 << 20);
    assert!(
        eleven
            .await
            .unwrap_err()
            .to_string()
            .contains("MaxResultSizeExceeded")
    );
    let error = object.await.unwrap_err();
    assert!(error.to_string().contains("not JSON serializable"), "{error}");
}

#[tokio::test]
async fn commands() {
    let sim = Sim::builder().compute().start().unwrap();
    let executor = executor(&sim);
    let run = |command: Command| {
        let executor = executor.clone();
        async move { executor.run(&command).await.unwrap().await }
    };
    let hostile = "a b 'c' \"d\" $(e) {f} ü";
    let output = run(Command::new("printf").args(["%s", hostile])).await.unwrap();
    assert_eq!((output.stdout.as_str(), output.returncode), (hostile, 0));
    let failed = run(Command::shell("echo out; echo $WHO >&2; exit 3").env("WHO", "err"))
        .await
        .unwrap_err();
    let output = failed.output().unwrap();
    assert_eq!(
        (output.returncode, output.stdout.as_str(), output.stderr.as_str()),
        (3, "out\n", "err\n")
    );
    // The grandchild would keep a pipe open for a minute.
    let slow = Command::shell("echo begun; sleep 60 & sleep 60").timeout(Duration::from_millis(500));
    let killed = run(slow).await.unwrap_err();
    let output = killed.output().unwrap();
    assert!(
        output.timed_out && output.stdout == "begun\n" && output.seconds.unwrap() < 30.0,
        "{output:?}"
    );
    let tail = run(Command::shell("seq 1 2000").keep_output(9)).await.unwrap();
    assert_eq!(tail.stdout, "999\n2000\n");
    let missing = run(Command::new("no-such-program")).await.unwrap_err();
    assert!(missing.to_string().contains("FileNotFoundError"), "{missing}");
    let elsewhere = run(Command::new("pwd").cwd("/")).await.unwrap();
    assert_eq!(elsewhere.stdout, "/\n");
}

#[tokio::test]
async fn an_endpoint_that_is_offline_keeps_its_tasks() {
    let sim = Sim::builder().compute().start().unwrap();
    let executor = executor(&sim);
    sim.set_compute_online(false);
    let status = client(&sim)
        .endpoint(executor.endpoint().clone())
        .status()
        .send()
        .await
        .unwrap();
    assert!(!status.is_online());
    let f = function("f", "def f():\n    return 1\n");
    let task = executor.submit(&f, Arguments::new()).await.unwrap();
    let id = task.id().clone();
    let waiting = client(&sim).task(&id).send().await.unwrap();
    assert_eq!(waiting.status, TaskStatus::WaitingForEndpoint);
    drop(task);
    sim.set_compute_online(true);
    assert_eq!(executor.attach(id).result::<u8>().await.unwrap(), 1);
}

#[tokio::test]
async fn what_the_service_does_seldom_is_survived() {
    let sim = Sim::builder()
        .compute()
        .fault("compute.batch_status:omit".parse().unwrap());
    let sim = sim
        .fault("compute.submit:reset-after,nth=1".parse().unwrap())
        .start()
        .unwrap();
    let group = TaskGroupId::parse(GROUP).unwrap();
    let executor = executor(&sim).task_group(group);
    let f = function("f", "def f(n):\n    return n\n");
    let calls = (0..3).map(|n| Arguments::new().arg(n));
    let tasks = executor.submit_all(&f, calls).await.unwrap();
    let mut values = Vec::new();
    for task in tasks {
        values.push(task.result::<u8>().await.unwrap());
    }
    assert_eq!(values, [0, 1, 2]);
    assert_eq!(sim.compute_tasks().len(), 3, "submitted once");
    sim.fault("compute.submit:give-up".parse().unwrap());
    let given_up = executor.submit(&f, Arguments::new().arg(1)).await.unwrap();
    assert!(
        matches!(given_up.await, Err(TaskError::GivenUp { reason, .. }) if reason.contains("user endpoint process"))
    );
}

#[tokio::test]
async fn a_result_that_nobody_fetched_is_given_up() {
    let sim = Sim::builder().compute().start().unwrap();
    let executor = executor(&sim);
    let f = function("f", "def f():\n    return 1\n");
    let task = executor.submit(&f, Arguments::new()).await.unwrap();
    while sim.compute_tasks()[0].status != "success" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sim.advance(Duration::from_mins(31));
    let error = task.await.unwrap_err();
    assert!(error.to_string().contains("abandoned"), "{error}");
}

#[tokio::test]
async fn the_limits_of_production_are_kept_and_refusals_are_read() {
    let sim = Sim::builder()
        .compute()
        .limits(Limits::Production)
        .start()
        .unwrap();
    let client = client(&sim);
    for _ in 0..21 {
        client.endpoints().send().await.unwrap();
    }
    let refused = sim
        .journal()
        .entries()
        .iter()
        .filter(|entry| entry.status == Some(429))
        .count();
    assert!(
        refused <= 1,
        "{refused}: only where the service's window begins within the client's"
    );
    let unknown = EndpointId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let error = client.endpoint(unknown).get().send().await.unwrap_err();
    assert!(error.has_code("ENDPOINT_NOT_FOUND"), "{error}");
}
