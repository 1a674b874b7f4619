//! Results that were computed from a scan.

use chrono::{DateTime, Utc};
use scicat::{
    Client, ContactEmail, Dataset, DerivedFields, NewDerivedDataset, NewOrigDatablock, UpsertError, Upserted,
};
use serde_json::{Map, Value};

use crate::text::{UNKNOWN_EMAIL, contact_email, search_terms};
use crate::{Error, Result, Source};

const UNKNOWN: &str = "Unknown";

/// A folder or file that was computed from datasets of the catalogue, such as a stack of slices.
#[derive(Debug, Clone)]
pub struct Derivation {
    name: String,
    folder: String,
    created: DateTime<Utc>,
    files: NewOrigDatablock,
    software: Vec<String>,
    parameters: Map<String, Value>,
}

impl Derivation {
    /// The results in `source`, by the programs `software` (with their versions), at least one.
    pub fn new<T: Into<String>>(source: &Source, software: impl IntoIterator<Item = T>) -> Self {
        let files = source.files().iter();
        let files = files.fold(NewOrigDatablock::new(), |block, file| {
            block.file(&file.path, file.size, file.modified)
        });
        Self::of_files(source.name(), source.folder(), source.modified(), files).software(software)
    }

    /// Results that this machine does not see: the files as somebody else lists them.
    pub fn of_files(
        name: impl Into<String>,
        folder: impl Into<String>,
        created: DateTime<Utc>,
        files: NewOrigDatablock,
    ) -> Self {
        Self {
            name: name.into(),
            folder: folder.into(),
            created,
            files,
            software: Vec::new(),
            parameters: Map::new(),
        }
    }

    /// Adds programs, with their versions.
    #[must_use]
    pub fn software<T: Into<String>>(mut self, software: impl IntoIterator<Item = T>) -> Self {
        self.software.extend(software.into_iter().map(Into::into));
        self
    }

    /// Sets with which parameters it was computed.
    #[must_use]
    pub fn parameters(mut self, parameters: Map<String, Value>) -> Self {
        self.parameters = parameters;
        self
    }

    /// Its files.
    pub fn files(&self) -> &NewOrigDatablock {
        &self.files
    }

    /// The dataset: who owns and may read the first of the `inputs` owns and may read what was computed from it.
    ///
    /// # Errors
    /// [`Error::Nothing`] without an input or a program.
    pub fn dataset(&self, inputs: &[Dataset]) -> Result<NewDerivedDataset> {
        let nothing = |what: &str| Error::Nothing {
            what: format!("{}: a derived dataset needs {what}", self.name),
        };
        let first = inputs
            .first()
            .ok_or_else(|| nothing("the dataset it was computed from"))?;
        if self.software.is_empty() {
            return Err(nothing("the program that computed it"));
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        let email = first.contact_email.as_deref().and_then(contact_email);
        let proposals = first.proposal_ids.iter().flatten().next();
        let mut dataset = NewDerivedDataset::new(DerivedFields {
            owner: text(&first.owner),
            owner_group: text(&first.owner_group),
            contact_email: match email {
                Some(email) => email,
                None => ContactEmail::new(UNKNOWN_EMAIL)?,
            },
            source_folder: self.folder.clone(),
            dataset_name: self.name.clone(),
            creation_time: self.created,
            investigator: text(
                &first
                    .principal_investigator
                    .clone()
                    .or_else(|| first.owner.clone()),
            ),
            input_datasets: inputs.iter().map(|input| input.pid.clone()).collect(),
            used_software: self.software.clone(),
        })
        .keywords(search_terms(&self.name))
        .access_groups(first.access_groups.clone().unwrap_or_default())
        .job_parameters(self.parameters.clone());
        if let Some(proposal) = first.proposal_id.as_ref().or(proposals) {
            dataset = dataset.proposal_id(proposal);
        }
        Ok(dataset)
    }

    /// Sees to it that [`dataset`](Self::dataset) stands in the catalogue once, with its files.
    ///
    /// # Errors
    /// As for [`Record::send`](crate::Record::send).
    pub async fn send(&self, client: &Client, dataset: NewDerivedDataset) -> Result<Upserted, UpsertError> {
        let upsert = client.datasets().upsert(dataset).files(self.files.clone());
        upsert.send().await
    }
}
