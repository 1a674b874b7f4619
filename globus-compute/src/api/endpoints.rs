//! Endpoints.

use serde_json::Value;

use super::submission::{Submit, SubmitDocument};
use crate::model::{
    AllowedFunctions, Deleted, Endpoint, EndpointListed, EndpointLock, EndpointRegistered, EndpointStatus,
};
use crate::{Client, EndpointId, SubmissionDocument};

impl Client {
    /// The endpoints that the caller owns.
    pub fn endpoints(&self) -> ListEndpoints {
        ListEndpoints::new(self.rest(), &[])
    }

    /// One endpoint.
    pub fn endpoint(&self, id: EndpointId) -> EndpointHandle {
        EndpointHandle {
            client: self.clone(),
            id,
        }
    }

    /// Registers an endpoint; only the endpoint's own software has use for it. The body is as that software writes it.
    pub fn register_endpoint(&self, body: Value) -> RegisterEndpoint {
        let mut register = RegisterEndpoint::new(self.rest(), &[]);
        register.call = register.call.body(body).sensitive();
        register
    }
}

/// What can be asked of one endpoint. Made by [`Client::endpoint`].
#[derive(Clone, Debug)]
pub struct EndpointHandle {
    pub(super) client: Client,
    pub(super) id: EndpointId,
}

impl EndpointHandle {
    /// How it was registered.
    pub fn get(&self) -> GetEndpoint {
        GetEndpoint::new(self.client.rest(), &[("endpoint_id", self.id.as_str())])
    }

    /// Whether it can be reached, and what it is at.
    pub fn status(&self) -> GetEndpointStatus {
        GetEndpointStatus::new(self.client.rest(), &[("endpoint_id", self.id.as_str())])
    }

    /// Which functions it runs.
    pub fn allowed_functions(&self) -> GetAllowedFunctions {
        GetAllowedFunctions::new(self.client.rest(), &[("endpoint_id", self.id.as_str())])
    }

    /// Submits tasks to it.
    pub fn submit(&self) -> Submit {
        Submit::new(self.client.clone(), self.id.clone())
    }

    /// Submits a document as it was recorded.
    pub fn submit_document(&self, document: &SubmissionDocument) -> SubmitDocument {
        SubmitDocument::new(self.client.clone(), self.id.clone(), document.clone())
    }

    /// Stops it from afar: its software ends, and cannot register again for a while.
    pub fn lock(&self) -> LockEndpoint {
        let mut lock = LockEndpoint::new(self.client.rest(), &[("endpoint_id", self.id.as_str())]);
        lock.call = lock.call.idempotent();
        lock
    }

    /// Registers it anew, under the same id.
    pub fn update(&self, body: Value) -> UpdateEndpoint {
        let mut update = UpdateEndpoint::new(self.client.rest(), &[("endpoint_id", self.id.as_str())]);
        update.call = update.call.body(body).sensitive();
        update
    }

    /// Deletes it.
    pub fn delete(&self) -> DeleteEndpoint {
        DeleteEndpoint::new(self.client.rest(), &[("endpoint_id", self.id.as_str())])
    }
}

rest_core::call! {
    /// Lists endpoints. Made by [`Client::endpoints`].
    pub ListEndpoints: "globus_compute.get_endpoints", GET "/v2/endpoints" -> Vec<EndpointListed>;
    /// The endpoints, in one piece. Retried.
}

impl ListEndpoints {
    /// `owner` for one's own, `any` for all that the caller may use.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.call.ask("role", role);
        self
    }
}

rest_core::call! {
    /// Reads an endpoint. Made by [`EndpointHandle::get`].
    pub GetEndpoint: "globus_compute.get_endpoint", GET "/v2/endpoints/{endpoint_id}" -> Endpoint, optional;
    /// The endpoint. Retried.
}

rest_core::call! {
    /// Asks how an endpoint stands. Made by [`EndpointHandle::status`].
    pub GetEndpointStatus: "globus_compute.get_endpoint_status", GET "/v2/endpoints/{endpoint_id}/status"
        -> EndpointStatus, optional;
    /// How it stands. Retried.
}

rest_core::call! {
    /// Asks which functions an endpoint runs. Made by [`EndpointHandle::allowed_functions`].
    pub GetAllowedFunctions: "globus_compute.get_allowed_functions", GET "/v3/endpoints/{endpoint_id}/allowed_functions"
        -> AllowedFunctions;
    /// The functions. Retried.
}

rest_core::call! {
    /// Stops an endpoint. Made by [`EndpointHandle::lock`].
    pub LockEndpoint: "globus_compute.lock_endpoint", POST "/v3/endpoints/{endpoint_id}/lock" -> EndpointLock;
    /// How long it is locked. Retried.
}

rest_core::call! {
    /// Registers an endpoint. Made by [`Client::register_endpoint`].
    pub RegisterEndpoint: "globus_compute.register_endpoint", POST "/v3/endpoints" -> EndpointRegistered;
    /// Its id and its queues. Not repeated once it may have been acted on. Its errors do not hold the answer.
}

rest_core::call! {
    /// Registers an endpoint anew. Made by [`EndpointHandle::update`].
    pub UpdateEndpoint: "globus_compute.update_endpoint", PUT "/v3/endpoints/{endpoint_id}" -> EndpointRegistered;
    /// Its queues. Retried. Its errors do not hold the answer.
}

rest_core::call! {
    /// Deletes an endpoint. Made by [`EndpointHandle::delete`].
    pub DeleteEndpoint: "globus_compute.delete_endpoint", DELETE "/v2/endpoints/{endpoint_id}" -> Deleted;
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
