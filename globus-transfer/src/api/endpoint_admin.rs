//! Collections themselves: what they are, and who manages them.

use serde_json::{Map, Value};

use super::EndpointHandle;
use super::call::{call, fields, optional};
use super::paging::{TokenList, Whole, list};
use crate::model::{Endpoint, EndpointCreated, OperationResult, PauseRule, Server};
use crate::{Client, EndpointId};

impl EndpointHandle {
    /// Reads what the collection is.
    pub fn get(&self) -> GetEndpoint {
        GetEndpoint::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Changes what the collection says of itself. Needs the role of an administrator.
    pub fn update(&self) -> UpdateEndpoint {
        let mut update = UpdateEndpoint::new(&self.client, &[("endpoint_id", self.id.as_str())]);
        update.call = update.call.document("endpoint");
        update
    }

    /// Deletes the collection; files are left alone. Those of Globus Connect Server 5 are deleted by its manager.
    pub fn delete(&self) -> DeleteEndpoint {
        DeleteEndpoint::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Lists the endpoint's servers.
    pub fn servers(&self) -> ListServers {
        ListServers::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Reads one of the endpoint's servers.
    pub fn server(&self, id: impl Into<String>) -> GetServer {
        let params = [("endpoint_id", self.id.as_str()), ("server_id", &id.into())];
        GetServer::new(&self.client, &params)
    }

    /// Lists all collections shared from this one; for its administrators.
    pub fn shared_endpoints(&self) -> ListSharedEndpoints {
        ListSharedEndpoints::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Lists the collections that the caller shares from this one.
    pub fn my_shared_endpoints(&self) -> ListMySharedEndpoints {
        ListMySharedEndpoints::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Lists the pause rules that hold for the caller here.
    pub fn my_effective_pause_rules(&self) -> ListMyEffectivePauseRules {
        ListMyEffectivePauseRules::new(&self.client, &[("endpoint_id", self.id.as_str())])
    }

    /// Puts the collection under a subscription, or under the caller's only one with `DEFAULT`; `None` takes it
    /// out of its subscription.
    pub fn set_subscription_id(&self, subscription: Option<&str>) -> SetSubscriptionId {
        let mut set = SetSubscriptionId::new(&self.client, &[("collection_id", self.id.as_str())]);
        set.call.set("subscription_id", subscription);
        set
    }

    /// Says whether an administrator of the subscription has verified the collection.
    pub fn set_subscription_admin_verified(&self, verified: bool) -> SetSubscriptionAdminVerified {
        let mut set = SetSubscriptionAdminVerified::new(&self.client, &[("collection_id", self.id.as_str())]);
        set.call.set("subscription_admin_verified", verified);
        set
    }
}

impl Client {
    /// Shares a folder of a host endpoint as a collection of its own.
    pub fn create_shared_endpoint(
        &self,
        host: &EndpointId,
        host_path: impl Into<String>,
        display_name: impl Into<String>,
    ) -> CreateSharedEndpoint {
        let mut create = CreateSharedEndpoint::new(self, &[]);
        create.call = create.call.document("shared_endpoint");
        create.call.set("host_endpoint", host.as_str());
        create.call.set("host_path", host_path.into());
        create.call.set("display_name", display_name.into());
        create
    }
}

call! {
    /// Reads a collection. Made by [`EndpointHandle::get`].
    GetEndpoint: "globus_transfer.get_endpoint", GET "/v0.10/endpoint/{endpoint_id}" -> Endpoint;
    /// The collection. Retried.
}
optional!(GetEndpoint -> Endpoint);

call! {
    /// Changes a collection; only what is set here. Made by [`EndpointHandle::update`].
    UpdateEndpoint: "globus_transfer.update_endpoint", PUT "/v0.10/endpoint/{endpoint_id}" -> OperationResult;
    /// Changes it. Retried: twice the same change is one.
}

call! {
    /// Deletes a collection. Made by [`EndpointHandle::delete`].
    DeleteEndpoint: "globus_transfer.delete_endpoint", DELETE "/v0.10/endpoint/{endpoint_id}" -> OperationResult;
    /// Deletes it. Retried; 404 or 410 after a lost answer means that it is gone.
}

call! {
    /// Reads a server. Made by [`EndpointHandle::server`].
    GetServer: "globus_transfer.get_endpoint_server",
        GET "/v0.10/endpoint/{endpoint_id}/server/{server_id}" -> Server;
    /// The server. Retried.
}
optional!(GetServer -> Server);

call! {
    /// Puts a collection under a subscription. Made by [`EndpointHandle::set_subscription_id`].
    SetSubscriptionId: "globus_transfer.set_subscription_id",
        PUT "/v0.10/endpoint/{collection_id}/subscription" -> OperationResult;
    /// Sets it. Retried.
}

call! {
    /// Verifies a collection for its subscription. Made by [`EndpointHandle::set_subscription_admin_verified`].
    SetSubscriptionAdminVerified: "globus_transfer.set_subscription_admin_verified",
        PUT "/v0.10/endpoint/{collection_id}/subscription_admin_verified" -> OperationResult;
    /// Sets it. Retried.
}

call! {
    /// Shares a folder as a collection. Made by [`Client::create_shared_endpoint`].
    CreateSharedEndpoint: "globus_transfer.create_shared_endpoint",
        POST "/v0.10/shared_endpoint" -> EndpointCreated;
    /// The id of the new collection. Not repeated once it may have been acted on.
}

list! {
    /// Lists servers. Made by [`EndpointHandle::servers`].
    ListServers: "globus_transfer.endpoint_server_list",
        "/v0.10/endpoint/{endpoint_id}/server_list" -> Whole<Server>;
}

list! {
    /// Lists what is shared from a collection. Made by [`EndpointHandle::shared_endpoints`].
    ListSharedEndpoints: "globus_transfer.get_shared_endpoint_list",
        "/v0.10/endpoint/{endpoint_id}/shared_endpoint_list" -> TokenList<Endpoint>;
}

list! {
    /// Lists what the caller shares. Made by [`EndpointHandle::my_shared_endpoints`].
    ListMySharedEndpoints: "globus_transfer.my_shared_endpoint_list",
        "/v0.10/endpoint/{endpoint_id}/my_shared_endpoint_list" -> Whole<Endpoint>;
}

list! {
    /// Lists pause rules. Made by [`EndpointHandle::my_effective_pause_rules`].
    ListMyEffectivePauseRules: "globus_transfer.my_effective_pause_rule_list",
        "/v0.10/endpoint/{endpoint_id}/my_effective_pause_rule_list" -> Whole<PauseRule>;
}

impl ListSharedEndpoints {
    /// How many collections a request asks for (1 to 1000).
    pub fn max_results(mut self, limit: u64) -> Self {
        self.call.ask("max_results", limit.clamp(1, 1000).to_string());
        self
    }

    /// Begins at the `next_token` of an earlier page.
    pub fn next_token(mut self, token: impl Into<String>) -> Self {
        self.call.ask("next_token", token);
        self
    }
}

impl UpdateEndpoint {
    /// Sets several fields of the document, in the service's own names.
    pub fn fields(mut self, fields: Map<String, Value>) -> Self {
        for (name, value) in fields {
            self.call.set(&name, value);
        }
        self
    }
}

fields!(UpdateEndpoint {
    /// Its name.
    display_name: text;
    /// What it is for.
    description: text;
    /// Whose it is.
    organization: text;
    /// Of which department.
    department: text;
    /// Words to find it by, separated by commas.
    keywords: text;
    /// Whom to write to.
    contact_email: text;
    /// Whom to ask, in other ways.
    contact_info: text;
    /// Where to read more.
    info_link: text;
    /// What its users are told.
    user_message: text;
    /// Where they can read more.
    user_message_link: text;
    /// Where a listing begins when no path is given.
    default_directory: text;
    /// Whether everybody can find it.
    public: flag;
    /// Whether data is encrypted even if a task does not ask for it.
    force_encryption: flag;
    /// Whether checksums are verified even if a task does not ask for it.
    force_verify: flag;
    /// Whether checksums are not verified on it.
    disable_verify: flag;
    /// Whether what is shared with everybody can only be read.
    disable_anonymous_writes: flag;
    /// How much of its network tasks may use: `normal`, `minimal`, `aggressive`, `custom`.
    network_use: text;
    /// Where it is: `automatic`, or latitude and longitude.
    location: text;
    /// The most files at a time, with `network_use` `custom`.
    max_concurrency: number;
    /// The usual number of files at a time, with `network_use` `custom`.
    preferred_concurrency: number;
    /// The most streams a file, with `network_use` `custom`.
    max_parallelism: number;
    /// The usual number of streams a file, with `network_use` `custom`.
    preferred_parallelism: number;
});

fields!(CreateSharedEndpoint {
    /// What it is for.
    description: text;
    /// Whose it is.
    organization: text;
    /// Of which department.
    department: text;
    /// Words to find it by, separated by commas.
    keywords: text;
    /// Whom to write to.
    contact_email: text;
    /// Whom to ask, in other ways.
    contact_info: text;
    /// Where to read more.
    info_link: text;
    /// Whether everybody can find it.
    public: flag;
});
