//! `policies`: what happens to the datasets of a group. Only API v3 has them.

use serde_json::{Map, Value, json};

use super::call::{call, command, fields, optional};
use super::datasets::Count;
use super::find::{Find, Place};
use crate::{Client, Policy, PolicyId};

impl Client {
    /// The policies.
    pub fn policies(&self) -> PoliciesHandle {
        PoliciesHandle { client: self.clone() }
    }
}

/// What can be asked of the policies. Made by [`Client::policies`].
#[derive(Clone, Debug)]
pub struct PoliciesHandle {
    client: Client,
}

impl PoliciesHandle {
    /// Creates the policy of a group: no archiving, no mail, no embargo, unless set. The backend makes one by itself
    /// with the first dataset of a group.
    pub fn create(&self, owner_group: impl Into<String>) -> CreatePolicy {
        let body = json!({
            "ownerGroup": owner_group.into(), "manager": [], "tapeRedundancy": "low", "autoArchive": false,
            "autoArchiveDelay": 7, "archiveEmailNotification": false, "archiveEmailsToBeNotified": [],
            "retrieveEmailNotification": false, "retrieveEmailsToBeNotified": [], "embargoPeriod": 3,
        });
        CreatePolicy {
            call: CreatePolicy::new(&self.client, &[]).call.body(&body),
        }
    }

    /// Reads a policy.
    pub fn get(&self, id: &PolicyId) -> GetPolicy {
        GetPolicy::new(&self.client, &[("id", id.as_str())])
    }

    /// Changes a policy.
    pub fn update(&self, id: &PolicyId) -> UpdatePolicy {
        let call = UpdatePolicy::new(&self.client, &[("id", id.as_str())]).call;
        UpdatePolicy {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Changes the policies of several groups at once: `POST /v3/policies/updateWhere`.
    pub fn update_groups<G: AsRef<str>>(
        &self,
        groups: impl IntoIterator<Item = G>,
        changes: Map<String, Value>,
    ) -> UpdatePolicies {
        let groups: Vec<String> = groups
            .into_iter()
            .map(|group| group.as_ref().to_owned())
            .collect();
        let mut update = UpdatePolicies::new(&self.client, &[]);
        if let Some(group) = groups.iter().find(|group| group.contains(',')) {
            update.call.refuse(format!(
                "{group:?} has a comma, by which the backend parts groups"
            ));
        }
        update.call.set("ownerGroupList", groups.join(","));
        update.call.set("data", changes);
        update.call = update.call.with(|parts| parts.idempotent(true));
        update
    }

    /// Deletes a policy.
    pub fn delete(&self, id: &PolicyId) -> DeletePolicy {
        DeletePolicy::new(&self.client, &[("id", id.as_str())])
    }

    /// Finds policies: `GET /v3/policies?filter=…`.
    pub fn find(&self) -> Find<Policy> {
        Find::new(
            &self.client,
            Place::v3("scicat.policy_find", "/v3/policies"),
            "ownerGroup",
        )
    }

    /// Counts the policies that the account may see.
    pub fn count(&self) -> CountPolicies {
        CountPolicies::new(&self.client, &[])
    }
}

call! {
    /// Creates a policy. Made by [`PoliciesHandle::create`].
    CreatePolicy: "scicat.policy_create", POST "/v3/policies" -> Policy;
    /// The new policy. Not repeated once it may have been acted on.
}

fields!(CreatePolicy {
    /// Sets who may change it.
    manager "manager": texts;
    /// Sets how many copies are kept on tape: `low`, `medium`, `high`.
    tape_redundancy "tapeRedundancy": text;
    /// Sets whether datasets are archived by themselves.
    auto_archive "autoArchive": flag;
    /// Sets after how many days.
    auto_archive_delay "autoArchiveDelay": number;
    /// Sets after how many years the data are published.
    embargo_period "embargoPeriod": number;
});

call! {
    /// Reads a policy. Made by [`PoliciesHandle::get`].
    GetPolicy: "scicat.policy_get", GET "/v3/policies/{id}" -> Policy;
    /// The policy. Retried.
}
optional!(GetPolicy -> Policy);

call! {
    /// Changes a policy. Made by [`PoliciesHandle::update`].
    UpdatePolicy: "scicat.policy_update", PATCH "/v3/policies/{id}" -> Policy;
    /// The policy as it is then. Retried.
}

fields!(UpdatePolicy {
    /// Sets who may change it.
    manager "manager": texts;
    /// Sets how many copies are kept on tape: `low`, `medium`, `high`.
    tape_redundancy "tapeRedundancy": text;
    /// Sets whether datasets are archived by themselves.
    auto_archive "autoArchive": flag;
    /// Sets after how many days.
    auto_archive_delay "autoArchiveDelay": number;
    /// Sets after how many years the data are published.
    embargo_period "embargoPeriod": number;
});

command! {
    /// Changes the policies of several groups. Made by [`PoliciesHandle::update_groups`].
    UpdatePolicies: "scicat.policy_update_groups", POST "/v3/policies/updateWhere";
    /// Changes them. Retried.
}

command! {
    /// Deletes a policy. Made by [`PoliciesHandle::delete`].
    DeletePolicy: "scicat.policy_delete", DELETE "/v3/policies/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

call! {
    /// Counts policies. Made by [`PoliciesHandle::count`].
    CountPolicies: "scicat.policy_count", GET "/v3/policies/count" -> Count;
    /// How many. Retried.
}
