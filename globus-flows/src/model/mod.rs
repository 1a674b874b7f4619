//! What the service answers, in its own field names.
//!
//! Fields are `Option` unless the service guarantees them, unknown fields are ignored, and statuses keep values this
//! version does not know.

mod flow;
mod run;
mod web_input;

pub use flow::{Flow, RegisteredApi, Validated};
pub use run::{LogEntry, Message, Run, RunDefinition, RunDetails, RunStatus};
pub use web_input::{Answered, Named, WebInput, WebInputOption, WebInputState};

pub(crate) use run::date;
