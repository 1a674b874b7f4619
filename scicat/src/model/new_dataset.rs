//! A dataset to be created, and what a raw one says.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::draft::{Draft, draft_common, draft_setters};
use super::iso;
use crate::{ApiVersion, ContactEmail, DatasetType, DroppedValue, NewDerivedDataset, Result};

/// What every raw dataset must say; a struct with names, as most of it is text.
#[derive(Clone, Debug)]
pub struct RequiredFields {
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
    /// When it was measured. The backend keeps milliseconds.
    pub creation_time: DateTime<Utc>,
    /// Who leads the experiment.
    pub principal_investigator: String,
    /// Where it was measured.
    pub creation_location: String,
}

/// A raw dataset to be created.
///
/// It has no size: the backend adds the size of each datablock to the dataset's, so a size given here would count
/// twice.
#[derive(Clone, Debug)]
pub struct NewRawDataset {
    draft: Draft,
}

draft_common!(NewRawDataset);

impl NewRawDataset {
    /// A dataset with what every raw dataset must say, not published and readable by its owner's group only.
    pub fn new(required: RequiredFields) -> Self {
        let mut draft = Draft::new("raw");
        for (name, text) in [
            ("owner", required.owner),
            ("ownerGroup", required.owner_group),
            ("contactEmail", required.contact_email.to_string()),
            ("sourceFolder", required.source_folder),
            ("datasetName", required.dataset_name),
            ("creationTime", iso(required.creation_time)),
            ("principalInvestigator", required.principal_investigator),
            ("creationLocation", required.creation_location),
        ] {
            draft.set(name, text);
        }
        Self { draft }
    }

    draft_setters! {
        /// Sets the sample.
        sample_id "sampleId": text,
        /// Sets the instrument.
        instrument_id "instrumentId": text,
        /// Sets the format of the files, such as `DX`.
        data_format "dataFormat": text,
        /// Sets when the measurement began.
        start_time "startTime": date,
        /// Sets when the measurement ended.
        end_time "endTime": date,
    }

    /// Checks what the backend would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] naming a required field that is blank.
    pub fn check(&self) -> Result<()> {
        self.draft.check(&["principalInvestigator", "creationLocation"])
    }
}

/// A dataset to be created, raw or derived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NewDataset {
    /// Measured data.
    Raw(NewRawDataset),
    /// Data computed from other datasets.
    Derived(NewDerivedDataset),
}

impl From<NewRawDataset> for NewDataset {
    fn from(dataset: NewRawDataset) -> Self {
        Self::Raw(dataset)
    }
}

impl From<NewDerivedDataset> for NewDataset {
    fn from(dataset: NewDerivedDataset) -> Self {
        Self::Derived(dataset)
    }
}

impl NewDataset {
    fn draft(&self) -> &Draft {
        match self {
            Self::Raw(raw) => &raw.draft,
            Self::Derived(derived) => &derived.draft,
        }
    }

    /// Takes a field out.
    pub(crate) fn remove(&mut self, name: &str) {
        match self {
            Self::Raw(raw) => raw.draft.fields.remove(name),
            Self::Derived(derived) => derived.draft.fields.remove(name),
        };
    }

    /// Raw or derived.
    pub fn kind(&self) -> DatasetType {
        match self {
            Self::Raw(_) => DatasetType::Raw,
            Self::Derived(_) => DatasetType::Derived,
        }
    }

    /// The folder that holds its files.
    pub fn source_folder(&self) -> &str {
        self.draft().text("sourceFolder")
    }

    /// The name by which people know it.
    pub fn dataset_name(&self) -> &str {
        self.draft().text("datasetName")
    }

    /// The group that owns it.
    pub fn owner_group(&self) -> &str {
        self.draft().text("ownerGroup")
    }

    /// The PID that it asks for, if any.
    pub fn pid(&self) -> Option<&str> {
        Some(self.draft().text("pid")).filter(|pid| !pid.is_empty())
    }

    /// When it was made, to the millisecond.
    pub(crate) fn creation_time(&self) -> Option<DateTime<Utc>> {
        let text = self.draft().text("creationTime");
        DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
    }

    /// The metadata values that will not be sent, with reasons; a caller reports them.
    pub fn dropped(&self) -> &[DroppedValue] {
        self.draft().metadata.dropped()
    }

    /// Checks what the backend would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] naming a required field that is blank.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Raw(raw) => raw.check(),
            Self::Derived(derived) => derived.check(),
        }
    }

    /// The document as a version of the API takes it.
    pub fn to_json(&self, version: ApiVersion) -> Value {
        self.draft().to_json(version)
    }
}
