//! What takes longer than the gate has.

use std::time::Duration;

use globus_compute::{Arguments, TaskError, TaskStatus};

use crate::endpoint::every_end;
use crate::scene::{Scene, function};

#[tokio::test(flavor = "multi_thread")]
async fn processes_of_parsl() {
    let scene = Scene::start();
    every_end(&scene.asking("htex")).await;
    every_end(&scene.pushed("htex")).await;
}

/// What an endpoint ran when it ended is lost, and nobody says so: the service has the task waiting for ever. What was
/// submitted meanwhile is run afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_restarted_in_the_middle_of_a_task() {
    let mut scene = Scene::start();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("begun");
    let executor = scene.asking("thread");
    let slow = function(
        "slow",
        "def slow(place):\n    import time\n    open(place, 'x').close()\n    time.sleep(3600)\n",
    );
    let lost = executor
        .submit(&slow, Arguments::new().arg(&place))
        .await
        .unwrap();
    while !place.exists() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    scene.endpoint.stop().unwrap();
    scene.until_online(false).await;
    let add = function("add", "def add(a, b):\n    return a + b\n");
    let waiting = executor
        .submit(&add, Arguments::new().arg(1).arg(2))
        .await
        .unwrap();
    let seen = scene.client().task(waiting.id()).send().await.unwrap();
    assert_eq!(seen.status, TaskStatus::WaitingForEndpoint);
    let id = scene.id();
    scene.endpoint.resume().unwrap();
    assert_eq!(scene.id(), id);
    assert_eq!(waiting.result::<u8>().await.unwrap(), 3);
    // By its id, as a process that was restarted would.
    let id = lost.id().clone();
    drop(lost);
    let again = executor.attach(id.clone());
    assert!(tokio::time::timeout(Duration::from_secs(2), again).await.is_err());
    assert!(!scene.client().task(&id).send().await.unwrap().is_done());
}

/// A configuration that the endpoint's template refuses is told at once, with the endpoint's words.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_cannot_be_started() {
    let scene = Scene::start();
    let executor = scene.asking("no-such-engine");
    let add = function("add", "def add(a, b):\n    return a + b\n");
    let task = executor
        .submit(&add, Arguments::new().arg(1).arg(2))
        .await
        .unwrap();
    let error = task.await.unwrap_err();
    assert!(
        matches!(&error, TaskError::GivenUp { reason, .. } if reason.contains("no-such-engine")),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_dies_in_the_middle_of_a_reconstruction() {
    let mut scene = Scene::start();
    crate::flow::restarted_in_the_middle(&mut scene).await;
}
