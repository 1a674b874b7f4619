//! ALCF as a place to reconstruct at.

use async_trait::async_trait;
use globus_compute::Arguments;
use judged_functions::{Call, Functions, run_function};
use serde_json::{Map, Value, json};

use super::settings::AlcfSettings;
use super::wrappers::Stage;
use crate::failure::Failure;
use crate::flows::bl832::recon::{PREFLIGHT, ReconScan, endpoint, root};
use crate::hpc::{StepReport, TomographyHpc};
use crate::run::RunContext;

const SITE: &str = "alcf";
/// The variable that says where the allocation's folder is on the machine.
const ROOT: &str = "alcf-allocation-root-path";

/// The machine behind a compute endpoint.
#[derive(Debug)]
pub struct Alcf {
    functions: Functions,
    settings: AlcfSettings,
    /// Where the site's scripts stand.
    scripts: String,
    /// Where the scans stand, and the results.
    raw: String,
    scratch: String,
}

impl Alcf {
    /// Finds the endpoint and the allocation's folder, and checks that the endpoint takes tasks. Three requests, each
    /// retried.
    ///
    /// # Errors
    /// No endpoint or no folder is named, the endpoint is offline, or a service could not be asked.
    pub(super) async fn connect(run: &RunContext, settings: &AlcfSettings) -> Result<Self, Failure> {
        let facility = run.facility();
        let compute = facility.compute()?;
        let allocation = allocation(facility.scheduler().variable(ROOT).await?)?;
        let below = |key: &str| {
            let place = root(&endpoint(run, key)?)?;
            // The endpoint's collection begins at the allocation's folder, unless its paths say more.
            Ok::<_, Failure>(match place.strip_prefix(&allocation) {
                Some(rest) if rest.starts_with('/') => place,
                _ => format!("{allocation}{place}"),
            })
        };
        let (raw, scratch) = (below("alcf832_raw")?, below("alcf832_scratch")?);
        let id = facility.compute_endpoint(settings.endpoint.as_deref()).await?;
        let functions = compute.functions(&id);
        let functions = functions.settle(settings.settle).patience(settings.patience);
        functions.ready(PREFLIGHT).await?;
        Ok(Self {
            functions,
            settings: settings.clone(),
            scripts: format!("{allocation}/scripts"),
            raw,
            scratch,
        })
    }

    async fn call(
        &self,
        run: &RunContext,
        (scan, step): (&ReconScan, &str),
        (stage, script): (Stage, &str),
        [(first, one), (second, other)]: [(&str, String); 2],
    ) -> Result<StepReport, Failure> {
        let script = format!("{}/{script}", self.scripts);
        let (key, run_folder) = (scan.raw(), self.run_folder(run.run_id()));
        let function = stage.function();
        let function =
            function.map_err(|error| Failure::service(step, "globus_compute", &error).file(scan))?;
        let arguments = |claim: &str| {
            Arguments::new()
                .kwarg("rundir", &self.raw)
                .kwarg("script_path", &script)
                .kwarg(first, &one)
                .kwarg(second, &other)
                .kwarg("python", &self.settings.python)
                .kwarg("timeout", self.settings.time.as_secs_f64())
                .kwarg("claim", claim)
        };
        let call = Call {
            step,
            key: &key,
            run_folder: &run_folder,
            function: &function,
            arguments: &arguments,
            limit: self.settings.time,
        };
        let done = Box::pin(run_function(run, &self.functions, &call)).await;
        done.map(|call| StepReport::new(SITE, &call.step, call.task_id.as_str(), call.seconds))
            .map_err(|failure| failure.file(scan))
    }

    /// The folder of a run, for its claims: beside raw data and results.
    fn run_folder(&self, run_id: &str) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let run_id: String = run_id.chars().map(plain).collect();
        let beside = self.raw.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{beside}/.runs/{run_id}")
    }
}

/// The allocation's folder out of the variable, whose JSON Prefect 2 keeps as text.
fn allocation(variable: Option<Value>) -> Result<String, Failure> {
    let refused = |text: String| {
        Failure::new(PREFLIGHT, "bad_variable", text).remedy(format!(
            "set {ROOT} to {{\"{ROOT}\": \"/eagle/…\"}}: splash-flows settings, or `variables` in config.yml"
        ))
    };
    let value = match variable {
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        Some(value) => value,
        None => return Err(refused(format!("the variable {ROOT} is not set"))),
    };
    let path = value[ROOT].as_str().or(value.as_str()).unwrap_or_default();
    let path = path.trim_end_matches('/');
    if path.starts_with('/') && !path.chars().any(char::is_control) {
        return Ok(path.to_owned());
    }
    Err(refused(format!(
        "the variable {ROOT} names no folder by its whole path: {value}"
    )))
}

#[async_trait]
impl TomographyHpc for Alcf {
    fn site(&self) -> &str {
        SITE
    }

    fn made_with(&self, step: &str) -> (Vec<String>, Map<String, Value>) {
        let settings = &self.settings;
        let script = match step {
            "reconstruct" => &settings.reconstruction_script,
            _ => &settings.multiresolution_script,
        };
        let endpoint = self.functions.endpoint().to_string();
        let parameters = [
            ("compute_endpoint", endpoint),
            ("python", settings.python.clone()),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), json!(value)));
        (
            vec![format!("{script} in {}", self.scripts)],
            Map::from_iter(parameters),
        )
    }

    async fn reconstruct(&self, run: &RunContext, scan: &ReconScan) -> Result<StepReport, Failure> {
        let what = [
            ("h5_file_name", format!("{}.h5", scan.stem())),
            ("folder_path", scan.folder().to_owned()),
        ];
        let stage = (
            Stage::Reconstruction,
            self.settings.reconstruction_script.as_str(),
        );
        self.call(run, (scan, "reconstruct"), stage, what).await
    }

    async fn build_multi_resolution(
        &self,
        run: &RunContext,
        scan: &ReconScan,
    ) -> Result<StepReport, Failure> {
        let what = [
            ("recon_path", format!("{}/{}/", self.scratch, scan.slices())),
            ("raw_path", format!("{}/{}", self.raw, scan.raw())),
        ];
        let stage = (Stage::TiffToZarr, self.settings.multiresolution_script.as_str());
        self.call(run, (scan, "multiresolution"), stage, what).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allocation_is_read_as_the_incumbent_writes_it() {
        let value = json!({ ROOT: "/eagle/IRIBeta/als/" });
        for variable in [
            value.clone(),
            json!(value.to_string()),
            json!("/eagle/IRIBeta/als"),
        ] {
            assert_eq!(allocation(Some(variable)).unwrap(), "/eagle/IRIBeta/als");
        }
        for bad in [
            None,
            Some(json!({})),
            Some(json!("eagle")),
            Some(json!(3)),
            Some(json!("/")),
        ] {
            let failure = allocation(bad).unwrap_err();
            assert_eq!(failure.code, "bad_variable", "{failure}");
            assert!(failure.to_string().contains(ROOT));
        }
    }
}
