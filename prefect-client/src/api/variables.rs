//! `variables/name/{name}`.

use http::Method;

use crate::{Client, RequestParts, Result, Variable};

/// What can be asked of one variable. Made by [`Client::variable`].
#[derive(Clone, Debug)]
pub struct VariableHandle {
    client: Client,
    name: String,
}

impl VariableHandle {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Reads it: `GET /variables/name/{name}`.
    pub fn get(&self) -> GetVariable {
        GetVariable {
            client: self.client.clone(),
            name: self.name.clone(),
        }
    }
}

/// Reads a variable. Made by [`VariableHandle::get`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetVariable {
    client: Client,
    name: String,
}

impl GetVariable {
    /// `GET /variables/name/{name}`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new("prefect.variable_get", Method::GET, "/variables/name/{name}");
        Ok(parts.path_param("name", self.name.as_str()))
    }

    /// Reads the variable. Retried.
    ///
    /// # Errors
    /// 404 if there is none of this name.
    pub async fn send(&self) -> Result<Variable> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if there is no such variable.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<Variable>> {
        self.client.request_opt(self.into_parts()?).await
    }
}
