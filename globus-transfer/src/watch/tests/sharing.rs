//! Many waiters, few requests; and nobody depends on anybody else.

use super::*;
use futures_util::future::join_all;
use std::future::IntoFuture;

#[tokio::test(start_paused = true)]
async fn a_lone_task_costs_few_requests_and_its_end_is_noticed_soon() {
    let fake = Fake::new(lasting(seconds(2)));
    let task = fake.watcher().wait(id("a")).await.unwrap();
    assert_eq!(task.bytes_transferred, Some(7));
    assert!(
        fake.age() < Duration::from_millis(2500),
        "noticed after {:?}",
        fake.age()
    );
    assert!(
        fake.list_sizes().len() <= 7,
        "{} requests",
        fake.list_sizes().len()
    );
    assert!(fake.state().gets.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_old_task_is_asked_for_rarely() {
    let fake = Fake::new(lasting(seconds(3600)));
    fake.watcher().wait(id("a")).await.unwrap();
    assert!(fake.age() <= seconds(3600 + 15));
    assert!(
        fake.list_sizes().len() < 270,
        "{} requests",
        fake.list_sizes().len()
    );
}

#[tokio::test(start_paused = true)]
async fn twenty_waiters_cost_as_much_as_one() {
    let fake = Fake::new(lasting(seconds(2)));
    let watcher = fake.watcher();
    let waits = (0..20).map(|n| tokio::spawn(watcher.clone().wait(id(n.to_string())).into_future()));
    for wait in join_all(waits).await {
        wait.unwrap().unwrap();
    }
    let lists = fake.list_sizes();
    assert!(lists.len() <= 7, "{lists:?}");
    assert!(lists.iter().all(|size| *size == 20), "{lists:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tick_takes_one_request_for_each_hundred_waiters() {
    let fake = Fake::new(lasting(seconds(2)));
    let watcher = fake.watcher();
    let waits = (0..250).map(|n| tokio::spawn(watcher.wait(id(n.to_string())).into_future()));
    for wait in join_all(waits).await {
        wait.unwrap().unwrap();
    }
    let lists = fake.list_sizes();
    assert!(lists.chunks(3).all(|tick| tick == [100, 100, 50]), "{lists:?}");
    assert!(lists.len() <= 7 * 3);
}

#[tokio::test(start_paused = true)]
async fn waiters_on_one_task_ask_for_it_once() {
    let fake = Fake::new(lasting(seconds(1)));
    let watcher = fake.watcher();
    let (one, two) = tokio::join!(watcher.wait(id("a")), watcher.wait(id("a")));
    assert_eq!(one.unwrap(), two.unwrap());
    assert!(fake.list_sizes().iter().all(|size| *size == 1));
}

#[tokio::test(start_paused = true)]
async fn when_the_leader_is_dropped_another_takes_over() {
    // Slow answers: dropped once in its pause, once in its request.
    let fake = Fake::slow(Duration::from_millis(100), lasting(seconds(4)));
    let watcher = fake.watcher();
    let mut first = Box::pin(watcher.wait(id("first")).into_future());
    let mut second = Box::pin(watcher.wait(id("second")).into_future());
    let third = watcher.wait(id("third")).into_future();
    let rest = async {
        // Nobody but `first` and `second` may lead for now: they are polled before `third`.
        tokio::time::timeout(Duration::from_millis(350), &mut first)
            .await
            .unwrap_err();
        drop(first);
        tokio::time::timeout(Duration::from_millis(450), &mut second)
            .await
            .unwrap_err();
        drop(second);
    };
    let (third, ()) = tokio::join!(third, rest);
    third.unwrap();
    assert!(fake.age() < seconds(5), "{:?}", fake.age());
    assert_eq!(fake.state().lists.last().unwrap().1, [id("third")]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_costs_nothing() {
    let fake = Fake::new(lasting(seconds(2)));
    let watcher = fake.watcher();
    let dropped = tokio::time::timeout(seconds(1), watcher.wait(id("dropped")));
    let (kept, dropped) = tokio::join!(watcher.wait(id("kept")), dropped);
    kept.unwrap();
    dropped.unwrap_err();
    let late = fake
        .state()
        .lists
        .iter()
        .filter(|(age, _)| *age > seconds(1))
        .cloned()
        .collect::<Vec<_>>();
    assert!(
        !late.is_empty() && late.iter().all(|(_, ids)| *ids == [id("kept")]),
        "{late:?}"
    );
    let requests = fake.list_sizes().len();
    tokio::time::sleep(seconds(600)).await;
    assert_eq!(fake.list_sizes().len(), requests, "nobody waits, nobody asks");
    assert!(fake.state().cancels.is_empty(), "the task itself goes on");
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_sets_the_pace_for_all() {
    let fake = Fake::new(|id, age| {
        let end = if id.as_str() == "old" {
            seconds(103)
        } else {
            seconds(102)
        };
        Some(if age < end { active() } else { succeeded() })
    });
    let watcher = fake.watcher();
    let newcomer = async {
        tokio::time::sleep(seconds(100)).await;
        watcher.wait(id("new")).await.unwrap();
        fake.age()
    };
    let (old, noticed) = tokio::join!(watcher.wait(id("old")), newcomer);
    old.unwrap();
    assert!(noticed < Duration::from_millis(102_500), "{noticed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_nobody_polls_does_not_stop_the_others() {
    let fake = Fake::new(lasting(seconds(60)));
    let watcher = fake.watcher();
    let mut idle = Box::pin(watcher.wait(id("idle")).into_future());
    // Polled until it leads, then left alone.
    tokio::time::timeout(seconds(1), &mut idle).await.unwrap_err();
    watcher.wait(id("busy")).await.unwrap();
    assert!(fake.age() < seconds(60 + 130), "{:?}", fake.age());
    drop(idle);
}

#[tokio::test(start_paused = true)]
async fn every_reading_is_shown() {
    let fake = Fake::new(|_, age| {
        Some(if age < seconds(1) {
            active()
        } else {
            json!({"status": "SUCCEEDED", "bytes_transferred": 9})
        })
    });
    let mut seen = Vec::new();
    fake.watcher()
        .wait(id("a"))
        .on_update(|task| seen.push(task.bytes_transferred))
        .await
        .unwrap();
    assert_eq!(seen, [Some(0), Some(0), Some(0), Some(9)]);
}
