//! One dataset with its files for one measurement, however often it is asked for.

use std::time::Duration;

use super::upsert_error::{Step, UpsertError};
use crate::{
    Client, Dataset, DatasetPid, DatasetType, Error, NewAttachment, NewDataset, NewOrigDatablock,
    OrigDatablock, Sent,
};

/// How long an answer that was lost may still be acted on, before the catalogue is looked at a last time.
const SETTLE: Duration = Duration::from_secs(2);

/// Creates a dataset unless it is there, and completes one that was only begun. Made by
/// [`DatasetsHandle::upsert`](super::DatasetsHandle::upsert).
///
/// - A dataset with a [`pid`](crate::NewRawDataset::pid) of its own is looked for by that. An account that may not
///   choose PIDs goes on without.
/// - Otherwise it is looked for by source folder and dataset name, among those of its kind. Of several, that which lists
///   one of the files is the one; else one without any file, which a run before began; else none: they are other
///   measurements that are called the same. A raw dataset without files is taken only if it is of the same time: of
///   another time it is one that the ingest of another measurement has begun.
/// - A dataset without its files, or without its picture, gets them.
/// - The size is compared afterwards and told; it never decides which dataset it is.
///
/// An answer that was lost makes no second dataset: the catalogue is looked at again before anything is repeated.
#[derive(Clone, Debug)]
#[must_use = "nothing is created until it is sent"]
pub struct Upsert {
    client: Client,
    dataset: NewDataset,
    files: Option<NewOrigDatablock>,
    attachment: Option<NewAttachment>,
}

/// A dataset that is in the catalogue now, with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upserted {
    /// Its identifier.
    pub pid: DatasetPid,
    /// Whether it was made now.
    pub created: bool,
    /// Whether its files were written down now.
    pub files_added: bool,
    /// Whether its picture was attached now.
    pub attachment_added: bool,
    /// The size that the catalogue tells, if it tells another than that of the files: (catalogue, files), in bytes.
    pub other_size: Option<(u64, u64)>,
}

/// A dataset that was found or made.
struct Held {
    pid: DatasetPid,
    created: bool,
    /// Its blocks of files; `None` if they are not known.
    blocks: Option<Vec<OrigDatablock>>,
}

impl Upsert {
    pub(super) fn new(client: &Client, dataset: NewDataset) -> Self {
        Self {
            client: client.clone(),
            dataset,
            files: None,
            attachment: None,
        }
    }

    /// Its files, which one original datablock holds.
    pub fn files(mut self, files: NewOrigDatablock) -> Self {
        self.files = Some(files);
        self
    }

    /// Its picture; attached unless there is an attachment of the same caption.
    pub fn attachment(mut self, attachment: NewAttachment) -> Self {
        self.attachment = Some(attachment);
        self
    }

    /// Sees to it that the dataset is in the catalogue, with its files and its picture.
    ///
    /// # Errors
    /// Says which dataset, at which step, why, and what to do. What was made until then stays, and the next upsert
    /// goes on from there.
    pub async fn send(&self) -> Result<Upserted, UpsertError> {
        self.check().map_err(self.failed(Step::Check, None))?;
        let held = match self.hold().await {
            // The login had ended before the search, which then showed what a stranger sees: with the next one it is
            // looked for again.
            Err(failure) if crate::error::is_stranger(&failure.error) => self.hold().await,
            outcome => outcome,
        }?;
        let pid = held.pid.clone();
        let files_added = self
            .add_files(&held)
            .await
            .map_err(self.failed(Step::Files, Some(&pid)))?;
        let attachment_added = self
            .attach(&held)
            .await
            .map_err(self.failed(Step::Attachment, Some(&pid)))?;
        let other_size = self
            .other_size(&pid)
            .await
            .map_err(self.failed(Step::Size, Some(&pid)))?;
        Ok(Upserted {
            created: held.created,
            files_added,
            attachment_added,
            other_size,
            pid,
        })
    }

    fn failed(&self, step: Step, pid: Option<&DatasetPid>) -> impl Fn(Error) -> UpsertError {
        let folder = self.dataset.source_folder();
        let named = self.dataset.dataset_name();
        let name = match self.files.as_ref().map(NewOrigDatablock::files) {
            Some([file]) => format!("{folder}/{named} ({})", file.path),
            Some([file, others @ ..]) => {
                format!("{folder}/{named} ({} and {} more)", file.path, others.len())
            }
            _ => format!("{folder}/{named}"),
        };
        let pid = pid.cloned();
        move |error| UpsertError {
            step,
            name: name.clone(),
            pid: pid.clone(),
            error,
        }
    }

    /// Everything that can be known to be wrong is said before the first request, so that nothing is left half-made.
    fn check(&self) -> Result<(), Error> {
        self.client
            .datasets()
            .create(self.dataset.clone())
            .into_parts()
            .map(drop)?;
        let nobody = DatasetPid::new("pid");
        if let Some(files) = &self.files {
            self.client
                .origdatablocks(nobody.clone())
                .create(files)
                .into_parts()
                .map(drop)?;
        }
        if let Some(attachment) = &self.attachment {
            self.client
                .attachments(nobody)
                .create(attachment)
                .into_parts()
                .map(drop)?;
        }
        Ok(())
    }

    async fn hold(&self) -> Result<Held, UpsertError> {
        let Some(pid) = self.dataset.pid().map(DatasetPid::new) else {
            return self.hold_by_name(&self.dataset).await;
        };
        if self
            .read(&pid)
            .await
            .map_err(self.failed(Step::Find, Some(&pid)))?
        {
            return self.held(pid, false).await;
        }
        match self.create(&self.dataset).await {
            Ok(pid) => Ok(made(pid)),
            Err(error) if error.is_conflict() || error.was_sent() == Sent::Maybe => {
                let lost = !error.is_conflict();
                if lost && !self.settled(|| self.read(&pid)).await? {
                    return Err(self.failed(Step::Dataset, None)(error));
                }
                self.held(pid, lost).await
            }
            // The account may not choose PIDs.
            Err(error) if error.is_permission_denied() => {
                let mut plain = self.dataset.clone();
                plain.remove("pid");
                self.hold_by_name(&plain).await
            }
            Err(error) => Err(self.failed(Step::Dataset, None)(error)),
        }
    }

    async fn hold_by_name(&self, dataset: &NewDataset) -> Result<Held, UpsertError> {
        if let Some(held) = self.find().await.map_err(self.failed(Step::Find, None))? {
            return Ok(held);
        }
        match self.create(dataset).await {
            Ok(pid) => Ok(made(pid)),
            Err(error) if error.was_sent() == Sent::Maybe => {
                let found = || async { Ok(self.find().await?.is_some()) };
                let held = if self.settled(found).await? {
                    self.find().await.map_err(self.failed(Step::Find, None))?
                } else {
                    None
                };
                held.map(|held| Held {
                    created: true,
                    ..held
                })
                .ok_or_else(|| self.failed(Step::Dataset, None)(error))
            }
            Err(error) => Err(self.failed(Step::Dataset, None)(error)),
        }
    }

    async fn create(&self, dataset: &NewDataset) -> Result<DatasetPid, Error> {
        let created = self.client.datasets().create(dataset.clone()).send().await?;
        Ok(created.pid)
    }

    /// Whether something is there now, or a little later: a request whose answer was lost may still be on its way.
    async fn settled<F>(&self, look: impl Fn() -> F) -> Result<bool, UpsertError>
    where
        F: Future<Output = Result<bool, Error>>,
    {
        for wait in [Duration::ZERO, SETTLE] {
            if !wait.is_zero() {
                self.client.rest().clock().sleep(wait).await;
            }
            if look().await.map_err(self.failed(Step::Find, None))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether there is a dataset of this PID. Of one that the account may not see, not even the account that made
    /// it, only the refusal to make another one tells.
    async fn read(&self, pid: &DatasetPid) -> Result<bool, Error> {
        match self.client.dataset(pid.clone()).get().send_opt().await {
            Ok(found) => Ok(found.is_some()),
            Err(error) if error.is_permission_denied() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn held(&self, pid: DatasetPid, created: bool) -> Result<Held, UpsertError> {
        let blocks = self
            .blocks(&pid)
            .await
            .map_err(self.failed(Step::Find, Some(&pid)))?;
        Ok(Held {
            pid,
            created,
            blocks: Some(blocks),
        })
    }

    async fn blocks(&self, pid: &DatasetPid) -> Result<Vec<OrigDatablock>, Error> {
        self.client.origdatablocks(pid.clone()).list().send().await
    }

    async fn find(&self) -> Result<Option<Held>, Error> {
        let named = self
            .client
            .datasets()
            .find()
            .source_folder(self.dataset.source_folder())
            .dataset_name(self.dataset.dataset_name())
            .collect()
            .await?;
        let mut begun: Vec<Dataset> = Vec::new();
        let kind = self.dataset.kind();
        for dataset in named {
            if dataset.kind.as_ref().is_some_and(|other| *other != kind) {
                continue;
            }
            let blocks = self.blocks(&dataset.pid).await?;
            if blocks.is_empty() {
                begun.push(dataset);
            } else if self.lists_a_file(&blocks) {
                return Ok(Some(Held {
                    pid: dataset.pid,
                    created: false,
                    blocks: Some(blocks),
                }));
            }
        }
        // Of those that were only begun, that of the same time: one of another time may be another measurement's of the
        // same name, whose files are about to be entered. The time of a result is that of the copy that was looked at, and
        // its folder and name are its own.
        let time = self.dataset.creation_time().map(|time| time.timestamp_millis());
        let is_its_own = self.files.is_none() || kind == DatasetType::Derived;
        let same = |dataset: &Dataset| {
            is_its_own || dataset.creation_time.map(|time| time.timestamp_millis()) == time
        };
        Ok(begun.into_iter().find(same).map(|dataset| Held {
            pid: dataset.pid,
            created: false,
            blocks: Some(Vec::new()),
        }))
    }

    /// Whether one of our files is among those of the blocks. Without files of our own any dataset of the name is
    /// ours.
    fn lists_a_file(&self, blocks: &[OrigDatablock]) -> bool {
        let Some(files) = &self.files else {
            return true;
        };
        let mut listed = blocks.iter().flat_map(|block| &block.data_file_list);
        listed.any(|listed| files.files().iter().any(|file| file.path == listed.path))
    }

    async fn add_files(&self, held: &Held) -> Result<bool, Error> {
        let Some(files) = &self.files else {
            return Ok(false);
        };
        if held.blocks.as_ref().is_some_and(|blocks| !blocks.is_empty()) {
            return Ok(false);
        }
        let blocks = self.client.origdatablocks(held.pid.clone());
        match blocks.create(files).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.was_sent() == Sent::Maybe => {
                for wait in [Duration::ZERO, SETTLE] {
                    if !wait.is_zero() {
                        self.client.rest().clock().sleep(wait).await;
                    }
                    if !blocks.list().send().await?.is_empty() {
                        return Ok(true);
                    }
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn attach(&self, held: &Held) -> Result<bool, Error> {
        let Some(attachment) = &self.attachment else {
            return Ok(false);
        };
        let attachments = self.client.attachments(held.pid.clone());
        let is_there = async || -> Result<bool, Error> {
            let there = attachments.list().send().await?;
            Ok(there
                .iter()
                .any(|one| one.caption.as_deref() == Some(attachment.caption())))
        };
        if !held.created && is_there().await? {
            return Ok(false);
        }
        match attachments.create(attachment).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.was_sent() == Sent::Maybe && is_there().await? => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Both sizes, if they differ. An account that may not see what it wrote cannot tell.
    async fn other_size(&self, pid: &DatasetPid) -> Result<Option<(u64, u64)>, Error> {
        let Some(files) = &self.files else {
            return Ok(None);
        };
        match self.client.dataset(pid.clone()).get().send().await {
            Ok(dataset) => {
                let size = dataset.size.unwrap_or(0);
                Ok((size != files.size()).then_some((size, files.size())))
            }
            Err(error) if error.is_permission_denied() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn made(pid: DatasetPid) -> Held {
    Held {
        pid,
        created: true,
        blocks: None,
    }
}
