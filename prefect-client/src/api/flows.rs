//! `flows`.

use super::call::{act, call, fields, list, optional};
use crate::model::Flow;
use crate::{Client, FlowId};

impl Client {
    /// The flows that the server knows.
    pub fn flows(&self) -> Flows {
        Flows { client: self.clone() }
    }

    /// One flow.
    pub fn flow(&self, id: FlowId) -> FlowHandle {
        FlowHandle {
            client: self.clone(),
            id,
        }
    }
}

/// The flows that the server knows. Made by [`Client::flows`].
#[derive(Clone, Debug)]
pub struct Flows {
    client: Client,
}

impl Flows {
    /// Makes a flow known; one of this name that is known already stays as it is.
    pub fn create(&self, name: impl Into<String>) -> CreateFlow {
        let mut create = CreateFlow::new(&self.client, &[]);
        create.call.set("name", name.into());
        create
    }

    /// Reads a flow by its name.
    pub fn by_name(&self, name: impl AsRef<str>) -> GetFlowByName {
        GetFlowByName::new(&self.client, &[("name", name.as_ref())])
    }

    /// Lists flows.
    pub fn list(&self) -> ListFlows {
        ListFlows::new(&self.client, &[])
    }

    /// Counts flows.
    pub fn count(&self) -> CountFlows {
        CountFlows::new(&self.client, &[])
    }
}

/// What can be asked of one flow. Made by [`Client::flow`].
#[derive(Clone, Debug)]
pub struct FlowHandle {
    client: Client,
    id: FlowId,
}

impl FlowHandle {
    /// Reads it.
    pub fn get(&self) -> GetFlow {
        GetFlow::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Changes it.
    pub fn update(&self) -> UpdateFlow {
        UpdateFlow::new(&self.client, &[("id", self.id.as_ref())])
    }

    /// Deletes it, its deployments and its runs.
    pub fn delete(&self) -> DeleteFlow {
        DeleteFlow::new(&self.client, &[("id", self.id.as_ref())])
    }
}

call! {
    /// Makes a flow known. Made by [`Flows::create`].
    CreateFlow: "prefect.flow_create", POST(repeatable) "/flows/" -> Flow;
    /// The flow, new or known before; tags and labels of one known before stay as they were. Retried.
}

fields!(CreateFlow {
    /// Its tags.
    tags: texts;
    /// Its labels, a JSON object.
    labels: json;
});

call! {
    /// Reads a flow by its name. Made by [`Flows::by_name`].
    GetFlowByName: "prefect.flow_get_by_name", GET "/flows/name/{name}" -> Flow;
    /// The flow. Retried.
}
optional!(GetFlowByName -> Flow);

call! {
    /// Reads a flow. Made by [`FlowHandle::get`].
    GetFlow: "prefect.flow_get", GET "/flows/{id}" -> Flow;
    /// The flow. Retried.
}
optional!(GetFlow -> Flow);

act! {
    /// Changes a flow. Made by [`FlowHandle::update`].
    UpdateFlow: "prefect.flow_update", PATCH(repeatable) "/flows/{id}";
    /// Changes it. Retried.
}

fields!(UpdateFlow {
    /// Its tags, in place of those it has.
    tags: texts;
});

act! {
    /// Deletes a flow. Made by [`FlowHandle::delete`].
    DeleteFlow: "prefect.flow_delete", DELETE "/flows/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

list! {
    /// Lists flows, by name unless said otherwise. Made by [`Flows::list`].
    ListFlows: "prefect.flow_list", "/flows/filter" -> Flow;
}

fields!(ListFlows {
    /// Only those with one of these names.
    names: texts["flows", "name", "any_"];
    /// Only those whose name contains this.
    name_like: text["flows", "name", "like_"];
    /// Only those with all of these tags.
    tags: texts["flows", "tags", "all_"];
    /// The order, such as `NAME_ASC` or `CREATED_DESC`.
    sort: text;
});

call! {
    /// Counts flows. Made by [`Flows::count`].
    CountFlows: "prefect.flow_count", POST(repeatable) "/flows/count" -> u64;
    /// How many there are. Retried.
}

fields!(CountFlows {
    /// Only those with one of these names.
    names: texts["flows", "name", "any_"];
});
