//! What is on record of a run's steps.

use std::collections::HashMap;

use run_store::{Intent, Place, Result, Standing};
use serde_json::Value;

use crate::inputs::{self, Meant};
use crate::session::RECORD;
use crate::wire::{State, TaskRun};

/// The latest attempt of a step, as the server has it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) task_run: String,
    pub(crate) meant: Meant,
    pub(crate) state: Option<State>,
}

impl Known {
    pub(crate) fn is_settled(&self) -> bool {
        let kind = self.state.as_ref().map(|state| state.kind.as_str());
        matches!(kind, Some("COMPLETED" | "FAILED"))
    }

    pub(crate) fn standing(&self, fence: u32) -> Result<Standing> {
        let data = self.state.as_ref().map_or(&Value::Null, |state| &state.data);
        let of = |key: &str| data.get(key).cloned();
        Ok(match self.state.as_ref().map(|state| state.kind.as_str()) {
            Some("COMPLETED") => Standing::Done(of("outcome").unwrap_or_default()),
            Some("FAILED") => Standing::Failed {
                attempt: self.meant.attempt,
                outcome: of("outcome").unwrap_or_default(),
                now: data["fence"].as_u64() == Some(u64::from(fence)),
            },
            _ => Standing::Pending(Intent {
                document: self.meant.document()?,
                facts: self.meant.facts.clone(),
                receipt: of("receipt").filter(|receipt| !receipt.is_null()),
                attempt: self.meant.attempt,
                batch: None,
            }),
        })
    }
}

/// The latest attempt of each step and key among task runs, some of which may be somebody else's.
pub(crate) fn latest(tasks: impl Iterator<Item = TaskRun>) -> Result<HashMap<(String, String), Known>> {
    let mut known: HashMap<(String, String), Known> = HashMap::new();
    for task in tasks {
        // The record of the run itself has other inputs.
        let read = inputs::read::<Meant>(&task.task_inputs).filter(|_| task.task_key != RECORD);
        let Some(meant) = read.transpose()? else {
            continue;
        };
        let place = (meant.step.clone(), meant.key.clone());
        let is_later = |other: &Known| other.meant.attempt < meant.attempt;
        if known.get(&place).is_none_or(is_later) {
            let task = Known {
                task_run: task.id,
                meant,
                state: task.state,
            };
            known.insert(place, task);
        }
    }
    Ok(known)
}

/// The latest attempts that are not settled.
pub(crate) fn pending(tasks: Vec<TaskRun>) -> Result<Vec<(Place, Intent)>> {
    let known = latest(tasks.into_iter())?;
    let mut found = Vec::new();
    for task in known.into_values() {
        let place = Place {
            step: task.meant.step.clone(),
            key: task.meant.key.clone(),
            attempt: task.meant.attempt,
        };
        if let Standing::Pending(intent) = task.standing(0)? {
            found.push((place, intent));
        }
    }
    Ok(found)
}
