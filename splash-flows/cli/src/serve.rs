//! The flows as a worker of a Prefect server serves them.

mod tell;

use std::sync::Arc;

use pipeline::prune::PruneParameters;
use pipeline::run::{Idle, with_idle};
use prefect_client::worker::{Flow, FlowContext};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use splash_flows::facility::Facility;
use splash_flows::flows::bl832::{
    DispatchParameters, FlightParameters, MoveParameters, ReconParameters, StreamingParameters,
};
use splash_flows::flows::bl7012;
use splash_flows::flows::{self, FLOWS, Outcome};

use crate::words;

/// What runs a flow.
type Host = Arc<Facility>;

/// Every flow of this build, to be run in `facility`.
pub fn served(facility: &Arc<Facility>) -> Vec<Flow> {
    FLOWS
        .iter()
        .filter_map(|flow| of(flow.name, Some(facility)))
        .collect()
}

/// The JSON schema of a flow's parameters, and whether the flow is one of ours. Of others everything is taken.
pub fn parameter_schema(flow: &str) -> (Value, bool) {
    match of(flow, None) {
        Some(flow) => (flow.parameter_schema().clone(), true),
        None => (
            json!({"title": "Parameters", "type": "object", "properties": {}}),
            false,
        ),
    }
}

/// Checks parameters as a worker does before it begins a run. Those of flows that are not ours pass.
///
/// # Errors
/// What is wrong, with the field's name.
pub fn check_parameters(flow: &str, parameters: &Value) -> Result<(), String> {
    let (Some(flow), Some(parameters)) = (of(flow, None), parameters.as_object()) else {
        return Ok(());
    };
    flow.check_parameters(parameters)
}

fn of(name: &'_ str, facility: Option<&Host>) -> Option<Flow> {
    let name = FLOWS.iter().find(|flow| flow.name == name)?.name;
    Some(match name {
        "new_832_file_flow" => flow::<MoveParameters>(name, facility),
        "dispatcher" => flow::<DispatchParameters>(name, facility),
        "test_832_transfers" | "test_832_transfers_grafana" => flow::<FlightParameters>(name, facility),
        "nersc_recon_flow" | "alcf_recon_flow" => flow::<ReconParameters>(name, facility),
        "nersc_streaming_flow" => flow::<StreamingParameters>(name, facility),
        "process_newfile_7012_ptycho4" => flow::<bl7012::MoveParameters>(name, facility),
        "test_cosmicDTN_transfers" => flow::<bl7012::TestParameters>(name, facility),
        "transfer_auto_recon" => flow::<bl7012::PtychographyParameters>(name, facility),
        _ if name.starts_with("prune_") => flow::<PruneParameters>(name, facility),
        // The flow itself checks them.
        _ => flow::<Map<String, Value>>(name, facility),
    })
}

fn flow<P>(name: &'static str, facility: Option<&Host>) -> Flow
where
    P: DeserializeOwned + Serialize + JsonSchema + Send + 'static,
{
    let (begins, cleans) = (facility.cloned(), facility.cloned());
    let handler = move |context: FlowContext, parameters: P| {
        let (facility, parameters) = (begins.clone(), json!(parameters));
        async move {
            let facility = facility.ok_or_else(|| "this flow has no facility to run in".to_owned())?;
            run(&facility, name, &context, &parameters).await
        }
    };
    let cleanup = move |context: FlowContext, _: P| {
        let facility = cleans.clone();
        async move {
            match facility {
                Some(facility) => cancel(&facility, name, &context).await,
                None => Ok(()),
            }
        }
    };
    Flow::new(name, handler)
        .version(env!("CARGO_PKG_VERSION"))
        .on_cancel(cleanup)
}

/// Runs a flow to its end; its failures, each in a line, if it did not end well.
async fn run(
    facility: &Host,
    name: &'static str,
    context: &FlowContext,
    parameters: &Value,
) -> Result<Value, String> {
    rename(name, context, parameters).await;
    let (progress, told) = tell::channel();
    let idle = idle(context);
    let run_id = context.run_id().as_str();
    let work = with_idle(idle, flows::run(facility, name, parameters, run_id, progress));
    let outcome = tokio::select! {
        outcome = Box::pin(work) => outcome.map_err(|failure| failure.to_string())?,
        () = tell::tell(context, told) => return Err("the run's progress ended before it".to_owned()),
        () = context.stopping().cancelled() => return Err("stopped".to_owned()),
    };
    tell::report(context, name, &outcome.report).await;
    let Outcome { ok, report } = outcome;
    if ok {
        return Ok(report);
    }
    Err(words::failures(&report).unwrap_or_else(|| "the run failed and names no failure".to_owned()))
}

/// While a run waits for others, its slot is theirs.
fn idle(context: &FlowContext) -> Idle {
    let context = context.clone();
    Arc::new(move |wait| {
        let context = context.clone();
        Box::pin(async move { context.without_slot(wait).await })
    })
}

/// Gives the run the name that the incumbent's flow gives it. Only people read it.
async fn rename(flow: &str, context: &FlowContext, parameters: &Value) {
    if flow != "dispatcher" {
        return;
    }
    let path = parameters["file_path"].as_str().unwrap_or("None");
    let name = format!("dispatcher-{path}");
    if context.run().name.as_deref() == Some(name.as_str()) {
        return;
    }
    let renamed = context
        .client()
        .flow_run(context.run_id().clone())
        .update()
        .name(name)
        .send()
        .await;
    if let Err(error) = renamed {
        tracing::warn!(%error, "the run keeps its name");
    }
}

/// Cancels what a cancelled run has begun.
async fn cancel(facility: &Host, name: &str, context: &FlowContext) -> Result<(), String> {
    let cancelled = flows::cancel(facility, name, context.run_id().as_str()).await;
    for what in cancelled.map_err(|failure| failure.to_string())? {
        tracing::info!(what, "cancelled");
    }
    Ok(())
}
