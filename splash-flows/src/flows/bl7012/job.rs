//! The reconstruction jobs of beamline 7.0.1.2 at NERSC.

use std::path::PathBuf;
use std::time::Duration;

use judged_jobs::{Jobs, Order, run_job};
use sfapi::slurm::{Command, Fence, Script};

use crate::failure::Failure;
use crate::hpc::StepReport;
use crate::run::RunContext;

const HOUR: u64 = 3600;
/// The variable that names the folder for copies of scripts.
const KEPT: &str = "PATH_JOB_SCRIPT";

/// One of the site's scripts and what it is given.
#[derive(Debug)]
pub(super) struct Reconstruction {
    /// The step: `cdtools` or `ptychocam`.
    pub(super) step: &'static str,
    /// The variable that names the script.
    variable: &'static str,
    /// The script's path at NERSC.
    script: String,
    arguments: Vec<String>,
    gpus: u32,
    /// Where a copy of each submitted script is kept, if anywhere.
    kept_in: Option<PathBuf>,
}

impl Reconstruction {
    /// The script that `variable` of the environment names.
    pub(super) fn new(
        run: &RunContext,
        (step, variable): (&'static str, &'static str),
        arguments: Vec<String>,
        gpus: u32,
    ) -> Result<Self, Failure> {
        let script = run.facility().environment().get(variable).unwrap_or_default();
        if !script.starts_with('/') {
            let text = format!(
                "{variable} must be the absolute path of the {step} script at NERSC, and is {script:?}"
            );
            return Err(Failure::new("preflight", "config", text));
        }
        if gpus == 0 {
            let text = "n_gpu must be at least 1";
            return Err(Failure::new("preflight", "parameters", text));
        }
        let kept_in = run.facility().environment().get(KEPT).map(PathBuf::from);
        if let Some(folder) = kept_in.as_ref().filter(|folder| !folder.is_dir()) {
            let text = format!("{KEPT} must be a folder, and {} is none", folder.display());
            return Err(
                Failure::new("preflight", "config", text).remedy("make the folder, or unset the variable")
            );
        }
        Ok(Self {
            step,
            variable,
            script: script.to_owned(),
            arguments,
            gpus,
            kept_in,
        })
    }

    /// Runs it as a job and waits for its end.
    pub(super) async fn run(
        &self,
        run: &RunContext,
        jobs: &Jobs,
        (user, file): (&str, &str),
    ) -> Result<StepReport, Failure> {
        let home = format!("/pscratch/sd/{}/{user}", user.chars().next().unwrap_or('_'));
        let logs = format!("{home}/ptycho_recon_logs");
        jobs.make_folder(&logs)
            .await
            .map_err(|error| Failure::service(self.step, "sfapi", &error))?;
        let run_folder = format!("{home}/7012/.runs/{}", plain(run.run_id()));
        let order = Order {
            step: self.step,
            key: file,
            about: &format!("ptycho_{}", file.rsplit('/').next().unwrap_or(file)),
            run_folder: &run_folder,
            script: &|name, fence| self.kept(run, &name.clone(), self.script(name, fence, &logs)),
            time_is_its_end: false,
            on_update: &|_| {},
        };
        let job = Box::pin(run_job(run, jobs, &order)).await?;
        Ok(StepReport::new("nersc", &job.step, &job.job_id, job.seconds))
    }

    /// Writes a copy of the script where staff look for it.
    fn kept(&self, run: &RunContext, name: &str, script: Script) -> sfapi::Result<Script> {
        if let Some(folder) = &self.kept_in {
            let now = run.facility().now().format("%Y-%m-%d %H:%M:%S");
            let path = folder.join(format!("{now} {name}.txt"));
            std::fs::write(&path, script.text()?)
                .map_err(|error| sfapi::Error::config(format!("{KEPT}: {}: {error}", path.display())))?;
        }
        Ok(script)
    }

    fn script(&self, name: String, fence: Fence, logs: &str) -> Script {
        tracing::debug!(
            variable = self.variable,
            script = self.script,
            "the site's script"
        );
        Script::new(name)
            .constraint("gpu")
            .gpus(self.gpus)
            .time(Duration::from_secs(4 * HOUR))
            .nodes(1)
            .qos("regular")
            .account("als_g")
            .output(format!("{logs}/%x_%j.out"))
            .fence(fence)
            .command(Command::new(&*self.script).args(self.arguments.iter().cloned()))
    }
}

fn plain(run_id: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    run_id.chars().map(plain).collect()
}
