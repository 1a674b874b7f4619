//! `datasets`: create, get, find.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use http::Method;
use rest_core::{Page, PageToken, Pager};
use serde_json::json;

use crate::{Client, Dataset, DatasetPid, NewRawDataset, RequestParts, Result};

/// What can be asked of the datasets. Made by [`Client::datasets`].
#[derive(Clone, Debug)]
pub struct DatasetsHandle {
    client: Client,
}

impl DatasetsHandle {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Creates a raw dataset: `POST /datasets`.
    pub fn create(&self, dataset: NewRawDataset) -> CreateDataset {
        CreateDataset {
            client: self.client.clone(),
            dataset,
        }
    }

    /// Finds datasets: `GET /datasets?filter=…`. Without a condition it finds every dataset the account may see.
    pub fn find(&self) -> FindDatasets {
        FindDatasets {
            client: self.client.clone(),
            conditions: BTreeMap::new(),
            limit: FindDatasets::DEFAULT_LIMIT,
            skip: 0,
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
    pub(crate) fn new(client: Client, pid: DatasetPid) -> Self {
        Self { client, pid }
    }

    /// Reads it: `GET /datasets/{pid}`.
    pub fn get(&self) -> GetDataset {
        GetDataset {
            client: self.client.clone(),
            pid: self.pid.clone(),
        }
    }
}

/// Creates a raw dataset. Made by [`DatasetsHandle::create`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct CreateDataset {
    client: Client,
    dataset: NewRawDataset,
}

impl CreateDataset {
    /// `POST /datasets`, without sending it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a required field is blank or the body is larger than the
    /// backend takes.
    pub fn into_parts(&self) -> Result<RequestParts> {
        self.dataset.check()?;
        super::with_body(
            // To a login that has ended a search shows less and does not say so.
            RequestParts::new("scicat.dataset_create", Method::POST, "/datasets").no_renewal(),
            &self.dataset,
        )
    }

    /// Creates the dataset and returns it with its PID.
    ///
    /// Not repeated once it may have been acted on, as every repeat would make another dataset: after an error with
    /// [`was_sent`](crate::Error::was_sent) other than `No`, look with [`DatasetsHandle::find`] before trying again.
    ///
    /// # Errors
    /// A refused field is status 400 and is named by [`violations`](crate::violations); a missing right is status 403.
    /// A login that has ended is 401 or 403: search again, with the next login, before creating again.
    pub async fn send(&self) -> Result<Dataset> {
        self.client.request(self.into_parts()?).await
    }
}

/// Reads one dataset. Made by [`DatasetHandle::get`].
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct GetDataset {
    client: Client,
    pid: DatasetPid,
}

impl GetDataset {
    /// `GET /datasets/{pid}`, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let parts = RequestParts::new("scicat.dataset_get", Method::GET, "/datasets/{pid}");
        Ok(parts.path_param("pid", self.pid.as_ref()))
    }

    /// Reads the dataset. Retried.
    ///
    /// # Errors
    /// 404 if there is none of this PID; 403 if the account may not see it, which can be so even for the account
    /// that made it.
    pub async fn send(&self) -> Result<Dataset> {
        self.client.request(self.into_parts()?).await
    }

    /// As [`send`](Self::send), with `None` if there is no such dataset.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but 404 is no error.
    pub async fn send_opt(&self) -> Result<Option<Dataset>> {
        self.client.request_opt(self.into_parts()?).await
    }
}

/// Finds datasets. Made by [`DatasetsHandle::find`]. Conditions of different kinds must all hold.
///
/// Each condition is sent as `{"inq":[…]}`: the v3 backend turns a bare string into a date or a number where it can
/// (`"1.2.3"` and `"2023"` become dates) and then finds nothing; strings in a list are left alone.
///
/// An account sees only what its groups may read, so an empty answer is not proof that there is none.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct FindDatasets {
    client: Client,
    conditions: BTreeMap<&'static str, Vec<String>>,
    limit: u64,
    skip: u64,
}

impl FindDatasets {
    /// Datasets a page, unless [`limit`](Self::limit) says otherwise.
    pub const DEFAULT_LIMIT: u64 = 100;

    /// Only datasets of this folder. Called again, of any of these folders.
    pub fn source_folder(self, folder: impl Into<String>) -> Self {
        self.condition("sourceFolder", folder.into())
    }

    /// Only datasets of this name. Called again, of any of these names.
    pub fn dataset_name(self, name: impl Into<String>) -> Self {
        self.condition("datasetName", name.into())
    }

    /// Only datasets that this group owns. Called again, any of these groups.
    pub fn owner_group(self, group: impl Into<String>) -> Self {
        self.condition("ownerGroup", group.into())
    }

    /// Sets how many datasets a page holds, at least 1.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// Leaves out the first `count` datasets.
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    fn condition(mut self, field: &'static str, value: String) -> Self {
        self.conditions.entry(field).or_default().push(value);
        self
    }

    /// `GET /datasets` for one page, without sending it.
    ///
    /// # Errors
    /// None today.
    pub fn into_parts(&self) -> Result<RequestParts> {
        let conditions: BTreeMap<_, _> = self
            .conditions
            .iter()
            .map(|(field, values)| (field, json!({ "inq": values })))
            .collect();
        let filter = json!({
            "where": conditions,
            // A fixed order keeps the pages apart.
            "limits": { "skip": self.skip, "limit": self.limit, "order": "createdAt:asc" },
        });
        let parts = RequestParts::new("scicat.dataset_find", Method::GET, "/datasets");
        Ok(parts.query("filter", filter.to_string()))
    }

    /// Reads one page, oldest entries first. Retried.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn send(&self) -> Result<Page<Dataset>> {
        let items: Vec<Dataset> = self.client.request(self.into_parts()?).await?;
        let count = items.len() as u64;
        // A full page may be followed by another; the backend does not say.
        let next = (count >= self.limit).then(|| PageToken::Offset(self.skip.saturating_add(count)));
        Ok(Page {
            items,
            next,
            total: None,
        })
    }

    /// The pages one after the other, from here or from a [`PageToken`] kept from an earlier page.
    pub fn pager(&self) -> Pager<Dataset> {
        let first = self.clone();
        Pager::new("scicat.dataset_find", move |token| {
            let mut page = first.clone();
            if let Some(PageToken::Offset(skip)) = token {
                page.skip = skip;
            }
            async move { page.send().await }.boxed()
        })
    }
}

rest_core::paged!(FindDatasets, Dataset);
