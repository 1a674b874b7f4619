//! As much of a server as a worker needs, with the rules that matter: Pending is exclusive, Crashed is accepted once,
//! Cancelling leads to Cancelled only, a repeated transition is known again, a task run is created once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::Utc;
use serde_json::{Value, json};
use uuid::Uuid;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support::{http, reply};

pub(crate) const POOL: &str = "pool";
const FLOW: &str = "ab991b8b-5e7b-46b9-8851-6bce1ab110ca";

#[derive(Default)]
pub(crate) struct Store {
    /// Flow runs in the order of their creation.
    pub(crate) runs: Vec<Value>,
    /// States by run.
    pub(crate) states: HashMap<String, Vec<Value>>,
    /// What workers are called, and how they stand.
    pub(crate) workers: HashMap<String, &'static str>,
    pub(crate) logs: Vec<Value>,
    pub(crate) artifacts: Vec<Value>,
    pub(crate) tasks: Vec<Value>,
    /// Answers 503 to whatever has one of these in its path, so many times.
    pub(crate) busy: HashMap<&'static str, usize>,
    /// How far its clock is ahead, in seconds.
    pub(crate) ahead: i64,
    /// The deployment is gone, so that no run of it is taken any more.
    pub(crate) undeployed: bool,
    /// Somebody deleted the pool.
    pub(crate) unpooled: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Fake(pub(crate) Arc<Mutex<Store>>);

/// A server of one pool, and a client of it with real waits.
pub(crate) async fn start() -> (MockServer, Fake, prefect_client::Client) {
    let (server, fake) = (MockServer::start().await, Fake::default());
    Mock::given(any()).respond_with(fake.clone()).mount(&server).await;
    let quick = rest_core::RetryPolicy::default().first_delay(Duration::from_millis(20));
    let client = prefect_client::Client::builder()
        .base_url(format!("{}/api", server.uri()))
        .http(http())
        .retry(quick)
        .build()
        .unwrap();
    (server, fake, client)
}

impl Fake {
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Store) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    /// A run that is due.
    pub(crate) fn run(&self, flow: &str, parameters: &Value) -> String {
        let id = Uuid::new_v4().to_string();
        self.with(|store| {
            let due = Utc::now() + chrono::TimeDelta::seconds(store.ahead);
            let run = json!({"id": id, "flow_id": format!("{FLOW}/{flow}"), "deployment_id": "d-1", "name": "some-run",
                "parameters": parameters, "run_count": 0, "work_pool_name": POOL, "next_scheduled_start_time": due,
                "empirical_policy": {"retries": null, "retry_delay": null, "retry_type": null}});
            store.runs.push(run);
            store.enter(&id, json!({"type": "SCHEDULED", "name": "Scheduled", "state_details": {}}));
        });
        id
    }

    pub(crate) fn state(&self, run: &str) -> Value {
        self.with(|store| store.states[run].last().unwrap().clone())
    }

    /// The names of the states that a run has been in.
    pub(crate) fn names(&self, run: &str) -> Vec<String> {
        self.with(|store| {
            let states = store.states[run].iter();
            states
                .map(|state| state["name"].as_str().unwrap().to_owned())
                .collect()
        })
    }

    /// Waits until a run's state has this type; panics with what it has been in if that takes too long.
    pub(crate) async fn reaches(&self, run: &str, kind: &str) -> Value {
        let found = self.until(|| self.state(run)["type"] == kind).await;
        assert!(found, "{kind} is not reached: {:?}", self.names(run));
        self.state(run)
    }

    pub(crate) async fn until(&self, holds: impl Fn() -> bool) -> bool {
        for _ in 0..600 {
            if holds() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    }

    pub(crate) fn lines(&self, run: &str) -> Vec<String> {
        self.with(|store| {
            let lines = store.logs.iter().filter(|line| line["flow_run_id"] == run);
            lines
                .map(|line| line["message"].as_str().unwrap().to_owned())
                .collect()
        })
    }

    /// Sets a state as a person would, past all rules.
    pub(crate) fn force(&self, run: &str, state: Value) {
        self.with(|store| store.enter(run, state));
    }
}

impl Store {
    fn enter(&mut self, id: &str, mut state: Value) {
        state["id"] = json!(Uuid::new_v4());
        state["timestamp"] = json!(Utc::now());
        let Some(run) = self.runs.iter_mut().find(|run| run["id"] == id) else {
            return;
        };
        run["state_type"] = state["type"].clone();
        run["state_name"] = state["name"].clone();
        if state["type"] == "RUNNING" {
            run["run_count"] = json!(run["run_count"].as_u64().unwrap() + 1);
        }
        if let Some(at) = state["state_details"]["scheduled_time"].as_str() {
            run["next_scheduled_start_time"] = json!(at);
        }
        run["state"] = state.clone();
        self.states.entry(id.to_owned()).or_default().push(state);
    }

    fn set_state(&mut self, id: &str, proposed: &Value) -> ResponseTemplate {
        let Some(now) = self.states.get(id).and_then(|states| states.last()).cloned() else {
            return reply(404, &json!({"exception_message": "Flow run not found"}));
        };
        let (from, to) = (now["type"].as_str().unwrap(), proposed["type"].as_str().unwrap());
        let same = &now["state_details"]["transition_id"];
        let ended = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"].contains(&from);
        let word = match (from, to) {
            _ if !same.is_null() && *same == proposed["state_details"]["transition_id"] => "REJECT",
            ("PENDING" | "RUNNING", "PENDING") => "ABORT",
            (_, "PENDING") if self.undeployed => "ABORT",
            (_, "CRASHED" | "CANCELLING") if ended => "ABORT",
            ("CANCELLING", to) if to != "CANCELLED" => "REJECT",
            _ => "ACCEPT",
        };
        if word == "ACCEPT" {
            self.enter(id, proposed.clone());
        }
        let state = self.states[id].last().unwrap();
        reply(
            201,
            &json!({"status": word, "state": state, "details": {"reason": "by the rules"}}),
        )
    }

    fn task(&mut self, asked: &Value) -> ResponseTemplate {
        let same = |task: &&Value| {
            ["flow_run_id", "task_key", "dynamic_key"]
                .iter()
                .all(|key| task[*key] == asked[*key])
        };
        if let Some(task) = self.tasks.iter().find(same) {
            return reply(200, task);
        }
        let mut task = asked.clone();
        task["id"] = json!(Uuid::new_v4());
        self.tasks.push(task.clone());
        reply(201, &task)
    }

    fn filtered(&self, asked: &Value) -> Value {
        let fits = |run: &&Value| {
            let any =
                |filter: &Value, value: &Value| filter.as_array().is_none_or(|wanted| wanted.contains(value));
            any(&asked["flow_runs"]["id"]["any_"], &run["id"])
                && any(&asked["flow_runs"]["state"]["type"]["any_"], &run["state_type"])
        };
        self.runs.iter().filter(fits).cloned().collect()
    }

    fn scheduled(&self, asked: &Value) -> Value {
        let before = asked["scheduled_before"]
            .as_str()
            .unwrap()
            .parse::<chrono::DateTime<Utc>>()
            .unwrap();
        let due = |run: &&Value| {
            let at = run["next_scheduled_start_time"].as_str().unwrap();
            run["state_type"] == "SCHEDULED" && at.parse::<chrono::DateTime<Utc>>().unwrap() <= before
        };
        let mut found: Vec<Value> = self.runs.iter().filter(due).cloned().collect();
        for run in &mut found {
            run["state"] = Value::Null;
        }
        found.into_iter().map(|run| json!({ "flow_run": run })).collect()
    }

    fn answer(&mut self, verb: &str, path: &[&str], query: &str, body: &Value) -> ResponseTemplate {
        let none = ResponseTemplate::new(204);
        match (verb, path) {
            ("POST", ["work_pools", ""]) => {
                self.unpooled = false;
                reply(201, &json!({ "name": body["name"] }))
            }
            (_, ["work_pools", ..]) if self.unpooled => reply(404, &json!({"detail": "Work pool not found"})),
            ("GET", ["work_pools", name]) => reply(200, &json!({ "name": name })),
            ("POST", ["work_pools", _, "workers", "heartbeat"]) => {
                self.workers
                    .insert(body["name"].as_str().unwrap().to_owned(), "ONLINE");
                none
            }
            ("POST", ["work_pools", _, "workers", "filter"]) => {
                let all = self
                    .workers
                    .iter()
                    .map(|(name, status)| json!({"name": name, "status": status}));
                reply(200, &all.collect())
            }
            ("DELETE", ["work_pools", _, "workers", name]) => {
                self.workers.remove(*name);
                none
            }
            ("POST", ["work_pools", _, "get_scheduled_flow_runs"]) => reply(200, &self.scheduled(body)),
            ("GET", ["deployments", _]) if self.undeployed => {
                reply(404, &json!({"detail": "Deployment not found"}))
            }
            ("GET", ["flow_runs", id]) => match self.runs.iter().find(|run| run["id"] == **id) {
                Some(run) => reply(200, run),
                None => reply(404, &json!({"detail": "Flow run not found"})),
            },
            ("GET", ["deployments", _]) => reply(200, &json!({"id": "d-1", "name": "prod", "flow_id": FLOW})),
            ("GET", ["flows", id]) => {
                reply(200, &json!({"id": id, "name": id.rsplit("%2F").next().unwrap()}))
            }
            ("POST", ["flow_runs", "filter"]) => reply(200, &self.filtered(body)),
            ("POST", ["flow_runs", id, "set_state"]) => self.set_state(id, &body["state"]),
            ("GET", ["flow_run_states", ""]) => {
                let id = query.strip_prefix("flow_run_id=").unwrap();
                reply(200, &json!(self.states.get(id)))
            }
            ("POST", ["logs", ""]) => {
                self.logs.extend(body.as_array().unwrap().iter().cloned());
                reply(201, &Value::Null)
            }
            ("POST", ["artifacts", ""]) => {
                let mut artifact = body.clone();
                artifact["id"] = json!(Uuid::new_v4());
                self.artifacts.push(artifact.clone());
                reply(201, &artifact)
            }
            ("POST", ["task_runs", ""]) => self.task(body),
            ("POST", ["events"]) => none,
            _ => reply(404, &json!({"detail": format!("{verb} {path:?}")})),
        }
    }
}

impl Respond for Fake {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path = request.url.path().trim_start_matches("/api/");
        let parts: Vec<&str> = path.split('/').collect();
        self.with(|store| {
            let busy = store
                .busy
                .iter_mut()
                .find(|(part, left)| path.contains(**part) && **left > 0);
            if let Some((_, left)) = busy {
                *left -= 1;
                return reply(503, &json!({"exception_message": "Service Unavailable"}));
            }
            let date =
                (Utc::now() + chrono::TimeDelta::seconds(store.ahead)).format("%a, %d %b %Y %H:%M:%S GMT");
            let query = request.url.query().unwrap_or_default();
            store
                .answer(request.method.as_str(), &parts, query, &body)
                .insert_header("date", date.to_string().as_str())
        })
    }
}
