//! Requests, one builder each, in the order of the service's documentation.
//!
//! A builder's `into_parts` is pure: it says what would be sent without sending it.

mod flow;
mod flows;
mod paging;
mod run;
mod web_inputs;

pub use flow::{DeleteFlow, FlowHandle, GetFlow, RunFlow, UpdateFlow, ValidateRun};
pub use flows::{CreateFlow, GetRegisteredApi, ListFlows, ListRegisteredApis, ValidateFlow};
pub use run::{
    CancelRun, GetRun, GetRunDefinition, ListLogs, ListRuns, ReleaseRun, ResumeRun, RunHandle, UpdateRun,
};
pub use web_inputs::{GetWebInput, ListWebInputs, RespondToWebInput};
