//! `datasets/{pid}/origdatablocks`: create, list.

use http::Method;

use crate::{Client, DatasetPid, NewOrigDatablock, OrigDatablock, RequestParts, Result};

/// What can be asked of one dataset's original datablocks. Made by [`Client::origdatablocks`].
#[derive(Clone, Debug)]
pub struct OrigDatablocksHandle {
    client: Client,
    pid: DatasetPid,
}

impl OrigDatablocksHandle {
    pub(crate) fn new(client: Client, pid: DatasetPid) -> Self {
        Self { client, pid }
    }

    /// Creates a datablock: `POST /datasets/{pid}/origdatablocks`.
    pub fn create(&self, block: NewOrigDatablock) -> CreateOrigDatablock {
        CreateOrigDatablock {
            client: self.client.clone(),
            pid: self.pid.clone(),
            block,
        }
    }

    /// Lists the dataset's datablocks: `GET /datasets/{pid}/origdatablocks`.
    pub fn list(&self) -> ListOrigDatablocks {
        ListOrigDatablocks {
            client: self.client.clone(),
            pid: self.pid.clone(),
        }
    }
}

/// Creates a datablock. Made by [`OrigDatablocksHandle::create`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateOrigDatablock {
    client: Client,
    pid: DatasetPid,
    block: NewOrigDatablock,
}

impl CreateOrigDatablock {
    /// `POST /datasets/{pid}/origdatablocks`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the block has no file, a blank path or too large a size, or
    /// the body is larger than the backend takes.
    pub fn into_parts(&self) -> Result<RequestParts> {
        self.block.check()?;
        let path = "/datasets/{pid}/origdatablocks";
        let parts = RequestParts::new("scicat.origdatablock_create", Method::POST, path);
        super::with_body(parts.path_param("pid", self.pid.as_ref()), &self.block)
    }

    /// Creates the datablock; the backend adds its size and its number of files to the dataset's.
    ///
    /// Not repeated once it may have been acted on, as a repeat would count the files twice: after an error with
    /// [`was_sent`](crate::Error::was_sent) other than `No`, look with [`OrigDatablocksHandle::list`] first.
    ///
    /// # Errors
    /// A refused field is status 400 and is named by [`violations`](crate::violations); 404 if there is no such
    /// dataset.
    pub async fn send(&self) -> Result<OrigDatablock> {
        self.client.request(self.into_parts()?).await
    }
}

/// Lists the datablocks of a dataset. Made by [`OrigDatablocksHandle::list`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct ListOrigDatablocks {
    client: Client,
    pid: DatasetPid,
}

impl ListOrigDatablocks {
    /// `GET /datasets/{pid}/origdatablocks`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let path = "/datasets/{pid}/origdatablocks";
        let parts = RequestParts::new("scicat.origdatablock_list", Method::GET, path);
        Ok(parts.path_param("pid", self.pid.as_ref()))
    }

    /// Lists the datablocks. Retried.
    ///
    /// # Errors
    /// 404 if there is no such dataset.
    pub async fn send(&self) -> Result<Vec<OrigDatablock>> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if there is no such dataset.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<Vec<OrigDatablock>>> {
        self.client.request_opt(self.into_parts()?).await
    }
}
