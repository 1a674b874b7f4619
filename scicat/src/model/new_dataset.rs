//! A raw dataset to be created.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use crate::{ContactEmail, DroppedValue, Error, Result, ScientificMetadata};

/// What every raw dataset must say; a struct with names, as most of it is text.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(serialize_with = "rfc3339")]
    pub creation_time: DateTime<Utc>,
    /// Who leads the experiment.
    pub principal_investigator: String,
    /// Where it was measured.
    pub creation_location: String,
}

impl RequiredFields {
    /// # Errors
    /// [`crate::ErrorKind::Config`] naming the first text that is blank or holds a NUL.
    fn check(&self) -> Result<()> {
        let texts = [
            ("owner", &self.owner),
            ("ownerGroup", &self.owner_group),
            ("sourceFolder", &self.source_folder),
            ("datasetName", &self.dataset_name),
            ("principalInvestigator", &self.principal_investigator),
            ("creationLocation", &self.creation_location),
        ];
        match texts
            .iter()
            .find(|(_, text)| text.trim().is_empty() || text.contains('\0'))
        {
            None => Ok(()),
            Some((field, _)) => Err(Error::config(format!(
                "a dataset needs a {field} that is not blank"
            ))),
        }
    }
}

/// A raw dataset to be created, in the names of API v3.
///
/// It has no size: the backend adds the size of each datablock to the dataset's, so a size given here would count
/// twice.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRawDataset {
    #[serde(flatten)]
    required: RequiredFields,
    #[serde(rename = "type")]
    kind: &'static str,
    is_published: bool,
    access_groups: Vec<String>,
    #[serde(flatten)]
    optional: OptionalFields,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<String>,
    #[serde(skip_serializing_if = "ScientificMetadata::is_empty")]
    scientific_metadata: ScientificMetadata,
}

/// Texts and times that are left out when they are not set.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct OptionalFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instrument_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_folder_host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orcid_of_owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "rfc3339_opt")]
    start_time: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "rfc3339_opt")]
    end_time: Option<DateTime<Utc>>,
}

/// A setter for an optional text.
macro_rules! text_setters {
    ($($(#[$doc:meta])+ $name:ident),+ $(,)?) => {
        $($(#[$doc])+
        #[must_use]
        pub fn $name(mut self, text: impl Into<String>) -> Self {
            self.optional.$name = Some(text.into());
            self
        })+
    };
}

impl NewRawDataset {
    /// A dataset with what every raw dataset must say, not published and readable by its owner's group only.
    pub fn new(required: RequiredFields) -> Self {
        Self {
            required,
            kind: "raw",
            is_published: false,
            access_groups: Vec::new(),
            optional: OptionalFields::default(),
            keywords: Vec::new(),
            scientific_metadata: ScientificMetadata::new(),
        }
    }

    text_setters! {
        /// Sets the free text.
        description,
        /// Sets the proposal under which it was measured.
        proposal_id,
        /// Sets the sample.
        sample_id,
        /// Sets the instrument.
        instrument_id,
        /// Sets the format of the files, such as `DX`.
        data_format,
        /// Sets the host on which the source folder is.
        source_folder_host,
        /// Sets the owner's own email address.
        owner_email,
        /// Sets the owner's ORCID.
        orcid_of_owner,
        /// Sets the run number.
        run_number,
        /// Sets a comment.
        comment,
    }

    /// Sets the groups that may read it besides the owner's.
    #[must_use]
    pub fn access_groups<T: Into<String>>(mut self, groups: impl IntoIterator<Item = T>) -> Self {
        self.access_groups = groups.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the words to find it by.
    #[must_use]
    pub fn keywords<T: Into<String>>(mut self, keywords: impl IntoIterator<Item = T>) -> Self {
        self.keywords = keywords.into_iter().map(Into::into).collect();
        self
    }

    /// Sets when the measurement began.
    #[must_use]
    pub fn start_time(mut self, time: DateTime<Utc>) -> Self {
        self.optional.start_time = Some(time);
        self
    }

    /// Sets when the measurement ended.
    #[must_use]
    pub fn end_time(mut self, time: DateTime<Utc>) -> Self {
        self.optional.end_time = Some(time);
        self
    }

    /// Sets whether everyone may read it; without this only the groups may.
    #[must_use]
    pub fn published(mut self, published: bool) -> Self {
        self.is_published = published;
        self
    }

    /// Sets all scientific metadata.
    #[must_use]
    pub fn scientific_metadata(mut self, metadata: ScientificMetadata) -> Self {
        self.scientific_metadata = metadata;
        self
    }

    /// The metadata values that will not be sent, with reasons; a caller reports them.
    pub fn dropped(&self) -> &[DroppedValue] {
        self.scientific_metadata.dropped()
    }

    /// Checks what the backend would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] naming a required field that is blank.
    pub fn check(&self) -> Result<()> {
        self.required.check()
    }
}

/// Writes a time with a `T` and a `Z`: the backend takes a time without a zone to be in its own.
pub(crate) fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn rfc3339_opt<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}
