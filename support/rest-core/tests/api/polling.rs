//! Waiting for remote operations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use rest_core::{Clock, Error, ErrorKind, Pace, Poller, Progress, Result, system_clock};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::setup::{clock, get, once};

type Answer = Result<Progress<u32, &'static str>>;

/// A poller that gets these answers, one by one, and the clock it waits by.
fn poller(answers: Vec<Answer>) -> (Poller<u32, &'static str>, Arc<rest_core::ManualClock>) {
    let clock = clock();
    let mut answers = answers.into_iter();
    let poller = Poller::new("shop.wait", clock.clone(), move || {
        let answer = answers.next().expect("asked too often");
        Box::pin(async move { answer })
    });
    (poller, clock)
}

/// An error that passes by itself, as a client makes it.
async fn passing() -> Error {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "9"))
        .mount(&server)
        .await;
    once(&server.uri()).empty(get()).await.unwrap_err()
}

#[test]
fn the_pace_slows_with_age() {
    let pace = Pace::default();
    let pauses: Vec<u128> = [0, 1, 2, 10, 60, 75, 3600]
        .iter()
        .map(|&age| pace.next(Duration::from_secs(age)).as_millis())
        .collect();
    assert_eq!(pauses, [300, 300, 400, 2000, 12_000, 15_000, 15_000]);
    assert_eq!(pace.next(Duration::MAX), Duration::from_secs(15));
    let odd = Pace {
        growth: f64::NAN,
        ..pace
    };
    assert_eq!(odd.next(Duration::from_secs(60)), Duration::from_millis(300));
}

#[tokio::test]
async fn until_done_waits_at_its_pace_and_tells_of_every_state() {
    let pending = (1..=5).map(|state| Ok(Progress::Pending(state)));
    let (poller, clock) = poller(pending.chain([Ok(Progress::Done("cup"))]).collect());
    let states = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&states);
    let pace = Pace {
        first: Duration::from_secs(1),
        growth: 0.5,
        max: Duration::from_secs(3),
    };
    let result = poller
        .pace(pace)
        .on_update(move |state| noted.lock().unwrap().push(*state))
        .until_done()
        .await
        .unwrap();
    assert_eq!(result, "cup");
    assert_eq!(*states.lock().unwrap(), [1, 2, 3, 4, 5]);
    let waits: Vec<f64> = clock.sleeps().iter().map(Duration::as_secs_f64).collect();
    assert_eq!(waits, [1.0, 1.0, 1.0, 1.5, 2.25]);
}

#[tokio::test]
async fn the_deadline_ends_the_wait_and_says_that_the_operation_goes_on() {
    let (poller, clock) = poller((1..100).map(|state| Ok(Progress::Pending(state))).collect());
    let started = clock.instant();
    let error = poller
        .deadline(Duration::from_secs(10))
        .until_done()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Timeout, Some("shop.wait"))
    );
    assert!(
        error.to_string().contains("the remote operation goes on"),
        "{error}"
    );
    assert_eq!(clock.instant().duration_since(started), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_cuts_a_question_without_answer() {
    let poller: Poller<(), ()> =
        Poller::new("shop.wait", system_clock(), || Box::pin(std::future::pending()));
    let error = poller
        .deadline(Duration::from_secs(60))
        .until_done()
        .await
        .unwrap_err();
    assert!(error.is_timeout());
}

#[tokio::test]
async fn questions_may_fail_for_a_while() {
    let error = passing().await;
    let (poller, clock) = poller(vec![
        Err(error.clone()),
        Err(error.clone()),
        Ok(Progress::Pending(1)),
        Err(error.clone()),
        Err(error),
        Ok(Progress::Done("cup")),
    ]);
    assert_eq!(
        poller.transient_failures(2).until_done().await.unwrap(),
        "cup",
        "a good answer resets the count"
    );
    assert_eq!(clock.sleeps()[0], Duration::from_secs(9), "as the service asked");
}

#[tokio::test]
async fn too_many_failures_in_a_row_end_the_wait() {
    let error = passing().await;
    let (poller, _) = poller(vec![Err(error.clone()), Err(error.clone()), Err(error)]);
    let error = poller.transient_failures(2).until_done().await.unwrap_err();
    assert_eq!(error.status(), Some(503));
}

#[tokio::test]
async fn retries_that_a_question_used_up_count_as_one_failure() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    let error = crate::setup::client(&server.uri())
        .empty(get())
        .await
        .unwrap_err();
    assert!(error.is_exhausted());
    let (poller, _) = poller(vec![Err(error), Ok(Progress::Done("cup"))]);
    assert_eq!(poller.transient_failures(1).until_done().await.unwrap(), "cup");
}

#[tokio::test]
async fn a_lasting_failure_ends_the_wait_at_once() {
    let (poller, clock) = poller(vec![Err(Error::auth("locked out"))]);
    assert!(poller.until_done().await.unwrap_err().is_unauthenticated());
    assert!(clock.sleeps().is_empty());
}

#[tokio::test]
async fn a_stream_of_states_ends_with_the_result() {
    let (poller, _) = poller(vec![Ok(Progress::Pending(1)), Ok(Progress::Done("cup"))]);
    let states: Vec<_> = poller.into_stream().map(Result::unwrap).collect().await;
    assert_eq!(states, [Progress::Pending(1), Progress::Done("cup")]);
}

#[tokio::test]
async fn a_stream_ends_with_the_first_error() {
    let (poller, _) = poller(vec![Ok(Progress::Pending(1)), Err(Error::auth("locked out"))]);
    assert_eq!(poller.into_stream().collect::<Vec<_>>().await.len(), 2);
}
