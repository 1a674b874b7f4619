//! Deleting a copy once another one proves it.

mod flow;
mod plan;
mod rule;

pub use flow::{PruneParameters, prune};
pub use plan::schedule_prune;
pub use rule::{PruneRule, RULES_832, rule};
