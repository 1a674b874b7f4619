//! The names that a run has given to what it made itself, on record until it is removed.

use run_store::{Effect, Slot};
use serde_json::json;

use super::{OwnName, STEP};
use crate::failure::Failure;
use crate::session::Session;

/// A name for this session of a run, and those of sessions before it that ended before they had cleaned up.
#[derive(Debug)]
pub struct Names {
    mine: OwnName,
    all: Vec<(OwnName, Slot)>,
}

impl Names {
    /// Makes a name, `before` and `after` around a uuid, and puts it on record before anything can bear it.
    ///
    /// # Errors
    /// The run store cannot be used, or another process has the run.
    pub async fn new(run: &Session, (before, after): (&str, &str)) -> Result<Self, Failure> {
        let mut all = Vec::new();
        for session in 1..run.opened() {
            if let Effect::Pending(slot, intent) = run.effect(STEP, &key(session)).await? {
                let text = String::from_utf8_lossy(&intent.document).into_owned();
                if let Some(name) = OwnName::recall(&text, before, after) {
                    all.push((name, slot));
                }
            }
        }
        let mine = OwnName::new(before, after);
        let slot = match run.effect(STEP, &key(run.opened())).await? {
            Effect::New(slot) | Effect::Pending(slot, _) | Effect::Failed { slot, .. } => slot,
            Effect::Done(_) => {
                return Err(Failure::new(STEP, "run_store", "this session has a name already"));
            }
        };
        let slot = slot.intend(mine.to_string().as_bytes(), &json!({})).await;
        all.push((mine.clone(), slot.map_err(|error| Failure::store(STEP, &error))?));
        Ok(Self { mine, all })
    }

    /// This session's name.
    pub fn mine(&self) -> &OwnName {
        &self.mine
    }

    /// Every name that something may bear still.
    pub fn all(&self) -> impl Iterator<Item = &OwnName> {
        self.all.iter().map(|(name, _)| name)
    }

    /// Nothing bears any of them now.
    ///
    /// # Errors
    /// The run store cannot be written.
    pub async fn forget(self) -> Result<(), Failure> {
        for (_, slot) in self.all {
            let forgotten = slot.done(&json!({ "removed": true })).await;
            forgotten.map_err(|error| Failure::store(STEP, &error))?;
        }
        Ok(())
    }
}

fn key(session: u32) -> String {
    format!("name of session {session}")
}
