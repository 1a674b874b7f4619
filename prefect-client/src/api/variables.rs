//! `variables/name/{name}`.

use http::Method;
use rest_core::{RequestParts, Result};

use crate::{Client, Variable};

/// The variable of a name; made by [`Client::variable`].
#[derive(Clone, Debug)]
pub struct NamedVariable {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl NamedVariable {
    /// Prepares its reading: `GET variables/name/{name}`.
    pub fn get(&self) -> GetVariable {
        GetVariable {
            client: self.client.clone(),
            name: self.name.clone(),
        }
    }
}

/// Reads a variable.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct GetVariable {
    client: Client,
    name: String,
}

impl GetVariable {
    /// The request, without sending it.
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
        self.client.json(self.into_parts()?).await
    }

    /// As [`Self::send`], with `None` if there is no such variable.
    ///
    /// # Errors
    /// As [`Self::send`], but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<Variable>> {
        self.client.json_opt(self.into_parts()?).await
    }
}
