//! Many waiters, few requests: one of them asks for all, nothing runs in the background.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tracing::debug;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::poll::Pace;

/// Polls that may fail in a row, by causes that pass, before the waits fail.
const TRANSIENT_FAILURES: u32 = 10;
/// The pause after the first failed poll; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A waiter that hears nothing for so long asks itself: whoever holds the lead is not being polled.
const SILENCE: Duration = Duration::from_secs(120);

/// What a [`WatchGroup`] asks. Its requests should not retry by themselves: the next poll is their retry.
#[async_trait]
pub trait WatchSource: Debug + Send + Sync + 'static {
    /// What is waited for.
    type Id: Clone + Debug + Eq + Hash + Ord + Send + Sync + 'static;
    /// How it stands.
    type Item: Debug + Send + Sync + 'static;

    /// The clock that pauses go by.
    fn clock(&self) -> &Arc<dyn Clock>;

    /// How many ids one call of [`look`](Self::look) takes.
    fn batch(&self) -> usize;

    /// How these stand; an id that is left out is unknown to the service.
    async fn look(&self, ids: &[Self::Id]) -> Result<HashMap<Self::Id, Arc<Self::Item>>>;

    /// Whether this is the end: it is not asked for again, however long its waiter leaves the reading lying. Without it,
    /// a waiter gives up its seat when it has heard enough.
    fn is_final(&self, item: &Self::Item) -> bool {
        let _ = item;
        false
    }

    /// The next thing that the service tells unasked; never, unless it does so. Polled beside the looks and dropped at
    /// any point, so what it had heard by then must come out of the next call.
    async fn told(&self) -> (Self::Id, Arc<Self::Item>) {
        std::future::pending().await
    }

    /// Whether a failed look is worth another, `failures` in a row included this one.
    fn passes(&self, error: &Error, failures: u32) -> bool {
        // An exhausted error is one of fetching a token, which retries by itself.
        let passing = error.is_transient() || error.is_exhausted() || error.kind() == ErrorKind::Decode;
        passing && failures < TRANSIENT_FAILURES
    }
}

/// What a poll tells a waiter.
#[derive(Debug)]
pub enum Reading<T> {
    /// How it stands.
    Item(Arc<T>),
    /// The service did not know it, so many times in a row.
    Missing(u32),
    /// Polling has failed for good.
    Failed(Error),
}

impl<T> Clone for Reading<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Item(item) => Self::Item(item.clone()),
            Self::Missing(times) => Self::Missing(*times),
            Self::Failed(error) => Self::Failed(error.clone()),
        }
    }
}

type Mail<T> = Option<Reading<T>>;

/// The waiters and the rounds that serve them all.
///
/// One of the waiters holds the lead: it asks for everybody, in batches, and hands on what it learns. When it is done
/// or dropped, another takes over.
#[derive(Debug)]
pub struct WatchGroup<S: WatchSource> {
    source: S,
    /// Held by the waiter that polls. It is fair, and given back when its holder is dropped.
    lead: tokio::sync::Mutex<()>,
    /// Wakes the leader for a newcomer who may want to ask earlier.
    joined: Notify,
    state: Mutex<State<S>>,
}

#[derive(Debug)]
struct State<S: WatchSource> {
    last_seat: u64,
    seats: BTreeMap<u64, SeatState<S>>,
    failures: u32,
    not_before: Option<Instant>,
}

#[derive(Debug)]
struct SeatState<S: WatchSource> {
    id: S::Id,
    pace: Pace,
    since: Instant,
    asked: Option<Instant>,
    misses: u32,
    ended: bool,
    mail: watch::Sender<Mail<S::Item>>,
}

impl<S: WatchSource> SeatState<S> {
    /// When this waiter wants to ask next.
    fn due(&self) -> Instant {
        let last = self.asked.unwrap_or(self.since);
        last + self.pace.next(last.saturating_duration_since(self.since))
    }
}

/// A waiter's place in the group, given up when dropped.
#[derive(Debug)]
pub struct Seat<S: WatchSource> {
    group: Arc<WatchGroup<S>>,
    number: u64,
    inbox: watch::Receiver<Mail<S::Item>>,
}

impl<S: WatchSource> WatchGroup<S> {
    /// A group without waiters.
    pub fn new(source: S) -> Arc<Self> {
        let state = State {
            last_seat: 0,
            seats: BTreeMap::new(),
            failures: 0,
            not_before: None,
        };
        Arc::new(Self {
            source,
            lead: tokio::sync::Mutex::default(),
            joined: Notify::new(),
            state: Mutex::new(state),
        })
    }

    /// What is asked.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Takes a place. The shortest wish among the waiters sets the pace for all.
    pub fn join(self: &Arc<Self>, id: S::Id, pace: Pace) -> Seat<S> {
        let (mail, inbox) = watch::channel(None);
        let mut state = self.state();
        state.last_seat += 1;
        let number = state.last_seat;
        let seat = SeatState {
            id,
            pace,
            since: self.now(),
            asked: None,
            misses: 0,
            ended: false,
            mail,
        };
        state.seats.insert(number, seat);
        drop(state);
        self.joined.notify_one();
        Seat {
            group: self.clone(),
            number,
            inbox,
        }
    }

    /// Nothing below panics while the lock is held, and the state is whole between any two statements.
    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        self.source.clock().instant()
    }

    /// Polls for everybody until there is something for `inbox`.
    async fn lead(&self, inbox: &watch::Receiver<Mail<S::Item>>) {
        while !inbox.has_changed().unwrap_or(true) {
            let Some(due) = self.state().due() else { return };
            let pause = due.saturating_duration_since(self.now());
            if pause.is_zero() {
                self.round().await;
            } else {
                tokio::select! {
                    () = self.source.clock().sleep(pause) => {}
                    () = self.joined.notified() => {}
                    (id, item) = self.source.told() => {
                        let ended = self.source.is_final(&item);
                        self.state().tell(&id, &item, ended);
                    }
                }
            }
        }
    }

    /// One tick: asks for what all waiters wait for.
    async fn round(&self) {
        let ids: BTreeSet<S::Id> = self.state().open().map(|seat| seat.id.clone()).collect();
        let ids: Vec<S::Id> = ids.into_iter().collect();
        for batch in ids.chunks(self.source.batch().max(1)) {
            let answer = self.source.look(batch).await;
            let now = self.now();
            match answer {
                Ok(items) => {
                    let ended = |item: &S::Item| self.source.is_final(item);
                    self.state().deliver(batch, &items, ended, now);
                }
                Err(error) => {
                    let mut state = self.state();
                    let failures = state.failures + 1;
                    let passes = self.source.passes(&error, failures);
                    state.failed(&error, passes, now);
                    return;
                }
            }
        }
    }
}

impl<S: WatchSource> State<S> {
    /// The seats that have not heard the last yet.
    fn open(&self) -> impl Iterator<Item = &SeatState<S>> {
        self.seats.values().filter(|seat| !seat.ended)
    }

    /// When to ask next: the earliest wish of any waiter, but not within the pause after a failure.
    fn due(&self) -> Option<Instant> {
        let earliest = self.open().map(SeatState::due).min()?;
        Some(self.not_before.map_or(earliest, |pause| earliest.max(pause)))
    }

    fn deliver(
        &mut self,
        asked: &[S::Id],
        items: &HashMap<S::Id, Arc<S::Item>>,
        ended: impl Fn(&S::Item) -> bool,
        now: Instant,
    ) {
        self.failures = 0;
        self.not_before = None;
        let asked: BTreeSet<&S::Id> = asked.iter().collect();
        for seat in self.seats.values_mut().filter(|seat| asked.contains(&seat.id)) {
            seat.asked = Some(now);
            let reading = if let Some(item) = items.get(&seat.id) {
                seat.misses = 0;
                seat.ended |= ended(item);
                Reading::Item(item.clone())
            } else {
                seat.misses += 1;
                Reading::Missing(seat.misses)
            };
            seat.mail.send_replace(Some(reading));
        }
    }

    fn tell(&mut self, id: &S::Id, item: &Arc<S::Item>, ended: bool) {
        for seat in self.seats.values_mut().filter(|seat| seat.id == *id) {
            seat.misses = 0;
            seat.ended |= ended;
            seat.mail.send_replace(Some(Reading::Item(item.clone())));
        }
    }

    fn failed(&mut self, error: &Error, passes: bool, now: Instant) {
        self.failures += 1;
        if passes {
            let doublings = (self.failures - 1).min(16);
            let doubled = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
            let pause = doubled.max(error.retry_after().unwrap_or_default());
            debug!(failures = self.failures, pause_ms = pause.as_millis(), %error, "poll failed, asking again");
            self.not_before = Some(now + pause);
            return;
        }
        self.failures = 0;
        self.not_before = None;
        for seat in self.seats.values_mut().filter(|seat| !seat.ended) {
            seat.asked = Some(now);
            seat.mail.send_replace(Some(Reading::Failed(error.clone())));
        }
    }
}

impl<S: WatchSource> Seat<S> {
    /// The group.
    pub fn group(&self) -> &Arc<WatchGroup<S>> {
        &self.group
    }

    /// The next reading: brought by whoever has the lead, or by taking it. After the last, the last again.
    pub async fn next(&mut self) -> Reading<S::Item> {
        loop {
            if let Some(reading) = self.mail() {
                return reading;
            }
            let Self { group, inbox, .. } = self;
            let mut silence = inbox.clone();
            tokio::select! {
                biased;
                _ = silence.changed() => {}
                lead = group.lead.lock() => {
                    group.lead(inbox).await;
                    drop(lead);
                }
                () = group.source.clock().sleep(SILENCE) => group.round().await,
            }
        }
    }

    fn mail(&mut self) -> Mail<S::Item> {
        // The sender lives in the group as long as this seat does, so an error cannot occur.
        let news = self.inbox.has_changed().unwrap_or(false);
        let mail = self.inbox.borrow_and_update().clone();
        mail.filter(|reading| {
            news || matches!(reading, Reading::Item(item) if self.group.source.is_final(item))
        })
    }
}

impl<S: WatchSource> Drop for Seat<S> {
    fn drop(&mut self) {
        self.group.state().seats.remove(&self.number);
    }
}
