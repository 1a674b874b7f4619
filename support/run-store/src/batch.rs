//! One request for many steps.

use serde_json::Value;

use crate::{Error, Place};

/// One request that stands for many steps, perhaps of several runs: a row of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its id, unique for ever, as the request's idempotency key.
    pub id: String,
    /// The complete request document, byte for byte.
    pub document: Vec<u8>,
    /// The steps.
    pub items: Vec<BatchItem>,
}

/// One step of a batch. Made by [`Slot::batch_item`](crate::Slot::batch_item).
#[derive(Debug, Clone, PartialEq)]
pub struct BatchItem {
    /// The run whose step it is.
    pub run_id: String,
    /// The session that holds the run, by its number.
    pub opened: u32,
    /// The attempt.
    pub place: Place,
    /// What else the sender wants to remember of it.
    pub facts: Value,
}

/// What a store made of a batch.
#[derive(Debug)]
pub enum BatchIntended {
    /// It is recorded whole.
    Recorded,
    /// Nothing is recorded, because of these items: their run is lost ([`Error::LeaseLost`]), the attempt is recorded
    /// already, or another run is at the same step ([`Error::Elsewhere`]).
    Without(Vec<(usize, Error)>),
}

/// A batch as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedBatch {
    /// The complete request document, byte for byte. Send these bytes again.
    pub document: Vec<u8>,
    /// What was noted from the service's reply, if it was received.
    pub receipt: Option<Value>,
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Which attempt.
    pub place: Place,
    /// Whether the step is done.
    pub ok: bool,
    /// What is recorded.
    pub outcome: Value,
}
