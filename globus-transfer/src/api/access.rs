//! Access rules and roles of a collection.

use super::EndpointHandle;
use super::call::{call, fields, optional};
use super::paging::{Whole, list};
use crate::model::{AccessRule, AccessRuleCreated, OperationResult, Permissions, PrincipalType, Role};
use crate::{Client, EndpointId};

impl EndpointHandle {
    /// The collection's access rules: who may read and write which folder.
    pub fn access_rules(&self) -> AccessRules {
        AccessRules {
            client: self.client.clone(),
            id: self.id.clone(),
        }
    }

    /// The collection's roles: who manages it.
    pub fn roles(&self) -> Roles {
        Roles {
            client: self.client.clone(),
            id: self.id.clone(),
        }
    }
}

/// The access rules of one collection. Made by [`EndpointHandle::access_rules`].
#[derive(Clone, Debug)]
pub struct AccessRules {
    client: Client,
    id: EndpointId,
}

impl AccessRules {
    /// Lists the rules.
    pub fn list(&self) -> ListAccessRules {
        ListAccessRules::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Adds a rule: `principal` is the id of an identity or group, and empty for everybody; `path` is a folder,
    /// with a slash at its end.
    pub fn create(
        &self,
        principal_type: &PrincipalType,
        principal: impl Into<String>,
        path: impl Into<String>,
        permissions: &Permissions,
    ) -> AddAccessRule {
        let mut add = AddAccessRule::new(&self.client, &[("endpoint_id", self.id.as_str())]);
        add.call = add.call.document("access");
        add.call.set("principal_type", principal_type.as_str());
        add.call.set("principal", principal.into());
        add.call.set("path", path.into());
        add.call.set("permissions", permissions.as_str());
        add
    }

    /// Reads a rule.
    pub fn get(&self, rule: impl AsRef<str>) -> GetAccessRule {
        let params = [("endpoint_id", self.id.as_str()), ("rule_id", rule.as_ref())];
        GetAccessRule::new(&self.client, &params)
    }

    /// Changes a rule. Neither its folder nor whom it is about can be changed.
    pub fn update(&self, rule: impl AsRef<str>) -> UpdateAccessRule {
        let params = [("endpoint_id", self.id.as_str()), ("rule_id", rule.as_ref())];
        let mut update = UpdateAccessRule::new(&self.client, &params);
        update.call = update.call.document("access");
        update
    }

    /// Deletes a rule.
    pub fn delete(&self, rule: impl AsRef<str>) -> DeleteAccessRule {
        let params = [("endpoint_id", self.id.as_str()), ("rule_id", rule.as_ref())];
        DeleteAccessRule::new(&self.client, &params)
    }
}

list! {
    /// Lists access rules. Made by [`AccessRules::list`].
    ListAccessRules: "globus_transfer.endpoint_acl_list",
        "/v0.10/endpoint/{endpoint_id}/access_list" -> Whole<AccessRule>;
}

call! {
    /// Adds an access rule. Made by [`AccessRules::create`].
    AddAccessRule: "globus_transfer.add_endpoint_acl_rule",
        POST "/v0.10/endpoint/{endpoint_id}/access" -> AccessRuleCreated;
    /// The id of the new rule. Not repeated once it may have been acted on.
}

fields!(AddAccessRule {
    /// Where the service writes that the rule was made.
    notify_email: text;
    /// What it writes there.
    notify_message: text;
    /// When the rule ends.
    expiration_date: date;
});

call! {
    /// Reads an access rule. Made by [`AccessRules::get`].
    GetAccessRule: "globus_transfer.get_endpoint_acl_rule",
        GET "/v0.10/endpoint/{endpoint_id}/access/{rule_id}" -> AccessRule;
    /// The rule. Retried.
}
optional!(GetAccessRule -> AccessRule);

call! {
    /// Changes an access rule. Made by [`AccessRules::update`].
    UpdateAccessRule: "globus_transfer.update_endpoint_acl_rule",
        PUT "/v0.10/endpoint/{endpoint_id}/access/{rule_id}" -> OperationResult;
    /// Changes it. Retried.
}

impl UpdateAccessRule {
    /// What it allows.
    pub fn permissions(mut self, permissions: &Permissions) -> Self {
        self.call.set("permissions", permissions.as_str());
        self
    }
}

fields!(UpdateAccessRule {
    /// When it ends.
    expiration_date: date;
});

call! {
    /// Deletes an access rule. Made by [`AccessRules::delete`].
    DeleteAccessRule: "globus_transfer.delete_endpoint_acl_rule",
        DELETE "/v0.10/endpoint/{endpoint_id}/access/{rule_id}" -> OperationResult;
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

/// The roles of one collection. Made by [`EndpointHandle::roles`].
#[derive(Clone, Debug)]
pub struct Roles {
    client: Client,
    id: EndpointId,
}

impl Roles {
    /// Lists the roles.
    pub fn list(&self) -> ListRoles {
        ListRoles::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Gives somebody a role, for instance `administrator` or `access_manager`.
    pub fn create(
        &self,
        principal_type: &PrincipalType,
        principal: impl Into<String>,
        role: impl Into<String>,
    ) -> AddRole {
        let mut add = AddRole::new(&self.client, &[("endpoint_id", self.id.as_str())]);
        add.call = add.call.document("role");
        add.call.set("principal_type", principal_type.as_str());
        add.call.set("principal", principal.into());
        add.call.set("role", role.into());
        add
    }

    /// Reads a role.
    pub fn get(&self, role: impl AsRef<str>) -> GetRole {
        let params = [("endpoint_id", self.id.as_str()), ("role_id", role.as_ref())];
        GetRole::new(&self.client, &params)
    }

    /// Takes a role away.
    pub fn delete(&self, role: impl AsRef<str>) -> DeleteRole {
        let params = [("endpoint_id", self.id.as_str()), ("role_id", role.as_ref())];
        DeleteRole::new(&self.client, &params)
    }
}

list! {
    /// Lists roles. Made by [`Roles::list`].
    ListRoles: "globus_transfer.endpoint_role_list",
        "/v0.10/endpoint/{endpoint_id}/role_list" -> Whole<Role>;
}

call! {
    /// Gives somebody a role. Made by [`Roles::create`].
    AddRole: "globus_transfer.add_endpoint_role", POST "/v0.10/endpoint/{endpoint_id}/role" -> Role;
    /// The new role. Not repeated once it may have been acted on.
}

call! {
    /// Reads a role. Made by [`Roles::get`].
    GetRole: "globus_transfer.get_endpoint_role",
        GET "/v0.10/endpoint/{endpoint_id}/role/{role_id}" -> Role;
    /// The role. Retried.
}
optional!(GetRole -> Role);

call! {
    /// Takes a role away. Made by [`Roles::delete`].
    DeleteRole: "globus_transfer.delete_endpoint_role",
        DELETE "/v0.10/endpoint/{endpoint_id}/role/{role_id}" -> OperationResult;
    /// Takes it away. Retried; 404 after a lost answer means that it is gone.
}
