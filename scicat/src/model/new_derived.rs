//! A derived dataset to be created.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::draft::{Draft, draft_common, draft_setters};
use super::iso;
use crate::{ContactEmail, DatasetPid, Error, Result};

/// What every derived dataset must say; a struct with names, as most of it is text.
#[derive(Clone, Debug)]
pub struct DerivedFields {
    /// The owner's name.
    pub owner: String,
    /// The group that owns it, usually the proposal.
    pub owner_group: String,
    /// Whom to ask about it.
    pub contact_email: ContactEmail,
    /// The folder that holds its files.
    pub source_folder: String,
    /// The name by which people know it.
    pub dataset_name: String,
    /// When it was computed. The backend keeps milliseconds.
    pub creation_time: DateTime<Utc>,
    /// Who computed it, or for whom.
    pub investigator: String,
    /// The datasets it was computed from, at least one.
    pub input_datasets: Vec<DatasetPid>,
    /// The programs that computed it, with their versions; at least one.
    pub used_software: Vec<String>,
}

/// A derived dataset to be created. It has no size, as the backend adds that of each datablock.
#[derive(Clone, Debug)]
pub struct NewDerivedDataset {
    pub(super) draft: Draft,
}

draft_common!(NewDerivedDataset);

impl NewDerivedDataset {
    /// A dataset with what every derived dataset must say, not published and readable by its owner's group only.
    pub fn new(required: DerivedFields) -> Self {
        let mut draft = Draft::new("derived");
        for (name, text) in [
            ("owner", required.owner),
            ("ownerGroup", required.owner_group),
            ("contactEmail", required.contact_email.to_string()),
            ("sourceFolder", required.source_folder),
            ("datasetName", required.dataset_name),
            ("creationTime", iso(required.creation_time)),
            ("investigator", required.investigator),
        ] {
            draft.set(name, text);
        }
        let inputs: Vec<String> = required.input_datasets.into_iter().map(String::from).collect();
        draft.set("inputDatasets", inputs);
        draft.set("usedSoftware", required.used_software);
        Self { draft }
    }

    draft_setters! {
        /// Sets what the programs said.
        job_log_data "jobLogData": text,
    }

    /// Sets with which parameters it was computed.
    #[must_use]
    pub fn job_parameters(mut self, parameters: Map<String, Value>) -> Self {
        self.draft.set("jobParameters", parameters);
        self
    }

    /// Checks what the backend would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] naming a required field that is blank or has no entry.
    pub fn check(&self) -> Result<()> {
        self.draft.check(&["investigator"])?;
        for field in ["inputDatasets", "usedSoftware"] {
            let items = self.draft.fields.get(field).and_then(Value::as_array);
            if items.is_none_or(Vec::is_empty) {
                return Err(Error::config(format!("a derived dataset needs {field}")));
            }
        }
        Ok(())
    }
}
