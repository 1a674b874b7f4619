//! Submitting a deletion.

use serde::Serialize;

use super::check_path;
use super::submission::{SubmissionDocument, SubmissionKind};
use super::submission_setters::submission_setters;
use crate::{Client, EndpointId, Error, Result, SubmissionId};

#[derive(Clone, Debug, Serialize)]
struct DeleteItem {
    #[serde(rename = "DATA_TYPE")]
    data_type: &'static str,
    path: String,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recursive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignore_missing: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interpret_globs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_on_succeeded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_on_failed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_on_inactive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local_user: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "DATA_TYPE")]
    data_type: &'static str,
    submission_id: &'a SubmissionId,
    endpoint: &'a EndpointId,
    #[serde(flatten)]
    options: &'a Options,
    #[serde(rename = "DATA")]
    items: &'a [DeleteItem],
}

/// Submits a deletion. Made by [`Client::submit_delete`].
///
/// Only what is set here is sent. By the service's defaults folders are refused, a missing path fails the
/// task, and patterns are taken literally.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct SubmitDelete {
    client: Client,
    endpoint: EndpointId,
    items: Vec<DeleteItem>,
    options: Options,
}

impl SubmitDelete {
    pub(crate) fn new(client: Client, endpoint: EndpointId) -> Self {
        Self {
            client,
            endpoint,
            items: Vec::new(),
            options: Options::default(),
        }
    }

    /// Adds a path, as the collection shows it.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.items.push(DeleteItem {
            data_type: "delete_item",
            path: path.into(),
        });
        self
    }

    /// Whether folders are deleted with all they hold. It holds for every path of the document.
    pub fn recursive(mut self, recursive: bool) -> Self {
        self.options.recursive = Some(recursive);
        self
    }

    /// Whether a path that does not exist is passed over.
    pub fn ignore_missing(mut self, ignore: bool) -> Self {
        self.options.ignore_missing = Some(ignore);
        self
    }

    /// Whether `*`, `?` and `[` in the last part of a path are patterns.
    pub fn interpret_globs(mut self, interpret: bool) -> Self {
        self.options.interpret_globs = Some(interpret);
        self
    }

    /// The local account to delete as, where an identity maps to several.
    pub fn local_user(mut self, user: impl Into<String>) -> Self {
        self.options.local_user = Some(user.into());
        self
    }

    /// The complete document under this submission id, always the same bytes for the same settings.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) without a path, or with a path that is empty or
    /// contains NUL.
    pub fn document(&self, submission_id: &SubmissionId) -> Result<SubmissionDocument> {
        if self.items.is_empty() {
            return Err(Error::config("a deletion needs at least one path"));
        }
        self.items
            .iter()
            .try_for_each(|item| check_path("the path to delete", &item.path))?;
        let document = Document {
            data_type: "delete",
            submission_id,
            endpoint: &self.endpoint,
            options: &self.options,
            items: &self.items,
        };
        SubmissionDocument::encode(SubmissionKind::Delete, submission_id, &document)
    }
}

submission_setters!(SubmitDelete, "POST /v0.10/delete");
