//! The worker as a whole.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::builder::{Settings, WorkerBuilder};
use super::http;
use super::logs::RunLogs;
use super::orphans;
use super::poll::{self, Known};
use super::registry::Registry;
use super::run_state::Order;
use super::shared::Shared;
use super::tend;
use crate::{Client, Result};

/// The longest pause while the server is away.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// How long runs that are handed over, and last lines, may take.
const LAST_WORDS: Duration = Duration::from_secs(15);

/// A worker. Made by [`Worker::builder`].
#[derive(Debug)]
#[must_use = "a worker does nothing until it is run"]
pub struct Worker {
    pub(super) shared: Arc<Shared>,
}

/// What a worker did, from its start to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Runs that ended well.
    pub completed: u64,
    /// Runs that failed, for good.
    pub failed: u64,
    /// Runs whose handler panicked.
    pub crashed: u64,
    /// Runs that were cancelled.
    pub cancelled: u64,
    /// Attempts that failed and are tried again.
    pub retried: u64,
    /// Runs that were handed over at the end.
    pub handed_over: u64,
    /// Runs that were no longer this worker's.
    pub lost: u64,
    /// Runs of dead workers that this one scheduled again.
    pub taken_over: u64,
}

impl Worker {
    /// Sets up a worker that uses this client.
    pub fn builder(client: Client) -> WorkerBuilder {
        WorkerBuilder::new(client)
    }

    pub(crate) fn new(client: Client, settings: Settings, flows: Registry, logs: RunLogs) -> Self {
        Self {
            shared: Arc::new(Shared::new(client, settings, flows, logs)),
        }
    }

    /// The worker's name as the server knows it: no two starts ever have the same.
    pub fn name(&self) -> &str {
        &self.shared.settings.name
    }

    /// Serves the pools until `shutdown` comes, then lets runs go on for a while, hands over the rest and says
    /// goodbye. While the server is away it waits for it.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) or 401, 403 if the server does not let the worker in; any other
    /// failure is tried again. [`ErrorKind::Config`](crate::ErrorKind::Config) if it cannot listen where it was told.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<Summary> {
        let shared = self.shared;
        let mut shutdown = std::pin::pin!(shutdown);
        let listener = match shared.settings.listen {
            Some(address) => Some(http::listen(address).await?),
            None => None,
        };
        let mut beside = JoinSet::new();
        if let Some(listener) = listener {
            // From the start: while the server is not there, the worker is not well, and says so.
            for_ever(&mut beside, &shared, |shared| async move {
                http::serve(listener, &shared).await;
            });
        }
        tokio::select! {
            ready = arrive(&shared) => ready?,
            () = &mut shutdown => return Ok(summary(&shared)),
        }
        tracing::info!(
            worker = shared.settings.name,
            limit = shared.settings.limit,
            "the worker serves its pools"
        );
        let known = Arc::new(Known::default());
        let others = Arc::clone(&known);
        for_ever(
            &mut beside,
            &shared,
            |shared| async move { tend::beat(&shared).await },
        );
        for_ever(&mut beside, &shared, |shared| async move {
            tend::watch(&shared).await;
        });
        for_ever(
            &mut beside,
            &shared,
            |shared| async move { tend::hold(&shared).await },
        );
        for_ever(&mut beside, &shared, |shared| async move {
            orphans::sweep(&shared, &others).await;
        });
        for_ever(&mut beside, &shared, |shared| async move {
            shared.logs.ship(&shared.client).await;
        });
        loop {
            let next = poll::poll(&shared, &known).await;
            tokio::select! {
                () = &mut shutdown => break,
                () = shared.wake.notified() => tokio::time::sleep(Duration::from_millis(100)).await,
                () = tokio::time::sleep(next) => {}
            }
        }
        tracing::info!(
            worker = shared.settings.name,
            runs = shared.in_flight(),
            "the worker ends"
        );
        drain(&shared).await;
        beside.shutdown().await;
        leave(&shared).await;
        Ok(summary(&shared))
    }
}

fn for_ever<F, Fut>(set: &mut JoinSet<()>, shared: &Arc<Shared>, work: F)
where
    F: FnOnce(Arc<Shared>) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    set.spawn(work(Arc::clone(shared)));
}

/// Waits for the server, makes sure of the pools, and sends the first heartbeat.
async fn arrive(shared: &Shared) -> Result<()> {
    let mut pause = Duration::from_secs(1);
    loop {
        match announce(shared).await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_unauthenticated() || error.is_permission_denied() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the server is not there yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(MAX_PAUSE);
            }
        }
    }
}

async fn announce(shared: &Shared) -> Result<()> {
    for pool in &shared.settings.pools {
        let there = shared.client.work_pool(&pool.name).get().send_opt().await?;
        if there.is_none() {
            tend::create_pool(shared, &pool.name).await?;
        }
    }
    tend::heartbeat(shared).await
}

/// Lets runs go on for a while, then hands over those that are left.
async fn drain(shared: &Shared) {
    if !empty_by(shared, Instant::now() + shared.settings.drain).await {
        for run in shared.runs() {
            run.give(Order::HandOver);
        }
        empty_by(shared, Instant::now() + LAST_WORDS).await;
    }
}

async fn empty_by(shared: &Shared, deadline: Instant) -> bool {
    while shared.in_flight() > 0 {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    true
}

/// Sends the last lines, and has the server forget the worker unless it has runs still.
async fn leave(shared: &Shared) {
    let said = tokio::time::timeout(LAST_WORDS, async {
        if let Err(error) = shared.logs.flush(&shared.client).await {
            tracing::warn!(%error, "the last lines of runs were not sent");
        }
        if shared.in_flight() > 0 {
            return;
        }
        for pool in &shared.settings.pools {
            let gone = shared
                .client
                .work_pool(&pool.name)
                .delete_worker(&shared.settings.name)
                .send()
                .await;
            if let Err(error) = gone {
                tracing::debug!(pool = pool.name, %error, "the worker stays in the pool's list");
            }
        }
    });
    if said.await.is_err() {
        tracing::warn!("the server did not hear the worker's goodbye");
    }
}

fn summary(shared: &Shared) -> Summary {
    let counts = &shared.counts;
    Summary {
        completed: counts.completed.load(Ordering::Relaxed),
        failed: counts.failed.load(Ordering::Relaxed),
        crashed: counts.crashed.load(Ordering::Relaxed),
        cancelled: counts.cancelled.load(Ordering::Relaxed),
        retried: counts.retried.load(Ordering::Relaxed),
        handed_over: counts.handed_over.load(Ordering::Relaxed),
        lost: counts.lost.load(Ordering::Relaxed),
        taken_over: counts.taken_over.load(Ordering::Relaxed),
    }
}
