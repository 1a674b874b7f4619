//! Questions that runs ask somebody.

use serde_json::{Value, json};

use super::paging::list;
use crate::model::{Answered, WebInput};
use crate::{Client, FlowId, RunId, WebInputId};

impl Client {
    /// The questions that the caller may see.
    pub fn web_inputs(&self) -> ListWebInputs {
        ListWebInputs::new(self.rest(), &[])
    }

    /// One question.
    pub fn web_input(&self, id: &WebInputId) -> GetWebInput {
        GetWebInput::new(self.rest(), &[("web_input_id", id.as_str())])
    }

    /// Answers a question, for instance with the id of one of its options.
    pub fn respond_to_web_input(&self, id: &WebInputId, value: impl Into<Value>) -> RespondToWebInput {
        let mut respond = RespondToWebInput::new(self.rest(), &[("web_input_id", id.as_str())]);
        respond.call = respond.call.body(json!({"response": {"value": value.into()}}));
        respond
    }
}

list! {
    /// Lists questions. Made by [`Client::web_inputs`].
    ListWebInputs: "globus_flows.list_web_inputs", "/web_inputs" -> WebInput;
}

impl ListWebInputs {
    /// Those in which the caller has one of these roles, such as `respondent`.
    pub fn roles<S: ToString>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.call.ask_each("filter_roles", roles);
        self
    }

    /// Those in one of these states, such as `open`.
    pub fn states<S: ToString>(mut self, states: impl IntoIterator<Item = S>) -> Self {
        self.call.ask_each("filter_states", states);
        self
    }

    /// Those of these flows.
    pub fn flows<'a>(mut self, flows: impl IntoIterator<Item = &'a FlowId>) -> Self {
        self.call.ask_each("filter_flow_ids", flows);
        self
    }

    /// Those of these runs.
    pub fn runs<'a>(mut self, runs: impl IntoIterator<Item = &'a RunId>) -> Self {
        self.call.ask_each("filter_run_ids", runs);
        self
    }

    /// Orders them, such as `created_timestamp DESC`, more than one joined by commas.
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.call.ask("orderby", order);
        self
    }

    /// How many a request asks for.
    pub fn per_page(mut self, number: u32) -> Self {
        self.call.ask("per_page", number.to_string());
        self
    }
}

rest_core::call! {
    /// Reads a question. Made by [`Client::web_input`].
    pub GetWebInput: "globus_flows.get_web_input", GET "/web_inputs/{web_input_id}" -> WebInput, optional;
    /// The question. Retried.
}

rest_core::call! {
    /// Answers a question. Made by [`Client::respond_to_web_input`].
    pub RespondToWebInput: "globus_flows.respond_to_web_input", POST "/web_inputs/{web_input_id}/respond" -> Answered;
    /// That the answer was taken; a question that is closed is status 409. Not repeated once it may have been acted on.
}
