//! `deployments`: a flow with its queue, default parameters and schedules.

use serde_json::{Value, json};

use super::call::{act, call, fields, list, optional};
use super::schedules::{AddSchedules, DeleteSchedule, ListSchedules, ScheduleNow, UpdateSchedule};
use crate::model::{Deployment, NewSchedule};
use crate::{Client, DeploymentId, FlowId, ScheduleId};

impl Client {
    /// The deployments.
    pub fn deployments(&self) -> Deployments {
        Deployments { client: self.clone() }
    }

    /// The deployment `flow/name`.
    pub fn deployment(&self, flow: impl Into<String>, name: impl Into<String>) -> DeploymentHandle {
        DeploymentHandle {
            client: self.clone(),
            flow: flow.into(),
            name: name.into(),
        }
    }

    /// The deployment of this identifier.
    pub fn deployment_by_id(&self, id: DeploymentId) -> DeploymentById {
        DeploymentById {
            client: self.clone(),
            id,
        }
    }
}

/// The deployments. Made by [`Client::deployments`].
#[derive(Clone, Debug)]
pub struct Deployments {
    client: Client,
}

impl Deployments {
    /// Creates a deployment of a flow. One of this name that is there already is changed to what is said here, and
    /// loses what is not.
    pub fn create(&self, flow: &FlowId, name: impl Into<String>) -> CreateDeployment {
        let mut create = CreateDeployment::new(&self.client, &[]);
        create.call.set("flow_id", flow.as_str());
        create.call.set("name", name.into());
        create
    }

    /// Lists deployments.
    pub fn list(&self) -> ListDeployments {
        ListDeployments::new(&self.client, &[])
    }

    /// Counts deployments.
    pub fn count(&self) -> CountDeployments {
        CountDeployments::new(&self.client, &[])
    }
}

/// What can be asked of one deployment by its names. Made by [`Client::deployment`].
#[derive(Clone, Debug)]
pub struct DeploymentHandle {
    client: Client,
    flow: String,
    name: String,
}

impl DeploymentHandle {
    /// Reads it.
    pub fn get(&self) -> GetDeployment {
        GetDeployment::new(&self.client, &[("flow", &self.flow), ("name", &self.name)])
    }
}

/// What can be asked of one deployment. Made by [`Client::deployment_by_id`].
#[derive(Clone, Debug)]
pub struct DeploymentById {
    client: Client,
    id: DeploymentId,
}

impl DeploymentById {
    fn place(&self) -> [(&'static str, &str); 1] {
        [("id", self.id.as_str())]
    }

    /// Reads it.
    pub fn get(&self) -> GetDeploymentById {
        GetDeploymentById::new(&self.client, &self.place())
    }

    /// Changes it.
    pub fn update(&self) -> UpdateDeployment {
        UpdateDeployment::new(&self.client, &self.place())
    }

    /// Stops all its schedules, and deletes the runs that they have made and nobody has begun. Server version 3 keeps
    /// each schedule's own switch; 2 refuses a deployment with several.
    pub fn pause(&self) -> PauseDeployment {
        PauseDeployment::new(&self.client, &self.place())
    }

    /// Lets its schedules go on.
    pub fn resume(&self) -> ResumeDeployment {
        ResumeDeployment::new(&self.client, &self.place())
    }

    /// Lists its schedules.
    pub fn schedules(&self) -> ListSchedules {
        ListSchedules::new(&self.client, &self.place())
    }

    /// Adds schedules.
    pub fn add_schedules(&self, schedules: impl IntoIterator<Item = NewSchedule>) -> AddSchedules {
        let mut add = AddSchedules::new(&self.client, &self.place());
        add.call.body(json!(schedules.into_iter().collect::<Vec<_>>()));
        add
    }

    /// Changes a schedule.
    pub fn update_schedule(&self, schedule: &ScheduleId) -> UpdateSchedule {
        UpdateSchedule::new(
            &self.client,
            &[self.place()[0], ("schedule_id", schedule.as_ref())],
        )
    }

    /// Deletes a schedule.
    pub fn delete_schedule(&self, schedule: &ScheduleId) -> DeleteSchedule {
        DeleteSchedule::new(
            &self.client,
            &[self.place()[0], ("schedule_id", schedule.as_ref())],
        )
    }

    /// Has the server make the scheduled runs now, which it otherwise does every few seconds.
    pub fn schedule_now(&self) -> ScheduleNow {
        ScheduleNow::new(&self.client, &self.place())
    }

    /// Deletes it; its runs stay.
    pub fn delete(&self) -> DeleteDeployment {
        DeleteDeployment::new(&self.client, &self.place())
    }
}

call! {
    /// Creates a deployment. Made by [`Deployments::create`].
    CreateDeployment: "prefect.deployment_create", POST(repeatable) "/deployments/" -> Deployment;
    /// The deployment, new or changed; 404 if there is no such work pool. Retried.
}

macro_rules! deployment_fields {
    ($($name:ident)+) => { $(
        fields!($name {
            /// Its version, as its author names it.
            version: text;
            /// Free text.
            description: text;
            /// Whether its schedules stand still.
            paused: flag["paused"];
            /// The work pool of its runs.
            work_pool_name: text;
            /// The queue of its runs; made if there is none of this name.
            work_queue_name: text;
            /// Default parameters of its runs, a JSON object.
            parameters: json;
            /// The JSON schema of the parameters. Server version 3.4 makes no runs of a deployment without one.
            parameter_openapi_schema: json;
            /// Whether the server checks a new run's parameters against the schema.
            enforce_parameter_schema: flag;
            /// Its tags; each run gets them too.
            tags: texts;
            /// Where the flow is in its source, as Python's workers read it.
            entrypoint: text;
            /// The folder of the source, as Python's workers read it.
            path: text;
            /// How to get the source, as Python's workers read it: a list of documents.
            pull_steps: json;
            /// Job variables of its runs, a JSON object.
            job_variables: json;
            /// How many of its runs may be pending or running at a time; `None` for any number. Server version 3.
            concurrency_limit: limit;
            /// What becomes of a run beyond the limit: `ENQUEUE` has it wait, `CANCEL_NEW` cancels it.
            collision_strategy: text["concurrency_options", "collision_strategy"];
        });

        impl $name {
            /// Its schedules, in place of those it has.
            pub fn schedules(mut self, schedules: impl IntoIterator<Item = NewSchedule>) -> Self {
                let schedules: Vec<NewSchedule> = schedules.into_iter().collect();
                self.call.set("schedules", json!(schedules));
                self
            }
        }
    )+ };
}

deployment_fields!(CreateDeployment UpdateDeployment);

impl CreateDeployment {
    /// Adds a label.
    pub fn label(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.call.set_in(&["labels"], name, value);
        self
    }
}

call! {
    /// Reads a deployment by its names. Made by [`DeploymentHandle::get`].
    GetDeployment: "prefect.deployment_get", GET "/deployments/name/{flow}/{name}" -> Deployment;
    /// The deployment. Retried.
}
optional!(GetDeployment -> Deployment);

call! {
    /// Reads a deployment. Made by [`DeploymentById::get`].
    GetDeploymentById: "prefect.deployment_get_by_id", GET "/deployments/{id}" -> Deployment;
    /// The deployment. Retried.
}
optional!(GetDeploymentById -> Deployment);

act! {
    /// Changes a deployment. Made by [`DeploymentById::update`].
    UpdateDeployment: "prefect.deployment_update", PATCH(repeatable) "/deployments/{id}";
    /// Changes it; what is not said stays. Retried.
}

act! {
    /// Stops a deployment's schedules. Made by [`DeploymentById::pause`].
    PauseDeployment: "prefect.deployment_pause", POST(repeatable) "/deployments/{id}/pause_deployment";
    /// Stops them. Retried.
}

act! {
    /// Lets a deployment's schedules go on. Made by [`DeploymentById::resume`].
    ResumeDeployment: "prefect.deployment_resume", POST(repeatable) "/deployments/{id}/resume_deployment";
    /// Lets them. Retried.
}

act! {
    /// Deletes a deployment. Made by [`DeploymentById::delete`].
    DeleteDeployment: "prefect.deployment_delete", DELETE "/deployments/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists deployments. Made by [`Deployments::list`].
    ListDeployments: "prefect.deployment_list", "/deployments/filter" -> Deployment;
}

call! {
    /// Counts deployments. Made by [`Deployments::count`].
    CountDeployments: "prefect.deployment_count", POST(repeatable) "/deployments/count" -> u64;
    /// How many there are. Retried.
}

macro_rules! deployment_filters {
    ($($name:ident { $($more:tt)* })+) => { $(
        fields!($name {
            /// Only these.
            ids: texts["deployments", "id", "any_"];
            /// Only those with one of these names.
            names: texts["deployments", "name", "any_"];
            /// Only those of flows with these names.
            flow_names: texts["flows", "name", "any_"];
            /// Only those with all of these tags.
            tags: texts["deployments", "tags", "all_"];
            /// Only those in these work pools.
            work_pools: texts["work_pools", "name", "any_"];
            /// Only those in queues with these names.
            work_queues: texts["deployments", "work_queue_name", "any_"];
            $($more)*
        });
    )+ };
}

deployment_filters! {
    ListDeployments {
        /// The order, such as `NAME_ASC`.
        sort: text;
    }
    CountDeployments {}
}
