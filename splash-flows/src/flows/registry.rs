//! Running a flow by its name with its parameters as JSON.

use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::Instrument;

use super::bl832::{
    DispatchParameters, FilePaths, FlightParameters, GrafanaParameters, MoveParameters, ReconParameters,
    StreamingParameters, alcf_recon, dispatch, flight_check, flight_check_grafana, move_scans, nersc_recon,
    nersc_streaming, withdraw_streaming,
};
use super::bl7012;
use super::scicat::{IngestParameters, scicat_ingest};
use crate::facility::Facility;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::prune::{self, PruneParameters};
use crate::report::ListReport;
use crate::run::{Begun, RunContext};
use crate::span;

/// A flow that can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowInfo {
    /// Its name, the incumbent's.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Its parameters, in the order of importance.
    pub parameters: &'static str,
}

/// A prune under the name of its endpoint, as the incumbent's reconstructions schedule it.
const fn prune(name: &'static str) -> FlowInfo {
    FlowInfo {
        name,
        summary: "prune_globus_endpoint under the name of its endpoint",
        parameters: "relative_path, source_endpoint, check_endpoint",
    }
}

/// Every flow of this build.
pub const FLOWS: &[FlowInfo] = &[
    FlowInfo {
        name: "new_832_file_flow",
        summary: "move new 8.3.2 scans to data832 and NERSC, catalogue them, schedule their prunes",
        parameters: "file_path (one, or a list), is_export_control=false, send_to_nersc=true",
    },
    FlowInfo {
        name: "test_832_transfers",
        summary: "copy a test file from spot832 to data832 and NERSC, prove it, remove the copies",
        parameters: "file_path=/raw/transfer_tests/test.txt",
    },
    FlowInfo {
        name: "test_832_transfers_grafana",
        summary: "copy a test folder from data832 to NERSC and push the metrics",
        parameters: "file_path=/raw/transfer_tests/test/",
    },
    FlowInfo {
        name: "scicat-ingest-flow",
        summary: "catalogue a scan, or files, by the rules of their kind",
        parameters: "dataset_path, ingester_spec, scicat_url, scicat_username, scicat_password",
    },
    FlowInfo {
        name: "scicat_dataset_ingest",
        summary: "scicat-ingest-flow under its earlier name",
        parameters: "file_path, ingestor",
    },
    FlowInfo {
        name: "prune_globus_endpoint",
        summary: "delete a file or folder from an endpoint if the check endpoint's copy proves it",
        parameters: "relative_path, source_endpoint, check_endpoint",
    },
    FlowInfo {
        name: "dispatcher",
        summary: "move a new 8.3.2 scan, then start the reconstructions that decision-settings asks for",
        parameters: "file_path, is_export_control=false, config=null",
    },
    FlowInfo {
        name: "nersc_recon_flow",
        summary: "reconstruct a scan at NERSC, copy slices and volume to CFS and data832, schedule prunes",
        parameters: "file_path",
    },
    FlowInfo {
        name: "alcf_recon_flow",
        summary: "copy a scan to ALCF, reconstruct it there, copy slices and volume to data832, schedule prunes",
        parameters: "file_path",
    },
    FlowInfo {
        name: "nersc_streaming_flow",
        summary: "run the job at NERSC that reconstructs frames as they come",
        parameters: "walltime=PT5M, monitor_interval=10",
    },
    FlowInfo {
        name: "process_newfile_7012_ptycho4",
        summary: "move a new 7.0.1.2 scan to NERSC, schedule its prune",
        parameters: "file_path",
    },
    FlowInfo {
        name: "test_cosmicDTN_transfers",
        summary: "move a test file from data7012 to NERSC",
        parameters: "file_path=datamovement_test/test.txt",
    },
    FlowInfo {
        name: "transfer_auto_recon",
        summary: "move a new 7.0.1.2 scan to NERSC, reconstruct it with CDTools or PtychoCam",
        parameters: "file_path, do_cdtools=false, do_ptychocam=false, n_gpu=1, …",
    },
    prune("prune_data7012"),
    prune("prune_spot832"),
    prune("prune_data832"),
    prune("prune_data832_raw"),
    prune("prune_data832_scratch"),
    prune("prune_alcf832_raw"),
    prune("prune_alcf832_scratch"),
    prune("prune_nersc832_alsdev_scratch"),
    prune("prune_nersc832_alsdev_pscratch_raw"),
    prune("prune_nersc832_alsdev_pscratch_scratch"),
];

/// The steps whose jobs the flows submit, as they stand in the jobs' names.
pub const JOB_STEPS: [&str; 5] = ["reconstruct", "multiresolution", "stream", "cdtools", "ptychocam"];

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Whether it did all it was asked for.
    pub ok: bool,
    /// Its report.
    pub report: Value,
}

/// Runs the flow `name` and answers its report, also when it failed.
///
/// With the id of an earlier run it goes on where that one ended; a run that ended well answers its
/// report and does nothing.
///
/// # Errors
/// The run could not begin: no such flow, parameters that cannot be right, another process works on this
/// run, or the run store cannot be used. Nothing was sent.
pub async fn run(
    facility: &Arc<Facility>,
    name: &str,
    parameters: &Value,
    run_id: &str,
    progress: Progress,
) -> Result<Outcome, Failure> {
    // Without its type, which holds those of all requests: callers need not look through it.
    let run: Pin<Box<dyn Future<Output = Result<Outcome, Failure>> + Send + '_>> =
        Box::pin(run_inside(facility, name, parameters, run_id, progress));
    let outcome = run.instrument(span::run(name, parameters, run_id)).await;
    if parameters["dry_run"] != true {
        tell(facility, name, run_id, &outcome).await;
    }
    outcome
}

/// Tells whoever wants to know that a run did not end well.
async fn tell(facility: &Facility, name: &str, run_id: &str, outcome: &Result<Outcome, Failure>) {
    let notifier = facility.notifier();
    match outcome {
        Ok(outcome) if outcome.ok => {}
        Ok(outcome) => notifier.ended(name, run_id, &outcome.report).await,
        Err(failure) => notifier.ended(name, run_id, &json!({ "error": failure })).await,
    }
}

/// Ends what a cancelled run has begun: its transfers, and its jobs until they have ended. Answers what was cancelled.
///
/// # Errors
/// The first that may still go on; everything else is cancelled all the same.
pub async fn cancel(facility: &Facility, name: &str, run_id: &str) -> Result<Vec<String>, Failure> {
    let cancelled = facility.cancel_pending(run_id).await;
    if name == "nersc_streaming_flow" {
        withdraw_streaming(facility, run_id).await?;
    }
    cancelled
}

/// The run to work in; the report of one that ended well before is the answer.
macro_rules! begun {
    ($begun:expr) => {
        match $begun {
            Begun::Open(run) => run,
            Begun::Finished(report) => return Ok(Outcome { ok: true, report }),
        }
    };
}

async fn run_inside(
    facility: &Arc<Facility>,
    name: &str,
    parameters: &Value,
    run_id: &str,
    progress: Progress,
) -> Result<Outcome, Failure> {
    match name {
        "new_832_file_flow" => {
            let typed: MoveParameters = typed(name, parameters)?;
            let scans = typed.scans()?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let reports = Box::pin(move_scans(&run, &scans, &typed)).await;
            let ok = reports.iter().all(|report| report.ok);
            let report = match (&typed.file_path, &reports[..]) {
                (FilePaths::One(_), [report]) => json!(report),
                _ => json!(ListReport::new(run_id, reports)),
            };
            finish(&run, ok, &report).await
        }
        "test_832_transfers" => {
            let typed: FlightParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = flight_check(&run, &typed).await;
            finish(&run, report.ok, &json!(report)).await
        }
        "test_832_transfers_grafana" => {
            let typed: GrafanaParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = flight_check_grafana(&run, &typed).await;
            finish(&run, report.ok, &json!(report)).await
        }
        "scicat-ingest-flow" | "scicat_dataset_ingest" => {
            let typed: IngestParameters = typed(name, parameters)?;
            let typed = typed.with_spec(&crate::SITE_RULES, facility.environment());
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = Box::pin(scicat_ingest(&run, name, &typed))
                .instrument(span::step("ingest"))
                .await;
            finish(&run, report.ok, &report.kept()).await?;
            Ok(Outcome {
                ok: report.ok,
                report: json!(report),
            })
        }
        "nersc_recon_flow" | "alcf_recon_flow" => {
            let typed: ReconParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = if name == "nersc_recon_flow" {
                Box::pin(nersc_recon(&run, &typed)).await
            } else {
                Box::pin(alcf_recon(&run, &typed)).await
            };
            finish(&run, report.ok, &json!(report)).await
        }
        "nersc_streaming_flow" => {
            let typed: StreamingParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = Box::pin(nersc_streaming(&run, &typed)).await;
            finish(&run, report.ok, &json!(report)).await
        }
        "process_newfile_7012_ptycho4" => {
            let typed: bl7012::MoveParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = bl7012::move_scan(&run, &typed).await;
            finish(&run, report.ok, &json!(report)).await
        }
        "test_cosmicDTN_transfers" => {
            let typed: bl7012::TestParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = bl7012::cosmic_transfers(&run, &typed).await;
            finish(&run, report.ok, &json!(report)).await
        }
        "transfer_auto_recon" => {
            let typed: bl7012::PtychographyParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = Box::pin(bl7012::move_and_reconstruct(&run, &typed)).await;
            finish(&run, report.ok, &json!(report)).await
        }
        "dispatcher" => {
            let typed: DispatchParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = Box::pin(dispatch(&run, &typed)).await;
            finish(&run, report.ok, &json!(report)).await
        }
        name if name.starts_with("prune_") && FLOWS.iter().any(|flow| flow.name == name) => {
            let typed: PruneParameters = typed(name, parameters)?;
            let run = begun!(open(facility, name, run_id, &json!(typed), progress).await?);
            let report = Box::pin(prune::prune(&run, name, &typed))
                .instrument(span::step("prune"))
                .await;
            finish(&run, report.ok, &json!(report)).await
        }
        other => {
            let known: Vec<&str> = FLOWS.iter().map(|flow| flow.name).collect();
            Err(Failure::new(
                "preflight",
                "no_flow",
                format!("there is no flow {other:?}; there are {}", known.join(", ")),
            ))
        }
    }
}

fn typed<P: DeserializeOwned>(flow: &str, parameters: &Value) -> Result<P, Failure> {
    let refused = |error: String| Failure::new("preflight", "parameters", format!("{flow}: {error}"));
    if !parameters.is_object() {
        return Err(refused("the parameters are no JSON object".to_owned()));
    }
    serde_json::from_value(parameters.clone()).map_err(|error| refused(error.to_string()))
}

async fn open(
    facility: &Arc<Facility>,
    flow: &str,
    run_id: &str,
    parameters: &Value,
    progress: Progress,
) -> Result<Begun, Failure> {
    RunContext::open(Arc::clone(facility), flow, run_id, parameters, progress)
        .instrument(span::step("preflight"))
        .await
}

async fn finish(run: &RunContext, ok: bool, report: &Value) -> Result<Outcome, Failure> {
    run.finish(report, ok).instrument(span::step("finish")).await?;
    Ok(Outcome {
        ok,
        report: report.clone(),
    })
}
