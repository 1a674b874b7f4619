//! `publisheddata`: publications of datasets. Read only here.

use super::call::{call, optional};
use super::datasets::Count;
use super::find::{Find, Place};
use crate::{Client, PublishedData};

impl Client {
    /// The published data.
    pub fn published_data(&self) -> PublishedDataHandle {
        PublishedDataHandle { client: self.clone() }
    }
}

/// What can be asked of published data. Made by [`Client::published_data`].
#[derive(Clone, Debug)]
pub struct PublishedDataHandle {
    client: Client,
}

impl PublishedDataHandle {
    /// Finds publications: `GET /v3/publisheddata?filter=…`.
    pub fn find(&self) -> Find<PublishedData> {
        let place = Place::v3("scicat.published_data_find", "/v3/publisheddata");
        Find::new(&self.client, place, "createdAt")
    }

    /// Reads a publication by its DOI.
    pub fn get(&self, doi: &str) -> GetPublishedData {
        GetPublishedData::new(&self.client, &[("id", doi)])
    }

    /// Counts the publications.
    pub fn count(&self) -> CountPublishedData {
        CountPublishedData::new(&self.client, &[])
    }
}

call! {
    /// Reads a publication. Made by [`PublishedDataHandle::get`].
    GetPublishedData: "scicat.published_data_get", GET "/v3/publisheddata/{id}" -> PublishedData;
    /// The publication. Retried.
}
optional!(GetPublishedData -> PublishedData);

call! {
    /// Counts publications. Made by [`PublishedDataHandle::count`].
    CountPublishedData: "scicat.published_data_count", GET "/v3/publisheddata/count" -> Count;
    /// How many. Retried.
}
