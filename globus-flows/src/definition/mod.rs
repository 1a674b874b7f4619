//! Definitions of flows: states and how they follow each other.

mod state;
mod validate;

use serde_json::{Map, Value, json};

use crate::{Error, Result};

pub use state::{Action, Choice, Condition, State};

/// The action provider that runs functions of Globus Compute.
pub const COMPUTE_ACTION: &str = "https://compute.actions.globus.org/fxap";
/// The action provider that transfers files.
pub const TRANSFER_ACTION: &str = "https://transfer.actions.globus.org/transfer";
/// The action provider that deletes files.
pub const DELETE_ACTION: &str = "https://transfer.actions.globus.org/delete";

/// A flow's states, put together here and checked before they are sent.
///
/// ```
/// use globus_flows::{Action, Definition, State, definition};
///
/// let reconstruct = Action::new(definition::COMPUTE_ACTION)
///     .parameter("endpoint.$", "$.input.compute_endpoint_id")
///     .parameter("function.$", "$.input.compute_function_id")
///     .parameter("kwargs.$", "$.input.compute_function_kwargs")
///     .result_path("$.ReconstructionOutput")
///     .wait_time(3600)
///     .end();
/// let flow = Definition::new("Reconstruction").state("Reconstruction", reconstruct).build()?;
/// assert_eq!(flow["StartAt"], "Reconstruction");
///
/// let lost = Definition::new("A").state("A", State::pass().next("B")).build().unwrap_err();
/// assert!(lost.to_string().contains("state `A`: Next names `B`, which does not exist"));
/// # Ok::<(), globus_flows::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a definition does nothing until it is built"]
pub struct Definition {
    start: String,
    comment: Option<String>,
    states: Vec<(String, Value)>,
}

impl Definition {
    /// A definition that begins with this state.
    pub fn new(start: impl Into<String>) -> Self {
        Self {
            start: start.into(),
            comment: None,
            states: Vec::new(),
        }
    }

    /// What it is for.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Adds a state.
    pub fn state(mut self, name: impl Into<String>, state: impl Into<State>) -> Self {
        self.states.push((name.into(), state.into().into_value()));
        self
    }

    /// The definition as the service takes it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming every state that is wrong and why.
    pub fn build(&self) -> Result<Value> {
        let mut names: Vec<&str> = self.states.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let twice = names.windows(2).find_map(|pair| match pair {
            [first, second] if first == second => Some(*first),
            _ => None,
        });
        if let Some(name) = twice {
            return Err(Error::config(format!("the definition has two states `{name}`")));
        }
        let states: Map<String, Value> = self.states.iter().cloned().collect();
        let mut definition = json!({"StartAt": self.start, "States": states});
        if let Some(comment) = &self.comment {
            definition["Comment"] = json!(comment);
        }
        check(&definition)?;
        Ok(definition)
    }
}

/// Checks a definition without the service: that its states are whole, that all they name exists, and that all of them
/// can be reached.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config), naming every state that is wrong and why.
pub fn check(definition: &Value) -> Result<()> {
    let problems = validate::problems(definition);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::config(format!(
        "the definition of the flow is wrong: {}",
        problems.join("; ")
    )))
}
