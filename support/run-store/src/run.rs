//! A run that this process holds, and the effects that it makes.

use std::fmt::Debug;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::{Error, Result};

/// Which attempt of which step: together with the run id, the primary key of an effect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The step's name, as `submit`.
    pub step: String,
    /// What the step acts on, as a source and a destination path.
    pub key: String,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// What was recorded before a request was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The complete request document, byte for byte. Send these bytes again.
    pub document: Vec<u8>,
    /// What else the sender wanted to remember.
    pub facts: Value,
    /// What was noted from the service's reply, if it was received.
    pub receipt: Option<Value>,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// How a step stands in the store.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// Nothing is recorded.
    Absent,
    /// Its latest attempt is recorded, its outcome is not.
    Pending(Intent),
    /// It is done.
    Done(Value),
    /// Its latest attempt failed.
    Failed {
        /// That attempt.
        attempt: u32,
        /// What was recorded when it failed.
        outcome: Value,
        /// Whether that was in this session.
        now: bool,
    },
}

/// One process's hold on one run. Stores implement it; flows use [`Run`].
///
/// Every operation renews the lease, and fails with [`Error::LeaseLost`] when another owner has taken the run.
/// Dropping the session gives the run back, as well as can be done.
#[async_trait]
pub trait Session: Debug + Send + Sync {
    /// The run's id.
    fn run_id(&self) -> &str;
    /// How often the run was opened, this time included.
    fn opened(&self) -> u32;
    /// How long the lease lasts without being renewed.
    fn lease(&self) -> Duration;
    /// How a step stands.
    async fn standing(&self, step: &str, key: &str) -> Result<Standing>;
    /// Records a new pending attempt.
    async fn intend(&self, place: &Place, document: &[u8], facts: &Value) -> Result<()>;
    /// Records a receipt with a pending attempt.
    async fn note(&self, place: &Place, receipt: &Value) -> Result<()>;
    /// Records the outcome of an attempt that is pending, or was never recorded.
    async fn settle(&self, place: &Place, ok: bool, outcome: &Value) -> Result<()>;
    /// Renews the lease.
    async fn renew(&self) -> Result<()>;
    /// Ends the run.
    async fn finish(&self, report: &Value, ok: bool) -> Result<()>;
}

/// A run that this process holds. Cheap to clone; the run is given back when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Run {
    session: Arc<dyn Session>,
}

/// How a step stands, with the place to go on from.
#[derive(Debug)]
pub enum Effect {
    /// It was never tried.
    New(Slot),
    /// It was sent, or was about to be, when the run stopped: send the intent's bytes again, or wait for what
    /// its receipt names.
    Pending(Slot, Intent),
    /// It is done; the outcome recorded. Do not do it again.
    Done(Value),
    /// It failed in an earlier session; the slot is for the next attempt.
    Failed {
        /// What was recorded when it failed.
        outcome: Value,
        /// The next attempt.
        slot: Slot,
    },
}

/// The place of one attempt.
#[derive(Debug)]
#[must_use = "an effect that is not recorded is made again by the next run"]
pub struct Slot {
    session: Arc<dyn Session>,
    place: Place,
}

impl Run {
    /// Wraps a store's session.
    pub fn new(session: Arc<dyn Session>) -> Self {
        Self { session }
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        self.session.run_id()
    }

    /// How often the run was opened, this time included.
    pub fn opened(&self) -> u32 {
        self.session.opened()
    }

    /// How the step stands for this key.
    ///
    /// # Errors
    /// [`Error::FailedNow`] when the step failed in this session: it is tried again by the next run only.
    /// [`Error::LeaseLost`] when another process has the run.
    pub async fn effect(&self, step: &str, key: &str) -> Result<Effect> {
        let slot = |attempt| Slot {
            session: Arc::clone(&self.session),
            place: Place {
                step: step.to_owned(),
                key: key.to_owned(),
                attempt,
            },
        };
        Ok(match self.session.standing(step, key).await? {
            Standing::Absent => Effect::New(slot(1)),
            Standing::Pending(intent) => Effect::Pending(slot(intent.attempt), intent),
            Standing::Done(outcome) => Effect::Done(outcome),
            Standing::Failed {
                now: true, outcome, ..
            } => {
                return Err(Error::FailedNow {
                    step: step.to_owned(),
                    key: key.to_owned(),
                    outcome,
                });
            }
            Standing::Failed { attempt, outcome, .. } => Effect::Failed {
                outcome,
                slot: slot(attempt + 1),
            },
        })
    }

    /// Renews the lease.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another process has the run.
    pub async fn renew(&self) -> Result<()> {
        self.session.renew().await
    }

    /// Awaits `work` while it renews the lease, three times per lease, so that long waits keep the run.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] as soon as a renewal finds that another process has the run; `work` is dropped then.
    /// Other errors of a renewal are tried again at the next turn: the lease may outlast them.
    pub async fn keep<F: Future>(&self, work: F) -> Result<F::Output> {
        let mut work = pin!(work);
        let pause = (self.session.lease() / 3).max(Duration::from_millis(1));
        loop {
            tokio::select! {
                biased;
                output = &mut work => return Ok(output),
                () = tokio::time::sleep(pause) => match self.renew().await {
                    Err(lost @ (Error::LeaseLost { .. } | Error::RunEnded { .. })) => return Err(lost),
                    Err(error) => tracing::warn!(run_id = self.run_id(), %error, "lease not renewed"),
                    Ok(()) => {}
                },
            }
        }
    }

    /// Ends the run with its report. One that ended well is finished for ever; one that did not can be opened
    /// again. No clone of this handle can make effects after it.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another process has the run.
    pub async fn finish(&self, report: &Value, ok: bool) -> Result<()> {
        self.session.finish(report, ok).await
    }
}

impl Slot {
    /// The attempt, from 1.
    pub fn attempt(&self) -> u32 {
        self.place.attempt
    }

    /// Records what is about to be sent. Send nothing before this has returned.
    ///
    /// `document` is the complete request; `facts` is what else to remember. Neither may hold a secret.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another process has the run, [`Error::AlreadyIntended`] when this attempt is
    /// recorded already.
    pub async fn intend(self, document: &[u8], facts: &Value) -> Result<Self> {
        self.session.intend(&self.place, document, facts).await?;
        Ok(self)
    }

    /// Records what the service replied, as a task id. A later note takes the place of an earlier one.
    ///
    /// # Errors
    /// [`Error::NotPending`] when nothing is intended.
    pub async fn note(&self, receipt: &Value) -> Result<()> {
        self.session.note(&self.place, receipt).await
    }

    /// Records that the step is done. Works without an intent for a step that sends nothing.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another process has the run, [`Error::NotPending`] when it is settled already.
    pub async fn done(self, outcome: &Value) -> Result<()> {
        self.session.settle(&self.place, true, outcome).await
    }

    /// Records that the attempt failed. The next run may try again.
    ///
    /// # Errors
    /// As [`done`](Self::done).
    pub async fn failed(self, outcome: &Value) -> Result<()> {
        self.session.settle(&self.place, false, outcome).await
    }
}
