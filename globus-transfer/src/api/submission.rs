//! Submission ids and documents.

use std::fmt;
use std::time::Duration;

use http::Method;
use rest_core::{Pace, RequestParts};
use serde::{Deserialize, Serialize};

use crate::model::{SubmitResult, Value};
use crate::{Client, Error, ErrorExt, Result, SubmissionId};

/// Asks for a submission id. Made by [`Client::submission_id`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetSubmissionId {
    client: Client,
}

impl GetSubmissionId {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// `GET /v0.10/submission_id`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        Ok(RequestParts::new(
            "globus_transfer.submission_id",
            Method::GET,
            "/v0.10/submission_id",
        ))
    }

    /// A new id. Record it together with the document before submitting: it makes a repetition harmless.
    /// Retried.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<SubmissionId> {
        Ok(self.client.request::<Value>(self.into_parts()?).await?.value)
    }
}

/// Which kind of task a document asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubmissionKind {
    /// Copies files.
    Transfer,
    /// Deletes files.
    Delete,
}

/// A complete submission, byte for byte as it is sent.
///
/// Made by [`SubmitTransfer::document`](crate::api::SubmitTransfer::document) and
/// [`SubmitDelete::document`](crate::api::SubmitDelete::document), or read back from a record. The bytes are
/// kept as they are: what was recorded before a crash is sent again unaltered after it, and the service
/// answers with the task it made the first time.
#[derive(Clone, PartialEq, Eq)]
pub struct SubmissionDocument {
    kind: SubmissionKind,
    submission_id: SubmissionId,
    body: Vec<u8>,
}

/// The fields every document has.
#[derive(Deserialize)]
struct Head {
    #[serde(rename = "DATA_TYPE")]
    data_type: String,
    submission_id: SubmissionId,
}

impl SubmissionDocument {
    /// Takes a recorded document.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) unless the bytes are a transfer or delete document
    /// with a submission id.
    pub fn from_bytes(body: impl Into<Vec<u8>>) -> Result<Self> {
        let body = body.into();
        let head: Head = serde_json::from_slice(&body)
            .map_err(|error| Error::config("the submission document cannot be read").with_source(error))?;
        let kind = match head.data_type.as_str() {
            "transfer" => SubmissionKind::Transfer,
            "delete" => SubmissionKind::Delete,
            other => {
                return Err(Error::config(format!(
                    "a document of type {other:?} is no transfer or delete"
                )));
            }
        };
        if head.submission_id.as_ref().is_empty() {
            return Err(Error::config(
                "the submission document has an empty submission id",
            ));
        }
        Ok(Self {
            kind,
            submission_id: head.submission_id,
            body,
        })
    }

    pub(crate) fn encode(kind: SubmissionKind, id: &SubmissionId, document: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(document)
            .map_err(|error| Error::config("the submission document cannot be written").with_source(error))?;
        Ok(Self {
            kind,
            submission_id: id.clone(),
            body,
        })
    }

    /// The document's bytes (JSON), as they are sent and should be recorded.
    pub fn as_bytes(&self) -> &[u8] {
        &self.body
    }

    /// Transfer or delete.
    pub fn kind(&self) -> SubmissionKind {
        self.kind
    }

    /// How many files and folders it is about.
    pub fn item_count(&self) -> usize {
        #[derive(Deserialize)]
        struct Items {
            #[serde(rename = "DATA", default)]
            data: Vec<serde::de::IgnoredAny>,
        }
        let items: Option<Items> = serde_json::from_slice(&self.body).ok();
        items.map_or(0, |items| items.data.len())
    }

    /// The id under which the service accepts this once.
    pub fn submission_id(&self) -> &SubmissionId {
        &self.submission_id
    }
}

impl fmt::Debug for SubmissionDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmissionDocument")
            .field("kind", &self.kind)
            .field("submission_id", &self.submission_id)
            .field("bytes", &self.body.len())
            .finish()
    }
}

/// How often to ask for room: a place becomes free as soon as one of a hundred tasks ends.
const ROOM: Pace = Pace {
    first: Duration::from_secs(1),
    growth: 0.2,
    max: Duration::from_secs(30),
};

/// Sends a submission document. Made by [`Client::submit`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Submit {
    client: Client,
    document: SubmissionDocument,
}

impl Submit {
    pub(crate) fn new(client: Client, document: SubmissionDocument) -> Self {
        Self { client, document }
    }

    /// `POST /v0.10/transfer` or `POST /v0.10/delete` with the document's bytes, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = match self.document.kind {
            SubmissionKind::Transfer => {
                RequestParts::new("globus_transfer.submit_transfer", Method::POST, "/v0.10/transfer")
            }
            SubmissionKind::Delete => {
                RequestParts::new("globus_transfer.submit_delete", Method::POST, "/v0.10/delete")
            }
        };
        Ok(parts.json_bytes(self.document.body.clone()).idempotent(true))
    }

    /// The task. A submission that the service had accepted before is answered with the same task and
    /// [`SubmitCode::Duplicate`](crate::model::SubmitCode::Duplicate), which is a success. Retried, a lost
    /// answer too: the submission id makes that safe.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<SubmitResult> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), and while the user has as many pending tasks as the service allows (100), waits
    /// and sends again: too many is a queue, not a failure. Waits without limit; drop the future to stop.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but for a full queue.
    pub async fn send_when_room(&self) -> Result<SubmitResult> {
        let clock = self.client.rest().clock();
        let begun = clock.instant();
        loop {
            match self.send().await {
                Err(error) if error.has_code("TooManyPendingTasks") => {
                    let age = clock.instant().duration_since(begun);
                    clock.sleep(ROOM.next(age)).await;
                }
                answer => return answer,
            }
        }
    }
}
