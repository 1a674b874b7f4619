//! The fields of datasets, by the version of the API and the type of the dataset.

use super::validate::{Fields, Kind};

/// Fields that every dataset may have.
const COMMON: Fields = &[
    ("ownerGroup", Kind::Text),
    ("accessGroups", Kind::Texts),
    ("instrumentGroup", Kind::Text),
    ("owner", Kind::Text),
    ("ownerEmail", Kind::Text),
    ("orcidOfOwner", Kind::Text),
    ("contactEmail", Kind::Emails),
    ("sourceFolder", Kind::Text),
    ("sourceFolderHost", Kind::Text),
    ("size", Kind::Integer),
    ("packedSize", Kind::Integer),
    ("numberOfFiles", Kind::Integer),
    ("numberOfFilesArchived", Kind::Integer),
    ("creationTime", Kind::Date),
    ("validationStatus", Kind::Text),
    ("keywords", Kind::Texts),
    ("description", Kind::Text),
    ("datasetName", Kind::Text),
    ("classification", Kind::Text),
    ("license", Kind::Text),
    ("isPublished", Kind::Flag),
    ("techniques", Kind::List),
    ("sharedWith", Kind::Texts),
    ("relationships", Kind::List),
    ("datasetlifecycle", Kind::Object),
    ("scientificMetadata", Kind::Object),
    ("scientificMetadataSchema", Kind::Text),
    ("scientificMetadataValid", Kind::Flag),
    ("comment", Kind::Text),
    ("dataQualityMetrics", Kind::Number),
    ("runNumber", Kind::Text),
    ("inputDatasets", Kind::Texts),
    ("usedSoftware", Kind::Texts),
    ("jobParameters", Kind::Object),
    ("jobLogData", Kind::Text),
];
/// Of these only the one who creates a dataset speaks.
static AT_CREATION: Fields = &[("pid", Kind::Text), ("type", Kind::Text)];
/// Further fields of raw and derived datasets.
const OLD_NAMES: Fields = &[
    ("proposalId", Kind::Text),
    ("investigator", Kind::Text),
    ("version", Kind::Text),
];
/// Further fields of raw datasets.
const RAW: Fields = &[
    ("principalInvestigator", Kind::Text),
    ("startTime", Kind::Date),
    ("endTime", Kind::Date),
    ("creationLocation", Kind::Text),
    ("dataFormat", Kind::Text),
    ("sampleId", Kind::Text),
    ("instrumentId", Kind::Text),
];
/// Further fields of datasets of any other type, and of all in version 4.
const CUSTOM: Fields = &[
    ("principalInvestigators", Kind::Texts),
    ("startTime", Kind::Date),
    ("endTime", Kind::Date),
    ("creationLocation", Kind::Text),
    ("dataFormat", Kind::Text),
    ("proposalIds", Kind::Texts),
    ("sampleIds", Kind::Texts),
    ("instrumentIds", Kind::Texts),
];
/// Fields that the service keeps by itself; conditions may name them.
const KEPT: [&str; 6] = [
    "_id",
    "createdAt",
    "updatedAt",
    "createdBy",
    "updatedBy",
    "version",
];

/// What a new or changed dataset may and must say.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) fields: Vec<Fields>,
    pub(super) required: Vec<&'static str>,
}

/// Version 3: the type decides. The name is not required, it falls back to the folder's.
pub(super) fn v3(dataset_type: &str) -> Shape {
    let (further, required): (Vec<Fields>, &[&str]) = match dataset_type {
        "raw" => (
            vec![OLD_NAMES, RAW],
            &["principalInvestigator", "creationLocation"],
        ),
        "derived" => (
            vec![OLD_NAMES],
            &["investigator", "inputDatasets", "usedSoftware"],
        ),
        _ => (vec![CUSTOM], &[]),
    };
    let common = [
        "ownerGroup",
        "owner",
        "contactEmail",
        "sourceFolder",
        "creationTime",
        "type",
    ];
    Shape {
        fields: [vec![COMMON, AT_CREATION], further].concat(),
        required: [&common[..], required].concat(),
    }
}

/// Version 4: one shape for all.
pub(super) fn v4() -> Shape {
    Shape {
        fields: vec![COMMON, AT_CREATION, CUSTOM],
        required: vec![
            "ownerGroup",
            "contactEmail",
            "sourceFolder",
            "creationTime",
            "datasetName",
            "type",
        ],
    }
}

impl Shape {
    /// The same for a change: nothing is required, and neither type nor pid may be named.
    pub(super) fn of_change(mut self) -> Self {
        self.fields
            .retain(|fields| fields.as_ptr() != AT_CREATION.as_ptr());
        self.required.clear();
        self
    }

    /// The same for a replacement: all is required but what cannot be named.
    pub(super) fn of_replacement(mut self) -> Self {
        let required = std::mem::take(&mut self.required);
        self = self.of_change();
        self.required = required.into_iter().filter(|name| *name != "type").collect();
        self
    }
}

/// Whether version 4 lets a condition name this field.
pub(super) fn is_known_to_v4(name: &str) -> bool {
    let top = name.split('.').next().unwrap_or_default();
    let shape = v4();
    let mut known = shape.fields.iter().copied().flatten();
    KEPT.contains(&top) || known.any(|(field, _)| *field == top)
}
