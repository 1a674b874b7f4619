//! The flows as a worker of a Prefect server serves them.

mod tell;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use pipeline::prune::PruneParameters;
use pipeline::run::{Idle, with_idle};
use prefect_client::worker::{Flow, FlowContext};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use splash_flows::facility::Facility;
use splash_flows::flows::bl832::{
    DispatchParameters, FlightParameters, GrafanaParameters, MoveParameters, ReconParameters,
    StreamingParameters,
};
use splash_flows::flows::bl7012;
use splash_flows::flows::{self, FLOWS, Outcome};

use crate::words;

/// How long a run that has ended may tell of its progress still.
const LAST_WORDS: Duration = Duration::from_secs(30);

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
        "test_832_transfers" => flow::<FlightParameters>(name, facility),
        "test_832_transfers_grafana" => flow::<GrafanaParameters>(name, facility),
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
    let telling = tell::tell(context, told);
    let outcome = tokio::select! {
        outcome = with_last_words(Box::pin(work), telling) => outcome.map_err(|failure| failure.to_string())?,
        () = context.stopping().cancelled() => return Err("stopped".to_owned()),
    };
    tell::report(context, name, &outcome.report).await;
    let Outcome { ok, report } = outcome;
    if ok {
        return Ok(report);
    }
    Err(words::failures(&report).unwrap_or_else(|| "the run failed and names no failure".to_owned()))
}

/// Awaits `work`, and `telling` beside it; what `telling` has not said when `work` ends it may say for a while still.
async fn with_last_words<T>(work: impl Future<Output = T>, telling: impl Future<Output = ()>) -> T {
    let (mut work, mut telling) = (pin!(work), pin!(telling));
    tokio::select! {
        outcome = &mut work => {
            if tokio::time::timeout(LAST_WORDS, telling).await.is_err() {
                tracing::debug!("the last of the run's progress was not told to the server");
            }
            outcome
        }
        () = &mut telling => work.await,
    }
}

/// While a run waits for others, its slot is theirs.
fn idle(context: &FlowContext) -> Idle {
    let context = context.clone();
    Arc::new(move |wait| {
        let context = context.clone();
        Box::pin(async move { context.without_slot(wait).await })
    })
}

/// The name that the incumbent's flow gives its runs.
fn run_name(flow: &str, parameters: &Value) -> Option<String> {
    let begins = match flow {
        "dispatcher" => "dispatcher",
        "alcf_recon_flow" => "alcf_recon",
        "nersc_recon_flow" => "nersc_recon",
        _ => return None,
    };
    // As Python writes a path that is none.
    let path = parameters["file_path"].as_str().unwrap_or("None");
    Some(format!("{begins}-{path}"))
}

/// Gives the run the name that the incumbent's flow gives it. Only people read it.
async fn rename(flow: &str, context: &FlowContext, parameters: &Value) {
    let Some(name) = run_name(flow, parameters) else {
        return;
    };
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn runs_have_the_incumbent_s_names() {
        let of = |flow| run_name(flow, &json!({"file_path": "/global/raw/f/x.h5"}));
        for (flow, name) in [
            ("dispatcher", "dispatcher-/global/raw/f/x.h5"),
            ("alcf_recon_flow", "alcf_recon-/global/raw/f/x.h5"),
            ("nersc_recon_flow", "nersc_recon-/global/raw/f/x.h5"),
        ] {
            assert_eq!(of(flow).as_deref(), Some(name));
        }
        // Of these the trigger, or whoever schedules them, says the name.
        for flow in ["new_832_file_flow", "prune_globus_endpoint", "test_832_transfers"] {
            assert_eq!(of(flow), None);
        }
        let none = run_name("dispatcher", &json!({"file_path": null}));
        assert_eq!(none.as_deref(), Some("dispatcher-None"));
    }

    /// Of each of the incumbent's flows its parameters; without a default one must be given.
    #[test]
    fn the_parameters_and_their_defaults_are_the_incumbent_s() {
        let none = Value::Null;
        let path = ("file_path", None);
        let config = ("config", Some(json!(null)));
        let of_prunes = [
            ("relative_path", None),
            ("source_endpoint", None),
            ("check_endpoint", Some(json!(null))),
            config.clone(),
        ];
        let mut flows = vec![
            (
                "dispatcher",
                vec![
                    ("file_path", Some(json!(null))),
                    ("is_export_control", Some(json!(false))),
                    config.clone(),
                ],
            ),
            (
                "new_832_file_flow",
                vec![
                    path.clone(),
                    ("is_export_control", Some(json!(false))),
                    ("send_to_nersc", Some(json!(true))),
                    config.clone(),
                ],
            ),
            (
                "test_832_transfers",
                vec![("file_path", Some(json!("/raw/transfer_tests/test.txt")))],
            ),
            (
                "test_832_transfers_grafana",
                vec![("file_path", Some(json!("/raw/transfer_tests/test/")))],
            ),
            ("nersc_recon_flow", vec![path.clone(), config.clone()]),
            ("alcf_recon_flow", vec![path.clone(), config]),
            (
                "nersc_streaming_flow",
                vec![
                    ("walltime", Some(json!("PT5M"))),
                    ("monitor_interval", Some(json!(10))),
                ],
            ),
            ("process_newfile_7012_ptycho4", vec![path]),
            (
                "test_cosmicDTN_transfers",
                vec![("file_path", Some(json!("datamovement_test/test.txt")))],
            ),
        ];
        let prunes = FLOWS.iter().filter(|flow| flow.name.starts_with("prune_"));
        flows.extend(prunes.map(|flow| (flow.name, of_prunes.to_vec())));
        for (flow, parameters) in flows {
            let (schema, is_ours) = parameter_schema(flow);
            assert!(is_ours, "{flow}");
            for (name, default) in parameters {
                let property = &schema["properties"][name];
                assert!(!property.is_null(), "{flow} takes no {name}: {schema}");
                let required = schema["required"].as_array();
                let required = required.is_some_and(|all| all.contains(&json!(name)));
                assert_eq!(required, default.is_none(), "{flow} {name}: {schema}");
                let stands = property.get("default").unwrap_or(&none);
                assert_eq!(
                    stands,
                    default.as_ref().unwrap_or(&none),
                    "{flow} {name}: {schema}"
                );
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_run_said_last_is_told_though_it_has_ended() {
        let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
        let told = AtomicUsize::new(0);
        let telling = async {
            while events.recv().await.is_some() {
                // The server takes its time.
                tokio::time::sleep(Duration::from_secs(1)).await;
                told.fetch_add(1, Ordering::Relaxed);
            }
        };
        let work = async move {
            for number in 0..5 {
                sender.send(number).unwrap();
            }
            "done"
        };
        assert_eq!(with_last_words(work, telling).await, "done");
        assert_eq!(told.load(Ordering::Relaxed), 5);
        // A server that is away keeps no run for ever.
        let away = std::future::pending();
        assert_eq!(with_last_words(async { 1 }, away).await, 1);
    }
}
