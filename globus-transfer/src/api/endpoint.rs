//! Operations on the files of one collection.

use http::Method;
use rest_core::RequestParts;
use serde::Serialize;

use super::check_path;
use super::ls::Ls;
use crate::model::{Entry, OperationResult};
use crate::{Client, EndpointId, Result};

/// What can be asked of one collection. Made by [`Client::endpoint`].
#[derive(Clone, Debug)]
pub struct EndpointHandle {
    pub(super) client: Client,
    pub(super) id: EndpointId,
}

impl EndpointHandle {
    pub(crate) fn new(client: Client, id: EndpointId) -> Self {
        Self { client, id }
    }

    /// Lists a folder.
    pub fn ls(&self, path: impl Into<String>) -> Ls {
        Ls::new(self.client.clone(), self.id.clone(), path.into())
    }

    /// Looks up one file or folder.
    pub fn stat(&self, path: impl Into<String>) -> Stat {
        Stat {
            client: self.client.clone(),
            id: self.id.clone(),
            path: path.into(),
            local_user: None,
        }
    }

    /// Renames a file or folder within the collection.
    pub fn rename(&self, old_path: impl Into<String>, new_path: impl Into<String>) -> Rename {
        let body = RenameBody {
            data_type: "rename",
            old_path: old_path.into(),
            new_path: new_path.into(),
            local_user: None,
        };
        Rename {
            client: self.client.clone(),
            id: self.id.clone(),
            body,
        }
    }

    /// Makes a folder.
    pub fn mkdir(&self, path: impl Into<String>) -> Mkdir {
        let body = MkdirBody {
            data_type: "mkdir",
            path: path.into(),
            local_user: None,
        };
        Mkdir {
            client: self.client.clone(),
            id: self.id.clone(),
            body,
        }
    }
}

/// Looks up one file or folder. Made by [`EndpointHandle::stat`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Stat {
    client: Client,
    id: EndpointId,
    path: String,
    local_user: Option<String>,
}

impl Stat {
    /// The local account to look as, where an identity maps to several.
    pub fn local_user(mut self, user: impl Into<String>) -> Self {
        self.local_user = Some(user.into());
        self
    }

    /// `GET /v0.10/operation/endpoint/{endpoint_id}/stat`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the path is empty or contains NUL.
    pub fn into_parts(&self) -> Result<RequestParts> {
        check_path("the path to look up", &self.path)?;
        Ok(RequestParts::new(
            "globus_transfer.stat",
            Method::GET,
            "/v0.10/operation/endpoint/{endpoint_id}/stat",
        )
        .path_param("endpoint_id", self.id.as_ref())
        .query("path", &self.path)
        .query_opt("local_user", self.local_user.as_deref()))
    }

    /// The file or folder. Retried, unless the storage behind the collection failed.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request; 404 if there is no such path.
    pub async fn send(&self) -> Result<Entry> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if there is no such path.
    ///
    /// A collection that the service does not know is an error here, not "no such path": taking it for an
    /// absent file would let a mistyped id pass for a proof of absence.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but for a missing path.
    pub async fn send_opt(&self) -> Result<Option<Entry>> {
        crate::error::absent_path(self.send().await)
    }
}

#[derive(Clone, Debug, Serialize)]
struct RenameBody {
    #[serde(rename = "DATA_TYPE")]
    data_type: &'static str,
    old_path: String,
    new_path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_user: Option<String>,
}

/// Renames a file or folder. Made by [`EndpointHandle::rename`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Rename {
    client: Client,
    id: EndpointId,
    body: RenameBody,
}

impl Rename {
    /// The local account to rename as, where an identity maps to several.
    pub fn local_user(mut self, user: impl Into<String>) -> Self {
        self.body.local_user = Some(user.into());
        self
    }

    /// `POST /v0.10/operation/endpoint/{endpoint_id}/rename`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a path is empty or contains NUL.
    pub fn into_parts(&self) -> Result<RequestParts> {
        check_path("the old path", &self.body.old_path)?;
        check_path("the new path", &self.body.new_path)?;
        RequestParts::new(
            "globus_transfer.rename",
            Method::POST,
            "/v0.10/operation/endpoint/{endpoint_id}/rename",
        )
        .path_param("endpoint_id", self.id.as_ref())
        .json(&self.body)
    }

    /// Renames. Not repeated once it may have been acted on: after an error with
    /// [`was_sent`](crate::Error::was_sent) other than `No`, look at both paths.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request.
    pub async fn send(&self) -> Result<OperationResult> {
        self.client.request(self.into_parts()?).await
    }
}

#[derive(Clone, Debug, Serialize)]
struct MkdirBody {
    #[serde(rename = "DATA_TYPE")]
    data_type: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_user: Option<String>,
}

/// Makes a folder. Made by [`EndpointHandle::mkdir`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Mkdir {
    client: Client,
    id: EndpointId,
    body: MkdirBody,
}

impl Mkdir {
    /// The local account to make it as, where an identity maps to several.
    pub fn local_user(mut self, user: impl Into<String>) -> Self {
        self.body.local_user = Some(user.into());
        self
    }

    /// `POST /v0.10/operation/endpoint/{endpoint_id}/mkdir`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the path is empty or contains NUL.
    pub fn into_parts(&self) -> Result<RequestParts> {
        check_path("the folder to make", &self.body.path)?;
        RequestParts::new(
            "globus_transfer.mkdir",
            Method::POST,
            "/v0.10/operation/endpoint/{endpoint_id}/mkdir",
        )
        .path_param("endpoint_id", self.id.as_ref())
        .json(&self.body)
    }

    /// Makes the folder; its parent must exist. Not repeated once it may have been acted on.
    ///
    /// # Errors
    /// Those of [`into_parts`](Self::into_parts) and of any request; a folder that exists is one
    /// ([`is_already_exists`](crate::ErrorExt::is_already_exists)).
    pub async fn send(&self) -> Result<OperationResult> {
        self.client.request(self.into_parts()?).await
    }
}
