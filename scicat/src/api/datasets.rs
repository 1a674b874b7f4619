//! `datasets`: create, check, find, count.

use serde_json::Value;

use super::call::{call, optional};
use super::find::{Find, FullQuery, Place};
use super::upsert::Upsert;
use crate::{ApiVersion, Client, Dataset, Filter, NewDataset, Validity};

impl Client {
    /// The datasets: create and find.
    pub fn datasets(&self) -> DatasetsHandle {
        DatasetsHandle { client: self.clone() }
    }
}

/// What can be asked of the datasets. Made by [`Client::datasets`].
#[derive(Clone, Debug)]
pub struct DatasetsHandle {
    client: Client,
}

/// A list of datasets. Made by [`DatasetsHandle::find`].
///
/// ```
/// # fn run(client: &scicat::Client) {
/// let find = client.datasets().find().source_folder("/data/raw").dataset_name("scan_0042");
/// # }
/// ```
pub type FindDatasets = Find<Dataset>;

impl DatasetsHandle {
    /// Creates a raw or derived dataset: `POST /datasets`.
    pub fn create(&self, dataset: impl Into<NewDataset>) -> CreateDataset {
        let mut create = CreateDataset::new(&self.client, &[]);
        let dataset = dataset.into();
        if let Err(error) = dataset.check() {
            create.call.refuse(crate::error::message(&error));
        }
        let version = self.client.version();
        // To a login that has ended a search shows less and does not say so.
        create.call = create
            .call
            .body(&dataset.to_json(version))
            .with(rest_core::RequestParts::no_renewal);
        create
    }

    /// Creates a dataset unless it is there, and completes one that was only begun.
    pub fn upsert(&self, dataset: impl Into<NewDataset>) -> Upsert {
        Upsert::new(&self.client, dataset.into())
    }

    /// Says whether the backend would take a dataset: `POST /datasets/isValid`.
    pub fn is_valid(&self, dataset: impl Into<NewDataset>) -> IsValidDataset {
        let mut check = IsValidDataset::new(&self.client, &[]);
        let version = self.client.version();
        check.call = check
            .call
            .body(&dataset.into().to_json(version))
            .with(|parts| parts.idempotent(true));
        check
    }

    /// Finds datasets: `GET /datasets?filter=…`. Without a condition it finds every dataset the account may see.
    pub fn find(&self) -> FindDatasets {
        let version = self.client.version();
        let place = Place {
            version,
            ..Place::v3(
                "scicat.dataset_find",
                super::call::versioned!(self.client, "/v3/datasets", "/v4/datasets"),
            )
        };
        Find::new(&self.client, place, "createdAt")
    }

    /// Searches datasets: `GET /datasets/fullquery`. Only API v3 has it; it is asked there in either case.
    pub fn full_query(&self) -> FullQuery<Dataset> {
        let place = Place::v3("scicat.dataset_full_query", "/v3/datasets/fullquery");
        FullQuery::new(&self.client, place, "creationTime")
    }

    /// Finds the first dataset that a filter lets through: `GET /datasets/findOne`.
    pub fn find_one(&self, filter: &Filter) -> FindOneDataset {
        let find = FindOneDataset::new(&self.client, &[]);
        FindOneDataset {
            call: find
                .call
                .with(|parts| with_filter(parts, filter, self.client.version())),
        }
    }

    /// Counts the datasets that a filter lets through: `GET /datasets/count`.
    pub fn count(&self, filter: &Filter) -> CountDatasets {
        let count = CountDatasets::new(&self.client, &[]);
        CountDatasets {
            call: count
                .call
                .with(|parts| with_filter(parts, filter, self.client.version())),
        }
    }

    /// Counts datasets by the values of fields: `GET /v3/datasets/fullfacet`.
    pub fn facets<F: AsRef<str>>(&self, fields: impl IntoIterator<Item = F>) -> DatasetFacets {
        let facets: Vec<String> = fields
            .into_iter()
            .map(|field| field.as_ref().to_owned())
            .collect();
        let call = DatasetFacets::new(&self.client, &[]).call;
        DatasetFacets {
            call: call.with(|parts| parts.query("facets", Value::from(facets).to_string())),
        }
    }

    /// Lists the keys of scientific metadata: `GET /datasets/metadataKeys`.
    pub fn metadata_keys(&self) -> MetadataKeys {
        MetadataKeys::new(&self.client, &[])
    }
}

fn with_filter(
    parts: rest_core::RequestParts,
    filter: &Filter,
    version: ApiVersion,
) -> rest_core::RequestParts {
    let filter = serde_json::json!({ "where": filter.to_json(version) });
    parts.query("filter", filter.to_string())
}

impl Find<Dataset> {
    /// Only datasets of this folder. Called again, of any of these folders.
    pub fn source_folder(self, folder: impl Into<String>) -> Self {
        self.is("sourceFolder", folder.into())
    }

    /// Only datasets of this name. Called again, of any of these names.
    pub fn dataset_name(self, name: impl Into<String>) -> Self {
        self.is("datasetName", name.into())
    }

    /// Only datasets that this group owns. Called again, any of these groups.
    pub fn owner_group(self, group: impl Into<String>) -> Self {
        self.is("ownerGroup", group.into())
    }
}

call! {
    /// Creates a dataset. Made by [`DatasetsHandle::create`].
    CreateDataset: "scicat.dataset_create", POST "/v3/datasets" | "/v4/datasets" -> Dataset;
    /// Creates the dataset and returns it with its PID.
    ///
    /// Not repeated once it may have been acted on, as every repeat would make another dataset: after an error with
    /// [`was_sent`](crate::Error::was_sent) other than `No`, look with [`DatasetsHandle::find`] before trying again,
    /// or let [`DatasetsHandle::upsert`] do it.
    ///
    /// A refused field is status 400 and is named by [`violations`](crate::violations); a missing right is status
    /// 403. A login that has ended is 401 or 403: search again, with the next login, before creating again.
}

call! {
    /// Checks a dataset. Made by [`DatasetsHandle::is_valid`].
    IsValidDataset: "scicat.dataset_is_valid", POST "/v3/datasets/isValid" | "/v4/datasets/isValid" -> Validity;
    /// What the backend says of it. Nothing is stored. Retried.
}

call! {
    /// Finds one dataset. Made by [`DatasetsHandle::find_one`].
    FindOneDataset: "scicat.dataset_find_one", GET "/v3/datasets/findOne" | "/v4/datasets/findOne" -> Dataset;
    /// The first dataset. Retried.
}
optional!(FindOneDataset -> Dataset);

call! {
    /// Counts datasets. Made by [`DatasetsHandle::count`].
    CountDatasets: "scicat.dataset_count", GET "/v3/datasets/count" | "/v4/datasets/count" -> Count;
    /// How many the account may see. Retried.
}

call! {
    /// Counts datasets by value. Made by [`DatasetsHandle::facets`].
    DatasetFacets: "scicat.dataset_facets", GET "/v3/datasets/fullfacet" -> Value;
    /// The counts as the backend writes them. Retried.
}

call! {
    /// Lists metadata keys. Made by [`DatasetsHandle::metadata_keys`].
    MetadataKeys: "scicat.dataset_metadata_keys",
        GET "/v3/datasets/metadataKeys" | "/v4/datasets/metadataKeys" -> Vec<String>;
    /// The keys. Retried.
}

/// A number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Count {
    /// How many.
    pub count: u64,
}
