//! What a scan says, by a beamline's rules.

use scan_h5::{ScanReader, Select, Value};
use scicat::ScientificMetadata;
use serde_json::{Map, Value as Json, json};

use crate::issue::{Issue, Issues};
use crate::rules::{Entry, Field, Rules};

/// The key of the lists of which some values are kept.
const SAMPLES: &str = "data_sample";
/// A list has at least so many values in the sample, if it has so many at all.
const SAMPLE_SIZE: u64 = 10;

/// The catalogue's fields.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) principal_investigator: Option<String>,
    pub(crate) contact_email: Option<String>,
    pub(crate) instrument: Option<String>,
    pub(crate) dataset_name: Option<String>,
    pub(crate) proposal: Option<String>,
    pub(crate) beamline: Option<String>,
}

impl Fields {
    /// Reads the fields; without a scan only their defaults.
    pub(crate) fn read(rules: &Rules, scan: Option<&impl ScanReader>, issues: &mut Issues) -> Self {
        let mut field = |field: &Field| {
            let path = field.path.as_deref();
            let found = path.zip(scan).and_then(|(path, scan)| text(scan, path, issues));
            found.or_else(|| field.default.clone())
        };
        let fields = Self {
            principal_investigator: field(&rules.principal_investigator),
            contact_email: field(&rules.contact_email),
            instrument: field(&rules.instrument),
            dataset_name: field(&rules.dataset_name),
            proposal: field(&rules.proposal),
            beamline: field(&rules.beamline),
        };
        for path in &rules.expected {
            if let Some(scan) = scan {
                text(scan, path, issues);
            }
        }
        fields
    }
}

/// A field is text; a number, as a proposal may be, counts as its digits. Blanks around it go; nothing else is nothing.
fn text(scan: &impl ScanReader, path: &str, issues: &mut Issues) -> Option<String> {
    let text = match scan.value(path) {
        Ok(Some(Value::Text(text))) => text.trim().to_owned(),
        Ok(Some(Value::Integer(number))) => number.to_string(),
        Ok(Some(Value::Unsigned(number))) => number.to_string(),
        Ok(Some(Value::List(list))) if list.is_empty() => String::new(),
        Ok(Some(_)) => {
            issues.add(Issue::error(format!("{path} holds no single text")));
            return None;
        }
        Ok(None) => {
            issues.add(Issue::missing(path));
            return None;
        }
        Err(error) => {
            issues.add(Issue::error(error));
            return None;
        }
    };
    // A NUL within a text is refused by databases, and says nothing.
    let text = text.replace('\0', "");
    (!text.is_empty()).then_some(text)
}

/// The scientific metadata. What is missing or unreadable is left out and becomes an issue; missing samples are none.
pub(crate) fn scientific(rules: &Rules, scan: &impl ScanReader, issues: &mut Issues) -> ScientificMetadata {
    let mut metadata = ScientificMetadata::new();
    for entry in &rules.scientific {
        match scan.value(&entry.path) {
            Ok(Some(value)) => match with_unit(entry, json_of(&value)) {
                Some(value) => {
                    metadata.insert(entry.key(), value);
                }
                None => issues.add(Issue::error(format!("{} is not a finite number", entry.path))),
            },
            Ok(None) => issues.add(Issue::missing(&entry.path)),
            Err(error) => issues.add(Issue::error(error)),
        }
    }
    let mut samples = Map::new();
    for path in &rules.samples {
        match sample(scan, path) {
            Ok(Some(values)) => {
                samples.insert(path.clone(), values);
            }
            Ok(None) => {}
            Err(error) => issues.add(Issue::error(error)),
        }
    }
    if !rules.samples.is_empty() {
        metadata.insert(SAMPLES, samples);
    }
    metadata
}

/// Some values of a list: the first, and every tenth of its length.
fn sample(scan: &impl ScanReader, path: &str) -> scan_h5::Result<Option<Json>> {
    let Some(shape) = scan.shape(path)? else {
        return Ok(None);
    };
    let selection = match shape.as_slice() {
        [] => vec![],
        [length] => vec![Select::Range {
            start: 0,
            end: *length,
            step: (length / SAMPLE_SIZE).max(1),
        }],
        // Refused by the reader, with its shape.
        _ => vec![Select::All],
    };
    let slab = scan.slab(path, &selection)?;
    Ok(slab.map(|slab| json_of(&Value::List(slab.numbers.to_values()))))
}

/// A number that is not finite is null; integers stay integers.
fn json_of(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Bool(value) => json!(value),
        Value::Integer(number) => json!(number),
        Value::Unsigned(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::List(list) => list.iter().map(json_of).collect(),
        _ => Json::Null,
    }
}

/// A null directly in the metadata ends the backend's process, so there is none.
fn with_unit(entry: &Entry, value: Json) -> Option<Json> {
    match &entry.unit {
        _ if value.is_null() => None,
        Some(unit) => Some(json!({ "value": value, "unit": unit })),
        None => Some(value),
    }
}
