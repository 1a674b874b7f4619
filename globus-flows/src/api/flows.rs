//! Flows in general.

use serde_json::{Value, json};

use super::flow::FlowHandle;
use super::paging::list;
use crate::model::{Flow, RegisteredApi, Validated};
use crate::{Client, FlowId, RegisteredApiId};

impl Client {
    /// The flows that the caller may see.
    pub fn flows(&self) -> ListFlows {
        ListFlows::new(self.rest(), &[])
    }

    /// One flow.
    pub fn flow(&self, id: FlowId) -> FlowHandle {
        FlowHandle::new(self.clone(), id)
    }

    /// Makes a flow of a definition and the JSON schema of its input.
    pub fn create_flow(
        &self,
        title: impl Into<String>,
        definition: Value,
        input_schema: Value,
    ) -> CreateFlow {
        let mut create = CreateFlow::new(self.rest(), &[]);
        create.call.set("title", title.into());
        create.call.set("definition", definition);
        create.call.set("input_schema", input_schema);
        create
    }

    /// Has the service look at a definition, without making a flow.
    pub fn validate_flow(&self, definition: &Value) -> ValidateFlow {
        let mut validate = ValidateFlow::new(self.rest(), &[]);
        validate.call = validate
            .call
            .body(json!({ "definition": definition }))
            .idempotent();
        validate
    }

    /// APIs that are registered for use in flows.
    pub fn registered_apis(&self) -> ListRegisteredApis {
        ListRegisteredApis::new(self.rest(), &[])
    }

    /// One such API.
    pub fn registered_api(&self, id: &RegisteredApiId) -> GetRegisteredApi {
        GetRegisteredApi::new(self.rest(), &[("registered_api_id", id.as_str())])
    }
}

list! {
    /// Lists flows. Made by [`Client::flows`].
    ListFlows: "globus_flows.list_flows", "/flows" -> Flow;
}

impl ListFlows {
    /// Those in which the caller has one of these roles, such as `flow_owner`.
    pub fn roles<S: ToString>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.call.ask_each("filter_roles", roles);
        self
    }

    /// Those that hold these words.
    pub fn fulltext(mut self, words: impl Into<String>) -> Self {
        self.call.ask("filter_fulltext", words);
        self
    }

    /// Orders them, such as `updated_at DESC`; called again, within that order.
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.call.ask_also("orderby", order);
        self
    }
}

rest_core::call! {
    /// Makes a flow. Made by [`Client::create_flow`].
    pub CreateFlow: "globus_flows.create_flow", POST "/flows" -> Flow;
    /// The new flow. Not repeated once it may have been acted on, as every repeat would make another.
}

rest_core::call! {
    /// Has a definition looked at. Made by [`Client::validate_flow`].
    pub ValidateFlow: "globus_flows.validate_flow", POST "/flows/validate" -> Validated;
    /// That it is good; a definition that is not is status 422. Retried.
}

rest_core::fields!(ValidateFlow {
    /// The JSON schema of its input, to be looked at too.
    input_schema: json;
});

macro_rules! flow_fields {
    ($($name:ident)+) => { $( rest_core::fields!($name {
        /// Its second title.
        subtitle: text;
        /// What it is for.
        description: text;
        /// Who may see it, as URNs.
        flow_viewers: texts;
        /// Who may run it, as URNs.
        flow_starters: texts;
        /// Who may change it, as URNs.
        flow_administrators: texts;
        /// Who may manage its runs, as URNs.
        run_managers: texts;
        /// Who may see its runs, as URNs.
        run_monitors: texts;
        /// Words to find it by.
        keywords: texts;
        /// The subscription it belongs to.
        subscription_id: text;
        /// The policy that whoever runs it must satisfy.
        authentication_policy_id: text;
    }); )+ };
}
pub(super) use flow_fields;
flow_fields!(CreateFlow);

list! {
    /// Lists registered APIs. Made by [`Client::registered_apis`].
    ListRegisteredApis: "globus_flows.list_registered_apis", "/registered_apis" -> RegisteredApi;
}

impl ListRegisteredApis {
    /// Those in which the caller has one of these roles.
    pub fn roles<S: ToString>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.call.ask_each("filter_roles", roles);
        self
    }

    /// Orders them; called again, within that order.
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.call.ask_also("orderby", order);
        self
    }

    /// How many a request asks for.
    pub fn per_page(mut self, number: u32) -> Self {
        self.call.ask("per_page", number.to_string());
        self
    }
}

rest_core::call! {
    /// Reads a registered API. Made by [`Client::registered_api`].
    pub GetRegisteredApi: "globus_flows.get_registered_api", GET "/registered_apis/{registered_api_id}"
        -> RegisteredApi, optional;
    /// The API. Retried.
}
