//! Export control: a variable for each path.

use chrono::{DateTime, Utc};
use prefect_client::Client;
use run_store::{ControlledPath, Result, normal_path};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::inputs::short;
use crate::wire::{self, PAGE, damaged};

/// On every variable of these.
const TAG: &str = "splash-flows-export-control";

/// The value of a variable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Control {
    #[serde(flatten)]
    pub(crate) path: ControlledPath,
    /// Set when it was lifted, and why: the record stays.
    #[serde(default)]
    lifted_at: Option<DateTime<Utc>>,
    #[serde(default)]
    lift_reason: Option<String>,
}

fn name(path: &str) -> String {
    format!("{TAG}-{}", short(path))
}

/// The tag of what lies below a folder.
fn below(folder: &str) -> String {
    format!("below-{}", short(folder))
}

/// The folders above a path that is written as [`normal_path`] writes it, and the path.
fn with_folders(path: &str) -> Vec<&str> {
    let above = path
        .match_indices('/')
        .map(|(at, _)| if at == 0 { "/" } else { &path[..at] });
    let mut all: Vec<&str> = above.chain([path]).collect();
    all.dedup();
    all
}

fn decode(value: Value) -> Result<Control> {
    serde_json::from_value(value).map_err(|error| damaged("an export control", &error))
}

/// The first of those that a filter finds and that are not lifted.
async fn standing(client: &Client, filter: &Value) -> Result<Option<ControlledPath>> {
    let mut offset = 0;
    loop {
        let page = wire::variables(client, filter, offset).await?;
        let is_last = page.len() < PAGE;
        offset += page.len();
        for variable in page {
            let control = decode(variable.value)?;
            if control.lifted_at.is_none() {
                return Ok(Some(control.path));
            }
        }
        if is_last {
            return Ok(None);
        }
    }
}

/// The record of the path, of a folder above it, or of something below it.
pub(crate) async fn controlled(client: &Client, path: &str) -> Result<Option<ControlledPath>> {
    let path = normal_path(path);
    let names: Vec<String> = with_folders(&path).into_iter().map(name).collect();
    let filter = json!({"operator": "or_", "name": {"any_": names}, "tags": {"all_": [below(&path)]}});
    standing(client, &filter).await
}

/// Everything under export control, by path.
pub(crate) async fn all(client: &Client) -> Result<Vec<ControlledPath>> {
    let filter = json!({"tags": {"all_": [TAG]}});
    let mut found = Vec::new();
    let mut offset = 0;
    loop {
        let page = wire::variables(client, &filter, offset).await?;
        let is_last = page.len() < PAGE;
        offset += page.len();
        for variable in page {
            let control = decode(variable.value)?;
            if control.lifted_at.is_none() {
                found.push(control.path);
            }
        }
        if is_last {
            break;
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// The record of exactly this path, also one that was lifted.
async fn record(client: &Client, path: &str) -> Result<Option<Control>> {
    let variable = wire::variable(client, &name(path)).await?;
    variable.map(|variable| decode(variable.value)).transpose()
}

/// When the control of exactly this path was lifted, if it is.
pub(crate) async fn lifted_at(client: &Client, path: &str) -> Result<Option<DateTime<Utc>>> {
    let record = record(client, &normal_path(path)).await?;
    Ok(record.and_then(|record| record.lifted_at))
}

/// Puts a path under control; a record that stands stays as it is.
pub(crate) async fn control(client: &Client, path: &ControlledPath) -> Result<()> {
    let path = ControlledPath {
        path: normal_path(&path.path),
        ..path.clone()
    };
    let value = json!(Control {
        path: path.clone(),
        lifted_at: None,
        lift_reason: None,
    });
    let folders = with_folders(&path.path);
    let mut tags = vec![TAG.to_owned()];
    tags.extend(
        folders
            .iter()
            .filter(|folder| **folder != path.path)
            .map(|folder| below(folder)),
    );
    let made = wire::make_variable(client, &name(&path.path), &value, &tags).await?;
    if made.is_some() {
        return Ok(());
    }
    match record(client, &path.path).await? {
        Some(record) if record.lifted_at.is_some() => {
            wire::update_variable(client, &name(&path.path), &value).await
        }
        _ => Ok(()),
    }
}

/// Ends the control of exactly this path; answers whether there was one.
pub(crate) async fn lift(client: &Client, path: &str, reason: &str) -> Result<bool> {
    let path = normal_path(path);
    let Some(mut record) = record(client, &path)
        .await?
        .filter(|record| record.lifted_at.is_none())
    else {
        return Ok(false);
    };
    record.lifted_at = Some(Utc::now());
    record.lift_reason = Some(reason.to_owned());
    wire::update_variable(client, &name(&path), &json!(record)).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_for_itself_and_under_each_folder_above_it() {
        assert_eq!(
            with_folders("/raw/f/x.h5"),
            ["/", "/raw", "/raw/f", "/raw/f/x.h5"]
        );
        assert_eq!(with_folders("/"), ["/"]);
    }

    #[test]
    fn a_name_is_one_that_the_server_takes() {
        let name = name("/raw/Ünïcode/\n.h5");
        assert!(
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{name}"
        );
        assert!(name.len() < 255);
    }
}
