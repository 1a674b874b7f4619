//! The requests of version 2 that version 3 has too: for services that know only those.

use serde_json::{Value, json};

use super::functions::registration;
use crate::model::{EndpointLock, EndpointRegistered, FunctionRegistered, SubmittedV2};
use crate::{Arguments, Client, Dialect, EndpointId, Function, FunctionId};

impl Client {
    /// Requests of version 2 where version 3 has newer ones.
    pub fn v2(&self) -> V2 {
        V2 { client: self.clone() }
    }
}

/// Requests of version 2. Made by [`Client::v2`].
#[derive(Clone, Debug)]
pub struct V2 {
    client: Client,
}

impl V2 {
    /// Registers a function.
    pub fn register_function(&self, function: &Function, dialect: Dialect) -> RegisterFunctionV2 {
        let mut register = RegisterFunctionV2::new(self.client.rest(), &[]);
        match registration(function, dialect) {
            Ok(body) => register.call = register.call.body(body),
            Err(error) => register.call.refuse(error.to_string()),
        }
        register
    }

    /// Registers an endpoint, as its own software does.
    pub fn register_endpoint(&self, body: Value) -> RegisterEndpointV2 {
        let mut register = RegisterEndpointV2::new(self.client.rest(), &[]);
        register.call = register.call.body(body).sensitive();
        register
    }

    /// Stops an endpoint from afar.
    pub fn lock_endpoint(&self, endpoint: &EndpointId) -> LockEndpointV2 {
        let mut lock = LockEndpointV2::new(self.client.rest(), &[("endpoint_id", endpoint.as_str())]);
        lock.call = lock.call.idempotent();
        lock
    }

    /// Submits tasks, each to an endpoint of its own.
    pub fn submit(&self, tasks: &[TaskV2<'_>]) -> SubmitV2 {
        let mut submit = SubmitV2::new(self.client.rest(), &[]);
        let mut written = Vec::with_capacity(tasks.len());
        for task in tasks {
            match task.arguments.payload(task.dialect) {
                Ok(payload) => written.push(json!([task.function, task.endpoint, payload])),
                Err(error) => submit.call.refuse(error.to_string()),
            }
        }
        if tasks.is_empty() {
            submit.call.refuse("a submission without tasks");
        }
        submit.call = submit.call.body(json!({ "tasks": written }));
        submit
    }
}

/// A call of a function on an endpoint.
#[derive(Clone, Debug)]
pub struct TaskV2<'a> {
    /// The function, registered in the same dialect.
    pub function: &'a FunctionId,
    /// Where it is to run.
    pub endpoint: &'a EndpointId,
    /// What it is called with.
    pub arguments: &'a Arguments,
    /// How the arguments are written.
    pub dialect: Dialect,
}

rest_core::call! {
    /// Registers a function. Made by [`V2::register_function`].
    pub RegisterFunctionV2: "globus_compute.register_function_v2", POST "/v2/functions" -> FunctionRegistered;
    /// Its id. Not repeated once it may have been acted on.
}

rest_core::call! {
    /// Registers an endpoint. Made by [`V2::register_endpoint`].
    pub RegisterEndpointV2: "globus_compute.register_endpoint_v2", POST "/v2/endpoints" -> EndpointRegistered;
    /// Its id and its queues. Not repeated once it may have been acted on.
}

rest_core::call! {
    /// Stops an endpoint. Made by [`V2::lock_endpoint`].
    pub LockEndpointV2: "globus_compute.lock_endpoint_v2", POST "/v2/endpoints/{endpoint_id}/lock" -> EndpointLock;
    /// How long it is locked. Retried.
}

rest_core::call! {
    /// Submits tasks. Made by [`V2::submit`].
    pub SubmitV2: "globus_compute.submit_v2", POST "/v2/submit" -> SubmittedV2;
    /// The tasks. Not repeated once it may have been acted on.
}
