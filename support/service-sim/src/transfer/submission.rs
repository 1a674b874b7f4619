//! Reads submission documents and says what is wrong with them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;
use super::rules::Rule;
use super::task::{Item, Kind, Options, Plan};
use super::times;

/// A `transfer` document. Options that are absent or null have the service's defaults.
#[derive(Debug, Deserialize)]
pub(crate) struct TransferDocument {
    #[serde(rename = "DATA_TYPE")]
    data_type: String,
    #[serde(rename = "DATA")]
    items: Vec<TransferItem>,
    source_endpoint: String,
    destination_endpoint: String,
    pub(crate) submission_id: String,
    label: Option<String>,
    deadline: Option<String>,
    sync_level: Option<u8>,
    verify_checksum: Option<bool>,
    preserve_timestamp: Option<bool>,
    encrypt_data: Option<bool>,
    skip_source_errors: Option<bool>,
    fail_on_quota_errors: Option<bool>,
    delete_destination_extra: Option<bool>,
    filter_rules: Option<Vec<Rule>>,
}

#[derive(Debug, Deserialize)]
struct TransferItem {
    #[serde(rename = "DATA_TYPE")]
    data_type: String,
    source_path: String,
    destination_path: String,
    recursive: Option<bool>,
    external_checksum: Option<String>,
}

/// A `delete` document.
#[derive(Debug, Deserialize)]
pub(crate) struct DeleteDocument {
    #[serde(rename = "DATA_TYPE")]
    data_type: String,
    #[serde(rename = "DATA")]
    items: Vec<DeleteItem>,
    endpoint: String,
    pub(crate) submission_id: String,
    label: Option<String>,
    deadline: Option<String>,
    recursive: Option<bool>,
    ignore_missing: Option<bool>,
    interpret_globs: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct DeleteItem {
    #[serde(rename = "DATA_TYPE")]
    data_type: String,
    path: String,
}

/// Reads a JSON body.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => Refusal::bad_request(format!("Invalid document: {e}")),
        _ => Refusal::new(400, "BadRequest", format!("Could not parse JSON: {e}")),
    })
}

impl TransferDocument {
    pub(crate) fn plan(self, owner: &str) -> Result<Plan, Refusal> {
        data_type("transfer", &self.data_type)?;
        if self.items.is_empty() {
            let message = "A transfer requires at least one item";
            return Err(Refusal::new(
                400,
                "ClientError.BadRequest.NoTransferItems",
                message,
            ));
        }
        if self.sync_level.is_some_and(|level| level > 3) {
            return Err(Refusal::bad_request("sync_level must be 0, 1, 2 or 3"));
        }
        unsupported(
            "delete_destination_extra",
            self.delete_destination_extra == Some(true),
        )?;
        Ok(Plan {
            kind: Kind::Transfer,
            owner: owner.to_owned(),
            submission_id: self.submission_id,
            label: label(self.label)?,
            source: self.source_endpoint,
            destination: Some(self.destination_endpoint),
            items: self
                .items
                .into_iter()
                .map(TransferItem::item)
                .collect::<Result<_, _>>()?,
            deadline: deadline(self.deadline.as_deref())?,
            options: Options {
                sync_level: self.sync_level,
                verify_checksum: self.verify_checksum.unwrap_or(false),
                preserve_timestamp: self.preserve_timestamp.unwrap_or(false),
                encrypt_data: self.encrypt_data.unwrap_or(false),
                skip_source_errors: self.skip_source_errors.unwrap_or(false),
                fail_on_quota_errors: self.fail_on_quota_errors.unwrap_or(false),
                filter_rules: self.filter_rules.unwrap_or_default(),
                ..Options::default()
            },
        })
    }
}

impl TransferItem {
    fn item(self) -> Result<Item, Refusal> {
        data_type("transfer_item", &self.data_type)?;
        unsupported("external_checksum", self.external_checksum.is_some())?;
        path(&self.source_path)?;
        path(&self.destination_path)?;
        Ok(Item {
            source: self.source_path,
            destination: self.destination_path,
            recursive: self.recursive,
        })
    }
}

impl DeleteDocument {
    pub(crate) fn plan(self, owner: &str) -> Result<Plan, Refusal> {
        data_type("delete", &self.data_type)?;
        if self.items.is_empty() {
            let message = "A delete requires at least one item";
            return Err(Refusal::new(400, "ClientError.BadRequest.NoDeleteItems", message));
        }
        unsupported("interpret_globs", self.interpret_globs == Some(true))?;
        Ok(Plan {
            kind: Kind::Delete,
            owner: owner.to_owned(),
            submission_id: self.submission_id,
            label: label(self.label)?,
            source: self.endpoint,
            destination: None,
            items: self
                .items
                .into_iter()
                .map(DeleteItem::item)
                .collect::<Result<_, _>>()?,
            deadline: deadline(self.deadline.as_deref())?,
            options: Options {
                recursive: self.recursive.unwrap_or(false),
                ignore_missing: self.ignore_missing.unwrap_or(false),
                ..Options::default()
            },
        })
    }
}

impl DeleteItem {
    fn item(self) -> Result<Item, Refusal> {
        data_type("delete_item", &self.data_type)?;
        path(&self.path)?;
        Ok(Item {
            source: self.path,
            destination: String::new(),
            recursive: None,
        })
    }
}

fn data_type(expected: &str, given: &str) -> Result<(), Refusal> {
    if given == expected {
        return Ok(());
    }
    Err(Refusal::bad_request(format!(
        "DATA_TYPE must be '{expected}', not '{given}'"
    )))
}

/// What the real service does and this one does not is refused rather than ignored.
fn unsupported(option: &str, asked: bool) -> Result<(), Refusal> {
    if asked {
        return Err(Refusal::bad_request(format!(
            "service-sim does not simulate {option}"
        )));
    }
    Ok(())
}

fn path(path: &str) -> Result<(), Refusal> {
    if path.is_empty() || path.contains('\0') {
        return Err(Refusal::bad_request("A path must not be empty nor contain NUL"));
    }
    Ok(())
}

/// At most 128 characters, no newline, no blanks at the ends.
pub(crate) fn label(label: Option<String>) -> Result<Option<String>, Refusal> {
    match &label {
        Some(text) if text.chars().count() > 128 => {
            Err(Refusal::bad_request("label is longer than 128 characters"))
        }
        Some(text) if text.contains(['\n', '\r']) => Err(Refusal::bad_request("label contains a newline")),
        Some(text) if text.trim() != text => Err(Refusal::bad_request("label begins or ends with a blank")),
        _ => Ok(label),
    }
}

pub(crate) fn deadline(text: Option<&str>) -> Result<Option<DateTime<Utc>>, Refusal> {
    let read = |text| times::parse(text).ok_or_else(|| Refusal::bad_request("deadline is no ISO 8601 time"));
    text.map(read).transpose()
}
