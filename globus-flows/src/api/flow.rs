//! One flow.

use globus_auth::Scope;
use serde_json::{Value, json};

use super::flows::flow_fields;
use crate::model::{Flow, Message, Run};
use crate::{Client, FlowId, Result, RunOnce, flow_scope};

/// What can be asked of one flow. Made by [`Client::flow`].
#[derive(Clone, Debug)]
pub struct FlowHandle {
    client: Client,
    id: FlowId,
    scope: Scope,
}

impl FlowHandle {
    pub(super) fn new(client: Client, id: FlowId) -> Self {
        let scope = flow_scope::<&str>(&id, []);
        Self { client, id, scope }
    }

    /// For a flow that transfers from or to these mapped collections: its token carries the access to their data.
    pub fn data_access<S: AsRef<str>>(mut self, collections: impl IntoIterator<Item = S>) -> Self {
        self.scope = flow_scope(&self.id, collections);
        self
    }

    /// The flow's id.
    pub fn id(&self) -> &FlowId {
        &self.id
    }

    /// The scope that its runs are started with.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads the flow.
    pub fn get(&self) -> GetFlow {
        GetFlow::new(self.client.rest(), &[("flow_id", self.id.as_str())])
    }

    /// Changes the flow.
    pub fn update(&self) -> UpdateFlow {
        UpdateFlow::new(self.client.rest(), &[("flow_id", self.id.as_str())])
    }

    /// Deletes the flow.
    pub fn delete(&self) -> DeleteFlow {
        DeleteFlow::new(self.client.rest(), &[("flow_id", self.id.as_str())])
    }

    /// Starts a run with this input. To start it once in spite of lost answers and crashes, see
    /// [`run_once`](Self::run_once).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if no tokens can be had for the flow.
    pub fn run(&self, body: impl Into<Value>) -> Result<RunFlow> {
        let rest = self.client.rest_of(&self.id, &self.scope)?;
        let mut run = RunFlow::new(&rest, &[("flow_id", self.id.as_str())]);
        run.call = run.call.body(json!({ "body": body.into() }));
        Ok(run)
    }

    /// Starts a run with this input, or finds the one that was started under the same key.
    ///
    /// # Errors
    /// As for [`run`](Self::run); [`ErrorKind::Config`](crate::ErrorKind::Config) if the key is blank or longer than 40
    /// characters.
    pub fn run_once(&self, key: impl Into<String>, body: impl Into<Value>) -> Result<RunOnce> {
        RunOnce::new(self.clone(), key.into(), self.run(body)?)
    }

    /// Has the service look at an input, without starting a run.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn validate_run(&self, body: impl Into<Value>) -> Result<ValidateRun> {
        let rest = self.client.rest_of(&self.id, &self.scope)?;
        let mut run = ValidateRun::new(&rest, &[("flow_id", self.id.as_str())]);
        run.call = run.call.body(json!({ "body": body.into() })).idempotent();
        Ok(run)
    }
}

rest_core::call! {
    /// Reads a flow. Made by [`FlowHandle::get`].
    pub GetFlow: "globus_flows.get_flow", GET "/flows/{flow_id}" -> Flow, optional;
    /// The flow. Retried.
}

rest_core::call! {
    /// Changes a flow. Made by [`FlowHandle::update`].
    pub UpdateFlow: "globus_flows.update_flow", PUT "/flows/{flow_id}" -> Flow;
    /// The flow as it is then. Retried.
}

rest_core::fields!(UpdateFlow {
    /// Its title.
    title: text;
    /// Its states.
    definition: json;
    /// The JSON schema of its input.
    input_schema: json;
    /// Whose it is to be, as a URN.
    flow_owner: text;
});
flow_fields!(UpdateFlow);

rest_core::call! {
    /// Deletes a flow. Made by [`FlowHandle::delete`].
    pub DeleteFlow: "globus_flows.delete_flow", DELETE "/flows/{flow_id}" -> Flow;
    /// The flow as it was. Retried; 404 after a lost answer means that it is gone.
}

rest_core::call! {
    /// Starts a run. Made by [`FlowHandle::run`].
    pub RunFlow: "globus_flows.run_flow", POST "/flows/{flow_id}/run" -> Run;
    /// The run. **Not repeated once it may have been acted on**: the service cannot tell a repeat from another run.
}

rest_core::call! {
    /// Has an input looked at. Made by [`FlowHandle::validate_run`].
    pub ValidateRun: "globus_flows.validate_run", POST "/flows/{flow_id}/validate_run" -> Message;
    /// That it is good; an input that is not is status 400 or 422. Retried.
}

macro_rules! run_fields {
    ($($name:ident)+) => { $( rest_core::fields!($name {
        /// Its name for people, at most 64 characters.
        label: text;
        /// Words to find it by.
        tags: texts;
        /// Who may see it, as URNs.
        run_monitors: texts;
        /// Who may manage it, as URNs.
        run_managers: texts;
        /// Who is told of what by mail: `{"status": ["INACTIVE", "SUCCEEDED", "FAILED"]}`.
        activity_notification_policy: json;
    }); )+ };
}
run_fields!(RunFlow ValidateRun);
