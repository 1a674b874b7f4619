//! Which dataset a file is of.

use scicat::{Client, Dataset, DatasetPid, Filter};

use super::{SERVICE, STEP, Subject};
use crate::dotenv::Environment;
use crate::failure::Failure;

/// The datasets of the folder that a path lies in, and of itself, with what belongs to them.
async fn near(client: &Client, path: &str) -> scicat::Result<Vec<Dataset>> {
    listed(client, around(path), "origdatablocks").await
}

/// Those, and the datasets of the folders below the path, with where copies of them are. Others may be among them, whose
/// folders' names only look alike.
pub(super) async fn near_or_below(client: &Client, path: &str) -> scicat::Result<Vec<Dataset>> {
    let below = Filter::new().contains("sourceFolder", format!("{}/", path.trim_end_matches('/')));
    listed(client, Filter::new().either([around(path), below]), "datablocks").await
}

fn around(path: &str) -> Filter {
    let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
    Filter::new().any_of("sourceFolder", [folder, path])
}

async fn listed(client: &Client, filter: Filter, relation: &str) -> scicat::Result<Vec<Dataset>> {
    let datasets = client.datasets().find().filter(filter);
    let fields = datasets.fields(["pid", "sourceFolder"]);
    fields.include(relation).collect().await
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
    for dataset in near(client, path).await.map_err(failed)? {
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
