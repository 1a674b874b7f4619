//! A run that this worker has taken.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::flow::Flow;
use super::logs::Origin;
use crate::model::Deployment;
use crate::{FlowRun, FlowRunId, LeaseId};

/// What is to be done about a run, as the server or this worker has it. Only ever gets worse, but for pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Go on.
    Run,
    /// Wait at the next checkpoint.
    Pause,
    /// Stop and give up the process; whoever resumes the run has it scheduled again.
    Suspend,
    /// Stop and clean up.
    Cancel,
    /// Stop and give the run back: this worker ends.
    HandOver,
    /// Stop and touch nothing: the run is no longer ours.
    Lose,
}

impl Order {
    /// Whether the handler is to stop.
    pub(crate) fn stops(self) -> bool {
        !matches!(self, Self::Run | Self::Pause)
    }
}

/// A run that this worker has taken.
#[derive(Debug)]
pub(crate) struct RunState {
    pub(crate) run: FlowRun,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) pool: String,
    pub(crate) flow: Flow,
    pub(crate) origin: Origin,
    /// Cancelled when the handler is to stop, for whatever reason.
    pub(crate) stop: CancellationToken,
    order: watch::Sender<Order>,
    /// When the last question was sent that found the run to be ours.
    verified: Mutex<Instant>,
    slot: Mutex<Option<OwnedSemaphorePermit>>,
    /// The lease of the deployment's concurrency slot.
    pub(crate) slot_lease: Mutex<Option<LeaseId>>,
}

impl RunState {
    pub(crate) fn new(
        run: FlowRun,
        deployment: Option<Deployment>,
        pool: String,
        flow: Flow,
        slot: OwnedSemaphorePermit,
        claimed: Instant,
    ) -> Self {
        let origin = Origin {
            flow_run: run.id.clone(),
            task_run: None,
        };
        Self {
            run,
            deployment,
            pool,
            flow,
            origin,
            stop: CancellationToken::new(),
            order: watch::Sender::new(Order::Run),
            verified: Mutex::new(claimed),
            slot: Mutex::new(Some(slot)),
            slot_lease: Mutex::new(None),
        }
    }

    pub(crate) fn id(&self) -> &FlowRunId {
        &self.run.id
    }

    /// The attempt that this is, from 1: how often the run has been set running, this time included.
    pub(crate) fn attempt(&self) -> u64 {
        self.run.run_count.unwrap_or(0) + 1
    }

    pub(crate) fn order(&self) -> Order {
        *self.order.borrow()
    }

    pub(crate) fn orders(&self) -> watch::Receiver<Order> {
        self.order.subscribe()
    }

    /// Gives an order. Once the handler is to stop that stays; losing the run outweighs all else.
    pub(crate) fn give(&self, order: Order) {
        self.order.send_if_modified(|current| {
            let settled = current.stops() && order != Order::Lose;
            if settled || *current == order {
                return false;
            }
            *current = order;
            true
        });
        if order.stops() {
            self.stop.cancel();
        }
    }

    pub(crate) fn verify(&self, sent: Instant) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        *verified = sent.max(*verified);
    }

    pub(crate) fn verified(&self) -> Instant {
        *self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up the run's slot of the worker's limit.
    pub(crate) fn release_slot(&self) {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn take_slot(&self, slot: OwnedSemaphorePermit) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(slot);
    }
}
