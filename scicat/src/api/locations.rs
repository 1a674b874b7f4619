//! Where further copies of a dataset are: written down after a move, taken out at a prune.

use crate::{Client, Datablock, DatasetPid, Location, NewDatablock, NewOrigDatablock, Result, Sent};

/// The places where copies of one dataset are. Made by
/// [`DatasetHandle::locations`](super::DatasetHandle::locations).
///
/// Each is a datablock whose archive id is the place. An original datablock, which others use for it, would count the
/// dataset's size once more with every copy.
#[derive(Clone, Debug)]
pub struct LocationsHandle {
    client: Client,
    pid: DatasetPid,
}

/// What became of a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocationChange {
    /// It was written down.
    Added,
    /// It is there, with these files.
    Unchanged,
    /// It was there with other files, and has these now.
    Updated,
    /// It was taken out.
    Removed,
    /// It was not there.
    Absent,
}

impl LocationsHandle {
    pub(super) fn new(client: &Client, pid: &DatasetPid) -> Self {
        Self {
            client: client.clone(),
            pid: pid.clone(),
        }
    }

    /// Lists the locations, in the order in which they were added.
    ///
    /// # Errors
    /// Those of any request. Retried.
    pub async fn list(&self) -> Result<Vec<Location>> {
        let blocks = self.client.datablocks(self.pid.clone()).list().send().await?;
        Ok(Location::of_blocks(&blocks))
    }

    /// Writes down that these files have a copy at `location`. Doing it twice has the effect of doing it once.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no file; else those of any request.
    pub async fn add(&self, location: &Location, files: &NewOrigDatablock) -> Result<LocationChange> {
        files.check()?;
        let blocks = self.client.datablocks(self.pid.clone());
        let Some(block) = self.block_at(location).await? else {
            let new = NewDatablock::new(location.to_string(), files);
            return match blocks.create(&new).send().await {
                Ok(_) => Ok(LocationChange::Added),
                // The answer was lost: look whether it was acted on.
                Err(error) if error.was_sent() == Sent::Maybe => match self.block_at(location).await? {
                    Some(_) => Ok(LocationChange::Added),
                    None => Err(error),
                },
                Err(error) => Err(error),
            };
        };
        if holds(&block, files) {
            return Ok(LocationChange::Unchanged);
        }
        let id = block.id.unwrap_or_else(|| crate::DatablockId::new(""));
        blocks.update(&id).files(files).send().await?;
        Ok(LocationChange::Updated)
    }

    /// Takes out a location, because the copy is gone. Doing it twice has the effect of doing it once.
    ///
    /// An account that may not delete a datablock, as most may not, empties it instead; [`list`](Self::list) shows it
    /// no more. That the backend takes an empty list of files is not confirmed by any service yet: if it does not,
    /// this is its error, and the account needs to be in `DELETE_GROUPS`.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn remove(&self, location: &Location) -> Result<LocationChange> {
        let blocks = self.client.datablocks(self.pid.clone());
        let Some(block) = self.block_at(location).await? else {
            return Ok(LocationChange::Absent);
        };
        if block.data_file_list.is_empty() {
            return Ok(LocationChange::Absent);
        }
        let id = block.id.unwrap_or_else(|| crate::DatablockId::new(""));
        match blocks.delete(&id).send().await {
            Err(error) if error.is_permission_denied() => {
                blocks.update(&id).files(&NewOrigDatablock::new()).send().await?;
            }
            Err(error) if !error.is_not_found() => return Err(error),
            Ok(()) | Err(_) => {}
        }
        Ok(LocationChange::Removed)
    }

    async fn block_at(&self, location: &Location) -> Result<Option<Datablock>> {
        let blocks = self.client.datablocks(self.pid.clone()).list().send().await?;
        Ok(blocks
            .into_iter()
            .find(|block| location_of(block).as_ref() == Some(location)))
    }
}

impl Location {
    /// The locations that datablocks are, in their order.
    pub fn of_blocks(blocks: &[Datablock]) -> Vec<Self> {
        let held = blocks.iter().filter(|block| !block.data_file_list.is_empty());
        held.filter_map(location_of).collect()
    }
}

fn location_of(block: &Datablock) -> Option<Location> {
    Location::read(block.archive_id.as_deref()?)
}

/// Whether the block has these files, of these sizes.
fn holds(block: &Datablock, files: &NewOrigDatablock) -> bool {
    let mut there: Vec<_> = block
        .data_file_list
        .iter()
        .map(|file| (file.path.as_str(), file.size.unwrap_or(0)))
        .collect();
    let mut wanted: Vec<_> = files
        .files()
        .iter()
        .map(|file| (file.path.as_str(), file.size))
        .collect();
    there.sort_unstable();
    wanted.sort_unstable();
    there == wanted
}
