//! NERSC as a place to reconstruct at.

use async_trait::async_trait;
use judged_jobs::{Jobs, MakeScript, Order, run_job};
use serde_json::{Map, Value, json};

use super::scripts::{self, Folders};
use super::settings::ReconSettings;
use crate::failure::Failure;
use crate::flows::bl832::recon::{PREFLIGHT, ReconScan, endpoint, root};
use crate::hpc::{StepReport, TomographyHpc};
use crate::run::RunContext;

const SITE: &str = "nersc";

/// Perlmutter, or the machine that config.yml names, by jobs of the account that the Superfacility API knows.
#[derive(Debug)]
pub struct Nersc {
    jobs: Jobs,
    folders: Folders,
    settings: ReconSettings,
}

impl Nersc {
    /// Finds out whose account it is, checks that the endpoints of config.yml stand in its folders, and makes the folder
    /// that jobs write their output to. Two requests, each retried.
    ///
    /// # Errors
    /// The credentials, the account's folders or the endpoints are not what they should be; the service cannot be asked.
    pub(super) async fn connect(run: &RunContext, settings: &ReconSettings) -> Result<Self, Failure> {
        let superfacility = run.facility().superfacility()?;
        let user = superfacility.user().await?;
        let root = |key: &str| root(&endpoint(run, key)?);
        let (raw, scripts) = (
            root("nersc832_alsdev_raw")?,
            root("nersc832_alsdev_recon_scripts")?,
        );
        let folders = Folders::of(user, &raw, &scripts);
        for (key, part) in [
            ("nersc832_alsdev_pscratch_raw", "raw"),
            ("nersc832_alsdev_pscratch_scratch", "scratch"),
        ] {
            let (there, expected) = (root(key)?, format!("{}/{part}", folders.beamline()));
            if there != expected {
                let text =
                    format!("jobs of {user} work in {expected}, and the endpoint {key} stands at {there}");
                return Err(Failure::new(PREFLIGHT, "config", text).remedy(
                    "correct root_path in config.yml, or use the Superfacility client of that account",
                ));
            }
        }
        let jobs = superfacility
            .jobs(&settings.machine)
            .await?
            .settle(settings.settle);
        jobs.make_folder(&folders.logs())
            .await
            .map_err(|error| Failure::service(PREFLIGHT, "sfapi", &error))?;
        Ok(Self {
            jobs,
            folders,
            settings: settings.clone(),
        })
    }

    async fn job(
        &self,
        run: &RunContext,
        scan: &ReconScan,
        (step, about): (&str, &str),
        script: &MakeScript<'_>,
    ) -> Result<StepReport, Failure> {
        let (key, run_folder) = (scan.raw(), self.folders.run(run.run_id()));
        let order = Order {
            step,
            key: &key,
            about,
            run_folder: &run_folder,
            script,
            time_is_its_end: false,
            on_update: &|_| {},
        };
        let done = Box::pin(run_job(run, &self.jobs, &order)).await;
        done.map(|job| StepReport::new(SITE, &job.step, &job.job_id, job.seconds))
            .map_err(|failure| failure.file(scan))
    }
}

#[async_trait]
impl TomographyHpc for Nersc {
    fn site(&self) -> &str {
        SITE
    }

    fn made_with(&self, step: &str) -> (Vec<String>, Map<String, Value>) {
        let settings = &self.settings;
        let (image, script) = match step {
            "reconstruct" => (&settings.recon_image, &settings.reconstruction_script),
            _ => (&settings.multires_image, &settings.multiresolution_script),
        };
        let mut parameters = Map::new();
        for (name, value) in [
            ("machine", json!(settings.machine)),
            ("qos", json!(settings.qos)),
            ("account", json!(settings.account)),
            ("constraint", json!(settings.constraint)),
            ("nodes", json!(settings.nodes)),
            ("cpus_per_task", json!(settings.cpus_per_task)),
        ] {
            parameters.insert(name.to_owned(), value);
        }
        (vec![format!("{script} in {image}")], parameters)
    }

    async fn reconstruct(&self, run: &RunContext, scan: &ReconScan) -> Result<StepReport, Failure> {
        let about = format!("tomo_recon_{}_{}.h5", scan.folder(), scan.stem());
        let step = ("reconstruct", about.as_str());
        let script = |name, fence| scripts::reconstruct(&self.settings, &self.folders, scan, name, fence);
        self.job(run, scan, step, &script).await
    }

    async fn build_multi_resolution(
        &self,
        run: &RunContext,
        scan: &ReconScan,
    ) -> Result<StepReport, Failure> {
        let about = format!("tomo_multires_{}_{}", scan.folder(), scan.stem());
        let step = ("multiresolution", about.as_str());
        let script = |name, fence| scripts::multiresolution(&self.settings, &self.folders, scan, name, fence);
        self.job(run, scan, step, &script).await
    }
}
