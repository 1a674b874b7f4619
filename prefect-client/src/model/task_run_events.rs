//! Task runs that are told of by events, as Prefect's own flows of version 3 tell of theirs.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{NewEvent, NewState, StateType};
use crate::api::time_text;
use crate::{FlowRunId, TaskRunId};

/// A task run of which the server learns by one event a state, in place of `POST /task_runs/`. Made by
/// [`TaskRuns::by_events`](crate::api::TaskRuns::by_events). Server version 3.
///
/// The server records what it is told, within a second or so, and judges nothing: a state that cannot be is recorded
/// too, and a task run that failed is retried by whoever runs it.
#[derive(Clone, Debug)]
pub struct TaskRunEvents {
    id: TaskRunId,
    flow_run: FlowRunId,
    task_key: String,
    dynamic_key: String,
    name: String,
    tags: Vec<String>,
    run_count: u64,
    started: Option<DateTime<Utc>>,
    last: Option<(Uuid, Value)>,
}

impl TaskRunEvents {
    pub(crate) fn new(flow_run: &FlowRunId, task_key: String, dynamic_key: String) -> Self {
        Self {
            id: TaskRunId::new(Uuid::new_v4().to_string()),
            flow_run: flow_run.clone(),
            name: format!("{task_key}-{dynamic_key}"),
            task_key,
            dynamic_key,
            tags: Vec::new(),
            run_count: 0,
            started: None,
            last: None,
        }
    }

    /// Its name; `<task key>-<dynamic key>` unless said.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Its tags.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Its identifier, made up here: it can be read by it once the server has recorded its first event.
    pub fn id(&self) -> &TaskRunId {
        &self.id
    }

    /// The event that it entered this state at this time; [`Events::emit`](crate::api::Events::emit) or an open line
    /// tells the server.
    pub fn enters(&mut self, state: &NewState, at: DateTime<Utc>) -> NewEvent {
        if *state.kind() == StateType::Running {
            self.run_count += 1;
            self.started.get_or_insert(at);
        }
        let (kind, name) = (state.kind().as_str(), state.state_name());
        let validated = json!(state);
        let before = self.last.take();
        let initial = before.as_ref().map(|(_, state)| state.clone());
        let id = Uuid::new_v4();
        let mut event = NewEvent::new(
            format!("prefect.task-run.{name}"),
            format!("prefect.task-run.{}", self.id),
            at,
        )
        .id(id)
        .in_flow_run(&self.flow_run)
        .label("prefect.resource.name", &self.name)
        .label("prefect.run-count", self.run_count.to_string())
        .label("prefect.state-type", kind)
        .label("prefect.state-name", name)
        .label("prefect.state-timestamp", time_text(at))
        // By this the server knows that it is to record it.
        .label("prefect.orchestration", "client")
        .payload(json!({
            "intended": {"from": initial.as_ref().map(|state| state["type"].clone()), "to": kind},
            "initial_state": initial, "validated_state": validated, "task_run": self.document(state.kind(), at),
        }));
        if let Some((follows, _)) = before {
            event = event.follows(follows);
        }
        self.last = Some((id, validated));
        event
    }

    fn document(&self, kind: &StateType, at: DateTime<Utc>) -> Value {
        let mut document = json!({
            "task_key": self.task_key, "dynamic_key": self.dynamic_key, "name": self.name, "tags": self.tags,
            "run_count": self.run_count,
        });
        if let Some(started) = self.started {
            document["start_time"] = json!(time_text(started));
        }
        if kind.is_terminal() {
            document["end_time"] = json!(time_text(at));
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_follows_the_one_before_and_says_what_the_server_records() {
        let at = DateTime::parse_from_rfc3339("2026-03-01T12:00:00Z")
            .unwrap()
            .to_utc();
        let mut task = TaskRunEvents::new(&FlowRunId::new("f"), "copy".to_owned(), "0".to_owned());
        let events = [NewState::pending(), NewState::running(), NewState::completed()]
            .map(|state| json!(task.enters(&state, at)));
        let names = events.each_ref().map(|event| event["event"].as_str().unwrap());
        assert_eq!(
            names,
            [
                "prefect.task-run.Pending",
                "prefect.task-run.Running",
                "prefect.task-run.Completed"
            ]
        );
        assert!(events[0]["follows"].is_null() && events[0]["payload"]["initial_state"].is_null());
        assert_eq!(events[2]["follows"], events[1]["id"]);
        assert_eq!(
            events[2]["payload"]["intended"],
            json!({"from": "RUNNING", "to": "COMPLETED"})
        );
        assert_eq!(events[2]["resource"]["prefect.orchestration"], "client");
        assert_eq!(
            events[2]["related"][0]["prefect.resource.id"],
            "prefect.flow-run.f"
        );
        let told = &events[2]["payload"]["task_run"];
        assert_eq!(
            (&told["name"], &told["run_count"], &told["end_time"]),
            (&json!("copy-0"), &json!(1), &json!("2026-03-01T12:00:00.000000Z"))
        );
    }
}
