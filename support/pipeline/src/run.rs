//! One run of a flow: a session of the record of runs, in a facility.

use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use proved_transfer::session::{self, Session};
use serde_json::Value;

use crate::facility::Facility;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::progress::Progress;

pub use proved_transfer::session::new_run_id;

/// Awaits a wait for other runs, such as a worker does that gives the run's slot away meanwhile.
pub type Idle = Arc<dyn for<'a> Fn(BoxFuture<'a, ()>) -> BoxFuture<'a, ()> + Send + Sync>;

tokio::task_local! {
    static IDLE: Idle;
}

/// Runs a flow whose waits for other runs go through `idle`: see [`RunContext::idle`].
pub async fn with_idle<F: Future>(idle: Idle, flow: F) -> F::Output {
    IDLE.scope(idle, flow).await
}

/// What a flow works with: its [`Session`], and the facility that it runs in.
#[derive(Debug, Clone)]
pub struct RunContext {
    facility: Arc<Facility>,
    session: Session,
    metrics: Arc<Metrics>,
}

/// A run that was opened.
#[derive(Debug)]
pub enum Begun {
    /// There is work to do; effects that a run before this one finished are not done again.
    Open(RunContext),
    /// The run ended well before; its report.
    Finished(Value),
}

impl RunContext {
    /// Opens a run, takes its lease, or finds that it ended well before.
    ///
    /// # Errors
    /// The id belongs to a run with other parameters, another process works on it (the failure names
    /// it), or the run store cannot be used.
    pub async fn open(
        facility: Arc<Facility>,
        flow: &str,
        run_id: &str,
        parameters: &Value,
        progress: Progress,
    ) -> Result<Begun, Failure> {
        let metrics = Arc::new(Metrics::new(facility.environment()));
        let progress = metrics.listening(progress);
        let place = facility.workplace().clone();
        Ok(
            match Session::open(place, flow, run_id, parameters, progress).await? {
                session::Begun::Open(session) => Begun::Open(Self {
                    facility,
                    session,
                    metrics,
                }),
                session::Begun::Finished(report) => Begun::Finished(report),
            },
        )
    }

    /// What the run tells of its transfers.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Awaits `wait`, which is for other runs that may need this one's slot.
    pub async fn idle<T: Send>(&self, wait: impl Future<Output = T> + Send) -> T {
        let Ok(idle) = IDLE.try_with(Arc::clone) else {
            return wait.await;
        };
        let (answer, answered) = tokio::sync::oneshot::channel();
        let mut pending = Some((answer, wait));
        let work = async move {
            if let Some((answer, wait)) = pending.take() {
                // The receiver lives until this is done.
                let _ = answer.send(wait.await);
            }
        };
        idle(Box::pin(work)).await;
        match answered.await {
            Ok(value) => value,
            // A hook that did not wait is one that never ends.
            Err(_) => std::future::pending().await,
        }
    }

    /// The services and places that the run works with.
    pub fn facility(&self) -> &Facility {
        &self.facility
    }
}

impl Deref for RunContext {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}
