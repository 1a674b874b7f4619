//! Running a job's script with bash.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::time::{MissedTickBehavior, interval};

use super::Sfapi;
use super::script::Wishes;
use crate::fault::JobEffect;

/// How often a running job's time is looked at.
const TICK: Duration = Duration::from_millis(20);

/// Queues the script and has it run in its turn. Gives the job's id, or what `sbatch` says against it.
pub(super) fn submit(sfapi: &Arc<Sfapi>, script: &str, args: Vec<String>) -> Result<u64, String> {
    let wishes = Wishes::read(script)?;
    let home = format!("/global/homes/a/{}", sfapi.user);
    let effect = sfapi.shared.faults.on_job(&wishes.name);
    let id = sfapi
        .jobs
        .queue(wishes, script.to_owned(), sfapi.user.clone(), home);
    let place = Arc::clone(sfapi);
    tokio::spawn(async move { life(&place, id, args, effect).await });
    Ok(id)
}

async fn life(sfapi: &Arc<Sfapi>, id: u64, args: Vec<String>, effect: Option<JobEffect>) {
    let jobs = &sfapi.jobs;
    let Some((cancelled, never)) = jobs.with(id, |job| (Arc::clone(&job.cancelled), job.wishes.too_long()))
    else {
        return;
    };
    if never {
        return cancelled.notified().await;
    }
    if let Some(JobEffect::Hold(name)) = &effect {
        tokio::select! {
            () = sfapi.shared.holds.released(name) => {}
            () = cancelled.notified() => return,
        }
    }
    let slots = Arc::clone(&jobs.slots);
    let slot = tokio::select! {
        slot = slots.acquire() => slot,
        () = cancelled.notified() => return,
    };
    jobs.enter(id, "RUNNING");
    if let Some(JobEffect::End { state, exit }) = effect {
        jobs.with(id, |job| job.exit = exit);
        return jobs.enter(id, state);
    }
    let (state, exit) = run(sfapi, id, args).await;
    jobs.with(id, |job| {
        if job.state() == "RUNNING" {
            job.exit = exit;
        }
    });
    jobs.enter(id, state);
    drop(slot);
}

/// Runs the script to its end, or to the end of its time, or until it is called off.
async fn run(sfapi: &Sfapi, id: u64, args: Vec<String>) -> (&'static str, (i32, i32)) {
    let Ok(mut child) = start(sfapi, id, args) else {
        // As when the folder of the output is not there.
        return ("FAILED", (0, 53));
    };
    let group = Group(child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)));
    let known = sfapi
        .jobs
        .with(id, |job| (Arc::clone(&job.cancelled), job.wishes.time));
    let Some((cancelled, limit)) = known else {
        return ("FAILED", (1, 0));
    };
    let begun = sfapi.clock.now();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            status = child.wait() => return ended(status.ok()),
            () = cancelled.notified() => {
                group.end();
                return ("CANCELLED by 1000", (0, 15));
            }
            _ = ticks.tick() => {
                let age = (sfapi.clock.now() - begun).to_std().unwrap_or_default();
                if age > limit {
                    group.end();
                    return ("TIMEOUT", (0, 15));
                }
            }
        }
    }
}

fn ended(status: Option<std::process::ExitStatus>) -> (&'static str, (i32, i32)) {
    use std::os::unix::process::ExitStatusExt as _;
    match status.map(|status| (status.code(), status.signal())) {
        Some((Some(0), _)) => ("COMPLETED", (0, 0)),
        Some((Some(code), _)) => ("FAILED", (code, 0)),
        Some((None, signal)) => ("FAILED", (0, signal.unwrap_or(9))),
        None => ("NODE_FAIL", (1, 0)),
    }
}

/// A job's processes, which end with the simulator too.
struct Group(Option<Pid>);

impl Group {
    fn end(&self) {
        if let Some(pid) = self.0 {
            // Best effort: they may have ended by themselves.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

fn start(sfapi: &Sfapi, id: u64, args: Vec<String>) -> std::io::Result<tokio::process::Child> {
    let known = sfapi.jobs.with(id, |job| {
        (job.script.clone(), job.wishes.clone(), job.work_dir.clone())
    });
    let (script, wishes, work_dir) = known.ok_or(std::io::ErrorKind::NotFound)?;
    let tree = &sfapi.tree;
    let folder = tree.beside("jobs");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{id}.sh"));
    std::fs::write(&file, tree.localised(&script))?;
    let output = output_file(
        sfapi,
        &work_dir,
        wishes.output.as_deref().unwrap_or("slurm-%j.out"),
        id,
        &wishes.name,
    );
    let out = File::create(&output)?;
    let err = match &wishes.error {
        Some(pattern) => File::create(output_file(sfapi, &work_dir, pattern, id, &wishes.name))?,
        None => out.try_clone()?,
    };
    sfapi.jobs.with(id, |job| job.output = Some(output));
    Command::new("/bin/bash")
        .arg(file)
        .args(args)
        .current_dir(tree.here(&work_dir))
        .envs(environment(sfapi))
        .env("SLURM_JOB_ID", id.to_string())
        .env("SLURM_JOBID", id.to_string())
        .env("SLURM_JOB_NAME", &wishes.name)
        .env("SLURM_JOB_QOS", &wishes.qos)
        .env("SLURM_JOB_ACCOUNT", &wishes.account)
        .env("SLURM_JOB_NUM_NODES", &wishes.nodes)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// What scripts and commands find in their environment.
pub(super) fn environment(sfapi: &Sfapi) -> Vec<(&'static str, String)> {
    let tree = &sfapi.tree;
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
    let user = &sfapi.user;
    let first = user.get(..1).unwrap_or("a");
    vec![
        ("PATH", format!("{}:{path}", tree.beside("bin").display())),
        ("SERVICE_SIM_HOST", tree.root().display().to_string()),
        (
            "HOME",
            tree.here(&format!("/global/homes/{first}/{user}"))
                .display()
                .to_string(),
        ),
        (
            "SCRATCH",
            tree.here(&format!("/pscratch/sd/{first}/{user}"))
                .display()
                .to_string(),
        ),
        ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ("USER", user.clone()),
    ]
}

/// The file that a pattern of `--output` names.
fn output_file(sfapi: &Sfapi, work_dir: &str, pattern: &str, id: u64, name: &str) -> PathBuf {
    let filled = pattern
        .replace("%%", "\0")
        .replace("%j", &id.to_string())
        .replace("%A", &id.to_string())
        .replace("%x", &name.replace('/', "_"))
        .replace("%u", &sfapi.user)
        .replace('\0', "%");
    if Path::new(&filled).is_absolute() {
        sfapi.tree.here(&filled)
    } else {
        sfapi.tree.here(&format!("{work_dir}/{filled}"))
    }
}
