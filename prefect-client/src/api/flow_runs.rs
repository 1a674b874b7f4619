//! `flow_runs/{id}`.

use http::Method;
use rest_core::{RequestParts, Result};

use crate::{Client, FlowRun, FlowRunId};

/// One flow run; made by [`Client::flow_run`].
#[derive(Clone, Debug)]
pub struct SingleFlowRun {
    pub(crate) client: Client,
    pub(crate) id: FlowRunId,
}

impl SingleFlowRun {
    /// Prepares its reading: `GET flow_runs/{id}`.
    pub fn get(&self) -> GetFlowRun {
        GetFlowRun {
            client: self.client.clone(),
            id: self.id.clone(),
        }
    }
}

/// Reads a flow run.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct GetFlowRun {
    client: Client,
    id: FlowRunId,
}

impl GetFlowRun {
    /// The request, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new("prefect.flow_run_get", Method::GET, "/flow_runs/{id}");
        Ok(parts.path_param("id", self.id.as_ref()))
    }

    /// Reads the flow run. Retried.
    ///
    /// # Errors
    /// 404 if there is none of this identifier.
    pub async fn send(&self) -> Result<FlowRun> {
        self.client.json(self.into_parts()?).await
    }

    /// As [`Self::send`], with `None` if there is no such flow run.
    ///
    /// # Errors
    /// As [`Self::send`], but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<FlowRun>> {
        self.client.json_opt(self.into_parts()?).await
    }
}
