//! The prune flow for one file: prove, then delete, or say why not.

use proved_transfer::delete::delete;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rule::rule;
use crate::config::DeletionMode;
use crate::copy::{Seen, collection, observe, path_on, verify_delivery};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::progress::Event;
use crate::report::{PruneOutcome, PruneReport};
use crate::run::RunContext;

const STEP: &str = "prune";

/// The parameters of `prune_globus_endpoint` and of the flows named after one endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PruneParameters {
    /// The path relative to both roots.
    pub relative_path: String,
    /// The endpoint whose copy goes: its key, or the incumbent's document of it.
    pub source_endpoint: Value,
    /// The endpoint whose copy must prove it.
    #[serde(default)]
    pub check_endpoint: Value,
    /// Ignored; the incumbent's callers may send it.
    #[serde(default)]
    pub config: Value,
}

/// Deletes one file if the check endpoint's copy proves it, as far as `deletion` in config.yml allows.
///
/// Every doubt leaves the file where it is and fails the run with the reason.
pub async fn prune(run: &RunContext, parameters: &PruneParameters) -> PruneReport {
    let mut report = PruneReport {
        run_id: run.run_id().to_owned(),
        ok: false,
        outcome: None,
        endpoint: String::new(),
        path: None,
        check_endpoint: None,
        bytes: None,
        error: None,
    };
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
    report
}

async fn steps(
    run: &RunContext,
    parameters: &PruneParameters,
    report: &mut PruneReport,
) -> Result<PruneOutcome, Failure> {
    let facility = run.facility();
    let source = configured(run, &parameters.source_endpoint)?;
    report.endpoint = source.key().to_string();
    if parameters.check_endpoint.is_null() {
        return Err(Failure::new(
            STEP,
            "no_check_endpoint",
            "without a check endpoint nothing proves that another copy stands",
        ));
    }
    let check = configured(run, &parameters.check_endpoint)?;
    report.check_endpoint = Some(check.key().to_string());
    let relative = &parameters.relative_path;
    report.path = Some(path_on(&source, relative, STEP)?);
    if rule(source.key().as_str(), check.key().as_str()).is_none() {
        return Err(Failure::new(
            STEP,
            "no_rule",
            format!(
                "a copy on {} does not prove the one on {}",
                check.key(),
                source.key()
            ),
        ));
    }
    not_held(run).await?;
    facility.preflight_transfer().await?;
    if already_pruned(run, &source, relative).await? {
        return Ok(PruneOutcome::AlreadyPruned);
    }
    if facility.config().deletion() == DeletionMode::On {
        let bytes = delete(run, relative, &source, &check).await?;
        report.bytes = Some(bytes);
        return Ok(PruneOutcome::Deleted);
    }
    let proof = verify_delivery(facility.workplace(), relative, &source, &check, STEP).await?;
    report.bytes = Some(proof.subject().size());
    run.say(&Event::Notice {
        text: format!(
            "deletion is off (deletion: report): {:?} on {} would be deleted",
            proof.subject().path(),
            source.key()
        ),
    });
    Ok(PruneOutcome::WouldDelete)
}

/// An endpoint of the configuration, by key or by the incumbent's document. A document that means another
/// place than the configuration's endpoint of that name is refused: the table of rules goes by names.
fn configured(run: &RunContext, value: &Value) -> Result<StorageEndpoint, Failure> {
    let config = run.facility().config();
    let refused = |text: String| Failure::new(STEP, "config", text);
    let given = config
        .endpoint_from_parameter(value)
        .map_err(|error| refused(error.to_string()))?;
    let known = config
        .endpoint(given.key().as_str())
        .map_err(|error| refused(error.to_string()))?;
    if !known.same_place(&given) {
        return Err(refused(format!(
            "the endpoint {} of the parameters is another place than that of {}",
            given.key(),
            config.file()
        )));
    }
    Ok(known.clone())
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

/// The file is gone, and our own record says that we deleted it.
async fn already_pruned(run: &RunContext, source: &StorageEndpoint, relative: &str) -> Result<bool, Failure> {
    let facility = run.facility();
    let id = collection(source, STEP)?.to_string();
    let path = path_on(source, relative, STEP)?;
    let record = facility
        .store()
        .deletion(&id, &path)
        .await
        .map_err(|error| Failure::store(STEP, &error))?;
    if record.is_none() {
        return Ok(false);
    }
    Ok(matches!(
        observe(facility.workplace(), source, relative, STEP).await?,
        Seen::Missing
    ))
}
