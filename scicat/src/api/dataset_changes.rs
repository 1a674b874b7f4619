//! Changing a dataset.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::call::{call, command, fields};
use crate::{ApiVersion, Client, ContactEmail, Dataset, DatasetPid, NewDataset, ScientificMetadata};

/// The content type of a merge patch (RFC 7396).
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";

call! {
    /// Changes fields of a dataset. Made by [`DatasetHandle::update`](super::DatasetHandle::update). Only what is set
    /// is sent.
    ///
    /// Not its `type`, which the backend refuses to change: that is why pyscicat's own update always fails.
    UpdateDataset: "scicat.dataset_update", PATCH "/v3/datasets/{pid}" | "/v4/datasets/{pid}" -> Dataset;
    /// The dataset as it is then. Retried, as it sets the same again, unless
    /// [`unchanged_since`](Self::unchanged_since) was asked for.
    ///
    /// It is 412 if it was changed since, and 404 if there is none of this PID.
}

impl UpdateDataset {
    pub(super) fn of(client: &Client, pid: &DatasetPid) -> Self {
        let call = Self::new(client, &[("pid", pid.as_str())]).call;
        Self {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Sends a merge patch: metadata keys that it does not name stay. Without it, the scientific metadata that is set
    /// takes the place of all there was. API v4 only.
    pub fn merge(mut self) -> Self {
        if self.call.version() == ApiVersion::V3 {
            self.call.refuse(
                "only API v4 takes a merge patch: with v3 read the metadata, change it and set it as a whole",
            );
            return self;
        }
        Self {
            call: self.call.with(|parts| parts.header("content-type", MERGE_PATCH)),
        }
    }

    /// Refuses the change with 412 if the dataset was changed after it was read; `updated_at` is its own
    /// [`updated_at`](Dataset::updated_at). API v4 only. The request is then not repeated once it may have been acted
    /// on.
    pub fn unchanged_since(mut self, updated_at: DateTime<Utc>) -> Self {
        if self.call.version() == ApiVersion::V3 {
            self.call.refuse(
                "only API v4 heeds If-Unmodified-Since: make the client with a base URL that ends in /api/v4",
            );
            return self;
        }
        // The backend refuses unless the time is later than its own, and reads milliseconds, which an HTTP date
        // does not have.
        let later = updated_at
            .checked_add_signed(TimeDelta::milliseconds(1))
            .unwrap_or(updated_at);
        let call = self.call.with(|parts| {
            parts
                .header("if-unmodified-since", crate::model::iso(later))
                .idempotent(false)
        });
        Self { call }
    }

    /// Sets whom to ask about it.
    pub fn contact_email(mut self, email: &ContactEmail) -> Self {
        self.call.set("contactEmail", email.as_str());
        self
    }

    /// Sets the scientific metadata.
    pub fn scientific_metadata(mut self, metadata: &ScientificMetadata) -> Self {
        self.call.set("scientificMetadata", metadata.values().clone());
        self
    }
}

fields!(UpdateDataset {
    /// Sets the name by which people know it.
    dataset_name "datasetName": text;
    /// Sets the free text.
    description "description": text;
    /// Sets the owner's name.
    owner "owner": text;
    /// Sets the group that owns it.
    owner_group "ownerGroup": text;
    /// Sets the groups that may read it besides the owner's.
    access_groups "accessGroups": texts;
    /// Sets the words to find it by.
    keywords "keywords": texts;
    /// Sets the folder that holds its files.
    source_folder "sourceFolder": text;
    /// Sets the host on which that folder is.
    source_folder_host "sourceFolderHost": text;
    /// Sets whether everyone may read it.
    published "isPublished": flag;
    /// Sets a comment.
    comment "comment": text;
    /// Sets how far its validation got.
    validation_status "validationStatus": text;
});

call! {
    /// Puts another document in a dataset's place. Made by [`DatasetHandle::replace`](super::DatasetHandle::replace).
    ReplaceDataset: "scicat.dataset_replace", PUT "/v3/datasets/{pid}" | "/v4/datasets/{pid}" -> Dataset;
    /// The dataset as it is then. Retried. What the document does not name is gone.
}

impl ReplaceDataset {
    pub(super) fn of(client: &Client, pid: &DatasetPid, mut dataset: NewDataset) -> Self {
        let mut replace = Self::new(client, &[("pid", pid.as_str())]);
        if let Err(error) = dataset.check() {
            replace.call.refuse(crate::error::message(&error));
        }
        // Neither can be changed, and naming them is refused.
        dataset.remove("pid");
        dataset.remove("type");
        replace.call = replace.call.body(&dataset.to_json(client.version()));
        replace
    }
}

command! {
    /// Adds texts to a list of a dataset. Made by [`DatasetHandle::append`](super::DatasetHandle::append).
    AppendToDataset: "scicat.dataset_append", POST "/v3/datasets/{pid}/appendToArrayField";
    /// Adds the texts. Not repeated once it may have been acted on.
}

impl AppendToDataset {
    pub(super) fn of(client: &Client, pid: &DatasetPid, field: &str, texts: Vec<String>) -> Self {
        let call = Self::new(client, &[("pid", pid.as_str())]).call;
        let call = call.with(|parts| {
            parts
                .query("fieldName", field)
                .query("data", Value::from(texts).to_string())
        });
        Self { call }
    }
}
