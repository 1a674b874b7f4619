//! Listing a folder to its end, in as many parts as the service makes of it.

use std::collections::HashSet;

use super::Ls;
use crate::model::Listing;
use crate::{Error, Result};

/// The most entries that the service puts into an answer.
const MOST: u64 = 100_000;
/// How often a folder that changes between its parts is listed from its beginning.
const TRIES: u32 = 3;
const OPERATION: &str = "globus_transfer.ls";

impl Ls {
    /// The folder's content to its end, whatever the service's or the set limit of an answer is: one request for
    /// each part. Retried.
    ///
    /// The service re-reads the folder for each part, so an entry can fall between two of them when another is
    /// added or removed meanwhile. That is noticed by the count and by a name that comes twice; the folder is listed
    /// from its beginning then, three times at most.
    ///
    /// # Errors
    /// Those of [`send`](Self::send); [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the service lists fewer
    /// entries than it counts, or if the folder does not stand still.
    pub async fn whole(&self) -> Result<Listing> {
        for _ in 0..TRIES {
            if let Some(listing) = self.parts_in_turn().await? {
                return Ok(listing);
            }
        }
        Err(self.problem("changes while it is listed; list it again when nothing writes to it"))
    }

    /// Nothing if the folder changed between two parts.
    async fn parts_in_turn(&self) -> Result<Option<Listing>> {
        let mut whole = self.send().await?;
        let first = self.skipped();
        let mut came = whole.entries.len() as u64;
        let mut parts = 1;
        while self.goes_on(&whole, first, came) {
            let part = self
                .clone()
                .offset(first + whole.entries.len() as u64)
                .send()
                .await?;
            parts += 1;
            came = part.entries.len() as u64;
            if part.total != whole.total {
                return Ok(None);
            }
            if came == 0 {
                break;
            }
            if part.rename_supported == Some(false) {
                whole.rename_supported = Some(false);
            }
            whole.entries.extend(part.entries);
        }
        let known = first + whole.entries.len() as u64;
        if whole.total.is_some_and(|total| total > known) {
            return Err(self.problem("has more entries than the service lists"));
        }
        let mut names = HashSet::new();
        let twice = parts > 1 && !whole.entries.iter().all(|entry| names.insert(&entry.name));
        Ok((!twice).then_some(whole))
    }

    /// Whether there is more: by the count, which the service need not give, else by a part that is full.
    fn goes_on(&self, whole: &Listing, first: u64, came: u64) -> bool {
        match whole.total {
            Some(total) => total > first + whole.entries.len() as u64,
            None => came > 0 && came >= self.most().unwrap_or(MOST).min(MOST),
        }
    }

    fn problem(&self, what: &str) -> Error {
        Error::decode(OPERATION, format!("{:?} {what}", self.path()))
    }
}
