//! `task_runs`.

use super::call::{act, call, fields, list, optional};
use super::set_state::SetTaskRunState;
use crate::model::{NewState, State, TaskRun, TaskRunEvents};
use crate::{Client, FlowRunId, TaskRunId};

impl Client {
    /// The task runs.
    pub fn task_runs(&self) -> TaskRuns {
        TaskRuns { client: self.clone() }
    }

    /// One task run.
    pub fn task_run(&self, id: TaskRunId) -> TaskRunHandle {
        TaskRunHandle {
            client: self.clone(),
            id,
        }
    }
}

/// The task runs. Made by [`Client::task_runs`].
#[derive(Clone, Debug)]
pub struct TaskRuns {
    client: Client,
}

impl TaskRuns {
    /// Creates a task run, or finds the one that is there: of several who ask for the same flow run, task key and
    /// dynamic key, one creates it and all get the same. All else in a later request is ignored.
    pub fn create(
        &self,
        flow_run: &FlowRunId,
        task_key: impl Into<String>,
        dynamic_key: impl Into<String>,
    ) -> CreateTaskRun {
        let mut create = CreateTaskRun::new(&self.client, &[]);
        create.call.set("flow_run_id", flow_run.as_str());
        create.call.set("task_key", task_key.into());
        create.call.set("dynamic_key", dynamic_key.into());
        create
    }

    /// A task run that the server learns of by events, as of those of Prefect's own flows: nothing is sent here. Server
    /// version 3.
    pub fn by_events(
        &self,
        flow_run: &FlowRunId,
        task_key: impl Into<String>,
        dynamic_key: impl Into<String>,
    ) -> TaskRunEvents {
        TaskRunEvents::new(flow_run, task_key.into(), dynamic_key.into())
    }

    /// Lists task runs.
    pub fn list(&self) -> ListTaskRuns {
        ListTaskRuns::new(&self.client, &[])
    }

    /// Counts task runs.
    pub fn count(&self) -> CountTaskRuns {
        CountTaskRuns::new(&self.client, &[])
    }
}

/// What can be asked of one task run. Made by [`Client::task_run`].
#[derive(Clone, Debug)]
pub struct TaskRunHandle {
    client: Client,
    id: TaskRunId,
}

impl TaskRunHandle {
    /// Reads it.
    pub fn get(&self) -> GetTaskRun {
        GetTaskRun::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Proposes a state.
    pub fn set_state(&self, state: NewState) -> SetTaskRunState {
        SetTaskRunState::of(&self.client, self.id.as_ref(), state)
    }

    /// Renames it.
    pub fn rename(&self, name: impl Into<String>) -> UpdateTaskRun {
        let mut update = UpdateTaskRun::new(&self.client, &[("id", self.id.as_ref())]);
        update.call.set("name", name.into());
        update
    }

    /// Lists the states that it has been in, the earliest first.
    pub fn states(&self) -> ListTaskRunStates {
        let mut list = ListTaskRunStates::new(&self.client, &[]);
        list.call.ask("task_run_id", self.id.as_str());
        list
    }

    /// Deletes it.
    pub fn delete(&self) -> DeleteTaskRun {
        DeleteTaskRun::new(&self.client, &[("id", self.id.as_ref())])
    }
}

call! {
    /// Creates a task run. Made by [`TaskRuns::create`].
    CreateTaskRun: "prefect.task_run_create", POST(repeatable) "/task_runs/" -> TaskRun;
    /// The task run, new or there before. Retried.
}

fields!(CreateTaskRun {
    /// Its name.
    name: text;
    /// Its tags.
    tags: texts;
    /// Its inputs, by name, each a list of `{"input_type": …}` documents.
    task_inputs: json;
    /// Its labels, a JSON object.
    labels: json;
    /// The version of the task.
    task_version: text;
    /// How often it is tried again after a failure.
    retries: number["empirical_policy", "retries"];
    /// The pause before it is tried again, in seconds.
    retry_delay_seconds: number["empirical_policy", "retry_delay"];
});

impl CreateTaskRun {
    /// Its first state; Pending unless said.
    pub fn state(mut self, state: NewState) -> Self {
        match serde_json::to_value(state) {
            Ok(state) => self.call.set("state", state),
            Err(problem) => self
                .call
                .refuse(format!("the state cannot be written: {problem}")),
        }
        self
    }
}

call! {
    /// Reads a task run. Made by [`TaskRunHandle::get`].
    GetTaskRun: "prefect.task_run_get", GET "/task_runs/{id}" -> TaskRun;
    /// The task run. Retried.
}
optional!(GetTaskRun -> TaskRun);

act! {
    /// Renames a task run. Made by [`TaskRunHandle::rename`].
    UpdateTaskRun: "prefect.task_run_update", PATCH(repeatable) "/task_runs/{id}";
    /// Renames it. Retried.
}

call! {
    /// Lists a task run's states. Made by [`TaskRunHandle::states`].
    ListTaskRunStates: "prefect.task_run_states", GET "/task_run_states/" -> Vec<State>;
    /// The states. Retried.
}

act! {
    /// Deletes a task run. Made by [`TaskRunHandle::delete`].
    DeleteTaskRun: "prefect.task_run_delete", DELETE "/task_runs/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists task runs, the latest first. Made by [`TaskRuns::list`].
    ListTaskRuns: "prefect.task_run_list", "/task_runs/filter" -> TaskRun;
}

call! {
    /// Counts task runs. Made by [`TaskRuns::count`].
    CountTaskRuns: "prefect.task_run_count", POST(repeatable) "/task_runs/count" -> u64;
    /// How many there are. Retried.
}

macro_rules! run_filters {
    ($($name:ident { $($more:tt)* })+) => { $(
        fields!($name {
            /// Only these task runs.
            ids: texts["task_runs", "id", "any_"];
            /// Only those of these flow runs.
            flow_run_ids: texts["flow_runs", "id", "any_"];
            /// Only those with one of these names.
            names: texts["task_runs", "name", "any_"];
            /// Only those whose name contains this.
            name_like: text["task_runs", "name", "like_"];
            /// Only those with all of these tags.
            tags: texts["task_runs", "tags", "all_"];
            /// Only those whose state has one of these types.
            state_types: texts["task_runs", "state", "type", "any_"];
            $($more)*
        });
    )+ };
}

run_filters! {
    ListTaskRuns {
        /// The order, such as `EXPECTED_START_TIME_ASC`.
        sort: text;
    }
    CountTaskRuns {}
}
