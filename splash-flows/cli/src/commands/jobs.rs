//! `splash-flows jobs`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use judged_jobs::Origin;
use proved_transfer::audit;
use serde::Serialize;
use serde_json::{Value, json};
use sfapi::api::Compute;
use sfapi::slurm::{format_time, job_name};
use sfapi::{Job, JobId, Machine};
use splash_flows::facility::Facility;
use splash_flows::failure::Failure;
use splash_flows_cli::who::Who;

use super::prune::yes;
use super::run::until_interrupted;
use super::{facility, say};
use crate::Settings;

const STEP: &str = "jobs";
const SERVICE: &str = "sfapi";
/// For how long a cancelled job may take to end.
const ENDING: Duration = Duration::from_secs(120);

/// The jobs at NERSC that runs have submitted: list them, look at one, cancel them.
#[derive(Debug, Args)]
pub(crate) struct Jobs {
    /// The machine.
    #[arg(long, global = true, default_value = "perlmutter")]
    machine: String,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the jobs of our runs that wait or run.
    List {
        /// Also the account's other jobs.
        #[arg(long)]
        all: bool,
        /// Also those that have ended today.
        #[arg(long)]
        ended: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show what queue and accounting know of a job.
    Show {
        /// Its id.
        id: String,
        /// Print one JSON document, with every field that the service gives.
        #[arg(long)]
        json: bool,
    },
    /// Cancel jobs, and wait until Slurm shows that they have ended.
    Cancel(Cancel),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// Their ids. Only jobs of our runs are taken.
    ids: Vec<String>,
    /// The jobs of this run.
    #[arg(long, value_name = "RUN_ID")]
    run: Option<String>,
    /// Every job of the account, those too that no run of ours submitted. Asks before.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct Cancel {
    #[command(flatten)]
    which: Which,
    /// Do not ask before --all.
    #[arg(long, requires = "all", conflicts_with_all = ["ids", "run"])]
    yes: bool,
}

/// One line of the audit log.
#[derive(Serialize)]
struct AuditLine<'a> {
    at: chrono::DateTime<chrono::Utc>,
    action: &'a str,
    job: &'a str,
    name: &'a str,
    by: Who,
}

impl Jobs {
    /// Does it; exit status 1 if it failed, 2 if nobody can be asked.
    pub(crate) fn execute(&self, settings: &Settings) -> ExitCode {
        match until_interrupted(self.run(settings)) {
            Ok(Some(Ok(Some(text)))) if writeln!(std::io::stdout().lock(), "{text}").is_ok() => {
                ExitCode::SUCCESS
            }
            Ok(Some(Ok(Some(_)))) => ExitCode::FAILURE,
            Ok(Some(Ok(None))) => {
                say("nobody can be asked here: give --yes to cancel every job of the account");
                ExitCode::from(2)
            }
            other => super::ended(other.map(|done| done.map(|done| done.map(drop)))),
        }
    }

    /// What to print; nothing where nobody can be asked.
    async fn run(&self, settings: &Settings) -> Result<Option<String>, Failure> {
        let machine: Machine = self.machine.parse().map_err(|error| of(&error))?;
        let facility = facility(settings)?;
        let superfacility = facility.superfacility()?;
        let compute = superfacility.client().compute(&machine);
        if let Action::Show { id, json } = &self.action {
            return show(&compute, id, *json).await.map(Some);
        }
        let user = superfacility.user().await?;
        match &self.action {
            Action::List { all, ended, json } => {
                let mut jobs = of_account(&compute, user, *ended).await?;
                jobs.retain(|job| *all || origin(job).is_some());
                Ok(Some(listed(&jobs, user, *json)))
            }
            Action::Cancel(cancel) => cancel.run(&facility, &compute, user).await,
            Action::Show { .. } => Ok(None),
        }
    }
}

fn of(error: &sfapi::Error) -> Failure {
    Failure::service(STEP, SERVICE, error)
}

/// The run and the step that a job is of, if a run of ours submitted it.
fn origin(job: &Job) -> Option<Origin<'_>> {
    Origin::of(job.name.as_deref()?, &splash_flows::flows::JOB_STEPS)
}

/// Whether the job is of this run, whose id the job's name may hold with other characters.
fn is_of(job: &Job, run_id: &str) -> bool {
    let (Some(name), Some(origin)) = (job.name.as_deref(), origin(job)) else {
        return false;
    };
    name.ends_with(&job_name(
        "",
        origin.step,
        &format!("{run_id}.{}", origin.attempt),
    ))
}

/// The account's jobs; Slurm's own filter is not relied upon.
async fn of_account(compute: &Compute, user: &str, ended: bool) -> Result<Vec<Job>, Failure> {
    let own = |job: &Job| job.user.as_deref().is_none_or(|owner| owner == user);
    let mut jobs = compute
        .jobs()
        .user(user)
        .send()
        .await
        .map_err(|error| of(&error))?;
    jobs.retain(|job| own(job) && (ended || !job.is_done()));
    if ended {
        let past = compute
            .jobs()
            .accounting()
            .user(user)
            .send()
            .await
            .map_err(|error| of(&error))?;
        for job in past.into_iter().filter(|job| own(job) && job.is_done()) {
            // The accounting knows more of a job that has ended.
            jobs.retain(|known| known.id != job.id);
            jobs.push(job);
        }
    }
    Ok(jobs)
}

fn facts(job: &Job) -> Value {
    let origin = origin(job);
    json!({
        "job_id": job.id.as_str(), "name": job.name, "state": job.state.as_str(), "reason": job.reason,
        "run_id": origin.map(|origin| origin.run_id), "step": origin.map(|origin| origin.step),
        "elapsed_s": job.elapsed.map(|time| time.as_secs()), "time_limit_s": job.time_limit.map(|time| time.as_secs()),
        "exit_code": job.exit_code.map(|code| code.to_string()), "qos": job.qos, "account": job.account,
        "user": job.user, "nodes": job.node_list,
    })
}

fn listed(jobs: &[Job], user: &str, json: bool) -> String {
    if json {
        return json!(jobs.iter().map(facts).collect::<Vec<_>>()).to_string();
    }
    if jobs.is_empty() {
        return format!("{user} has no such job");
    }
    jobs.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(job: &Job) -> String {
    let mut parts = vec![format!("{job}")];
    if let (Some(elapsed), Some(limit)) = (job.elapsed, job.time_limit) {
        parts.push(format!("{} of {}", format_time(elapsed), format_time(limit)));
    }
    parts.push(match origin(job) {
        Some(origin) => format!("{} of run {} ({:?})", origin.step, origin.run_id, origin.about),
        None => format!(
            "of no run of ours ({:?})",
            job.name.as_deref().unwrap_or_default()
        ),
    });
    parts.join(", ")
}

async fn show(compute: &Compute, id: &str, json: bool) -> Result<String, Failure> {
    let handle = compute.job(&JobId::new(id));
    // The accounting knows the exit code, the queue why a job waits.
    let queue = handle.look(false).await.map_err(|error| of(&error))?;
    let job = match queue.filter(|job| !job.is_done()) {
        Some(job) => Some(job),
        None => handle.get().await.map_err(|error| of(&error))?,
    };
    let Some(job) = job else {
        return Err(Failure::new(
            STEP,
            "no_job",
            format!("neither queue nor accounting know a job {id:?}"),
        )
        .remedy("a job that was submitted a moment ago is not known at once"));
    };
    if json {
        let mut document = facts(&job);
        document["fields"] = job.fields().collect();
        return Ok(document.to_string());
    }
    let pairs = facts(&job);
    let pairs = pairs.as_object().into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let lines: Vec<String> = pairs
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{name:<12}  {}", text(value)))
        .collect();
    Ok(lines.join("\n"))
}

impl Cancel {
    async fn run(
        &self,
        facility: &Facility,
        compute: &Compute,
        user: &str,
    ) -> Result<Option<String>, Failure> {
        let mut jobs = of_account(compute, user, false).await?;
        if self.which.all {
            if !self.yes && !std::io::stdin().is_terminal() {
                return Ok(None);
            }
            for job in jobs.iter().filter(|_| !self.yes) {
                say(&line(job));
            }
            if !jobs.is_empty() && !self.yes && !yes(&format!("Cancel these {} jobs of {user}?", jobs.len()))
            {
                return Err(Failure::new(STEP, "not_agreed", "no job was cancelled"));
            }
        } else if let Some(run) = &self.which.run {
            jobs.retain(|job| is_of(job, run));
        } else {
            jobs = self
                .which
                .ids
                .iter()
                .map(|id| ours(&jobs, id))
                .collect::<Result<_, _>>()?;
        }
        if jobs.is_empty() {
            return Ok(Some("there is nothing to cancel".to_owned()));
        }
        let mut lines = Vec::new();
        for job in &jobs {
            let line = AuditLine {
                at: chrono::Utc::now(),
                action: "cancel_job",
                job: job.id.as_str(),
                name: job.name.as_deref().unwrap_or_default(),
                by: Who::now(),
            };
            audit::append(&facility.workplace().state_dir, &line).await?;
            let cancelled = compute.job(&job.id).cancel().confirmed(ENDING).await;
            let ended = cancelled.map_err(|error| {
                of(&error).remedy(format!("it may still run: splash-flows jobs show {}", job.id))
            })?;
            lines.push(ended.to_string());
        }
        Ok(Some(lines.join("\n")))
    }
}

/// The job of this id, if it waits or runs and a run of ours submitted it.
fn ours(jobs: &[Job], id: &str) -> Result<Job, Failure> {
    let refused = |code: &str, text: String| Failure::new(STEP, code, text);
    let job = jobs.iter().find(|job| job.id.as_str() == id).ok_or_else(|| {
        refused(
            "no_job",
            format!("the account has no job {id:?} that waits or runs; none was cancelled"),
        )
        .remedy(format!("see `splash-flows jobs show {id}`"))
    })?;
    if origin(job).is_none() {
        let text = format!(
            "job {id} ({:?}) is of no run of ours; none was cancelled",
            job.name.as_deref().unwrap_or_default()
        );
        return Err(refused("not_ours", text).remedy("cancel it with `scancel` if it is meant"));
    }
    Ok(job.clone())
}
