//! WatchGroup that share their requests, in paused time against a scripted source.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rest_core::{Clock, Error, Pace, Reading, Result, WatchGroup, WatchSource, system_clock};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Operations that end 5 s after the start; every fourth is never listed.
#[derive(Debug)]
struct Source {
    clock: Arc<dyn Clock>,
    started: Instant,
    questions: Arc<Mutex<Vec<usize>>>,
    failing: Mutex<u32>,
    told: tokio::sync::Mutex<mpsc::UnboundedReceiver<(u32, bool)>>,
}

#[async_trait]
impl WatchSource for Source {
    type Id = u32;
    type Item = bool;

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn batch(&self) -> usize {
        128
    }

    async fn look(&self, ids: &[u32]) -> Result<HashMap<u32, Arc<bool>>> {
        self.questions.lock().unwrap().push(ids.len());
        let mut failing = self.failing.lock().unwrap();
        if *failing > 0 {
            *failing -= 1;
            return Err(Error::decode("test.read", "half an answer"));
        }
        let done = self.started.elapsed() >= Duration::from_secs(5);
        let listed = ids.iter().filter(|id| !id.is_multiple_of(4));
        Ok(listed.map(|id| (*id, Arc::new(done))).collect())
    }

    fn is_final(&self, done: &bool) -> bool {
        *done
    }

    async fn told(&self) -> (u32, Arc<bool>) {
        match self.told.lock().await.recv().await {
            Some((id, done)) => (id, Arc::new(done)),
            None => std::future::pending().await,
        }
    }
}

struct Test {
    waiters: Arc<WatchGroup<Source>>,
    questions: Arc<Mutex<Vec<usize>>>,
    tell: mpsc::UnboundedSender<(u32, bool)>,
}

fn test(failing: u32) -> Test {
    let questions = Arc::default();
    let (tell, told) = mpsc::unbounded_channel();
    let source = Source {
        clock: system_clock(),
        started: Instant::now(),
        questions: Arc::clone(&questions),
        failing: Mutex::new(failing),
        told: tokio::sync::Mutex::new(told),
    };
    Test {
        waiters: WatchGroup::new(source),
        questions,
        tell,
    }
}

fn pace(first: u64) -> Pace {
    Pace {
        first: Duration::from_secs(first),
        growth: 0.0,
        max: Duration::from_secs(first),
    }
}

async fn end(waiters: Arc<WatchGroup<Source>>, id: u32, pace: Pace) -> Result<Duration, String> {
    let started = Instant::now();
    let mut seat = waiters.join(id, pace);
    loop {
        match seat.next().await {
            Reading::Item(done) if *done => return Ok(started.elapsed()),
            Reading::Missing(3) => return Err("missing".to_owned()),
            Reading::Item(_) | Reading::Missing(_) => {}
            Reading::Failed(error) => return Err(error.to_string()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_waiters_cost_eight_questions_a_tick() {
    let test = test(0);
    let waits = (1..=1333).filter(|id| id % 4 != 0).take(1000);
    let waits = waits.map(|id| tokio::spawn(end(Arc::clone(&test.waiters), id, pace(1))));
    for wait in waits.collect::<Vec<_>>() {
        assert_eq!(wait.await.unwrap().unwrap(), Duration::from_secs(5));
    }
    let questions = test.questions.lock().unwrap();
    assert_eq!(questions.len(), 5 * 8, "{questions:?}");
    assert_eq!(questions.iter().take(8).sum::<usize>(), 1000);
}

#[tokio::test(start_paused = true)]
async fn what_is_told_is_heard_at_once_by_whoever_waits() {
    let test = test(0);
    let slow = |id| tokio::spawn(end(Arc::clone(&test.waiters), id, pace(60)));
    let (first, second) = (slow(1), slow(2));
    tokio::time::sleep(Duration::from_secs(1)).await;
    test.tell.send((2, true)).unwrap();
    assert_eq!(second.await.unwrap().unwrap(), Duration::from_secs(1));
    test.tell.send((1, true)).unwrap();
    assert_eq!(first.await.unwrap().unwrap(), Duration::from_secs(1));
    assert_eq!(test.questions.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_lead_is_handed_over_when_its_holder_is_dropped() {
    let test = test(0);
    let leader = tokio::spawn(end(Arc::clone(&test.waiters), 1, pace(1)));
    let other = tokio::spawn(end(Arc::clone(&test.waiters), 2, pace(1)));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    leader.abort();
    assert_eq!(other.await.unwrap().unwrap(), Duration::from_secs(5));
    let questions = test.questions.lock().unwrap();
    assert_eq!(*questions, [2, 1, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_fetched_is_kept_and_not_asked_for_again() {
    let test = test(0);
    let mut left_lying = test.waiters.join(1, pace(1));
    let mut fetched = test.waiters.join(2, pace(1));
    while !matches!(fetched.next().await, Reading::Item(done) if *done) {}
    let mut late = test.waiters.join(4, pace(1));
    late.next().await;
    assert!(matches!(left_lying.next().await, Reading::Item(done) if *done));
    assert!(matches!(left_lying.next().await, Reading::Item(done) if *done));
    assert_eq!(*test.questions.lock().unwrap(), [2, 2, 2, 2, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn failures_are_got_over_up_to_a_limit_and_absence_is_counted() {
    let few = test(9);
    assert!(end(Arc::clone(&few.waiters), 1, pace(1)).await.is_ok());
    let many = test(10);
    let error = end(Arc::clone(&many.waiters), 1, pace(1)).await.unwrap_err();
    assert!(error.contains("half an answer"), "{error}");
    let absent = test(0);
    assert_eq!(
        end(Arc::clone(&absent.waiters), 4, pace(1)).await.unwrap_err(),
        "missing"
    );
    assert_eq!(absent.questions.lock().unwrap().len(), 3);
}
