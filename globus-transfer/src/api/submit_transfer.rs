//! Submitting a transfer.

use serde::Serialize;

use super::submission::{SubmissionDocument, SubmissionKind};
use super::submission_setters::submission_setters;
use super::transfer_item::{FilterRule, SyncLevel, TransferItem};
use crate::{Client, EndpointId, Error, Result, SubmissionId};

/// The document in the order in which it is written. What the caller did not set is left to the service.
#[derive(Clone, Debug, Default, Serialize)]
struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_level: Option<SyncLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_checksum: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preserve_timestamp: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypt_data: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_source_errors: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_on_quota_errors: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_destination_extra: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_on_succeeded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_on_failed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_on_inactive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_local_user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_local_user: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filter_rules: Vec<FilterRule>,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "DATA_TYPE")]
    data_type: &'static str,
    submission_id: &'a SubmissionId,
    source_endpoint: &'a EndpointId,
    destination_endpoint: &'a EndpointId,
    #[serde(flatten)]
    options: &'a Options,
    #[serde(rename = "DATA")]
    items: &'a [TransferItem],
}

/// Submits a transfer. Made by [`Client::submit_transfer`].
///
/// Only what is set here is sent; the rest is left to the service, whose defaults include **no** checksum
/// verification and mail on every end of a task.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct SubmitTransfer {
    client: Client,
    source: EndpointId,
    destination: EndpointId,
    items: Vec<TransferItem>,
    options: Options,
}

impl SubmitTransfer {
    pub(crate) fn new(client: Client, source: EndpointId, destination: EndpointId) -> Self {
        Self {
            client,
            source,
            destination,
            items: Vec::new(),
            options: Options::default(),
        }
    }

    /// Adds a file or folder: both paths in full, as the collections show them.
    pub fn item(self, source_path: impl Into<String>, destination_path: impl Into<String>) -> Self {
        self.items([TransferItem::new(source_path, destination_path)])
    }

    /// Adds items with their own options.
    pub fn items(mut self, items: impl IntoIterator<Item = TransferItem>) -> Self {
        self.items.extend(items);
        self
    }

    /// Leaves alone what the destination already has.
    pub fn sync_level(mut self, level: SyncLevel) -> Self {
        self.options.sync_level = Some(level);
        self
    }

    /// Whether each copy is read back and compared with its source.
    pub fn verify_checksum(mut self, verify: bool) -> Self {
        self.options.verify_checksum = Some(verify);
        self
    }

    /// Whether copies get the source's time.
    pub fn preserve_timestamp(mut self, preserve: bool) -> Self {
        self.options.preserve_timestamp = Some(preserve);
        self
    }

    /// Whether the data is encrypted on its way.
    pub fn encrypt_data(mut self, encrypt: bool) -> Self {
        self.options.encrypt_data = Some(encrypt);
        self
    }

    /// Whether files that cannot be read are passed over. A task may then succeed without having delivered
    /// everything: [`TaskHandle::skipped_errors`](crate::api::TaskHandle::skipped_errors) names them.
    pub fn skip_source_errors(mut self, skip: bool) -> Self {
        self.options.skip_source_errors = Some(skip);
        self
    }

    /// Whether a full quota ends the task at once.
    pub fn fail_on_quota_errors(mut self, fail: bool) -> Self {
        self.options.fail_on_quota_errors = Some(fail);
        self
    }

    /// Whether what only the destination has is deleted there.
    pub fn delete_destination_extra(mut self, delete: bool) -> Self {
        self.options.delete_destination_extra = Some(delete);
        self
    }

    /// The local account to read as, where an identity maps to several.
    pub fn source_local_user(mut self, user: impl Into<String>) -> Self {
        self.options.source_local_user = Some(user.into());
        self
    }

    /// The local account to write as, where an identity maps to several.
    pub fn destination_local_user(mut self, user: impl Into<String>) -> Self {
        self.options.destination_local_user = Some(user.into());
        self
    }

    /// Adds a rule for what recursive items take along.
    pub fn filter_rule(mut self, rule: FilterRule) -> Self {
        self.options.filter_rules.push(rule);
        self
    }

    /// Where the items go.
    pub(crate) fn destination(&self) -> &EndpointId {
        &self.destination
    }

    /// The same options for these items alone.
    pub(crate) fn only(mut self, items: impl Iterator<Item = TransferItem>) -> Self {
        self.items = items.collect();
        self
    }

    /// Equal for submissions that differ in label and items only.
    pub(crate) fn batch_key(&self) -> String {
        let options = Options {
            label: None,
            ..self.options.clone()
        };
        // Settings of this crate's own types: what cannot be written is not to be mixed with anything.
        let options = serde_json::to_string(&options).unwrap_or_else(|error| error.to_string());
        format!("{} {} {options}", self.source, self.destination)
    }

    /// The complete document under this submission id, always the same bytes for the same settings.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) without an item, or with a path that is empty or
    /// contains NUL.
    pub fn document(&self, submission_id: &SubmissionId) -> Result<SubmissionDocument> {
        if self.items.is_empty() {
            return Err(Error::config("a transfer needs at least one item"));
        }
        self.items.iter().try_for_each(TransferItem::check)?;
        let document = Document {
            data_type: "transfer",
            submission_id,
            source_endpoint: &self.source,
            destination_endpoint: &self.destination,
            options: &self.options,
            items: &self.items,
        };
        SubmissionDocument::encode(SubmissionKind::Transfer, submission_id, &document)
    }
}

submission_setters!(SubmitTransfer, "POST /v0.10/transfer");
