//! The prune flow: prove, then delete, move into the trash, or say why not.

use proved_transfer::copy::Verify;
use proved_transfer::delete::{self, Pruned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::guard::Target;
use super::on_site::provable;
use super::plan::schedule_expiry;
use super::registry;
use crate::copy::path_on;
use crate::failure::Failure;
use crate::ingest::forget_copy;
use crate::progress::Event;
use crate::report::{InTrash, PruneOutcome, PruneReport};
use crate::run::RunContext;

pub(super) const STEP: &str = "prune";

/// The parameters of `prune_globus_endpoint` and of the flows named after one endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PruneParameters {
    /// The file or folder, relative to both roots.
    pub relative_path: String,
    /// The endpoint whose copy goes: its key, or the incumbent's document of it.
    pub source_endpoint: Value,
    /// The endpoint whose copy must prove it; null where a `retention` rule lets the last copy go.
    #[serde(default)]
    pub check_endpoint: Value,
    /// What the two are compared by. Written only where it is not `delivery`: the incumbent's workers do not know it.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "String")]
    pub verify: Verify,
    /// Only check and report, whatever `deletion` says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// Ignored; the incumbent's callers may send it.
    #[serde(default)]
    pub config: Value,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Deletes a file or folder if the check endpoint's copy proves it, as far as `deletion` in config.yml allows.
///
/// Every doubt leaves it where it is and fails the run with the reason. A prune that failed or was refused for what
/// may change schedules itself again: after 1, 3 and 7 days, then weekly.
pub async fn prune(run: &RunContext, flow: &str, parameters: &PruneParameters) -> PruneReport {
    let mut report = PruneReport::new(run.run_id());
    match steps(run, parameters, &mut report).await {
        Ok(outcome) => {
            report.ok = true;
            report.outcome = Some(outcome);
        }
        Err(failure) => {
            let failure = failure.file(&parameters.relative_path);
            run.say(&Event::Failed {
                failure: failure.clone(),
            });
            report.error = Some(failure);
        }
    }
    if !parameters.dry_run {
        registry::settle(run, flow, parameters, &mut report).await;
    }
    report
}

async fn steps(
    run: &RunContext,
    parameters: &PruneParameters,
    report: &mut PruneReport,
) -> Result<PruneOutcome, Failure> {
    let facility = run.facility();
    let config = facility.config();
    let given = &parameters.source_endpoint;
    let name = given["name"].as_str().or(given.as_str()).unwrap_or_default();
    name.clone_into(&mut report.endpoint);
    let target = Target::new(config, parameters)?;
    report.endpoint = target.source.key().to_string();
    report.check_endpoint = target.check.as_ref().map(|check| check.key().to_string());
    report.path = Some(path_on(&target.source, &parameters.relative_path, STEP)?);
    let request = target.to_request(config, parameters.dry_run);
    if !parameters.dry_run {
        not_dropped(run, parameters).await?;
        if let Err(hold) = not_held(run).await {
            return Err(delete::put_back(run, target.subject(), hold).await);
        }
    }
    let path = parameters.relative_path.as_str();
    provable(run, &target.source, path, target.check.as_ref()).await?;
    facility.preflight_transfer().await?;
    let pruned = Box::pin(delete::prune(run, request)).await?;
    if !matches!(pruned, Pruned::WouldDelete { .. }) {
        let gone = report.path.as_deref().unwrap_or_default();
        Box::pin(forget_copy(run, &target.source, path, gone)).await;
    }
    if let Pruned::Quarantined { trash, .. } = &pruned {
        let expiry = schedule_expiry(run, &target, parameters.verify, trash).await?;
        report.trash = Some(InTrash {
            path: trash.clone(),
            until: expiry.at,
            id: expiry.id,
        });
    }
    Ok(taken(&pruned, report))
}

/// Puts what happened into the report.
fn taken(pruned: &Pruned, report: &mut PruneReport) -> PruneOutcome {
    let (outcome, bytes, files) = match *pruned {
        Pruned::WouldDelete { bytes, files } => (PruneOutcome::WouldDelete, bytes, files),
        Pruned::Deleted { bytes, files } => (PruneOutcome::Deleted, bytes, files),
        Pruned::Quarantined { bytes, files, .. } => (PruneOutcome::Quarantined, bytes, files),
        _ => return PruneOutcome::AlreadyPruned,
    };
    report.bytes = Some(bytes);
    report.files = Some(files);
    outcome
}

/// A prune that was dropped does not come back by itself: another scheduler may not know of it.
async fn not_dropped(run: &RunContext, parameters: &PruneParameters) -> Result<(), Failure> {
    let dropped = run
        .facility()
        .store()
        .dropped(&json!(parameters))
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    match dropped {
        None => Ok(()),
        Some(reason) => {
            let text = format!("this prune was dropped: {reason}");
            Err(Failure::new(STEP, "dropped", text).remedy("to prune it all the same: splash-flows prune"))
        }
    }
}

/// Staff stop every deletion with the variable `deletion-hold`.
async fn not_held(run: &RunContext) -> Result<(), Failure> {
    let hold = run.facility().scheduler().variable("deletion-hold").await?;
    let off = match &hold {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => matches!(
            text.to_ascii_lowercase().as_str(),
            "" | "false" | "off" | "no" | "0"
        ),
        Some(_) => false,
    };
    if off {
        return Ok(());
    }
    Err(Failure::new(
        STEP,
        "deletion_hold",
        "the variable deletion-hold stops every deletion",
    )
    .remedy("remove the variable, or set it to false, when deletions may go on"))
}
