//! Functions, and the service's version.

use serde_json::{Map, Value};

use crate::model::{Deleted, FunctionInfo, FunctionRegistered, Version};
use crate::{Client, Dialect, EndpointId, Function, FunctionId, Result};

impl Client {
    /// Registers a function. The same function can be registered any number of times; each has an id of its own.
    pub fn register_function(&self, function: &Function, dialect: Dialect) -> RegisterFunction {
        let mut register = RegisterFunction::new(self.rest(), &[]);
        match registration(function, dialect) {
            Ok(body) => register.call = register.call.body(body),
            Err(error) => register.call.refuse(error.to_string()),
        }
        register
    }

    /// Reads a function.
    pub fn function(&self, id: &FunctionId) -> GetFunction {
        GetFunction::new(self.rest(), &[("function_id", id.as_str())])
    }

    /// Deletes a function.
    pub fn delete_function(&self, id: &FunctionId) -> DeleteFunction {
        DeleteFunction::new(self.rest(), &[("function_id", id.as_str())])
    }

    /// The service's versions.
    pub fn version(&self) -> GetVersion {
        let mut version = GetVersion::new(self.rest(), &[]);
        version.call.ask("service", "all");
        version
    }
}

/// The document of a registration.
pub(super) fn registration(function: &Function, dialect: Dialect) -> Result<Value> {
    let mut body = Map::new();
    body.insert("function_name".into(), function.name().into());
    body.insert("function_code".into(), function.code(dialect)?.into());
    if let Some(description) = function.described() {
        body.insert("description".into(), description.into());
    }
    let meta = Map::from_iter([("serde_identifier".into(), dialect.function_identifier().into())]);
    body.insert("meta".into(), Value::Object(meta));
    Ok(Value::Object(body))
}

rest_core::call! {
    /// Registers a function. Made by [`Client::register_function`].
    pub RegisterFunction: "globus_compute.register_function", POST "/v3/functions" -> FunctionRegistered;
    /// Its id. Not repeated once it may have been acted on, though a second registration does no harm.
}

rest_core::fields!(RegisterFunction {
    /// Whether anybody may use it.
    public: flag;
    /// The group (id) whose members may use it.
    group: text;
});

impl RegisterFunction {
    /// The endpoint of high assurance that it is for; excludes `public` and `group`.
    pub fn ha_endpoint(mut self, endpoint: &EndpointId) -> Self {
        self.call.set("ha_endpoint_id", endpoint.as_str());
        self
    }
}

rest_core::call! {
    /// Reads a function. Made by [`Client::function`].
    pub GetFunction: "globus_compute.get_function", GET "/v2/functions/{function_id}" -> FunctionInfo, optional;
    /// The function. Retried.
}

rest_core::call! {
    /// Deletes a function. Made by [`Client::delete_function`].
    pub DeleteFunction: "globus_compute.delete_function", DELETE "/v2/functions/{function_id}" -> Deleted;
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

rest_core::call! {
    /// Asks for the service's versions. Made by [`Client::version`].
    pub GetVersion: "globus_compute.get_version", GET "/v2/version" -> Version;
    /// The versions. Retried.
}
