//! Whether a way over several endpoints is open.

use super::{Names, Own, STEP, copy as copy_beside, remove};
use crate::copy::{Hop, Item, Kind, VerifiedCopy, copy};
use crate::endpoint::StorageEndpoint;
use crate::failure::Failure;
use crate::session::Session;

/// What became of a trial.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Trial {
    /// The copies that were proved, in order.
    pub copies: Vec<VerifiedCopy>,
    /// What was removed again, in words.
    pub removed: Vec<String>,
    /// What failed: of the copies at most one, then what could not be removed. None if all is well.
    pub failures: Vec<Failure>,
}

/// Copies a file, a path below the first endpoint's root, to a name of our own beside it, this over the endpoints one
/// after the other, each copy proved, and removes them all again, whatever became of them. `name` is what stands before
/// and after the uuid in the name.
///
/// A rerun also removes what a session before it left behind.
pub async fn way(run: &Session, file: &str, endpoints: &[&StorageEndpoint], name: (&str, &str)) -> Trial {
    let mut trial = Trial::default();
    let names = match Names::new(run, name).await {
        Ok(names) => names,
        Err(failure) => {
            trial.failures.push(failure.file(file));
            return trial;
        }
    };
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let copied = there(run, file, (endpoints, folder), &names, &mut trial.copies).await;
    trial.failures.extend(copied.err());
    let before = trial.failures.len();
    for endpoint in endpoints.iter().rev() {
        for own in names.all().map(|name| Own::new(endpoint, folder, name)) {
            match remove(run, &own, &[]).await {
                Ok(true) => trial
                    .removed
                    .push(format!("removed {:?} from {}", own.path(), endpoint.key())),
                Ok(false) => {}
                Err(failure) => trial.failures.push(failure),
            }
        }
    }
    if trial.failures.len() == before {
        trial.failures.extend(names.forget().await.err());
    }
    trial
}

async fn there(
    run: &Session,
    file: &str,
    (endpoints, folder): (&[&StorageEndpoint], &str),
    names: &Names,
    copies: &mut Vec<VerifiedCopy>,
) -> Result<(), Failure> {
    let Some(first) = endpoints.first() else {
        return Ok(());
    };
    let own = Own::new(first, folder, names.mine());
    copy_beside(run, file, &own).await?;
    for pair in endpoints.windows(2) {
        let [source, destination] = pair else {
            continue;
        };
        let item = Item {
            path: own.path(),
            label: STEP,
            kind: Kind::File,
        };
        let hop = Hop { source, destination };
        copies.push(Box::pin(copy(run, item, hop, None)).await?);
    }
    Ok(())
}
