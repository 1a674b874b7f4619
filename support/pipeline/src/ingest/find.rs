//! Which dataset a file is of.

use scicat::{Client, Dataset, DatasetPid};

use super::{SERVICE, STEP, Subject};
use crate::dotenv::Environment;
use crate::failure::Failure;

/// The datasets of the folder that a path lies in, and of itself, with what belongs to them.
pub(super) async fn near(client: &Client, path: &str, relation: &str) -> scicat::Result<Vec<Dataset>> {
    let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
    let datasets = client.datasets().find();
    datasets
        .source_folder(folder)
        .source_folder(path)
        .fields(["pid", "sourceFolder"])
        .include(relation)
        .collect()
        .await
}

/// The dataset whose folder is `path`, or whose list of files has it.
///
/// # Errors
/// The catalogue cannot be asked.
pub async fn dataset_of(
    client: &Client,
    environment: &Environment,
    path: &str,
) -> Result<Option<DatasetPid>, Failure> {
    let failed = |error: scicat::Error| Failure::service(STEP, SERVICE, &error).file(path);
    let listed = Subject::new(path).catalogued(environment);
    for dataset in near(client, path, "origdatablocks").await.map_err(failed)? {
        if dataset.source_folder.as_deref() == Some(path) {
            return Ok(Some(dataset.pid));
        }
        let blocks = if let Some(blocks) = dataset.origdatablocks {
            blocks
        } else {
            let blocks = client.origdatablocks(dataset.pid.clone()).list();
            blocks.send().await.map_err(failed)?
        };
        let mut files = blocks.iter().flat_map(|block| &block.data_file_list);
        if files.any(|file| file.path == listed) {
            return Ok(Some(dataset.pid));
        }
    }
    Ok(None)
}

/// The datasets whose files these are, by their paths in the catalogue.
///
/// # Errors
/// One is of no dataset (`no_input`), or the catalogue cannot be asked.
pub async fn datasets_of(
    client: &Client,
    environment: &Environment,
    paths: &[String],
) -> Result<Vec<DatasetPid>, Failure> {
    let mut pids = Vec::new();
    for path in paths {
        let found = dataset_of(client, environment, path).await?;
        pids.push(found.ok_or_else(|| {
            let text = format!("the catalogue has no dataset of {path}");
            Failure::new(STEP, "no_input", text)
                .remedy("what is computed names what it was computed from: catalogue that first")
        })?);
    }
    Ok(pids)
}
