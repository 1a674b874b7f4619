//! Rules by which administrators pause tasks.

use super::call::{call, fields, optional};
use super::paging::{Whole, list};
use crate::model::{OperationResult, PauseRule};
use crate::{Client, EndpointId};

/// The rules by which tasks are paused. Made by
/// [`EndpointManager::pause_rules`](super::EndpointManager::pause_rules).
#[derive(Clone, Debug)]
pub struct PauseRules {
    client: Client,
}

impl PauseRules {
    pub(super) fn of(client: &Client) -> Self {
        Self {
            client: client.clone(),
        }
    }

    /// Lists the rules.
    pub fn list(&self) -> ListPauseRules {
        ListPauseRules::new(&self.client, &[])
    }

    /// Makes a rule for an endpoint; `message` is what users are told. It pauses nothing until it is set what.
    pub fn create(&self, endpoint: &EndpointId, message: impl Into<String>) -> CreatePauseRule {
        let mut create = CreatePauseRule::new(&self.client, &[]);
        create.call = create.call.document("pause_rule");
        create.call.set("endpoint_id", endpoint.as_str());
        create.call.set("message", message.into());
        create
    }

    /// Reads a rule.
    pub fn get(&self, rule: impl AsRef<str>) -> GetPauseRule {
        GetPauseRule::new(&self.client, &[("pause_rule_id", rule.as_ref())])
    }

    /// Changes a rule. Neither its endpoint nor whom it is about can be changed.
    pub fn update(&self, rule: impl AsRef<str>) -> UpdatePauseRule {
        let mut update = UpdatePauseRule::new(&self.client, &[("pause_rule_id", rule.as_ref())]);
        update.call = update.call.document("pause_rule");
        update
    }

    /// Deletes a rule; the tasks that it paused go on.
    pub fn delete(&self, rule: impl AsRef<str>) -> DeletePauseRule {
        DeletePauseRule::new(&self.client, &[("pause_rule_id", rule.as_ref())])
    }
}

list! {
    /// Lists pause rules. Made by [`PauseRules::list`].
    ListPauseRules: "globus_transfer.endpoint_manager_pause_rule_list",
        "/v0.10/endpoint_manager/pause_rule_list" -> Whole<PauseRule>;
}

impl ListPauseRules {
    /// Only those of this endpoint.
    pub fn endpoint(mut self, id: &EndpointId) -> Self {
        self.call.ask("filter_endpoint", id.as_str());
        self
    }
}

call! {
    /// Makes a pause rule. Made by [`PauseRules::create`].
    CreatePauseRule: "globus_transfer.endpoint_manager_create_pause_rule",
        POST "/v0.10/endpoint_manager/pause_rule" -> PauseRule;
    /// The new rule. Not repeated once it may have been acted on.
}

call! {
    /// Reads a pause rule. Made by [`PauseRules::get`].
    GetPauseRule: "globus_transfer.endpoint_manager_get_pause_rule",
        GET "/v0.10/endpoint_manager/pause_rule/{pause_rule_id}" -> PauseRule;
    /// The rule. Retried.
}
optional!(GetPauseRule -> PauseRule);

call! {
    /// Changes a pause rule. Made by [`PauseRules::update`].
    UpdatePauseRule: "globus_transfer.endpoint_manager_update_pause_rule",
        PUT "/v0.10/endpoint_manager/pause_rule/{pause_rule_id}" -> PauseRule;
    /// The rule as it is then. Retried.
}

call! {
    /// Deletes a pause rule. Made by [`PauseRules::delete`].
    DeletePauseRule: "globus_transfer.endpoint_manager_delete_pause_rule",
        DELETE "/v0.10/endpoint_manager/pause_rule/{pause_rule_id}" -> OperationResult;
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

fields!(CreatePauseRule {
    /// Whose tasks are paused; left unset, everybody's.
    identity_id: text;
    /// Since when tasks are paused; older ones go on.
    start_time: date;
    /// Whether listings are refused.
    pause_ls: flag;
    /// Whether folders cannot be made.
    pause_mkdir: flag;
    /// Whether nothing can be renamed.
    pause_rename: flag;
    /// Whether deletions are paused.
    pause_task_delete: flag;
    /// Whether transfers to the endpoint are paused.
    pause_task_transfer_write: flag;
    /// Whether transfers from the endpoint are paused.
    pause_task_transfer_read: flag;
});

fields!(UpdatePauseRule {
    /// What users are told.
    message: text;
    /// Since when tasks are paused; older ones go on.
    start_time: date;
    /// Whether listings are refused.
    pause_ls: flag;
    /// Whether folders cannot be made.
    pause_mkdir: flag;
    /// Whether nothing can be renamed.
    pause_rename: flag;
    /// Whether deletions are paused.
    pause_task_delete: flag;
    /// Whether transfers to the endpoint are paused.
    pause_task_transfer_write: flag;
    /// Whether transfers from the endpoint are paused.
    pause_task_transfer_read: flag;
});
