//! `flow_runs/{id}`.

use http::Method;

use crate::{Client, FlowRun, FlowRunId, RequestParts, Result};

/// What can be asked of one flow run. Made by [`Client::flow_run`].
#[derive(Clone, Debug)]
pub struct FlowRunHandle {
    client: Client,
    id: FlowRunId,
}

impl FlowRunHandle {
    pub(crate) fn new(client: Client, id: FlowRunId) -> Self {
        Self { client, id }
    }

    /// Reads it: `GET /flow_runs/{id}`.
    pub fn get(&self) -> GetFlowRun {
        GetFlowRun {
            client: self.client.clone(),
            id: self.id.clone(),
        }
    }
}

/// Reads a flow run. Made by [`FlowRunHandle::get`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetFlowRun {
    client: Client,
    id: FlowRunId,
}

impl GetFlowRun {
    /// `GET /flow_runs/{id}`, without sending it.
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
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if there is no such flow run.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<FlowRun>> {
        self.client.request_opt(self.into_parts()?).await
    }
}
