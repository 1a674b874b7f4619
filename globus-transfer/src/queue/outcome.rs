//! What a task that ended means for each of its files.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::ItemError;
use super::item::{Delivered, Evidence};
use super::state::Entry;
use crate::look::stat_all;
use crate::model::SkippedError;
use crate::{Client, Result, Task, TaskId, WaitError};

/// What is told of one file.
pub(super) enum Told {
    /// Its end.
    Settled(std::result::Result<Delivered, ItemError>),
    /// Another file ended the task: this one is queued again, in one of two parts if nobody knows which it was, or if
    /// it was not the first time.
    Again { apart: bool },
}

/// A document that the service has.
pub(super) struct Sent {
    pub(super) task_id: TaskId,
    /// Whether the task is of this one file, as the service has just said: what it counts is then the file's.
    pub(super) lone: bool,
    /// Whether the document has files of others, whom this process does not know.
    pub(super) others: bool,
}

/// The task's two lists.
#[derive(Default)]
struct Lists {
    delivered: HashSet<String>,
    skipped: HashMap<String, SkippedError>,
}

/// Tells what became of each entry.
pub(super) async fn tell<T>(
    client: &Client,
    entries: &[Entry<T>],
    sent: &Sent,
    ended: std::result::Result<Task, WaitError>,
) -> Vec<Told> {
    let task_id = &sent.task_id;
    let end = match ended {
        Ok(task) if sent.lone && copied(&task) >= 1 => {
            return vec![delivered(task_id, Evidence::OnlyFile)];
        }
        Ok(_) | Err(WaitError::Skipped { .. }) => None,
        // It may go on: nothing is final.
        Err(error) if error.may_still_run() => return all(entries, &failed(task_id, Arc::new(error))),
        Err(error) => Some(Arc::new(error)),
    };
    let told = match lists(client, entries, task_id).await {
        Ok(lists) => match end {
            None => well(client, entries, &lists, task_id).await,
            Some(error) => Ok(badly(entries, &lists, sent, &error)),
        },
        Err(error) => Err(error),
    };
    told.unwrap_or_else(|error| {
        let task_id = task_id.clone();
        all(entries, &ItemError::Unknown { task_id, error })
    })
}

fn copied(task: &Task) -> u64 {
    task.files_transferred.unwrap_or(0) + task.files_skipped.unwrap_or(0)
}

fn delivered(task_id: &TaskId, evidence: Evidence) -> Told {
    let task_id = task_id.clone();
    Told::Settled(Ok(Delivered { task_id, evidence }))
}

fn failed(task_id: &TaskId, error: Arc<WaitError>) -> ItemError {
    let task_id = task_id.clone();
    ItemError::Task { task_id, error }
}

fn all<T>(entries: &[Entry<T>], error: &ItemError) -> Vec<Told> {
    let each = entries.iter().map(|_| Told::Settled(Err(error.clone())));
    each.collect()
}

async fn lists<T>(client: &Client, entries: &[Entry<T>], task_id: &TaskId) -> Result<Lists> {
    let task = client.task(task_id.clone());
    let mut lists = Lists::default();
    for one in task.successful_transfers().collect().await? {
        lists.delivered.extend(one.destination_path.or(one.source_path));
    }
    // Where everything was delivered nothing was passed over.
    if entries.iter().all(|entry| lists.has_delivered(entry)) {
        return Ok(lists);
    }
    for one in task.skipped_errors().collect().await? {
        let path = one.source_path.clone().or_else(|| one.destination_path.clone());
        lists.skipped.extend(path.map(|path| (path, one)));
    }
    Ok(lists)
}

impl Lists {
    /// Either side's path may be withheld from who has no role there.
    fn has_delivered<T>(&self, entry: &Entry<T>) -> bool {
        let item = &entry.item;
        self.delivered.contains(&item.destination_path) || self.delivered.contains(&item.source_path)
    }

    /// What the lists say of an entry, if they do.
    fn look<T>(&self, entry: &Entry<T>, task_id: &TaskId) -> Option<Told> {
        let (from, to) = (&entry.item.source_path, &entry.item.destination_path);
        if self.has_delivered(entry) {
            return Some(delivered(task_id, Evidence::SuccessfulTransfers));
        }
        let skipped = self.skipped.get(from).or_else(|| self.skipped.get(to))?;
        Some(Told::Settled(Err(ItemError::Skipped {
            task_id: task_id.clone(),
            code: skipped
                .error_code
                .clone()
                .unwrap_or_else(|| "SKIPPED_ERRORS".to_owned()),
            details: skipped.error_details.clone(),
        })))
    }
}

/// The task ended well: what is on neither list is looked up at the destination, where it may have stood before.
async fn well<T>(
    client: &Client,
    entries: &[Entry<T>],
    lists: &Lists,
    task_id: &TaskId,
) -> Result<Vec<Told>> {
    let mut told: Vec<Option<Told>> = entries.iter().map(|entry| lists.look(entry, task_id)).collect();
    let open: Vec<usize> = (0..entries.len()).filter(|n| told[*n].is_none()).collect();
    let paths: Vec<&str> = open
        .iter()
        .map(|n| entries[*n].item.destination_path.as_str())
        .collect();
    if let Some(first) = entries.first().filter(|_| !open.is_empty()) {
        let found = stat_all(client, first.route.options.destination(), &paths).await?;
        for (n, entry) in open.into_iter().zip(found) {
            let size = entry
                .filter(crate::Entry::is_file)
                .map(|entry| entry.size.unwrap_or(0));
            told[n] = Some(if size == Some(entries[n].item.bytes) {
                delivered(task_id, Evidence::Listing)
            } else {
                let task_id = task_id.clone();
                Told::Settled(Err(ItemError::Missing { task_id, found: size }))
            });
        }
    }
    Ok(told.into_iter().flatten().collect())
}

/// The task ended otherwise. If it was one file's doing, the others are queued again.
fn badly<T>(entries: &[Entry<T>], lists: &Lists, sent: &Sent, error: &Arc<WaitError>) -> Vec<Told> {
    let task_id = &sent.task_id;
    let blamed = match &**error {
        WaitError::Fatal { file, .. } => Some(file.as_deref()),
        _ => None,
    };
    let is_named = |entry: &Entry<T>| {
        let item = &entry.item;
        blamed
            .flatten()
            .is_some_and(|file| file == item.source_path || file == item.destination_path)
    };
    let open = |entry: &&Entry<T>| lists.look(entry, task_id).is_none();
    let alone = !sent.others && entries.iter().filter(open).count() == 1;
    let apart = !entries.iter().filter(open).any(is_named);
    let tell = |entry: &Entry<T>| match lists.look(entry, task_id) {
        Some(told) => told,
        None if blamed.is_none() || alone || is_named(entry) => {
            Told::Settled(Err(failed(task_id, Arc::clone(error))))
        }
        None => Told::Again {
            apart: apart || entry.rounds > 0,
        },
    };
    entries.iter().map(tell).collect()
}

#[cfg(test)]
mod tests {
    use rest_core::{StaticToken, Token};
    use serde_json::json;

    use super::super::item::QueueItem;
    use super::super::state::Route;
    use super::super::transfers::Group;
    use super::*;
    use crate::{EndpointId, NiceStatus};

    fn entries(names: &[&str]) -> Vec<Entry<()>> {
        let tokens = Arc::new(StaticToken(Token::bearer("t")));
        let client = Client::new("https://transfer.example.org/", tokens).unwrap();
        let id = EndpointId::parse("11111111-aaaa-4bbb-8ccc-000000000001").unwrap();
        let route = Arc::new(Route::new(&client.submit_transfer(id.clone(), id)));
        let group = Group::idle();
        let entry = |(position, name): (usize, &&str)| Entry {
            item: QueueItem::new(format!("/from/{name}"), format!("/to/{name}"), 1),
            position,
            group: Arc::clone(&group),
            route: Arc::clone(&route),
            rounds: 0,
            part: 0,
        };
        names.iter().enumerate().map(entry).collect()
    }

    fn fatal(file: Option<&str>) -> Arc<WaitError> {
        let task = serde_json::from_value(json!({"task_id": "t", "status": "ACTIVE"})).unwrap();
        Arc::new(WaitError::Fatal {
            task: Box::new(task),
            nice_status: NiceStatus::PermissionDenied,
            file: file.map(str::to_owned),
            endpoint: None,
            cancelled: true,
        })
    }

    /// `D`elivered, `F`ailed, again `T`ogether or `A`part.
    fn told(names: &[&str], delivered: &[&str], rounds: u32, file: Option<&str>) -> String {
        told_among(false, names, delivered, rounds, file)
    }

    /// `others`: the document has files of other runs.
    fn told_among(
        others: bool,
        names: &[&str],
        delivered: &[&str],
        rounds: u32,
        file: Option<&str>,
    ) -> String {
        let mut entries = entries(names);
        for entry in &mut entries {
            entry.rounds = rounds;
        }
        let lists = Lists {
            delivered: delivered.iter().map(|name| format!("/to/{name}")).collect(),
            skipped: HashMap::new(),
        };
        let sent = Sent {
            task_id: TaskId::new("t"),
            lone: false,
            others,
        };
        let told = badly(&entries, &lists, &sent, &fatal(file));
        let letter = |told: &Told| match told {
            Told::Settled(Ok(_)) => 'D',
            Told::Settled(Err(_)) => 'F',
            Told::Again { apart: false } => 'T',
            Told::Again { apart: true } => 'A',
        };
        told.iter().map(letter).collect()
    }

    #[test]
    fn a_fatal_condition_fails_the_file_that_is_named_and_nobody_else() {
        let names = ["a", "b", "c"];
        assert_eq!(told(&names, &[], 0, Some("/to/b")), "TFT");
        assert_eq!(told(&names, &[], 0, Some("/from/b")), "TFT");
        assert_eq!(told(&names, &["a"], 0, Some("/to/b")), "DFT");
        assert_eq!(told(&names, &[], 1, Some("/to/b")), "AFA", "not the first time");
        assert_eq!(told(&names, &[], 0, None), "AAA", "nobody knows");
        assert_eq!(
            told(&names, &[], 0, Some("/to")),
            "AAA",
            "a folder is none of them"
        );
        assert_eq!(told(&names, &["b"], 0, Some("/to/b")), "ADA", "it was delivered");
        assert_eq!(told(&["a"], &[], 0, None), "F", "it can be no other");
        assert_eq!(told(&names, &["a", "b"], 0, None), "DDF");
        assert_eq!(
            told_among(true, &["a"], &[], 0, Some("/to/b")),
            "A",
            "another run's"
        );
        assert_eq!(told_among(true, &["b"], &[], 0, Some("/to/b")), "F");
    }
}
