//! `automations`: what the server does by itself when events happen, or do not.

use serde_json::{Value, json};

use super::call::{act, call, fields, list, optional};
use crate::model::Automation;
use crate::{AutomationId, Client};

impl Client {
    /// The automations. Server version 3.
    pub fn automations(&self) -> Automations {
        Automations { client: self.clone() }
    }
}

/// The automations. Made by [`Client::automations`].
#[derive(Clone, Debug)]
pub struct Automations {
    client: Client,
}

impl Automations {
    /// Creates an automation that does these things (JSON documents with a `type`) when the trigger fires.
    pub fn create(
        &self,
        name: impl Into<String>,
        trigger: impl Into<Value>,
        actions: impl IntoIterator<Item = Value>,
    ) -> CreateAutomation {
        let mut create = CreateAutomation::new(&self.client, &[]);
        create.call.set("name", name.into());
        create.call.set("trigger", trigger);
        create
            .call
            .set("actions", actions.into_iter().collect::<Vec<_>>());
        create
    }

    /// Creates an automation that marks a flow run as crashed when its heartbeats stay away for so many seconds.
    pub fn create_crash_without_heartbeat(&self, name: impl Into<String>, within: u64) -> CreateAutomation {
        let ends = [
            "Completed",
            "Failed",
            "Cancelled",
            "Crashed",
            "AwaitingRetry",
            "Scheduled",
        ];
        let mut expect = vec!["prefect.flow-run.heartbeat".to_owned()];
        expect.extend(ends.map(|state| format!("prefect.flow-run.{state}")));
        let trigger = json!({
            "type": "event", "posture": "Proactive", "threshold": 1, "within": within,
            "match": {"prefect.resource.id": ["prefect.flow-run.*"]},
            "after": ["prefect.flow-run.heartbeat"], "expect": expect, "for_each": ["prefect.resource.id"],
        });
        let action = json!({"type": "change-flow-run-state", "state": "CRASHED",
            "message": "no heartbeat: whatever ran this has died"});
        self.create(name, trigger, [action])
    }

    /// Reads an automation.
    pub fn get(&self, id: &AutomationId) -> GetAutomation {
        GetAutomation::new(&self.client, &[("id", id.as_ref())])
    }

    /// Puts this in the place of an automation: what is not said here goes.
    pub fn replace(
        &self,
        id: &AutomationId,
        name: impl Into<String>,
        trigger: impl Into<Value>,
        actions: impl IntoIterator<Item = Value>,
    ) -> ReplaceAutomation {
        let mut replace = ReplaceAutomation::new(&self.client, &[("id", id.as_ref())]);
        replace.call.set("name", name.into());
        replace.call.set("trigger", trigger);
        replace
            .call
            .set("actions", actions.into_iter().collect::<Vec<_>>());
        replace
    }

    /// Switches an automation on or off.
    pub fn enable(&self, id: &AutomationId, enabled: bool) -> EnableAutomation {
        let mut enable = EnableAutomation::new(&self.client, &[("id", id.as_ref())]);
        enable.call.set("enabled", enabled);
        enable
    }

    /// Lists automations.
    pub fn list(&self) -> ListAutomations {
        ListAutomations::new(&self.client, &[])
    }

    /// Counts automations.
    pub fn count(&self) -> CountAutomations {
        CountAutomations::new(&self.client, &[])
    }

    /// Deletes an automation.
    pub fn delete(&self, id: &AutomationId) -> DeleteAutomation {
        DeleteAutomation::new(&self.client, &[("id", id.as_ref())])
    }
}

call! {
    /// Creates an automation. Made by [`Automations::create`].
    CreateAutomation: "prefect.automation_create", POST "/automations/" -> Automation;
    /// The new automation. Not repeated once it may have been acted on.
}

macro_rules! automation_fields {
    ($($name:ident)+) => { $(
        fields!($name {
            /// Free text.
            description: text;
            /// Whether it is on; it is unless said.
            enabled: flag;
            /// Its tags.
            tags: texts;
        });
    )+ };
}

automation_fields!(CreateAutomation ReplaceAutomation);

act! {
    /// Replaces an automation. Made by [`Automations::replace`].
    ReplaceAutomation: "prefect.automation_replace", PUT(repeatable) "/automations/{id}";
    /// Replaces it. Retried.
}

call! {
    /// Reads an automation. Made by [`Automations::get`].
    GetAutomation: "prefect.automation_get", GET "/automations/{id}" -> Automation;
    /// The automation. Retried.
}
optional!(GetAutomation -> Automation);

act! {
    /// Switches an automation on or off. Made by [`Automations::enable`].
    EnableAutomation: "prefect.automation_enable", PATCH(repeatable) "/automations/{id}";
    /// Switches it. Retried.
}

list! {
    /// Lists automations. Made by [`Automations::list`].
    ListAutomations: "prefect.automation_list", "/automations/filter" -> Automation;
}

fields!(ListAutomations {
    /// Only those with one of these names.
    names: texts["automations", "name", "any_"];
    /// The order, such as `NAME_ASC`.
    sort: text;
});

call! {
    /// Counts automations. Made by [`Automations::count`].
    CountAutomations: "prefect.automation_count", POST(repeatable) "/automations/count" -> u64;
    /// How many there are. Retried.
}

act! {
    /// Deletes an automation. Made by [`Automations::delete`].
    DeleteAutomation: "prefect.automation_delete", DELETE "/automations/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
