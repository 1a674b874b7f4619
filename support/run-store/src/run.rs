//! A run that this process holds, and the effects that it makes.

use std::fmt::Debug;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::{BatchItem, Error, Result, Settlement};

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
    /// The complete request document, byte for byte. Send these bytes again. Empty for a step of a batch.
    pub document: Vec<u8>,
    /// What else the sender wanted to remember.
    pub facts: Value,
    /// What was noted from the service's reply, if it was received. That of a batch stands with the batch.
    pub receipt: Option<Value>,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The batch whose request it is, if it has none of its own.
    pub batch: Option<String>,
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
    /// How several keys of a step stand.
    async fn standings(&self, step: &str, keys: &[String]) -> Result<Vec<Standing>> {
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            found.push(self.standing(step, key).await?);
        }
        Ok(found)
    }
    /// As [`intend`](Self::intend), unless another run that lives is at the same step and key: then nothing is recorded
    /// and that run's id is answered. A store that cannot tell records.
    async fn intend_alone(&self, place: &Place, document: &[u8], facts: &Value) -> Result<Option<String>> {
        self.intend(place, document, facts).await.map(|()| None)
    }
    /// Another run that lives and is at this step and key. A store that cannot tell answers none.
    async fn elsewhere(&self, _step: &str, _key: &str) -> Result<Option<String>> {
        Ok(None)
    }
    /// Records a receipt with a pending attempt.
    async fn note(&self, place: &Place, receipt: &Value) -> Result<()>;
    /// Records the outcome of an attempt that is pending, or was never recorded.
    async fn settle(&self, place: &Place, ok: bool, outcome: &Value) -> Result<()>;
    /// Records several outcomes, in one transaction if the store can.
    async fn settle_all(&self, ends: Vec<Settlement>) -> Result<()> {
        for end in &ends {
            self.settle(&end.place, end.ok, &end.outcome).await?;
        }
        Ok(())
    }
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

/// What became of an intent that must be the only one.
#[derive(Debug)]
pub enum Claim {
    /// It is recorded.
    Mine(Slot),
    /// Another run is at it; nothing was recorded.
    Elsewhere {
        /// That run.
        run_id: String,
        /// The place, to try again.
        slot: Slot,
    },
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
        let standing = self.session.standing(step, key).await?;
        self.standing(step, key, standing)
    }

    /// As [`effect`](Self::effect) for several keys, in one transaction; each for itself.
    ///
    /// # Errors
    /// Of the whole: [`Error::LeaseLost`] when another process has the run. Of a key: [`Error::FailedNow`].
    pub async fn effects(&self, step: &str, keys: &[String]) -> Result<Vec<Result<Effect>>> {
        let standings = self.session.standings(step, keys).await?;
        let each = keys.iter().zip(standings);
        Ok(each
            .map(|(key, standing)| self.standing(step, key, standing))
            .collect())
    }

    fn standing(&self, step: &str, key: &str, standing: Standing) -> Result<Effect> {
        let slot = |attempt| Slot {
            session: Arc::clone(&self.session),
            place: Place {
                step: step.to_owned(),
                key: key.to_owned(),
                attempt,
            },
        };
        Ok(match standing {
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

    /// Records the ends of several attempts of this run, in one transaction.
    ///
    /// # Errors
    /// As [`Slot::done`]. Nothing is recorded then, if the store can undo.
    pub async fn settle_all(&self, ends: Vec<Settlement>) -> Result<()> {
        self.session.settle_all(ends).await
    }

    /// Another run that lives and has intended this step for this key, and not settled it.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another process has this run.
    pub async fn elsewhere(&self, step: &str, key: &str) -> Result<Option<String>> {
        self.session.elsewhere(step, key).await
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

    /// As [`intend`](Self::intend), unless another run that lives has intended the same step for the same key and not
    /// settled it: of two triggers for one thing, one acts.
    ///
    /// # Errors
    /// As [`intend`](Self::intend).
    pub async fn intend_alone(self, document: &[u8], facts: &Value) -> Result<Claim> {
        let other = self.session.intend_alone(&self.place, document, facts).await?;
        Ok(match other {
            None => Claim::Mine(self),
            Some(run_id) => Claim::Elsewhere { run_id, slot: self },
        })
    }

    /// This attempt as one of a [`Batch`](crate::Batch).
    pub fn batch_item(&self, facts: Value) -> BatchItem {
        BatchItem {
            run_id: self.session.run_id().to_owned(),
            opened: self.session.opened(),
            place: self.place.clone(),
            facts,
        }
    }

    /// The end of this attempt, for [`Run::settle_all`].
    pub fn settlement(&self, ok: bool, outcome: Value) -> Settlement {
        let place = self.place.clone();
        Settlement { place, ok, outcome }
    }

    /// The next attempt, for a step that one request could not finish and another shall, in the same session. The
    /// present attempt must be settled before.
    pub fn following(mut self) -> Self {
        self.place.attempt += 1;
        self
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
