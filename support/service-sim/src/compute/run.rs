//! Running tasks, each in a `python3` of its own.

use std::process::Stdio;
use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::store::Outcome;
use super::{Compute, stand_ins};

const WORKER: &str = include_str!("worker.py");

/// A task that is to be run.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) payload: String,
    pub(super) serializers: Vec<String>,
    /// For an endpoint outside.
    pub(super) to: super::outside::Errand,
}

/// What the worker writes: one of the three.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    result: Option<String>,
    exception: Option<String>,
    reason: Option<String>,
}

impl Compute {
    /// Runs it when a worker is free and the endpoint there; a task that the service gives up never runs.
    pub(super) fn start(self: &Arc<Self>, job: Job, gives_up: bool) {
        let compute = Arc::clone(self);
        tokio::spawn(async move {
            let outcome = if gives_up {
                Outcome::Reason("The endpoint could not start a user endpoint process".to_owned())
            } else {
                if job.to.endpoint != super::ENDPOINT {
                    compute.hand_over(&job).await;
                    return;
                }
                match compute.carry_out(&job).await {
                    Some(outcome) => outcome,
                    None => return,
                }
            };
            compute.finish(&job.id, outcome).await;
        });
    }

    pub(super) async fn finish(self: &Arc<Self>, id: &str, outcome: Outcome) {
        let now = self.now();
        self.store().end(id, outcome, now);
        self.push(id, None).await;
        self.ended.send_modify(|count| *count += 1);
    }

    /// None if the endpoint lost it: it has no end then.
    async fn carry_out(&self, job: &Job) -> Option<Outcome> {
        let mut online = self.online.subscribe();
        // An error means that the simulator ends.
        if online.wait_for(|online| *online).await.is_err() {
            return Some(Outcome::None);
        }
        let Ok(_worker) = self.workers.acquire().await else {
            return Some(Outcome::None);
        };
        let mut restarts = self.restarts.subscribe();
        let now = self.now();
        self.store().begin(&job.id, now);
        tokio::select! {
            ended = self.python(job) => Some(ended.unwrap_or_else(Outcome::Reason)),
            // Its Python is killed with it.
            Ok(()) = restarts.changed() => {
                self.store().lose(&job.id);
                None
            }
        }
    }

    async fn python(&self, job: &Job) -> Result<Outcome, String> {
        let folder = self.folder()?;
        let path = stand_ins::search_path(folder.path()).map_err(|e| e.to_string())?;
        let mut child = Command::new("python3")
            .args(["-c", WORKER])
            .current_dir(folder.path())
            .env("GC_TASK_UUID", &job.id)
            .env("PATH", path)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| format!("the simulated endpoint has no python3: {e}"))?;
        let text = json!({
            "code": job.code, "payload": job.payload, "serializers": job.serializers, "modern": self.is_modern(),
        });
        if let Some(mut stdin) = child.stdin.take() {
            // A worker that ended early says so by its status.
            let _: std::io::Result<()> = stdin.write_all(text.to_string().as_bytes()).await;
        }
        let output = child
            .wait_with_output()
            .await
            .map_err(|e| format!("the worker was lost: {e}"))?;
        let written: Written = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ok(match (written.result, written.exception, written.reason) {
            (Some(result), _, _) => Outcome::Result(result),
            (_, Some(exception), _) => Outcome::Exception(exception),
            (_, _, Some(reason)) => Outcome::Reason(reason),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                Outcome::Exception(format!(
                    "the worker was lost ({}): {}",
                    output.status,
                    said.trim()
                ))
            }
        })
    }

    /// Where workers work, away from the collections.
    fn folder(&self) -> Result<Arc<tempfile::TempDir>, String> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*folder {
            return Ok(Arc::clone(folder));
        }
        let made = tempfile::Builder::new().prefix("service-sim-compute-").tempdir();
        let made = Arc::new(made.map_err(|e| format!("no folder for the workers: {e}"))?);
        *folder = Some(Arc::clone(&made));
        Ok(made)
    }
}
