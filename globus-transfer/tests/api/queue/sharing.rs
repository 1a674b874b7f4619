//! Many who wait, and those who do not wait any more.

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use service_sim::Limits;

use super::{all, until};
use crate::sim::{Scene, scene, shown};

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
    tokio::select! {
        _ = &mut first => panic!("held"),
        () = until("the first task", || active(&scene) == 1) => {}
    }
    let mut dropped = queue
        .transfer(&options, scene.item("dropped", true))
        .into_future();
    assert!((&mut dropped).now_or_never().is_none());
    let mut kept = queue.transfer(&options, scene.item("kept", true)).into_future();
    assert!((&mut kept).now_or_never().is_none());
    assert_eq!((queue.active(), queue.waiting()), (1, 2));
    drop(dropped);
    assert_eq!(queue.waiting(), 1);
    scene.sim.clear_faults();
    let (first, kept) = tokio::join!(first, kept);
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
    tokio::select! {
        _ = one.next() => panic!("the task is held"),
        () = until("the first task", || active(&scene) == 1) => {}
    }
    // The second call's items share a task: they are queued while the first task is under way.
    let mut two = queue.transfer(&options, scene.item("c", true)).into_future();
    let mut three = queue.transfer(&options, scene.item("d", true)).into_future();
    assert!((&mut two).now_or_never().is_none() && (&mut three).now_or_never().is_none());
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
    tokio::select! {
        _ = blocker.next() => panic!("held"),
        () = until("the first task", || active(&scene) == 1) => {}
    }
    let mut calls = ["a", "b"].map(|name| queue.transfer_all(&options, scene.items(&[name])));
    for call in &mut calls {
        assert!(call.next().now_or_never().is_none());
    }
    drop(blocker);
    let [mut one, mut two] = calls;
    tokio::select! {
        _ = one.next() => panic!("held"),
        _ = two.next() => panic!("held"),
        () = until("the shared task", || scene.loads() == [1, 2]) => {}
    }
    one.cancel().await;
    assert_eq!(scene.requests("transfer.task_cancel"), 0, "another waits for it");
    two.cancel().await;
    assert_eq!(scene.requests("transfer.task_cancel"), 1);
    // The one that was dropped goes on.
    until("the task has ended", || active(&scene) == 1).await;
    let tasks = scene.sim.tasks();
    let failed = tasks.iter().find(|task| task.status == "FAILED").unwrap();
    assert_eq!(failed.items.len(), 2);
    assert_eq!((queue.active(), queue.waiting()), (0, 0));
}

/// The reply to the first request for a submission id is held until `meanwhile` is done.
async fn while_the_id_is_on_its_way(scene: &Scene, meanwhile: impl Future<Output = ()>) {
    until("the id is asked for", || {
        scene.requests("transfer.submission_id") == 1
    })
    .await;
    meanwhile.await;
    scene.sim.release("id");
}

#[tokio::test]
async fn what_comes_while_the_submission_id_is_on_its_way_goes_with_the_first() {
    let scene = scene(|sim| sim);
    scene.fault("transfer.submission_id:hold=id,nth=1");
    let (queue, options) = (scene.queue(), scene.options());
    let mut first = queue.transfer(&options, scene.item("first", true)).into_future();
    assert!((&mut first).now_or_never().is_none());
    let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let calls = names.iter().map(|name| {
        let mut call = queue.transfer(&options, scene.item(name, true)).into_future();
        assert!((&mut call).now_or_never().is_none());
        call
    });
    let calls: Vec<_> = calls.collect();
    assert_eq!((queue.active(), queue.waiting()), (1, 0));
    // The same place is not written twice at a time: that one waits for another task, of which there is room.
    let mut twice = queue.transfer(&options, scene.item("first", true)).into_future();
    assert!((&mut twice).now_or_never().is_none());
    // Who was first is gone, and the one in the middle too.
    drop(first);
    let mut calls = calls;
    drop(calls.remove(10));
    let (ends, ()) = tokio::join!(join_all(calls), while_the_id_is_on_its_way(&scene, async {}));
    for end in ends {
        end.unwrap();
    }
    twice.await.unwrap();
    assert_eq!(scene.loads(), [19, 1], "only what is awaited");
    assert_eq!(scene.requests("transfer.submission_id"), 2);
    scene.assert_copied(&["0", "19", "first"]);
    assert!(!scene.to.exists("10"));
    assert_eq!((queue.active(), queue.waiting()), (0, 0));
}

#[tokio::test]
async fn when_all_leave_while_the_submission_id_is_on_its_way_nothing_is_sent_and_the_place_is_free() {
    let scene = scene(|sim| sim);
    scene.fault("transfer.submission_id:hold=id,nth=1");
    let (queue, options) = (scene.queue().room(1), scene.options());
    let mut calls = ["a", "b"].map(|name| queue.transfer_all(&options, scene.items(&[name])));
    for call in &mut calls {
        assert!(call.next().now_or_never().is_none());
    }
    let [one, two] = calls;
    one.cancel().await;
    drop(two);
    assert_eq!((queue.active(), queue.waiting()), (0, 0));
    scene.sim.release("id");
    queue.transfer(&options, scene.item("a", true)).await.unwrap();
    assert_eq!(scene.loads(), [1]);
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
