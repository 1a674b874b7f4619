//! What a new dataset may and must hold.

use serde_json::{Map, Value, json};

use super::dates;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Emails,
    Date,
    Integer,
    Number,
    Flag,
    Texts,
    List,
    Object,
}

/// Fields of every dataset.
const COMMON: &[(&str, Kind)] = &[
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
    ("pid", Kind::Text),
    ("type", Kind::Text),
];
/// Further fields of raw and derived datasets.
const OLD_NAMES: &[(&str, Kind)] = &[
    ("proposalId", Kind::Text),
    ("investigator", Kind::Text),
    ("version", Kind::Text),
];
/// Further fields of raw datasets.
const RAW: &[(&str, Kind)] = &[
    ("principalInvestigator", Kind::Text),
    ("startTime", Kind::Date),
    ("endTime", Kind::Date),
    ("creationLocation", Kind::Text),
    ("dataFormat", Kind::Text),
    ("sampleId", Kind::Text),
    ("instrumentId", Kind::Text),
];
/// Further fields of datasets of any other type.
const CUSTOM: &[(&str, Kind)] = &[
    ("principalInvestigators", Kind::Texts),
    ("startTime", Kind::Date),
    ("endTime", Kind::Date),
    ("creationLocation", Kind::Text),
    ("dataFormat", Kind::Text),
    ("proposalIds", Kind::Texts),
    ("sampleIds", Kind::Texts),
    ("instrumentIds", Kind::Texts),
];

/// Required of every dataset. The name is not: it falls back to the folder's.
const REQUIRED: &[&str] = &[
    "ownerGroup",
    "owner",
    "contactEmail",
    "sourceFolder",
    "creationTime",
    "type",
];

/// A group of fields.
type Fields = &'static [(&'static str, Kind)];

/// The fields and the further required ones of a type.
fn rules(dataset_type: &str) -> ([Fields; 3], &'static [&'static str]) {
    match dataset_type {
        "raw" => (
            [COMMON, OLD_NAMES, RAW],
            &["principalInvestigator", "creationLocation"],
        ),
        "derived" => (
            [COMMON, OLD_NAMES, &[]],
            &["investigator", "inputDatasets", "usedSoftware"],
        ),
        _ => ([COMMON, CUSTOM, &[]], &[]),
    }
}

/// Checks a new dataset and brings its values into the stored form.
///
/// # Errors
/// The list of complaints that the service puts, as text, into its error document.
pub(super) fn dataset(document: &Value) -> Result<Map<String, Value>, Value> {
    let Some(given) = document.as_object() else {
        let nothing = json!({ "unknownValue": "an unknown value was passed to the validate function" });
        return Err(json!([{ "children": [], "constraints": nothing }]));
    };
    let (fields, further) = rules(given.get("type").and_then(Value::as_str).unwrap_or_default());
    let kind = |name: &str| {
        let field = fields.iter().copied().flatten().find(|(field, _)| *field == name);
        field.map(|(_, kind)| *kind)
    };
    let unknown = given.keys().filter(|name| kind(name).is_none()).map(|name| {
        let why = format!("property {name} should not exist");
        json!({ "property": name, "constraints": { "whitelistValidation": why } })
    });
    let mut complaints: Vec<Value> = unknown.collect();
    let mut dataset = Map::new();
    for (name, kind) in fields.iter().copied().flatten() {
        let required = REQUIRED.contains(name) || further.contains(name);
        let value = match given.get(*name) {
            None if !required => continue,
            value => value.unwrap_or(&Value::Null),
        };
        match stored(name, *kind, value) {
            Ok(value) => {
                dataset.insert((*name).to_owned(), value);
            }
            Err((rule, why)) => {
                let constraints = json!({ rule: why });
                complaints.push(json!({ "property": name, "children": [], "constraints": constraints }));
            }
        }
    }
    if complaints.is_empty() {
        Ok(dataset)
    } else {
        Err(Value::from(complaints))
    }
}

/// The stored form of a value, or the rule that it breaks.
fn stored(name: &str, kind: Kind, value: &Value) -> Result<Value, (&'static str, String)> {
    let keep = |ok: bool, rule, what: &str| {
        if ok {
            Ok(value.clone())
        } else {
            Err((rule, format!("{name} must be {what}")))
        }
    };
    match kind {
        Kind::Text => keep(value.is_string(), "isString", "a string"),
        Kind::Integer => keep(value.is_i64() || value.is_u64(), "isInt", "an integer number"),
        Kind::Number => keep(
            value.is_number(),
            "isNumber",
            "a number conforming to the specified constraints",
        ),
        Kind::Flag => keep(value.is_boolean(), "isBoolean", "a boolean value"),
        Kind::Object => keep(value.is_object(), "isObject", "an object"),
        Kind::List => keep(value.is_array(), "isArray", "an array"),
        Kind::Texts => match value {
            Value::String(_) => Ok(json!([value])),
            Value::Array(items) if items.iter().all(Value::is_string) => Ok(value.clone()),
            _ => Err(("isString", format!("each value in {name} must be a string"))),
        },
        Kind::Date => match value.as_str().and_then(dates::parse) {
            Some(time) => Ok(Value::from(dates::text(time))),
            None => Err((
                "isDateString",
                format!("{name} must be a valid ISO 8601 date string"),
            )),
        },
        Kind::Emails => match value.as_str() {
            Some(text) if text.split(';').all(is_email) => Ok(value.clone()),
            other => {
                let got = other.unwrap_or("undefined");
                let why = format!("Expected an email or a list of semicolon separated emails, got {got}");
                Err(("customEmailList", why))
            }
        },
    }
}

fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else {
        return false;
    };
    let is_plain = |part: &str| !part.is_empty() && !part.contains([' ', '@', ',', '\t', '\n']);
    is_plain(user) && is_plain(host) && host.contains('.') && host.split('.').all(|label| !label.is_empty())
}

/// The names, with their places, of a block of files that is not as it should be.
///
/// # Errors
/// The list of complaints that the service puts into its error document.
pub(super) fn origdatablock(document: &Value) -> Result<(), Value> {
    const BLOCK: [&str; 4] = ["size", "chkAlg", "dataFileList", "isPublished"];
    const FILE: [&str; 8] = ["path", "size", "time", "chk", "uid", "gid", "perm", "type"];
    let mut complaints = Vec::new();
    let mut unknown = |place: &str, value: &Value, known: &[&str]| {
        let names = value.as_object().into_iter().flat_map(Map::keys);
        let names = names.filter(|name| !known.contains(&name.as_str()));
        complaints.extend(names.map(|name| format!("{place}property {name} should not exist")));
    };
    unknown("", document, &BLOCK);
    let files = document["dataFileList"].as_array();
    for (index, file) in files.into_iter().flatten().enumerate() {
        unknown(&format!("dataFileList.{index}."), file, &FILE);
    }
    let is_integer = |value: &Value| value.is_i64() || value.is_u64();
    if !is_integer(&document["size"]) {
        complaints.push("size must be an integer number".to_owned());
    }
    if files.is_none() {
        complaints.push("dataFileList must be an array".to_owned());
    }
    for (index, file) in files.into_iter().flatten().enumerate() {
        let mut require = |ok: bool, what: &str| {
            if !ok {
                complaints.push(format!("dataFileList.{index}.{what}"));
            }
        };
        require(file["path"].is_string(), "path must be a string");
        require(is_integer(&file["size"]), "size must be an integer number");
        let time = file["time"].as_str().and_then(dates::parse);
        require(time.is_some(), "time must be a valid ISO 8601 date string");
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(Value::from(complaints))
    }
}
