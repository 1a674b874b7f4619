//! `samples`. Only API v3 has them.

use serde_json::{Map, Value, json};

use super::call::{call, command, fields, optional};
use super::datasets::Count;
use super::find::{Find, FullQuery, Place};
use super::sub_attachments::SubAttachmentsHandle;
use crate::{Client, Dataset, Sample, SampleId};

impl Client {
    /// The samples.
    pub fn samples(&self) -> SamplesHandle {
        SamplesHandle { client: self.clone() }
    }
}

/// What can be asked of the samples. Made by [`Client::samples`].
#[derive(Clone, Debug)]
pub struct SamplesHandle {
    client: Client,
}

impl SamplesHandle {
    /// Creates a sample that this group owns. To an identifier that is taken the backend answers 500.
    pub fn create(&self, owner_group: impl Into<String>) -> CreateSample {
        let mut create = CreateSample::new(&self.client, &[]);
        create.call.set("ownerGroup", owner_group.into());
        create
    }

    /// Reads a sample.
    pub fn get(&self, id: &SampleId) -> GetSample {
        GetSample::new(&self.client, &[("id", id.as_str())])
    }

    /// Changes a sample.
    pub fn update(&self, id: &SampleId) -> UpdateSample {
        let call = UpdateSample::new(&self.client, &[("id", id.as_str())]).call;
        UpdateSample {
            call: call.body(&Map::new()).with(|parts| parts.idempotent(true)),
        }
    }

    /// Deletes a sample.
    pub fn delete(&self, id: &SampleId) -> DeleteSample {
        DeleteSample::new(&self.client, &[("id", id.as_str())])
    }

    /// Finds samples: `GET /v3/samples?filter=…`.
    pub fn find(&self) -> Find<Sample> {
        Find::new(
            &self.client,
            Place::v3("scicat.sample_find", "/v3/samples"),
            "createdAt",
        )
    }

    /// Searches samples: `GET /v3/samples/fullquery`.
    pub fn full_query(&self) -> FullQuery<Sample> {
        let place = Place::v3("scicat.sample_full_query", "/v3/samples/fullquery");
        FullQuery::new(&self.client, place, "createdAt")
    }

    /// Counts the samples with these words; all of them if there are none.
    pub fn count(&self, words: &str) -> CountSamples {
        let call = CountSamples::new(&self.client, &[]).call;
        let fields = (!words.is_empty()).then(|| json!({ "text": words }).to_string());
        CountSamples {
            call: call.with(|parts| parts.query_opt("fields", fields)),
        }
    }

    /// Lists the keys of the samples' characteristics.
    pub fn metadata_keys(&self) -> SampleMetadataKeys {
        SampleMetadataKeys::new(&self.client, &[])
    }

    /// Reads the datasets of a sample.
    pub fn datasets(&self, id: &SampleId) -> ListSampleDatasets {
        ListSampleDatasets::new(&self.client, &[("id", id.as_str())])
    }

    /// The attachments of a sample.
    pub fn attachments(&self, id: &SampleId) -> SubAttachmentsHandle {
        SubAttachmentsHandle::of_sample(&self.client, id)
    }
}

call! {
    /// Creates a sample. Made by [`SamplesHandle::create`].
    CreateSample: "scicat.sample_create", POST "/v3/samples" -> Sample;
    /// The new sample. Not repeated once it may have been acted on.
}

fields!(CreateSample {
    /// Sets its identifier, which else the backend makes.
    sample_id "sampleId": text;
    /// Sets the owner's name.
    owner "owner": text;
    /// Sets the free text.
    description "description": text;
    /// Sets what kind of sample it is.
    kind "type": text;
    /// Sets the proposal it belongs to.
    proposal_id "proposalId": text;
    /// Sets the groups that may read it.
    access_groups "accessGroups": texts;
    /// Sets what is known of it.
    characteristics "sampleCharacteristics": object;
    /// Sets whether everyone may see it.
    published "isPublished": flag;
});

call! {
    /// Reads a sample. Made by [`SamplesHandle::get`].
    GetSample: "scicat.sample_get", GET "/v3/samples/{id}" -> Sample;
    /// The sample. Retried.
}
optional!(GetSample -> Sample);

call! {
    /// Changes a sample. Made by [`SamplesHandle::update`].
    UpdateSample: "scicat.sample_update", PATCH "/v3/samples/{id}" -> Sample;
    /// The sample as it is then. Retried.
}

fields!(UpdateSample {
    /// Sets the owner's name.
    owner "owner": text;
    /// Sets the free text.
    description "description": text;
    /// Sets what kind of sample it is.
    kind "type": text;
    /// Sets the proposal it belongs to.
    proposal_id "proposalId": text;
    /// Sets the groups that may read it.
    access_groups "accessGroups": texts;
    /// Sets what is known of it, in place of what was.
    characteristics "sampleCharacteristics": object;
    /// Sets whether everyone may see it.
    published "isPublished": flag;
});

command! {
    /// Deletes a sample. Made by [`SamplesHandle::delete`].
    DeleteSample: "scicat.sample_delete", DELETE "/v3/samples/{id}";
    /// Deletes it. Retried; 404 after a lost answer means that it is gone.
}

call! {
    /// Counts samples. Made by [`SamplesHandle::count`].
    CountSamples: "scicat.sample_count", GET "/v3/samples/count" -> Count;
    /// How many. Retried.
}

call! {
    /// Lists the keys of characteristics. Made by [`SamplesHandle::metadata_keys`].
    SampleMetadataKeys: "scicat.sample_metadata_keys", GET "/v3/samples/metadataKeys" -> Value;
    /// The keys as the backend writes them. Retried.
}

call! {
    /// Lists the datasets of a sample. Made by [`SamplesHandle::datasets`].
    ListSampleDatasets: "scicat.sample_datasets", GET "/v3/samples/{id}/datasets" -> Vec<Dataset>;
    /// The datasets. Retried.
}
