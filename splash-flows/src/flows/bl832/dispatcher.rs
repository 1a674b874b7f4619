//! `dispatcher`: the move of a new scan, then the reconstructions that staff ask for, each on its own.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::move_scan::{self, MoveParameters, move_scan};
use crate::failure::Failure;
use crate::progress::Event;
use crate::report::{BranchReport, DispatchReport, MoveReport};
use crate::run::RunContext;
use crate::scan_path::ScanPath;
use crate::scheduler::finish_child;

const STEP: &str = "dispatch";
/// The variable (a JSON block in older set-ups) that says which branches run.
pub const DECISIONS: &str = "decision-settings";
const MOVE: &str = "new_832_file_flow/new_file_832";

/// A branch that is a deployment of its own, and the copy that it works on. All of them take the data off site.
struct Branch {
    deployment: &'static str,
    needs: &'static str,
}

const BRANCHES: [Branch; 2] = [
    Branch {
        deployment: "alcf_recon_flow/alcf_recon_flow",
        needs: "data832",
    },
    Branch {
        deployment: "nersc_recon_flow/nersc_recon_flow",
        needs: "nersc832",
    },
];

/// The parameters of `dispatcher`, as the incumbent's triggers send them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DispatchParameters {
    /// The scan, such as `/global/raw/folder/scan.h5`.
    pub file_path: Option<String>,
    /// The scan may not leave the site, now or ever.
    #[serde(default)]
    pub is_export_control: bool,
    /// An object that names deployments overrides the settings for this run; anything else is ignored, with a notice.
    #[serde(default)]
    pub config: Value,
}

/// Checks a value for [`DECISIONS`] as every run does.
///
/// # Errors
/// A deployment that there is no branch for, or a value that is neither true nor false.
pub fn check_decisions(value: &Value) -> Result<(), Failure> {
    decisions(value).map(drop)
}

fn decisions(value: &Value) -> Result<BTreeMap<String, bool>, Failure> {
    let bad = |text: String| Failure::new(STEP, "bad_variable", text);
    // Prefect 2 keeps a variable's JSON as text.
    let parsed = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    let Value::Object(given) = parsed.as_ref().unwrap_or(value) else {
        return Err(bad(format!(
            "{DECISIONS} must be an object of deployments, each true or false"
        )));
    };
    let read = |(name, on): (&String, &Value)| {
        let on = on
            .as_bool()
            .ok_or_else(|| bad(format!("{DECISIONS}: {name} must be true or false, and is {on}")))?;
        let known = name == MOVE || BRANCHES.iter().any(|branch| branch.deployment == name);
        if on && !known {
            let all: Vec<&str> = std::iter::once(MOVE)
                .chain(BRANCHES.iter().map(|one| one.deployment))
                .collect();
            return Err(bad(format!(
                "{DECISIONS}: there is no branch {name}; there are {}",
                all.join(", ")
            )));
        }
        Ok((name.clone(), on))
    };
    given.iter().map(read).collect()
}

/// The settings of this run: the variable, and over it what `config` says of deployments.
async fn settings(
    run: &RunContext,
    parameters: &DispatchParameters,
) -> Result<BTreeMap<String, bool>, Failure> {
    let variable = run.facility().scheduler().variable(DECISIONS).await?;
    let own = parameters.config.get(DECISIONS).unwrap_or(&parameters.config);
    let overrides: serde_json::Map<String, Value> = own
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.contains('/'))
        .map(|(name, on)| (name.clone(), on.clone()))
        .collect();
    if overrides.is_empty() && !matches!(&parameters.config, Value::Null) && parameters.config != json!({}) {
        let text = "the parameter config names no deployment and is ignored: the configuration is the one this process \
                    was started with";
        run.say(&Event::Notice {
            text: text.to_owned(),
        });
    }
    let mut settings = match &variable {
        Some(value) => decisions(value)?,
        None if overrides.is_empty() => {
            let text = format!("the variable {DECISIONS} is not set");
            return Err(Failure::new(STEP, "no_variable", text).remedy("splash-flows deploy 832 makes it"));
        }
        None => BTreeMap::new(),
    };
    settings.extend(decisions(&Value::Object(overrides))?);
    Ok(settings)
}

/// Moves the scan, and starts each branch that the settings ask for once the copy that it needs is proved.
///
/// A branch that fails, or cannot start, fails alone; the run then ends failed and names each. What is under export
/// control goes to no branch. While it waits for its branches the run holds no slot of a worker.
pub async fn dispatch(run: &RunContext, parameters: &DispatchParameters) -> DispatchReport {
    let file = parameters.file_path.as_deref().unwrap_or_default();
    let mut report = DispatchReport::new(run.run_id(), file);
    let mut failures = Vec::new();
    if let Err(failure) = Box::pin(steps(run, parameters, &mut report, &mut failures)).await {
        failures.push(failure.file(&report.file));
    }
    let mut failures = failures.into_iter();
    report.error = failures.next();
    report.further_errors = failures.collect();
    report.ok = report.error.is_none();
    report
}

async fn steps(
    run: &RunContext,
    parameters: &DispatchParameters,
    report: &mut DispatchReport,
    failures: &mut Vec<Failure>,
) -> Result<(), Failure> {
    let path = parameters.file_path.as_deref().unwrap_or_default();
    let scan = ScanPath::parse(path).map_err(|error| Failure::new(STEP, "path", error.to_string()))?;
    let settings = settings(run, parameters).await?;
    let mut asked = MoveParameters::new(path);
    asked.is_export_control = parameters.is_export_control;
    let on_site_only = move_scan::export_control(run, &scan, &asked).await?;
    if settings.get(MOVE) == Some(&true) {
        let moved = Box::pin(move_scan(run, &scan, &asked)).await;
        failures.extend(moved.error.iter().chain(&moved.further_errors).cloned());
        report.moved = Some(moved);
    }
    let wanted = BRANCHES
        .iter()
        .filter(|branch| settings.get(branch.deployment) == Some(&true));
    let moved = report.moved.as_ref();
    let branches = wanted.map(|branch| start(run, branch, path, moved, on_site_only));
    for ended in join_all(branches).await {
        let (branch, failure) = ended;
        report.branches.push(branch);
        failures.extend(failure.map(|failure| failure.file(path)));
    }
    Ok(())
}

/// Starts a branch and waits for its end, unless it has nothing to work on, or may not have it.
async fn start(
    run: &RunContext,
    branch: &Branch,
    path: &str,
    moved: Option<&MoveReport>,
    on_site_only: bool,
) -> (BranchReport, Option<Failure>) {
    let mut report = BranchReport::new(branch.deployment);
    if on_site_only {
        report.skipped = Some("export control keeps the scan on site".to_owned());
        return (report, None);
    }
    let is_there = |moved: &MoveReport| moved.copies.iter().any(|copy| copy.endpoint == branch.needs);
    if moved.is_some_and(|moved| !is_there(moved)) {
        let text = format!(
            "{} was not started: it needs the copy on {}",
            branch.deployment, branch.needs
        );
        return (report, Some(Failure::new(STEP, "not_started", text)));
    }
    let handed_over = json!({"file_path": path, "config": null});
    match finish_child(run, branch.deployment, &handed_over).await {
        Ok(end) => {
            let failure = (!end.ok).then(|| {
                let why = end.message.as_deref().unwrap_or("it says no more");
                let text = format!(
                    "{}: the run {} ended {}: {why}",
                    branch.deployment, end.id, end.state
                );
                Failure::new(STEP, "branch_failed", text)
                    .of("prefect")
                    .remedy("retry that run in Prefect")
            });
            report.run = Some(end);
            (report, failure)
        }
        Err(failure) => (report, Some(failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_as_the_incumbent_writes_them_also_as_text() {
        let value = json!({MOVE: true, "alcf_recon_flow/alcf_recon_flow": false});
        let read = decisions(&value).unwrap();
        assert!(read[MOVE]);
        assert_eq!(decisions(&json!(value.to_string())).unwrap(), read);
    }

    #[test]
    fn a_decision_that_cannot_be_meant_is_refused_by_name() {
        for (value, named) in [
            (json!({MOVE: "yes"}), MOVE),
            (json!({"olcf_recon_flow/olcf": true}), "olcf_recon_flow/olcf"),
            (json!([]), DECISIONS),
        ] {
            let failure = check_decisions(&value).unwrap_err();
            assert!(
                failure.code == "bad_variable" && failure.message.contains(named),
                "{failure}"
            );
        }
        assert!(check_decisions(&json!({"olcf_recon_flow/olcf": false})).is_ok());
    }
}
