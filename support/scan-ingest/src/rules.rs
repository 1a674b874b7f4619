//! Where a beamline's scans say what the catalogue wants to know.

use serde::Deserialize;
use serde_json::Value;

use crate::{Error, Result};

/// A beamline's rules, as they stand in a configuration file.
///
/// ```
/// let rules = serde_json::json!({
///     "group": "9.9.9",
///     "data_format": "CXI",
///     "dataset_name": "/entry_1/title",
///     "principal_investigator": { "path": "/entry_1/pi", "default": "Unknown" },
///     "scientific": ["/entry_1/instrument_1/source_1/energy", { "path": "/entry_1/z", "unit": "mm" }],
///     "thumbnail": { "frames": "/entry_1/data_1/data" },
/// });
/// let rules = scan_ingest::Rules::parse(&rules)?;
/// assert!(rules.reads_hdf5());
/// # Ok::<(), scan_ingest::Error>(())
/// ```
///
/// A path is an HDF5 path. Without any path the files are not opened: whatever they are, they are catalogued by their
/// names, sizes and times.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rules {
    /// The beamline's own group: it owns what has no proposal.
    pub group: String,
    /// Other names of the beamline, in lower case.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The format of the files, such as `DX`.
    #[serde(default)]
    pub data_format: Option<String>,
    /// Who leads the experiment, and is the owner.
    #[serde(default)]
    pub principal_investigator: Field,
    /// Whom to ask about it.
    #[serde(default)]
    pub contact_email: Field,
    /// Where and with what it was measured.
    #[serde(default)]
    pub instrument: Field,
    /// The name that it is found by; the file's name where the scan has none.
    #[serde(default)]
    pub dataset_name: Field,
    /// The proposal.
    #[serde(default)]
    pub proposal: Field,
    /// The beamline, whose group may read it.
    #[serde(default)]
    pub beamline: Field,
    /// Paths that every scan should have and that are used for nothing else.
    #[serde(default)]
    pub expected: Vec<String>,
    /// The scientific metadata.
    #[serde(default)]
    pub scientific: Vec<Entry>,
    /// Lists with a value for each frame, of which some values go under the key `data_sample`.
    #[serde(default)]
    pub samples: Vec<String>,
    /// The frames of which the first makes the thumbnail.
    #[serde(default)]
    pub thumbnail: Option<ThumbnailRule>,
}

/// A field of the catalogue: a path, and what stands there if the scan does not say.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(from = "FieldForm")]
#[non_exhaustive]
pub struct Field {
    /// The HDF5 path.
    pub path: Option<String>,
    /// The value where the scan has none.
    pub default: Option<String>,
}

/// A value of the scientific metadata.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "EntryForm")]
#[non_exhaustive]
pub struct Entry {
    /// The HDF5 path.
    pub path: String,
    /// Its key in the catalogue; the path if there is none.
    pub name: Option<String>,
    /// Its unit, with which it is kept as `{"value": …, "unit": …}`.
    pub unit: Option<String>,
}

impl Entry {
    /// Its key in the catalogue.
    pub fn key(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.path)
    }
}

/// How a thumbnail is made.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ThumbnailRule {
    /// The HDF5 path of a stack of frames, or of one image.
    pub frames: String,
    /// The caption.
    #[serde(default = "caption")]
    pub caption: String,
}

fn caption() -> String {
    "raw image".to_owned()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum FieldForm {
    Path(String),
    Parts(FieldParts),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldParts {
    path: Option<String>,
    default: Option<String>,
}

impl From<FieldForm> for Field {
    fn from(form: FieldForm) -> Self {
        match form {
            FieldForm::Path(path) => Self {
                path: Some(path),
                default: None,
            },
            FieldForm::Parts(FieldParts { path, default }) => Self { path, default },
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EntryForm {
    Path(String),
    Parts(EntryParts),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryParts {
    path: String,
    name: Option<String>,
    unit: Option<String>,
}

impl From<EntryForm> for Entry {
    fn from(form: EntryForm) -> Self {
        match form {
            EntryForm::Path(path) => Self {
                path,
                name: None,
                unit: None,
            },
            EntryForm::Parts(EntryParts { path, name, unit }) => Self { path, name, unit },
        }
    }
}

impl Rules {
    /// Reads rules out of a configuration file's value.
    ///
    /// # Errors
    /// [`Error::Rules`] for a key that is missing, unknown or of the wrong kind, an empty group, a path that does not
    /// begin with a slash, or two values under one key.
    pub fn parse(value: &Value) -> Result<Self> {
        let rules = Self::deserialize(value).map_err(|error| Error::Rules(error.to_string()))?;
        if rules.group.trim().is_empty() {
            return Err(Error::Rules("group is empty".to_owned()));
        }
        if let Some(path) = rules
            .paths()
            .find(|path| !path.starts_with('/') || path.len() < 2)
        {
            return Err(Error::Rules(format!(
                "{path:?} is no HDF5 path: it must begin with a slash"
            )));
        }
        let mut keys: Vec<&str> = rules.scientific.iter().map(Entry::key).collect();
        keys.sort_unstable();
        let mut pairs = keys.iter().zip(keys.iter().skip(1));
        if let Some((twice, _)) = pairs.find(|(one, next)| one == next) {
            return Err(Error::Rules(format!("{twice:?} stands twice in scientific")));
        }
        Ok(rules)
    }

    /// Whether files are opened at all.
    pub fn reads_hdf5(&self) -> bool {
        self.paths().next().is_some()
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        let fields = [
            &self.principal_investigator,
            &self.contact_email,
            &self.instrument,
            &self.dataset_name,
            &self.proposal,
            &self.beamline,
        ];
        let fields = fields.into_iter().filter_map(|field| field.path.as_deref());
        let lists = self.expected.iter().chain(&self.samples).map(String::as_str);
        let entries = self.scientific.iter().map(|entry| entry.path.as_str());
        let frames = self.thumbnail.iter().map(|rule| rule.frames.as_str());
        fields.chain(lists).chain(entries).chain(frames)
    }
}
