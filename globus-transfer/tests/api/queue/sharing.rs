//! Many who wait, and those who do not wait any more.

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::FutureExt;
use service_sim::Limits;

use super::all;
use crate::sim::{Scene, scene, shown};

/// Waits for something to be so at the service.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 30 s: {what}");
}

fn active(scene: &Scene) -> usize {
    scene
        .sim
        .tasks()
        .iter()
        .filter(|task| task.status == "ACTIVE")
        .count()
}

#[tokio::test]
async fn a_waiter_dropped_before_its_task_was_made_takes_its_file_out() {
    let scene = scene(|sim| sim);
    scene.fault("task:hold");
    let (queue, options) = (scene.queue().room(1), scene.options());
    let mut first = queue.transfer(&options, scene.item("first", true)).into_future();
    assert!((&mut first).now_or_never().is_none());
    let mut dropped = queue
        .transfer(&options, scene.item("dropped", true))
        .into_future();
    assert!((&mut dropped).now_or_never().is_none());
    let mut kept = queue.transfer(&options, scene.item("kept", true)).into_future();
    assert!((&mut kept).now_or_never().is_none());
    assert_eq!((queue.active(), queue.waiting()), (1, 2));
    drop(dropped);
    assert_eq!(queue.waiting(), 1);
    let release = async {
        until("the first task", || active(&scene) == 1).await;
        scene.sim.clear_faults();
    };
    let (first, kept, ()) = tokio::join!(first, kept, release);
    first.unwrap();
    kept.unwrap();
    assert_eq!(scene.loads(), [1, 1]);
    assert!(!scene.to.exists("dropped"));
}

#[tokio::test]
async fn a_waiter_dropped_later_costs_nothing_and_leaves_the_task_and_its_neighbours_alone() {
    let scene = scene(|sim| sim);
    scene.fault("task:hold");
    let (queue, options) = (scene.queue().room(1), scene.options());
    let mut one = queue.transfer_all(&options, scene.items(&["a", "b"]));
    assert!(one.next().now_or_never().is_none());
    // The second call's items share a task: they are queued while the first task is under way.
    let mut two = queue.transfer(&options, scene.item("c", true)).into_future();
    let mut three = queue.transfer(&options, scene.item("d", true)).into_future();
    assert!((&mut two).now_or_never().is_none() && (&mut three).now_or_never().is_none());
    let wait = async {
        until("the first task", || active(&scene) == 1).await;
    };
    tokio::select! {
        _ = one.next() => panic!("the task is held"),
        () = wait => {}
    }
    drop(one);
    let polls = scene.requests("transfer.task_list");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        scene.requests("transfer.task_list"),
        polls,
        "nobody waits, nobody asks"
    );
    assert_eq!(queue.active(), 1, "its place is another's now");
    let both = async {
        until("both tasks", || active(&scene) == 2).await;
    };
    tokio::select! {
        _ = &mut two => panic!("the task is held"),
        () = both => {}
    }
    drop(two);
    scene.sim.clear_faults();
    three.await.unwrap();
    until("all is copied", || active(&scene) == 0).await;
    scene.assert_copied(&["a", "b", "c", "d"]);
    assert_eq!(scene.loads(), [2, 2]);
    assert_eq!(scene.requests("transfer.task_cancel"), 0);
}

#[tokio::test]
async fn a_task_is_cancelled_only_when_all_who_share_it_give_up() {
    let scene = scene(|sim| sim);
    scene.fault("task:hold");
    let (queue, options) = (scene.queue().room(1), scene.options());
    let mut blocker = queue.transfer_all(&options, scene.items(&["blocker"]));
    assert!(blocker.next().now_or_never().is_none());
    let mut calls = ["a", "b"].map(|name| queue.transfer_all(&options, scene.items(&[name])));
    for call in &mut calls {
        assert!(call.next().now_or_never().is_none());
    }
    drop(blocker);
    let [mut one, mut two] = calls;
    tokio::select! {
        _ = one.next() => panic!("held"),
        _ = two.next() => panic!("held"),
        () = until("the shared task", || scene.loads() == [2]) => {}
    }
    one.cancel().await;
    assert_eq!(scene.requests("transfer.task_cancel"), 0, "another waits for it");
    two.cancel().await;
    assert_eq!(scene.requests("transfer.task_cancel"), 1);
    until("the task has ended", || active(&scene) == 0).await;
    assert_eq!(scene.sim.tasks()[0].status, "FAILED");
    assert_eq!((queue.active(), queue.waiting()), (0, 0));
}

#[tokio::test]
async fn a_refused_submission_is_final_and_a_full_service_is_waited_for() {
    let scene = scene(|sim| sim.limits(Limits::Production));
    scene.fault("transfer.submit:status=409,times=1");
    let ends = all(
        scene.queue().transfer_all(&scene.options(), scene.items(&["a"])),
        1,
    )
    .await;
    assert!(
        !ends[0].as_ref().unwrap_err().is_doubtful(),
        "a conflict about something else"
    );
    scene.sim.clear_faults();

    scene.fault("task:hold");
    for n in 0..103 {
        // The rate is not what this is about.
        scene.sim.advance(Duration::from_secs(1));
        let to = shown(&scene.to, &n.to_string());
        let task = scene.options().item(shown(&scene.from, "a"), to);
        task.send().await.unwrap();
    }
    let (queue, options) = (scene.queue(), scene.options());
    let copy = queue.transfer(&options, scene.item("late", true)).into_future();
    let full = |entry: &service_sim::Entry| entry.status == Some(409) && entry.fault.is_none();
    let release = async {
        until("the service is full", || scene.sim.journal().count(full) > 0).await;
        scene.sim.clear_faults();
    };
    let (end, ()) = tokio::join!(copy, release);
    end.unwrap();
    assert_eq!(scene.sim.tasks().len(), 104);
    scene.assert_copied(&["late"]);
}
