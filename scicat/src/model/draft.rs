//! What drafts of raw and derived datasets have in common.

use serde_json::{Map, Value};

use crate::{ApiVersion, Error, Result, ScientificMetadata};

/// A dataset to be created, in the names of API v3.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) fields: Map<String, Value>,
    pub(crate) metadata: ScientificMetadata,
}

/// Fields of v3 that are lists of another name in v4.
const LISTS_OF_V4: [(&str, &str); 5] = [
    ("principalInvestigator", "principalInvestigators"),
    ("investigator", "principalInvestigators"),
    ("proposalId", "proposalIds"),
    ("sampleId", "sampleIds"),
    ("instrumentId", "instrumentIds"),
];

impl Draft {
    pub(crate) fn new(kind: &str) -> Self {
        let fields = [
            ("type", Value::from(kind)),
            ("isPublished", Value::from(false)),
            ("accessGroups", Value::Array(Vec::new())),
        ];
        Self {
            fields: fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            metadata: ScientificMetadata::new(),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        match value {
            Value::Object(values) if name == "scientificMetadata" => self.metadata = values.into(),
            value => {
                self.fields.insert(name.to_owned(), value);
            }
        }
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Checks the texts that must be there.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Config`] naming the first that is blank or holds a NUL.
    pub(crate) fn check(&self, required: &[&str]) -> Result<()> {
        let common = ["owner", "ownerGroup", "sourceFolder", "datasetName"];
        let wrong = common.iter().chain(required).find(|name| {
            let text = self.text(name);
            text.trim().is_empty() || text.contains('\0')
        });
        match wrong {
            None => Ok(()),
            Some(field) => Err(Error::config(format!(
                "a dataset needs a {field} that is not blank"
            ))),
        }
    }

    /// The document in the names of a version of the API.
    pub(crate) fn to_json(&self, version: ApiVersion) -> Value {
        let mut fields = self.fields.clone();
        if version == ApiVersion::V4 {
            for (old, new) in LISTS_OF_V4 {
                if let Some(value) = fields.remove(old) {
                    fields.insert(new.to_owned(), Value::Array(vec![value]));
                }
            }
        }
        if !self.metadata.is_empty() {
            fields.insert(
                "scientificMetadata".to_owned(),
                Value::Object(self.metadata.values().clone()),
            );
        }
        Value::Object(fields)
    }
}

/// Setters of a field each, for a type that has a `draft`.
macro_rules! draft_setters {
    ($($(#[$doc:meta])+ $name:ident $key:literal: $kind:ident),+ $(,)?) => {
        $( $crate::model::draft::draft_setter!($(#[$doc])+ $name $key: $kind); )+
    };
}
pub(crate) use draft_setters;

macro_rules! draft_setter {
    ($(#[$doc:meta])+ $name:ident $key:literal: text) => {
        $(#[$doc])+
        #[must_use]
        pub fn $name(mut self, text: impl Into<String>) -> Self {
            self.draft.set($key, text.into());
            self
        }
    };
    ($(#[$doc:meta])+ $name:ident $key:literal: texts) => {
        $(#[$doc])+
        #[must_use]
        pub fn $name<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
            let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
            self.draft.set($key, texts);
            self
        }
    };
    ($(#[$doc:meta])+ $name:ident $key:literal: date) => {
        $(#[$doc])+
        #[must_use]
        pub fn $name(mut self, time: chrono::DateTime<chrono::Utc>) -> Self {
            self.draft.set($key, $crate::model::iso(time));
            self
        }
    };
}
pub(crate) use draft_setter;

/// What raw and derived datasets both can say.
macro_rules! draft_common {
    ($name:ident) => {
        impl $name {
            $crate::model::draft::draft_setters! {
                /// Sets the PID, which else the backend makes. Only accounts that may choose PIDs can create it then.
                pid "pid": text,
                /// Sets the free text.
                description "description": text,
                /// Sets the proposal under which it was measured.
                proposal_id "proposalId": text,
                /// Sets the host on which the source folder is.
                source_folder_host "sourceFolderHost": text,
                /// Sets the owner's own email address.
                owner_email "ownerEmail": text,
                /// Sets the owner's ORCID.
                orcid_of_owner "orcidOfOwner": text,
                /// Sets the run number.
                run_number "runNumber": text,
                /// Sets a comment.
                comment "comment": text,
                /// Sets the licence under which it may be used.
                license "license": text,
                /// Sets the groups that may read it besides the owner's.
                access_groups "accessGroups": texts,
                /// Sets the words to find it by.
                keywords "keywords": texts,
            }

            /// Sets whether everyone may read it; without this only the groups may.
            #[must_use]
            pub fn published(mut self, published: bool) -> Self {
                self.draft.set("isPublished", published);
                self
            }

            /// Sets all scientific metadata.
            #[must_use]
            pub fn scientific_metadata(mut self, metadata: $crate::ScientificMetadata) -> Self {
                self.draft.metadata = metadata;
                self
            }

            /// Sets any other field, in the name that it has in API v3.
            #[must_use]
            pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
                self.draft.set(name, value);
                self
            }

            /// The metadata values that will not be sent, with reasons; a caller reports them.
            pub fn dropped(&self) -> &[$crate::DroppedValue] {
                self.draft.metadata.dropped()
            }
        }

        /// The document as API v3 takes it.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.draft
                    .to_json($crate::ApiVersion::V3)
                    .serialize(serializer)
            }
        }
    };
}
pub(crate) use draft_common;
