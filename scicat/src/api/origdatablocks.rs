//! `datasets/{pid}/origdatablocks`, in v4 `origdatablocks`: the files of a dataset.

use std::borrow::Borrow;

use serde_json::json;

use super::call::{builder, call, command};
use super::find::{Find, FullQuery, Place};
use crate::{
    ApiVersion, Client, DatasetPid, Filter, NewOrigDatablock, OrigDatablock, OrigDatablockId, Result,
    Validity,
};

impl Client {
    /// The original datablocks of one dataset.
    pub fn origdatablocks(&self, pid: DatasetPid) -> OrigDatablocksHandle {
        OrigDatablocksHandle {
            client: self.clone(),
            pid,
        }
    }

    /// Finds original datablocks of all datasets: `GET /origdatablocks?filter=…`.
    pub fn find_origdatablocks(&self) -> Find<OrigDatablock> {
        let place = Place {
            version: self.version(),
            ..Place::v3(
                "scicat.origdatablock_find",
                super::call::versioned!(self, "/v3/origdatablocks", "/v4/origdatablocks"),
            )
        };
        Find::new(self, place, "createdAt")
    }

    /// Searches original datablocks of all datasets: `GET /v3/origdatablocks/fullquery`.
    pub fn query_origdatablocks(&self) -> FullQuery<OrigDatablock> {
        let place = Place::v3("scicat.origdatablock_full_query", "/v3/origdatablocks/fullquery");
        FullQuery::new(self, place, "createdAt")
    }
}

/// What can be asked of one dataset's original datablocks. Made by [`Client::origdatablocks`].
#[derive(Clone, Debug)]
pub struct OrigDatablocksHandle {
    client: Client,
    pid: DatasetPid,
}

impl OrigDatablocksHandle {
    fn dataset(&self) -> [(&'static str, &str); 1] {
        [("pid", self.pid.as_str())]
    }

    /// Creates a datablock: `POST /v3/datasets/{pid}/origdatablocks` or `POST /v4/origdatablocks`.
    pub fn create(&self, block: impl Borrow<NewOrigDatablock>) -> CreateOrigDatablock {
        let block = block.borrow();
        let mut create = CreateOrigDatablock::new(&self.client, &self.dataset());
        create.call = create.call.body(block);
        if let Err(error) = block.check() {
            create.call.refuse(crate::error::message(&error));
        }
        if self.client.version() == ApiVersion::V4 {
            create.call.set("datasetId", self.pid.as_str());
        }
        create
    }

    /// Says whether the backend would take a datablock: `POST …/origdatablocks/isValid`.
    pub fn is_valid(&self, block: &NewOrigDatablock) -> IsValidOrigDatablock {
        let call = IsValidOrigDatablock::new(&self.client, &self.dataset()).call;
        IsValidOrigDatablock {
            call: call.body(block).with(|parts| parts.idempotent(true)),
        }
    }

    /// Lists the dataset's datablocks.
    pub fn list(&self) -> ListOrigDatablocks {
        let list = ListOrigDatablocks::new(&self.client, &self.dataset());
        if self.client.version() == ApiVersion::V3 {
            return list;
        }
        let only = Filter::new().is("datasetId", self.pid.as_str());
        let filter =
            json!({ "where": only.to_json(ApiVersion::V4), "limits": {"skip": 0, "limit": MAX_BLOCKS} });
        ListOrigDatablocks {
            call: list.call.with(|parts| parts.query("filter", filter.to_string())),
        }
    }

    /// Changes the files of a datablock: `PATCH …/origdatablocks/{id}`. The dataset's size and number of files
    /// become the sums over its datablocks.
    pub fn update(&self, id: &OrigDatablockId, block: &NewOrigDatablock) -> UpdateOrigDatablock {
        let params = [("pid", self.pid.as_str()), ("id", id.as_str())];
        let mut update = UpdateOrigDatablock::new(&self.client, &params);
        update.call = update.call.body(block).with(|parts| parts.idempotent(true));
        if let Err(error) = block.check() {
            update.call.refuse(crate::error::message(&error));
        }
        update
    }

    /// Deletes a datablock. Only accounts in the backend's `DELETE_GROUPS` may.
    pub fn delete(&self, id: &OrigDatablockId) -> DeleteOrigDatablock {
        DeleteOrigDatablock::new(&self.client, &[("pid", self.pid.as_str()), ("id", id.as_str())])
    }
}

/// More blocks than any dataset has: v4 gives ten unless it is told.
const MAX_BLOCKS: u64 = 100_000;

call! {
    /// Creates a datablock. Made by [`OrigDatablocksHandle::create`].
    CreateOrigDatablock: "scicat.origdatablock_create",
        POST "/v3/datasets/{pid}/origdatablocks" | "/v4/origdatablocks" -> OrigDatablock;
    /// Creates the datablock; the backend adds its size and its number of files to the dataset's.
    ///
    /// Not repeated once it may have been acted on, as a repeat would count the files twice: after an error with
    /// [`was_sent`](crate::Error::was_sent) other than `No`, look with [`OrigDatablocksHandle::list`] first.
    ///
    /// A refused field is status 400 and is named by [`violations`](crate::violations); it is 404 if there is no
    /// such dataset.
}

call! {
    /// Checks a datablock. Made by [`OrigDatablocksHandle::is_valid`].
    IsValidOrigDatablock: "scicat.origdatablock_is_valid",
        POST "/v3/datasets/{pid}/origdatablocks/isValid" -> Validity;
    /// What the backend says of it. Nothing is stored. Retried.
}

builder! {
    /// Lists the datablocks of a dataset. Made by [`OrigDatablocksHandle::list`].
    ListOrigDatablocks: "scicat.origdatablock_list",
        GET "/v3/datasets/{pid}/origdatablocks" | "/v4/origdatablocks";
}

impl ListOrigDatablocks {
    /// Lists the datablocks. Retried.
    ///
    /// # Errors
    /// In v3 404 if there is no such dataset; in v4 the list is empty then.
    pub async fn send(&self) -> Result<Vec<OrigDatablock>> {
        self.call.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if there is no such dataset.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<Vec<OrigDatablock>>> {
        self.call.client.request_opt(self.into_parts()?).await
    }
}

call! {
    /// Changes a datablock. Made by [`OrigDatablocksHandle::update`].
    UpdateOrigDatablock: "scicat.origdatablock_update",
        PATCH "/v3/datasets/{pid}/origdatablocks/{id}" | "/v4/origdatablocks/{id}" -> OrigDatablock;
    /// The datablock as it is then. Retried.
}

command! {
    /// Deletes a datablock. Made by [`OrigDatablocksHandle::delete`].
    DeleteOrigDatablock: "scicat.origdatablock_delete",
        DELETE "/v3/datasets/{pid}/origdatablocks/{id}" | "/v4/origdatablocks/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}
