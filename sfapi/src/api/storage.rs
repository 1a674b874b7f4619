//! `/storage`: transfers with Globus that the service makes in the user's name.

use std::time::Duration;

use http::Method;
use rest_core::{BoxFuture, Poller, Progress, RequestParts};
use serde_json::Value;

use super::Read;
use crate::error::{doubt, refused};
use crate::model::{GlobusStatus, StartedTransfer, TransferResult};
use crate::{Client, Machine, Result, TransferId};

/// What can be done with the facility's storage. Made by [`Client::storage`].
#[derive(Clone, Debug)]
pub struct Storage {
    client: Client,
}

impl Storage {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Transfers a file or folder. Either side is the uuid of a collection, or `dtn`, `hpss` or `perlmutter`; the
    /// client must have been made with Globus in Iris.
    pub fn start_transfer(
        &self,
        source: &str,
        source_path: &str,
        target: &str,
        target_path: &str,
    ) -> StartTransfer {
        let fields = [
            ("source_uuid", name(source)),
            ("target_uuid", name(target)),
            ("source_dir", source_path),
            ("target_dir", target_path),
        ];
        StartTransfer {
            client: self.client.clone(),
            fields: fields
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec(),
        }
    }

    /// `GET /storage/globus/transfer/{transfer_id}`: how a transfer stands.
    pub fn transfer(&self, id: &TransferId) -> Read<TransferResult> {
        let parts = RequestParts::new(
            "sfapi.transfer",
            Method::GET,
            "/storage/globus/transfer/{transfer_id}",
        );
        Read::new(&self.client, parts.path_param("transfer_id", id.as_str()))
    }

    /// Waits until a transfer has ended, whichever way, at most for `within`.
    ///
    /// # Errors
    /// Those of any request, where they do not pass by themselves; `Timeout`, the transfer untouched.
    pub async fn wait(&self, id: &TransferId, within: Duration) -> Result<TransferResult> {
        let get = self.transfer(id).no_retry();
        let poll = move || -> BoxFuture<'static, Result<Progress<(), TransferResult>>> {
            let get = get.clone();
            Box::pin(async move {
                let found = get.send().await?;
                Ok(match found.globus_status {
                    Some(GlobusStatus::Succeeded | GlobusStatus::Failed | GlobusStatus::Canceled) => {
                        Progress::Done(found)
                    }
                    _ => Progress::Pending(()),
                })
            })
        };
        Poller::new("sfapi.transfer", self.client.rest().clock().clone(), poll)
            .deadline(within)
            .until_done()
            .await
    }

    /// The transfer of the service's first versions (until 2022), which today's no longer describes.
    pub fn old_transfer(&self, source: &str, target: &str, folder: &str, file: &str) -> OldTransfer {
        let fields = [
            ("source", source),
            ("target", target),
            ("outdir", folder),
            ("infile", file),
        ];
        OldTransfer {
            client: self.client.clone(),
            fields: fields
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec(),
        }
    }
}

/// The transfer nodes have another name here.
fn name(side: &str) -> &str {
    if [Machine::dtns().as_str(), "dtn01"].contains(&side) {
        "dtn"
    } else {
        side
    }
}

/// Transfers a file or folder. Made by [`Storage::start_transfer`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct StartTransfer {
    client: Client,
    fields: Vec<(String, String)>,
}

impl StartTransfer {
    /// A name for people.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.fields.push(("label".to_owned(), label.into()));
        self
    }

    /// `POST /storage/globus/transfer`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new("sfapi.start_transfer", Method::POST, "/storage/globus/transfer");
        Ok(parts.form(self.fields.clone()))
    }

    /// The id of the transfer. Never sent again once it may have been acted on.
    ///
    /// # Errors
    /// Those of any request; `OperationFailed` in the service's words.
    pub async fn send(&self) -> Result<TransferId> {
        let sent = self.client.request::<StartedTransfer>(self.into_parts()?).await;
        let started = sent.map_err(|error| doubt("sfapi.start_transfer", error))?;
        if started.status.eq_ignore_ascii_case("error") {
            return Err(refused("sfapi.start_transfer", started.reason.as_deref()));
        }
        Ok(started.transfer_id)
    }
}

/// The transfer of the service's first versions. Made by [`Storage::old_transfer`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct OldTransfer {
    client: Client,
    fields: Vec<(String, String)>,
}

impl OldTransfer {
    /// In whose name.
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.fields.push(("username".to_owned(), username.into()));
        self
    }

    /// `POST /storage/transfer`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new("sfapi.old_transfer", Method::POST, "/storage/transfer");
        Ok(parts.form(self.fields.clone()))
    }

    /// The service's answer, as it is. Never sent again once it may have been acted on.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<Value> {
        let sent = self.client.request(self.into_parts()?).await;
        sent.map_err(|error| doubt("sfapi.old_transfer", error))
    }
}
