//! `datasets/{pid}`: one dataset.

use serde_json::Map;

use super::call::{call, command, fields, optional};
use super::dataset_changes::{AppendToDataset, ReplaceDataset, UpdateDataset};
use super::locations::LocationsHandle;
use super::logbooks::DatasetLogbook;
use crate::model::Lifecycle;
use crate::{ApiVersion, Client, Dataset, DatasetPid, NewDataset};

impl Client {
    /// One dataset.
    pub fn dataset(&self, pid: DatasetPid) -> DatasetHandle {
        DatasetHandle {
            client: self.clone(),
            pid,
        }
    }
}

/// What can be asked of one dataset. Made by [`Client::dataset`].
#[derive(Clone, Debug)]
pub struct DatasetHandle {
    client: Client,
    pid: DatasetPid,
}

impl DatasetHandle {
    /// Reads it: `GET /datasets/{pid}`.
    pub fn get(&self) -> GetDataset {
        GetDataset::new(&self.client, &[("pid", self.pid.as_str())])
    }

    /// Changes fields of it: `PATCH /datasets/{pid}`.
    pub fn update(&self) -> UpdateDataset {
        UpdateDataset::of(&self.client, &self.pid)
    }

    /// Puts another document in its place: `PUT /datasets/{pid}`.
    pub fn replace(&self, dataset: impl Into<NewDataset>) -> ReplaceDataset {
        ReplaceDataset::of(&self.client, &self.pid, dataset.into())
    }

    /// Adds texts to a field that is a list: `POST /v3/datasets/{pid}/appendToArrayField`.
    pub fn append<T: Into<String>>(
        &self,
        field: &str,
        texts: impl IntoIterator<Item = T>,
    ) -> AppendToDataset {
        AppendToDataset::of(
            &self.client,
            &self.pid,
            field,
            texts.into_iter().map(Into::into).collect(),
        )
    }

    /// Deletes it: `DELETE /datasets/{pid}`. Only accounts in the backend's `DELETE_GROUPS` may, administrators may
    /// not.
    pub fn delete(&self) -> DeleteDataset {
        DeleteDataset::new(&self.client, &[("pid", self.pid.as_str())])
    }

    /// Reads where it stands between disk and archive: `GET /datasets/{pid}/datasetlifecycle`.
    pub fn lifecycle(&self) -> GetLifecycle {
        GetLifecycle::new(&self.client, &[("pid", self.pid.as_str())])
    }

    /// Writes where it stands between disk and archive: `PATCH /datasets/{pid}/datasetlifecycle`.
    pub fn update_lifecycle(&self) -> UpdateLifecycle {
        let update = UpdateLifecycle::new(&self.client, &[("pid", self.pid.as_str())]);
        let is_v4 = self.client.version() == ApiVersion::V4;
        let call = update.call.body(&Map::new()).with(|parts| {
            let parts = parts.idempotent(true);
            if is_v4 {
                parts.header("content-type", super::dataset_changes::MERGE_PATCH)
            } else {
                parts
            }
        });
        UpdateLifecycle { call }
    }

    /// Reads its logbook: `GET /datasets/{pid}/logbook`.
    pub fn logbook(&self) -> DatasetLogbook {
        DatasetLogbook::of(&self.client, &self.pid)
    }

    /// Where further copies of it are.
    pub fn locations(&self) -> LocationsHandle {
        LocationsHandle::new(&self.client, &self.pid)
    }
}

call! {
    /// Reads one dataset. Made by [`DatasetHandle::get`].
    GetDataset: "scicat.dataset_get", GET "/v3/datasets/{pid}" | "/v4/datasets/{pid}" -> Dataset;
    /// Reads the dataset. Retried.
    ///
    /// It is 404 if there is none of this PID, and 403 if the account may not see it, which can be so even for the
    /// account that made it.
}
optional!(GetDataset -> Dataset);

impl GetDataset {
    /// Reads along what belongs to it: `attachments`, `origdatablocks`, `datablocks`.
    pub fn include<R: Into<String>>(self, relations: impl IntoIterator<Item = R>) -> Self {
        let relations: Vec<String> = relations.into_iter().map(Into::into).collect();
        let version = self.call.version();
        let includes = super::matching::includes(&relations, version);
        let call = self.call.with(|parts| match version {
            ApiVersion::V3 => parts.query("filter", serde_json::json!({ "include": includes }).to_string()),
            ApiVersion::V4 => parts.query("include", includes.to_string()),
        });
        Self { call }
    }
}

command! {
    /// Deletes one dataset. Made by [`DatasetHandle::delete`].
    DeleteDataset: "scicat.dataset_delete", DELETE "/v3/datasets/{pid}" | "/v4/datasets/{pid}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

call! {
    /// Reads a dataset's lifecycle. Made by [`DatasetHandle::lifecycle`].
    GetLifecycle: "scicat.dataset_lifecycle_get",
        GET "/v3/datasets/{pid}/datasetlifecycle" | "/v4/datasets/{pid}/datasetlifecycle" -> Lifecycle;
    /// Where it stands. Retried.
}

command! {
    /// Writes a dataset's lifecycle. Made by [`DatasetHandle::update_lifecycle`].
    UpdateLifecycle: "scicat.dataset_lifecycle_update",
        PATCH "/v3/datasets/{pid}/datasetlifecycle" | "/v4/datasets/{pid}/datasetlifecycle";
    /// Changes what was set. Retried, as it sets the same again.
}

fields!(UpdateLifecycle {
    /// Whether it may be archived.
    archivable "archivable": flag;
    /// Whether it may be brought back.
    retrievable "retrievable": flag;
    /// Whether it is on disk.
    is_on_central_disk "isOnCentralDisk": flag;
    /// When it goes from disk.
    date_of_disk_purging "dateOfDiskPurging": date;
    /// How far archiving got.
    archive_status_message "archiveStatusMessage": text;
    /// How far retrieving got.
    retrieve_status_message "retrieveStatusMessage": text;
    /// Where it is stored.
    storage_location "storageLocation": text;
});
