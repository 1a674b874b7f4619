//! One worker's hold on one flow run.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use prefect_client::Client;
use run_store::{Error, Place, Result, Session, Standing};
use serde_json::{Value, json};

use crate::inputs::{self, Meant};
use crate::known::{Known, latest};
use crate::locks::{self, Lock};
use crate::wire::{self, Said, Stamp, State, TaskRun};

/// The task run that stands for the run itself.
pub(crate) const RECORD: &str = "run record";
/// How long a look at the lease is good for. A worker is not declared dead within several times this.
const FRESH: Duration = Duration::from_secs(5);
/// How often a long wait looks at the lease: three times in this.
const LEASE: Duration = Duration::from_secs(45);
/// Longer names are cut in the server's pages.
const NAME: usize = 120;

/// This worker's hold on one flow run.
#[derive(Debug)]
pub(crate) struct PrefectSession {
    client: Client,
    run_id: String,
    fence: u32,
    /// The state in which the run was last seen to be ours.
    state: Mutex<Option<String>>,
    /// The task run that stands for the run itself.
    record: String,
    /// What is known of each step and key. Only the holder writes, so what it has read and written is all there is.
    known: Mutex<HashMap<(String, String), Known>>,
    /// The ids of the locks that this session took.
    locks: Mutex<HashMap<(String, String), String>>,
    looked: Mutex<Instant>,
}

impl PrefectSession {
    /// A session of a run that was just seen to be ours, with the effects that stand already.
    pub(crate) fn new(
        client: Client,
        run_id: String,
        (fence, state): (u32, Option<String>),
        record: String,
        tasks: Vec<TaskRun>,
    ) -> Result<Self> {
        let known = latest(tasks.into_iter())?;
        Ok(Self {
            client,
            run_id,
            fence,
            state: Mutex::new(state),
            record,
            known: Mutex::new(known),
            locks: Mutex::default(),
            looked: Mutex::new(Instant::now()),
        })
    }

    fn get(&self, step: &str, key: &str) -> Option<Known> {
        let known = lock(&self.known);
        known.get(&(step.to_owned(), key.to_owned())).cloned()
    }

    fn put(&self, task: Known) {
        let place = (task.meant.step.clone(), task.meant.key.clone());
        lock(&self.known).insert(place, task);
    }

    fn locks(&self) -> MutexGuard<'_, HashMap<(String, String), String>> {
        lock(&self.locks)
    }

    fn lost(&self) -> Error {
        Error::LeaseLost {
            run_id: self.run_id.clone(),
        }
    }

    /// Looks whether the run is still ours, and waits while it is paused, unless that was seen a moment ago.
    async fn held(&self) -> Result<()> {
        let age = lock(&self.looked).elapsed();
        if age < FRESH { Ok(()) } else { self.look().await }
    }

    async fn look(&self) -> Result<()> {
        let asked = Instant::now();
        let run = wire::unpaused(&self.client, &self.run_id).await?;
        let run = run.filter(|run| run.state_type.as_deref() == Some("RUNNING"));
        let now = run.ok_or_else(|| self.lost())?.state.and_then(|state| state.id);
        let known = lock(&self.state).clone();
        if now != known && !self.was_only_paused(known.as_deref()).await? {
            return Err(self.lost());
        }
        *lock(&self.state) = now;
        *lock(&self.looked) = asked;
        Ok(())
    }

    /// Whether the run has only been paused and resumed since the state in which it was ours. Whoever else takes it sets
    /// it PENDING first; how often it was set RUNNING says nothing, for servers count a resumption or do not.
    async fn was_only_paused(&self, since: Option<&str>) -> Result<bool> {
        let states = wire::states(&self.client, &self.run_id).await?;
        let at = states
            .iter()
            .position(|state| since.is_some() && state.id.as_deref() == since);
        let later = at.map(|at| &states[at + 1..]);
        let stays = |state: &Stamp| matches!(state.kind.as_deref(), Some("PAUSED" | "RUNNING"));
        Ok(later.is_some_and(|later| later.iter().all(stays)))
    }

    /// The attempt, if it is the latest of its step and not settled.
    fn pending(&self, place: &Place) -> Option<Known> {
        self.get(&place.step, &place.key)
            .filter(|task| task.meant.attempt == place.attempt && !task.is_settled())
    }

    /// Puts an attempt on record, unless one is there.
    async fn record(&self, place: &Place, meant: Meant) -> Result<()> {
        let already = || Error::AlreadyIntended {
            step: place.step.clone(),
            key: place.key.clone(),
        };
        let known = self.get(&place.step, &place.key);
        if known.is_some_and(|task| task.meant.attempt >= place.attempt) {
            return Err(already());
        }
        self.held().await?;
        let dynamic_key = format!("{}-{}", inputs::short(&place.key), place.attempt);
        let name = format!("{} {}", place.step, place.key);
        let body = task_run(
            &self.run_id,
            &place.step,
            &dynamic_key,
            &name,
            &inputs::write(&meant)?,
        );
        let made = wire::create_task_run(&self.client, &body).await?;
        // Whoever was first wrote it; what stands there is never changed.
        let stands = inputs::read::<Meant>(&made.task_inputs).transpose()?;
        if stands.as_ref() != Some(&meant) {
            return Err(already());
        }
        self.put(Known {
            task_run: made.id,
            meant,
            state: made.state,
        });
        // Stopped meanwhile for long enough to be declared dead? Then somebody else may have the run.
        self.held().await
    }

    /// Gives a lock back. One that stays is nobody's once this run has ended.
    async fn unlock(&self, place: &Place) {
        let named = (place.step.clone(), place.key.clone());
        let id = self.locks().remove(&named);
        let (step, key) = (place.step.as_str(), place.key.as_str());
        if let Err(error) = locks::release(&self.client, id, &self.run_id, (step, key)).await {
            tracing::warn!(run_id = self.run_id, step = place.step, %error, "a lock stays until the run has ended");
        }
    }

    async fn set_state(&self, mut task: Known, kind: &str, data: Value) -> Result<()> {
        loop {
            match wire::set_task_state(&self.client, &task.task_run, kind, data.clone()).await? {
                Said::Taken => break,
                Said::Paused => self.look().await?,
                Said::Refused => return Err(self.lost()),
            }
        }
        task.state = Some(State {
            kind: kind.to_owned(),
            data,
            details: Value::Null,
        });
        self.put(task);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The body that makes a task run of a flow run, begun, unless there is one with these keys.
pub(crate) fn task_run(run_id: &str, step: &str, dynamic_key: &str, name: &str, inputs: &Value) -> Value {
    json!({
        "flow_run_id": run_id, "task_key": step, "dynamic_key": dynamic_key,
        "name": name.chars().take(NAME).collect::<String>(), "task_inputs": inputs,
        "state": {"type": "RUNNING", "name": "Running"},
    })
}

#[async_trait]
impl Session for PrefectSession {
    fn run_id(&self) -> &str {
        &self.run_id
    }

    fn opened(&self) -> u32 {
        self.fence
    }

    fn lease(&self) -> Duration {
        LEASE
    }

    async fn standing(&self, step: &str, key: &str) -> Result<Standing> {
        self.held().await?;
        self.get(step, key)
            .map_or(Ok(Standing::Absent), |task| task.standing(self.fence))
    }

    async fn intend(&self, place: &Place, document: &[u8], facts: &Value) -> Result<()> {
        self.record(place, Meant::new(place, document, facts, self.fence))
            .await
    }

    async fn intend_alone(&self, place: &Place, document: &[u8], facts: &Value) -> Result<Option<String>> {
        self.held().await?;
        let lock = locks::take(&self.client, &self.run_id, &place.step, &place.key).await?;
        match lock {
            Lock::Elsewhere(run_id) => return Ok(Some(run_id)),
            Lock::Mine(id) => self.locks().insert((place.step.clone(), place.key.clone()), id),
        };
        let meant = Meant::new(place, document, facts, self.fence).alone();
        self.record(place, meant).await.map(|()| None)
    }

    async fn elsewhere(&self, step: &str, key: &str) -> Result<Option<String>> {
        self.held().await?;
        locks::elsewhere(&self.client, &self.run_id, step, key).await
    }

    async fn note(&self, place: &Place, receipt: &Value) -> Result<()> {
        let Some(task) = self.pending(place) else {
            return Err(not_pending(place));
        };
        self.held().await?;
        self.set_state(
            task,
            "RUNNING",
            json!({"type": "splash-flows", "receipt": receipt}),
        )
        .await
    }

    async fn settle(&self, place: &Place, ok: bool, outcome: &Value) -> Result<()> {
        if self.pending(place).is_none() {
            self.intend(place, b"", &Value::Null)
                .await
                .map_err(|error| match error {
                    Error::AlreadyIntended { .. } => not_pending(place),
                    other => other,
                })?;
        }
        let Some(task) = self.pending(place) else {
            return Err(not_pending(place));
        };
        self.held().await?;
        let kind = if ok { "COMPLETED" } else { "FAILED" };
        let data = json!({"type": "splash-flows", "outcome": outcome, "fence": self.fence});
        let alone = task.meant.alone;
        self.set_state(task, kind, data).await?;
        if alone {
            self.unlock(place).await;
        }
        Ok(())
    }

    async fn renew(&self) -> Result<()> {
        self.look().await
    }

    async fn finish(&self, report: &Value, ok: bool) -> Result<()> {
        self.look().await?;
        if ok {
            let data = json!({"type": "splash-flows", "report": report});
            if wire::set_task_state(&self.client, &self.record, "COMPLETED", data).await? != Said::Taken {
                return Err(Error::RunEnded {
                    run_id: self.run_id.clone(),
                });
            }
        }
        Ok(())
    }
}

fn not_pending(place: &Place) -> Error {
    Error::NotPending {
        step: place.step.clone(),
        key: place.key.clone(),
    }
}
