//! Tasks of every kind on a real endpoint.

use std::time::Duration;

use globus_compute::{Arguments, Command, Executor, TaskError};
use serde_json::{Value as Json, json};

use crate::scene::{Scene, function};

/// Submits a task of every kind at once and looks at its end.
pub(crate) async fn every_end(executor: &Executor) {
    let echo = function(
        "echo",
        "def echo(value, *, again):\n    return {'value': value, 'again': again}\n",
    );
    let value = json!({"größe ☃": [1, -2.5, null, true, "😀\n\"q\""]});
    let echoed = Arguments::new().arg(&value).kwarg("again", i64::MIN);
    let echoed = executor.submit(&echo, echoed).await.unwrap();
    let raising = function("f", "def f(x):\n    raise ValueError('bäd ' + x)\n");
    let raised = executor
        .submit(&raising, Arguments::new().arg("scan"))
        .await
        .unwrap();
    let large = function("g", "def g(n):\n    return 'x' * n\n");
    let calls = [5 << 20, 11 << 20].map(|size| Arguments::new().arg(size));
    let mut sizes = executor.submit_all(&large, calls).await.unwrap();
    let failing = Command::shell("echo out; echo $WHO >&2; exit 3").env("WHO", "err");
    let failing = executor.run(&failing).await.unwrap();
    let slow = Command::shell("echo begun; sleep 600 & sleep 600").timeout(Duration::from_secs(1));
    let slow = executor.run(&slow).await.unwrap();

    let echoed: Json = echoed.result().await.unwrap();
    assert_eq!(echoed, json!({"value": value, "again": i64::MIN}));
    let TaskError::Raised { traceback, .. } = raised.await.unwrap_err() else {
        panic!("an exception is raised");
    };
    assert!(
        traceback.trim_end().ends_with("ValueError: bäd scan"),
        "{traceback}"
    );
    let error = failing.await.unwrap_err();
    let output = error.output().unwrap_or_else(|| panic!("{error}"));
    assert_eq!(
        (output.returncode, output.stdout.as_str(), output.stderr.as_str()),
        (3, "out\n", "err\n")
    );
    let too_large = sizes.pop().unwrap().await.unwrap_err().to_string();
    assert!(too_large.contains("MaxResultSizeExceeded"), "{too_large}");
    let text: String = sizes.pop().unwrap().result().await.unwrap();
    assert_eq!(text.len(), 5 << 20);
    let error = slow.await.unwrap_err();
    let output = error.output().unwrap_or_else(|| panic!("{error}"));
    // The grandchild would keep the pipe open for ten minutes.
    assert!(
        output.timed_out && output.stdout == "begun\n" && output.seconds.unwrap() < 300.0,
        "{output:?}"
    );
}

/// How often the service was asked about tasks.
fn asked(scene: &Scene) -> usize {
    let journal = scene.sim.journal();
    let entries = journal.entries();
    entries
        .iter()
        .filter(|entry| entry.operation == "compute.batch_status")
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn threads() {
    let scene = Scene::start();
    scene.until_online(true).await;
    every_end(&scene.asking("thread")).await;
    let before = asked(&scene);
    let start = std::time::Instant::now();
    every_end(&scene.pushed("thread")).await;
    println!("pushed: every end within {:.1} s", start.elapsed().as_secs_f64());
    assert!(asked(&scene) - before <= 1, "{} requests", asked(&scene) - before);
}
