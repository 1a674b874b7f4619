//! When the service cannot be asked, or does not know the task.

use super::*;
use crate::{ErrorKind, WaitError};

fn garbled() -> Error {
    Error::decode("globus_transfer.task_list", "not what was expected")
}

#[tokio::test(start_paused = true)]
async fn a_task_the_list_leaves_out_is_looked_up_singly() {
    let fake = Fake::new(lasting(seconds(1)));
    fake.state().unlisted.insert(id("shy"));
    let watcher = fake.watcher();
    let (shy, plain) = tokio::join!(watcher.wait(id("shy")), watcher.wait(id("plain")));
    shy.unwrap();
    plain.unwrap();
    assert!(fake.state().gets.iter().all(|asked| *asked == id("shy")));
}

#[tokio::test(start_paused = true)]
async fn a_task_unknown_three_times_is_lost_and_the_others_are_not() {
    let fake = Fake::new(|id, age| match id.as_str() {
        "gone" => None,
        _ => Some(if age < seconds(2) { active() } else { succeeded() }),
    });
    let watcher = fake.watcher();
    let (gone, there) = tokio::join!(watcher.wait(id("gone")), watcher.wait(id("there")));
    there.unwrap();
    let error = gone.unwrap_err();
    assert!(matches!(&error, WaitError::Lost { task_id } if *task_id == id("gone")));
    assert_eq!(error.to_string(), "task gone: unknown to the service");
    assert!(error.task().is_none() && error.may_still_run());
    assert_eq!(fake.state().gets.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_task_seen_late_is_not_lost() {
    let fake = Fake::new(|_, age| (age > Duration::from_millis(700)).then(succeeded));
    fake.watcher().wait(id("new")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn failed_polls_are_repeated_ever_more_slowly() {
    let fake = Fake::new(lasting(seconds(1)));
    fake.state().errors = (0..9).map(|_| garbled()).collect();
    fake.watcher().wait(id("t")).await.unwrap();
    let ages: Vec<Duration> = fake.state().lists.iter().map(|(age, _)| *age).collect();
    assert_eq!(ages.len(), 10);
    let pauses: Vec<f64> = ages
        .windows(2)
        .map(|pair| pair[1].as_secs_f64() - pair[0].as_secs_f64())
        .collect();
    assert!(
        (pauses[0] - 0.5).abs() < 0.01 && (pauses[8] - 30.0).abs() < 0.01,
        "{pauses:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn ten_failed_polls_in_a_row_fail_every_wait() {
    let fake = Fake::new(|_, _| Some(active()));
    fake.state().errors = (0..10).map(|_| garbled()).collect();
    let watcher = fake.watcher();
    let (one, two) = tokio::join!(watcher.wait(id("one")), watcher.wait(id("two")));
    for error in [one.unwrap_err(), two.unwrap_err()] {
        assert!(matches!(&error, WaitError::Service(cause) if cause.kind() == ErrorKind::Decode));
        assert_eq!(error.code(), "SERVICE");
        assert!(error.may_still_run());
    }
    assert_eq!(fake.list_sizes().len(), 10);
    assert!(fake.state().cancels.is_empty(), "nothing is known of the task");
}

#[tokio::test(start_paused = true)]
async fn failures_are_counted_anew_after_a_good_poll() {
    let fake = Fake::new(lasting(seconds(400)));
    fake.state().errors = (0..9).map(|_| garbled()).collect();
    let again = async {
        tokio::time::sleep(seconds(200)).await;
        fake.state().errors = (0..9).map(|_| garbled()).collect();
    };
    let (end, ()) = tokio::join!(fake.watcher().wait(id("t")), again);
    end.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cause_that_does_not_pass_fails_at_once() {
    let fake = Fake::new(|_, _| Some(active()));
    fake.state().errors = [Error::auth("the secret was revoked")].into();
    let error = fake.watcher().wait(id("t")).await.unwrap_err();
    assert!(matches!(&error, WaitError::Service(cause) if cause.kind() == ErrorKind::Auth));
    assert_eq!(fake.list_sizes().len(), 1);
    // The watcher itself is none the worse.
    fake.state().script = Box::new(|_, _| Some(succeeded()));
    fake.watcher().wait(id("t")).await.unwrap();
}
