//! `flow_runs`.

use serde_json::Value;

use super::call::{act, call, fields, list, optional};
use super::set_state::SetFlowRunState;
use crate::model::{FlowRun, NewState, State};
use crate::{Client, FlowId, FlowRunId};

impl Client {
    /// The flow runs.
    pub fn flow_runs(&self) -> FlowRuns {
        FlowRuns { client: self.clone() }
    }

    /// One flow run.
    pub fn flow_run(&self, id: FlowRunId) -> FlowRunHandle {
        FlowRunHandle {
            client: self.clone(),
            id,
        }
    }
}

/// The flow runs. Made by [`Client::flow_runs`].
#[derive(Clone, Debug)]
pub struct FlowRuns {
    client: Client,
}

impl FlowRuns {
    /// Creates a run of a flow, which belongs to no deployment: whoever creates it runs it. For runs that a worker
    /// is to take, see [`Client::create_flow_run`].
    pub fn create(&self, flow: &FlowId) -> CreateFlowRunOfFlow {
        let mut create = CreateFlowRunOfFlow::new(&self.client, &[]);
        create.call.set("flow_id", flow.as_str());
        create
    }

    /// Lists flow runs.
    pub fn list(&self) -> ListFlowRuns {
        ListFlowRuns::new(&self.client, &[])
    }

    /// Counts flow runs.
    pub fn count(&self) -> CountFlowRuns {
        CountFlowRuns::new(&self.client, &[])
    }
}

/// What can be asked of one flow run. Made by [`Client::flow_run`].
#[derive(Clone, Debug)]
pub struct FlowRunHandle {
    client: Client,
    id: FlowRunId,
}

impl FlowRunHandle {
    /// Reads it.
    pub fn get(&self) -> GetFlowRun {
        GetFlowRun::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Proposes a state.
    pub fn set_state(&self, state: NewState) -> SetFlowRunState {
        SetFlowRunState::of(&self.client, self.id.as_ref(), state)
    }

    /// Asks whoever runs it to stop: proposes [`NewState::cancelling`]. A run that nobody has begun is cancelled at
    /// once, which comes back as [`Transition::Rejected`](crate::Transition) with the state Cancelled.
    pub fn cancel(&self) -> SetFlowRunState {
        self.set_state(NewState::cancelling())
    }

    /// Changes it.
    pub fn update(&self) -> UpdateFlowRun {
        UpdateFlowRun::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Adds to its labels, which cannot be taken away again. Server version 3.
    pub fn label(&self, labels: impl Into<Value>) -> LabelFlowRun {
        let mut label = LabelFlowRun::new(&self.client, &[("id", self.id.as_ref())]);
        label.call.body(labels.into());
        label
    }

    /// Resumes it after a pause.
    pub fn resume(&self) -> ResumeFlowRun {
        ResumeFlowRun::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Lists the states that it has been in, the earliest first.
    pub fn states(&self) -> ListFlowRunStates {
        let mut list = ListFlowRunStates::new(&self.client, &[]);
        list.call.ask("flow_run_id", self.id.as_str());
        list
    }

    /// Reads what it is made of, as the user interface draws it: task runs, child runs, artifacts, states.
    pub fn graph(&self) -> GetFlowRunGraph {
        GetFlowRunGraph::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Deletes it, its task runs and its logs.
    pub fn delete(&self) -> DeleteFlowRun {
        DeleteFlowRun::new(&self.client, &[("id", self.id.as_ref())])
    }
}

call! {
    /// Creates a run of a flow. Made by [`FlowRuns::create`].
    CreateFlowRunOfFlow: "prefect.flow_run_create_of_flow", POST "/flow_runs/" -> FlowRun;
    /// The run. Not repeated once it may have been acted on; with an idempotency key send it again yourself.
}

fields!(CreateFlowRunOfFlow {
    /// Its name; the server makes one up otherwise.
    name: text;
    /// Its parameters, a JSON object.
    parameters: json;
    /// Its tags.
    tags: texts;
    /// The key under which a second request returns the run of the first.
    idempotency_key: text;
    /// The version of the flow.
    flow_version: text;
    /// The task run that stands for it in its parent.
    parent_task_run_id: id;
    /// How often it is tried again after a failure.
    retries: number["empirical_policy", "retries"];
    /// The pause before it is tried again, in seconds.
    retry_delay_seconds: number["empirical_policy", "retry_delay"];
});

impl CreateFlowRunOfFlow {
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
    /// Reads a flow run. Made by [`FlowRunHandle::get`].
    GetFlowRun: "prefect.flow_run_get", GET "/flow_runs/{id}" -> FlowRun;
    /// The flow run. Retried.
}
optional!(GetFlowRun -> FlowRun);

act! {
    /// Changes a flow run. Made by [`FlowRunHandle::update`].
    UpdateFlowRun: "prefect.flow_run_update", PATCH(repeatable) "/flow_runs/{id}";
    /// Changes it. Retried.
}

fields!(UpdateFlowRun {
    /// Its name.
    name: text;
    /// The version of its flow.
    flow_version: text;
    /// Its parameters, a JSON object.
    parameters: json;
    /// Its tags, in place of those it has.
    tags: texts;
    /// What runs it, as its worker writes it.
    infrastructure_pid: text;
    /// How it is retried, a whole document: what is left out goes back to its default.
    empirical_policy: json;
});

act! {
    /// Adds to a flow run's labels. Made by [`FlowRunHandle::label`].
    LabelFlowRun: "prefect.flow_run_label", PATCH(repeatable) "/flow_runs/{id}/labels";
    /// Adds them. Retried.
}

call! {
    /// Resumes a flow run. Made by [`FlowRunHandle::resume`].
    ResumeFlowRun: "prefect.flow_run_resume", POST "/flow_runs/{id}/resume" -> Value;
    /// The server's word on it, as for a proposed state. Not repeated once it may have been acted on.
}

fields!(ResumeFlowRun {
    /// What the run waits to be told, a JSON object.
    run_input: json;
});

call! {
    /// Lists a flow run's states. Made by [`FlowRunHandle::states`].
    ListFlowRunStates: "prefect.flow_run_states", GET "/flow_run_states/" -> Vec<State>;
    /// The states. Retried.
}

call! {
    /// Reads a flow run's graph. Made by [`FlowRunHandle::graph`].
    GetFlowRunGraph: "prefect.flow_run_graph", GET "/flow_runs/{id}/graph-v2" -> Value;
    /// The document as the user interface has it. Retried.
}

act! {
    /// Deletes a flow run. Made by [`FlowRunHandle::delete`].
    DeleteFlowRun: "prefect.flow_run_delete", DELETE "/flow_runs/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists flow runs. Made by [`FlowRuns::list`].
    ListFlowRuns: "prefect.flow_run_list", "/flow_runs/filter" -> FlowRun;
}

call! {
    /// Counts flow runs. Made by [`FlowRuns::count`].
    CountFlowRuns: "prefect.flow_run_count", POST(repeatable) "/flow_runs/count" -> u64;
    /// How many there are. Retried.
}

macro_rules! run_filters {
    ($($name:ident { $($more:tt)* })+) => { $(
        fields!($name {
            /// Only these runs.
            ids: texts["flow_runs", "id", "any_"];
            /// Only those with one of these names.
            names: texts["flow_runs", "name", "any_"];
            /// Only those whose name contains this.
            name_like: text["flow_runs", "name", "like_"];
            /// Only those with all of these tags.
            tags: texts["flow_runs", "tags", "all_"];
            /// Only those whose state has one of these types.
            state_types: texts["flow_runs", "state", "type", "any_"];
            /// Only those whose state has one of these names.
            state_names: texts["flow_runs", "state", "name", "any_"];
            /// Only runs of these deployments.
            deployment_ids: texts["flow_runs", "deployment_id", "any_"];
            /// Only those created under one of these keys.
            idempotency_keys: texts["flow_runs", "idempotency_key", "any_"];
            /// Only child runs of these runs.
            parent_flow_run_ids: texts["flow_runs", "parent_flow_run_id", "any_"];
            /// Only those expected to start at this time or later.
            expected_after: date["flow_runs", "expected_start_time", "after_"];
            /// Only those expected to start at this time or earlier.
            expected_before: date["flow_runs", "expected_start_time", "before_"];
            /// Only those that started at this time or later.
            started_after: date["flow_runs", "start_time", "after_"];
            /// Only those that ended at this time or later.
            ended_after: date["flow_runs", "end_time", "after_"];
            /// Only those that ended at this time or earlier.
            ended_before: date["flow_runs", "end_time", "before_"];
            /// Only runs of flows with these names.
            flow_names: texts["flows", "name", "any_"];
            /// Only runs of deployments with these names.
            deployment_names: texts["deployments", "name", "any_"];
            /// Only those in these work pools.
            work_pools: texts["work_pools", "name", "any_"];
            $($more)*
        });
    )+ };
}

run_filters! {
    ListFlowRuns {
        /// The order, such as `EXPECTED_START_TIME_ASC`; by identifier, the latest first, unless said.
        sort: text;
    }
    CountFlowRuns {}
}
