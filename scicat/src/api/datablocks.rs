//! `datasets/{pid}/datablocks`: copies of a dataset's files. Only API v3 has them.

use serde_json::Map;

use super::call::{call, command, fields};
use super::find::{Find, Place};
use crate::{Client, Datablock, DatablockId, DatasetPid, NewDatablock};

impl Client {
    /// The datablocks of one dataset, that is the copies of its files.
    pub fn datablocks(&self, pid: DatasetPid) -> DatablocksHandle {
        DatablocksHandle {
            client: self.clone(),
            pid,
        }
    }

    /// Finds datablocks of all datasets: `GET /v3/datablocks?filter=…`.
    pub fn find_datablocks(&self) -> Find<Datablock> {
        let place = Place::v3("scicat.datablock_find", "/v3/datablocks");
        Find::new(self, place, "createdAt")
    }
}

/// What can be asked of one dataset's datablocks. Made by [`Client::datablocks`].
#[derive(Clone, Debug)]
pub struct DatablocksHandle {
    client: Client,
    pid: DatasetPid,
}

impl DatablocksHandle {
    /// Creates a datablock.
    pub fn create(&self, block: &NewDatablock) -> CreateDatablock {
        let mut create = CreateDatablock::new(&self.client, &[("pid", self.pid.as_str())]);
        create.call = create.call.body(block);
        if let Err(error) = block.check() {
            create.call.refuse(crate::error::message(&error));
        }
        create
    }

    /// Lists the dataset's datablocks.
    pub fn list(&self) -> ListDatablocks {
        ListDatablocks::new(&self.client, &[("pid", self.pid.as_str())])
    }

    /// Changes a datablock.
    pub fn update(&self, id: &DatablockId) -> UpdateDatablock {
        let call =
            UpdateDatablock::new(&self.client, &[("pid", self.pid.as_str()), ("id", id.as_str())]).call;
        UpdateDatablock {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Deletes a datablock. Only accounts in the backend's `DELETE_GROUPS` may.
    pub fn delete(&self, id: &DatablockId) -> DeleteDatablock {
        DeleteDatablock::new(&self.client, &[("pid", self.pid.as_str()), ("id", id.as_str())])
    }
}

call! {
    /// Creates a datablock. Made by [`DatablocksHandle::create`].
    CreateDatablock: "scicat.datablock_create", POST "/v3/datasets/{pid}/datablocks" -> Datablock;
    /// The new datablock. Not repeated once it may have been acted on.
}

call! {
    /// Lists the datablocks of a dataset. Made by [`DatablocksHandle::list`].
    ListDatablocks: "scicat.datablock_list", GET "/v3/datasets/{pid}/datablocks" -> Vec<Datablock>;
    /// The datablocks. Retried.
}

call! {
    /// Changes a datablock. Made by [`DatablocksHandle::update`].
    UpdateDatablock: "scicat.datablock_update", PATCH "/v3/datasets/{pid}/datablocks/{id}" -> Datablock;
    /// The datablock as it is then. Retried.
}

fields!(UpdateDatablock {
    /// Sets the name that its archive knows it by.
    archive_id "archiveId": text;
    /// Sets its bytes.
    size "size": number;
    /// Sets its bytes in the archive.
    packed_size "packedSize": number;
    /// Sets the version of the archive's format.
    version "version": text;
});

impl UpdateDatablock {
    /// Sets its files, and its sizes to theirs.
    pub fn files(mut self, files: &crate::NewOrigDatablock) -> Self {
        let list: Vec<_> = files.files().iter().map(|file| serde_json::json!(file)).collect();
        self.call.set("dataFileList", list);
        self.size(files.size()).packed_size(files.size())
    }
}

command! {
    /// Deletes a datablock. Made by [`DatablocksHandle::delete`].
    DeleteDatablock: "scicat.datablock_delete", DELETE "/v3/datasets/{pid}/datablocks/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
